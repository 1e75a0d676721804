//! Rules and tests of what only rules emit that are switched off.

use crate::ast;
use crate::check::{Checked, inputs};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::test_case::ExpectationKind;
use crate::typed::{Rule, RuleState};
use std::collections::BTreeMap;

/// What rules emit: the rule that is off, through which nothing of an event comes; `None` if some
/// of it does.
type Sources<'a> = BTreeMap<&'a str, Option<&'a ast::Rule>>;

/// Warns of rules and tests of what does not come. Rules stand after those that they read.
pub(super) fn read(checked: &Checked<'_>, out: &mut Vec<Diagnostic>) {
    let mut sources = Sources::new();
    for (rule, ast) in &checked.rules {
        let off = match rule.state {
            RuleState::Off => Some(*ast),
            RuleState::On => off_behind(ast, &sources),
        };
        if let (RuleState::On, Some(off)) = (rule.state, off)
            && let Some(input) = inputs(ast).first()
        {
            out.push(warning("this rule never fires", &input.name, input.span, off));
        }
        for event in emitted(rule) {
            match sources.get_mut(event) {
                Some(known) => *known = known.filter(|_| off.is_some()),
                None => {
                    sources.insert(event, off);
                }
            }
        }
    }
    for expectation in checked.tests.iter().flat_map(|test| &test.expectations) {
        let event = match &expectation.kind {
            ExpectationKind::All(event) if expectation.rows.iter().flatten().next().is_some() => {
                event
            }
            ExpectationKind::Some(event) => event,
            _ => continue,
        };
        if let Some(Some(off)) = sources.get(event.as_str()) {
            out.push(warning("this test cannot pass", event, expectation.span, off));
        }
    }
}

/// The rule that is off, if all that a rule reads comes through such.
fn off_behind<'a>(ast: &ast::Rule, sources: &Sources<'a>) -> Option<&'a ast::Rule> {
    let mut behind =
        inputs(ast).iter().map(|input| sources.get(input.name.as_str()).copied().flatten());
    let first = behind.next()??;
    behind.all(|other| other.is_some()).then_some(first)
}

fn emitted(rule: &Rule) -> impl Iterator<Item = &str> {
    rule.emits.iter().map(|emit| emit.event.as_str())
}

fn warning(title: &str, event: &str, at: Span, off: &ast::Rule) -> Diagnostic {
    Diagnostic::new(Code::ReadsWhatIsOff, title)
        .label(at, format!("no `{event}` ever comes"))
        .label(off.name.span, "this rule is off")
        .help(format!("remove the `@off` of `{}`", off.name.name))
}
