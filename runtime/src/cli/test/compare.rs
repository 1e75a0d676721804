//! Compares what came out with what was expected, row by row.

use super::actual::{Actual, emitted, errors, late};
use super::play::Played;
use super::rows::{all, none, some};
use crate::connector::BadRecord;
use cep_core::plan::{Plan, StreamId};
use cep_core::value::Value;
use rule_lang::test_case::{Column, Expectation, ExpectationKind, ExpectedRow};
use rule_lang::{Compiled, OffRule, TestCase};

/// Whether a test holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Holds,
    /// With what does not, as lines.
    Fails(String),
}

/// How many errors are shown.
const SHOWN: usize = 5;

/// Judges a test by all of its expectations. Records that are no events are failures where the
/// test does not speak of errors.
pub(super) fn judge(plan: &Plan, compiled: &Compiled, test: &TestCase, played: &Played) -> Verdict {
    let sources = &compiled.sources;
    let failures = test.expectations.iter().filter_map(|expectation| {
        let details = failure(plan, expectation, played)?;
        let place = sources.file(expectation.span.file).map_or("?", |file| file.name.as_str());
        let (line, _) = sources.line_column(expectation.span.file, expectation.span.start);
        let title = title(plan, &expectation.kind);
        let off = off(plan, &compiled.off, &expectation.kind).unwrap_or_default();
        Some(format!("  {title} ({place}:{line})\n{details}{off}"))
    });
    let mut failures: String = failures.collect();
    let speaks_of_errors = test.expectations.iter().any(|expectation| {
        matches!(expectation.kind, ExpectationKind::Error { .. } | ExpectationKind::NoError)
    });
    if !speaks_of_errors {
        failures.push_str(&bad_records(plan, played));
    }
    if failures.is_empty() { Verdict::Holds } else { Verdict::Fails(failures) }
}

/// That an event does not come because each rule that emits it is off.
fn off(plan: &Plan, off: &[OffRule], kind: &ExpectationKind) -> Option<String> {
    let (ExpectationKind::All(event) | ExpectationKind::Some(event)) = kind else { return None };
    let mut emits = plan.rules.iter().flat_map(|rule| &rule.emits);
    if emits.any(|emit| emit.event == *event) {
        return None;
    }
    let rule = off.iter().find(|rule| rule.events.contains(event))?;
    Some(format!("    `{}`, which emits it, is switched off by `@off`\n", rule.name))
}

fn title(plan: &Plan, kind: &ExpectationKind) -> String {
    match kind {
        ExpectationKind::All(event) => format!("expect {event}"),
        ExpectationKind::Some(event) => format!("expect some {event}"),
        ExpectationKind::None(event) => format!("expect no {event}"),
        ExpectationKind::Late(stream) => format!("expect late {}", stream_name(plan, *stream)),
        ExpectationKind::Error { text: None } => "expect error".into(),
        ExpectationKind::Error { text: Some(text) } => format!("expect error {text:?}"),
        ExpectationKind::NoError => "expect no error".into(),
        ExpectationKind::Snapshot(event) => format!("expect {event} matches snapshot"),
    }
}

fn stream_name(plan: &Plan, id: StreamId) -> &str {
    plan.stream(id).map_or("?", |stream| stream.name.as_str())
}

/// What is wrong, if anything is.
fn failure(plan: &Plan, expectation: &Expectation, played: &Played) -> Option<String> {
    let rows = expectation.rows.as_deref();
    match &expectation.kind {
        ExpectationKind::All(event) => all(rows.unwrap_or_default(), &emitted(played, event)),
        ExpectationKind::Some(event) => some(rows.unwrap_or_default(), &emitted(played, event)),
        ExpectationKind::None(event) => none(rows, &emitted(played, event)),
        ExpectationKind::Late(stream) => {
            let late = late(plan, played, *stream);
            match rows {
                Some(rows) => all(rows, &late),
                None if late.is_empty() => Some("    no event of it came late\n".into()),
                None => None,
            }
        }
        ExpectationKind::Error { text } => error(text.as_deref(), rows, &errors(played)),
        ExpectationKind::NoError => none(None, &errors(played)),
        // It is compared with a file, not here.
        ExpectationKind::Snapshot(_) => None,
    }
}

/// Errors: those of the rows, and one whose words hold the text.
fn error(text: Option<&str>, rows: Option<&[ExpectedRow]>, came: &[Actual]) -> Option<String> {
    let column = Column::Field("text".into());
    let part = text.map(Value::text);
    let holds = |part: &Value| came.iter().any(|error| error.has(&column, part));
    if rows.is_none() && came.is_empty() {
        return Some("    no rule had an error\n".into());
    }
    if part.is_some_and(|part| !holds(&part)) {
        let words = came.iter().map(|error| format!("    it is: {}\n", error.get(&column)));
        let words: String = words.take(SHOWN).collect();
        return Some(format!("    no error holds this text\n{words}"));
    }
    rows.and_then(|rows| all(rows, came))
}

fn bad_records(plan: &Plan, played: &Played) -> String {
    let all = played.given.iter().flat_map(|fed| fed.bad.iter().map(move |bad| (fed.stream, bad)));
    let line = |(stream, bad): (StreamId, &BadRecord)| {
        format!("  line {} is no {}: {}\n", bad.offset + 1, stream_name(plan, stream), bad.reason)
    };
    all.take(SHOWN).map(line).collect()
}
