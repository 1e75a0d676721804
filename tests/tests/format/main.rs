//! The formatter on every rules text of this repository: files, pages and golden cases, as they are
//! and with their spaces, line ends, commas and comments changed at random.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests")]

mod corpus;
mod text;

use corpus::{Corpus, Text};
use proptest::prelude::*;
use rule_lang::diagnostic::render::{Colour, render_all};
use rule_lang::{Source, SourceMap, compile, format};
use text::{comments, mutated, tree};

/// The text in the canonical layout, or which of the things that must hold for it does not.
fn formatted(name: &str, text: &str) -> Result<String, String> {
    let formatted = format(text).map_err(|problems| {
        let (sources, _) = SourceMap::load(&[Source::new(name, text)]);
        render_all(&problems, &sources, Colour::Never)
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

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_layout_of_a_program_is_formatted(
        at in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0usize..text::GAPS.len()), 1..12),
    ) {
        let texts: Vec<_> = Corpus::get().readable().collect();
        let Text { name, text, .. } = at.get(&texts);
        let changed = changes.iter().fold(text.clone(), |text, (place, gap)| {
            mutated(&text, place, text::GAPS[*gap]).unwrap_or(text)
        });
        formatted(name, &changed).map_err(TestCaseError::fail)?;
    }

    /// Where lines are broken says nothing; only empty lines and comments do.
    #[test]
    fn the_layout_does_not_depend_on_the_line_ends_before(
        at in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0usize..text::PLAIN_GAPS), 1..12),
    ) {
        let texts: Vec<_> = Corpus::get().readable().collect();
        let Text { name, text, .. } = at.get(&texts);
        let canonical = formatted(name, text).map_err(TestCaseError::fail)?;
        let changed = changes.iter().fold(canonical.clone(), |text, (place, gap)| {
            text::plainly_mutated(&text, place, text::GAPS[*gap]).unwrap_or(text)
        });
        let again = formatted(name, &changed).map_err(TestCaseError::fail)?;
        prop_assert_eq!(again, canonical, "{}:\n{}", name, changed);
    }
}

/// The properties above would prove little if most changes were refused.
#[test]
fn many_changes_leave_a_program_that_means_the_same() {
    use proptest::strategy::{Strategy, ValueTree};
    use proptest::test_runner::TestRunner;
    let texts: Vec<_> = Corpus::get().readable().collect();
    let mut runner = TestRunner::deterministic();
    let change = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..text::GAPS.len());
    let kept = (0..500).filter(|_| {
        let (at, place, gap) = change.new_tree(&mut runner).unwrap().current();
        mutated(&at.get(&texts).text, &place, text::GAPS[gap]).is_some()
    });
    let kept = kept.count();
    assert!(kept > 200, "{kept} of 500");
}
