//! Attributes of rules: `@severity("high")`, `@level(3)`, `@off`.

use crate::ast::{self, Literal};
use crate::diagnostic::{Code, Diagnostic};
use crate::typed::RuleState;
use cep_core::plan::{Attribute, AttributeValue};

/// The rule's attributes; `@off` is none of them but switches it off.
pub(super) fn attributes(
    ast: &ast::Rule,
    out: &mut Vec<Diagnostic>,
) -> (Vec<Attribute>, RuleState) {
    let mut attributes = Vec::new();
    let mut state = RuleState::On;
    for (index, attribute) in ast.attributes.iter().enumerate() {
        let name = attribute.name.name.as_str();
        let before = ast.attributes.iter().take(index).find(|it| it.name.name == name);
        if let Some(before) = before {
            out.push(
                Diagnostic::new(Code::BadAttribute, format!("`@{name}` stands twice"))
                    .label(attribute.span, "")
                    .label(before.span, "it is here already")
                    .help(
                        "an event has each attribute once: leave one out, or give it another name",
                    ),
            );
        } else if name == "off" {
            state = RuleState::Off;
            if attribute.value.is_some() {
                out.push(
                    Diagnostic::new(Code::BadAttribute, "`@off` takes no value")
                        .label(attribute.span, "")
                        .help("write `@off` alone; a rule without it runs"),
                );
            }
        } else if let Some(refused) = unfit_name(name) {
            out.push(refused.label(attribute.name.span, ""));
        } else {
            match value(attribute) {
                Ok(value) => attributes.push(Attribute { name: name.to_owned(), value }),
                Err(refused) => out.push(refused.label(attribute.span, "")),
            }
        }
    }
    (attributes, state)
}

/// Why a name cannot travel with events, if it cannot.
fn unfit_name(name: &str) -> Option<Diagnostic> {
    let fits =
        name.len() <= 20 && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let title = if !fits {
        format!("`{name}` cannot be an attribute")
    } else if Attribute::TAKEN.contains(&name) {
        format!("`{name}` is an attribute of every event already")
    } else {
        return None;
    };
    let help =
        "attributes travel with events; their names are up to 20 lower-case letters and digits";
    Some(Diagnostic::new(Code::BadAttribute, title).help(help))
}

/// The value as CloudEvents has it: integers and booleans as they are, all others as texts.
fn value(attribute: &ast::Attribute) -> Result<AttributeValue, Diagnostic> {
    Ok(match attribute.value.as_ref().map(|value| &value.value) {
        None => AttributeValue::Bool(true),
        Some(Literal::Bool(value)) => AttributeValue::Bool(*value),
        Some(Literal::String(text)) => AttributeValue::Text(text.clone()),
        Some(Literal::Int(value)) => AttributeValue::Int(i32::try_from(*value).map_err(|_| {
            Diagnostic::new(Code::BadAttribute, format!("{value} is too large for an attribute"))
                .help(format!(
                    "the integers of CloudEvents have 32 bits: write it as text, `\"{value}\"`"
                ))
        })?),
        Some(other) => AttributeValue::Text(
            super::convert::literal(other)
                .as_literal()
                .map(ToString::to_string)
                .unwrap_or_default(),
        ),
    })
}
