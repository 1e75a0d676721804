//! Snapshots of tests: `expect Hot matches snapshot` in the test "a hot machine" is kept as
//! `a-hot-machine-Hot.snap`, and holds the events as [`super::text`] writes them.

use super::super::play::Played;
use super::text::event_block;
use crate::codec::cloudevents::Encoder;
use rule_lang::TestCase;
use rule_lang::test_case::ExpectationKind;

/// As many characters of a title are in a file's name.
const LONGEST: usize = 80;

/// The events of which a test has a snapshot.
pub(in super::super) fn events(test: &TestCase) -> impl Iterator<Item = &str> {
    test.expectations.iter().filter_map(|expectation| match &expectation.kind {
        ExpectationKind::Snapshot(event) => Some(event.as_str()),
        _ => None,
    })
}

/// The name of a snapshot, of letters, digits and `-`.
pub(in super::super) fn name(title: &str, event: &str) -> String {
    let mut name = String::new();
    for c in title.to_lowercase().chars() {
        if c.is_alphanumeric() {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    let short: String = name.chars().take(LONGEST).collect();
    format!("{}-{event}", short.trim_end_matches('-'))
}

/// All events of a name that a test gave.
pub(in super::super) fn text(played: &Played, event: &str) -> String {
    let streams: Vec<String> =
        played.plan.streams.iter().map(|stream| stream.name.clone()).collect();
    let encoder = Encoder::new(&played.plan, &streams, "test");
    let is_wanted = |rule, line: usize| {
        let rule = played.plan.rule(rule);
        rule.and_then(|rule| rule.emits.get(line)).is_some_and(|line| line.event == event)
    };
    let blocks: Vec<String> = played
        .emits
        .iter()
        .filter(|emit| is_wanted(emit.rule, emit.line as usize))
        .map(|emit| {
            let mut line = Vec::new();
            encoder.structured(emit, &mut line);
            event_block(&line)
        })
        .collect();
    let count = blocks.len();
    format!("{count} {event}\n\n{}", blocks.join("\n"))
}
