//! The formatter on every rules text of this repository: files, pages and golden cases, as they are
//! and with their spaces, line ends, commas and comments changed at random; a comma may become a line
//! end.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests")]

mod corpus;
mod text;

use corpus::{Corpus, Text};
use proptest::prelude::*;
use rule_lang::diagnostic::render::{Colour, render_all};
use rule_lang::{Source, SourceMap, Unformatted, compile, format};
use text::{GAPS, PLAIN_GAPS, change, comments, mutated, plainly_mutated, tree};

/// The text in the canonical layout, or which of the things that must hold for it does not.
fn formatted(name: &str, text: &str) -> Result<String, String> {
    let formatted = format(text).map_err(|why| match why {
        Unformatted::Unreadable(problems) => {
            let (sources, _) = SourceMap::load(&[Source::new(name, text)]);
            render_all(&problems, &sources, Colour::Never)
        }
        Unformatted::Defect(place) => format!("{name}: {why}: {}\n{text}", place.text(text)),
    })?;
    let wrong = |what: &str| Err(format!("{name}: {what}:\n{text}\n=>\n{formatted}"));
    if tree(&formatted) != tree(text) {
        return wrong("this is read otherwise");
    }
    if comments(&formatted) != comments(text) {
        return wrong("these comments differ");
    }
    match format(&formatted) {
        Ok(twice) if twice == formatted => Ok(formatted),
        twice => wrong(&format!("formatted twice this is {twice:#?}")),
    }
}

#[test]
fn formatting_keeps_trees_comments_and_plans() {
    let mut planned = 0;
    for Text { name, text, .. } in Corpus::get().readable() {
        let plan = |text: &str| compile(&[Source::new("a.rules", text)]).plan;
        let (before, after) =
            (plan(text), plan(&formatted(name, text).unwrap_or_else(|wrong| panic!("{wrong}"))));
        assert_eq!(before, after, "{name}");
        planned += usize::from(before.is_some());
    }
    assert!(planned > 50, "{planned} texts have a plan");
}

#[test]
fn the_rules_of_this_repository_are_canonical() {
    let mut wrong = String::new();
    for Text { name, text, .. } in Corpus::get().readable().filter(|text| text.is_shown()) {
        let formatted = formatted(name, text).unwrap_or_else(|wrong| panic!("{wrong}"));
        if *text != formatted {
            wrong.push_str(&format!("{name} should be\n{formatted}\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// A text of the repository; half of the time the one that has all there is in braces and brackets.
fn any_text() -> impl Strategy<Value = &'static Text> {
    (any::<prop::sample::Index>(), any::<bool>()).prop_map(|(at, dense)| {
        let texts: Vec<_> = Corpus::get().readable().collect();
        let dense = texts.iter().find(|text| dense && text.name == DENSE);
        *dense.unwrap_or_else(|| at.get(&texts))
    })
}

const DENSE: &str = "tests/tests/format/dense.rules";

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_layout_of_a_program_is_formatted(
        text in any_text(),
        changes in prop::collection::vec(change(GAPS.len()), 1..20),
    ) {
        formatted(&text.name, &mutated(&text.text, &changes)).map_err(TestCaseError::fail)?;
    }

    /// Where lines are broken says nothing; only empty lines and comments do.
    #[test]
    fn the_layout_does_not_depend_on_the_line_ends_before(
        text in any_text(),
        changes in prop::collection::vec(change(PLAIN_GAPS), 1..20),
    ) {
        let Text { name, text, .. } = text;
        let canonical = formatted(name, text).map_err(TestCaseError::fail)?;
        let changed = plainly_mutated(&canonical, &changes);
        let again = formatted(name, &changed).map_err(TestCaseError::fail)?;
        prop_assert_eq!(again, canonical, "{}:\n{}", name, changed);
    }
}

/// Between members a line end parts, elsewhere it means no more than a space, and a space between
/// clauses no less than a line end.
#[test]
fn a_line_end_within_a_member_or_clause_is_a_space() {
    for Text { name, text, .. } in Corpus::get().readable().filter(|text| text.is_shown()) {
        // The lines of tests and the rows of their tables end where they end.
        let text = format!("\n{text}");
        let rules = text.split("\ntest ").next().unwrap_or_default();
        let count = rule_lang::lex::lex(rule_lang::source::FileId(0), rules).tokens.len();
        for place in 0..count {
            let broken = text::broken(rules, |at| at == place);
            let joined = text::joined(rules, |at| at == place);
            assert_eq!(tree(&broken), tree(rules), "{name}:\n{broken}");
            assert_eq!(tree(&joined), tree(rules), "{name}:\n{joined}");
        }
    }
}

/// The properties above would prove little if most changes were refused.
#[test]
fn many_changes_leave_a_program_that_means_the_same() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let kept = (0..500).filter(|_| {
        let (text, change) =
            (any_text(), change(GAPS.len())).new_tree(&mut runner).unwrap().current();
        mutated(&text.text, &[change]) != text.text
    });
    let kept = kept.count();
    assert!(kept > 200, "{kept} of 500");
}
