//! Attributes of rules: `@severity("high")`, `@off`.

use crate::ast::{self, Literal};
use crate::diagnostic::{Code, Diagnostic};
use crate::typed::RuleState;
use cep_core::plan::Attribute;

/// The rule's attributes; `@off` is none of them but switches it off.
pub(super) fn attributes(
    ast: &ast::Rule,
    out: &mut Vec<Diagnostic>,
) -> (Vec<Attribute>, RuleState) {
    const TAKEN: &[&str] = &[
        "id",
        "source",
        "specversion",
        "type",
        "time",
        "data",
        "subject",
        "key",
        "rule",
        "revision",
        "causes",
    ];
    let mut attributes = Vec::new();
    let mut state = RuleState::On;
    for attribute in &ast.attributes {
        let name = attribute.name.name.as_str();
        if name == "off" && attribute.value.is_none() {
            state = RuleState::Off;
            continue;
        }
        let fits =
            name.len() <= 20 && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if !fits || TAKEN.contains(&name) {
            let title = if fits {
                format!("`{name}` is an attribute of every event already")
            } else {
                format!("`{name}` cannot be an attribute")
            };
            out.push(
                Diagnostic::new(Code::BadAttribute, title)
                    .label(attribute.name.span, "")
                    .help("attributes travel with events; their names are up to 20 lower-case letters and digits"),
            );
            continue;
        }
        let value = match attribute.value.as_ref().map(|value| &value.value) {
            None => "true".to_owned(),
            Some(Literal::String(text)) => text.clone(),
            Some(other) => super::convert::literal(other)
                .as_literal()
                .map(ToString::to_string)
                .unwrap_or_default(),
        };
        attributes.push(Attribute { name: name.to_owned(), value });
    }
    (attributes, state)
}
