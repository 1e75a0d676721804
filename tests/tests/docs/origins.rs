//! `tests/cases/README.md` is whole: every behaviour of another engine is a golden case, or waits for a part of the language.

use crate::blocks::{pages, repository};
use std::collections::BTreeMap;

/// How many behaviours were collected.
const BEHAVIOURS: usize = 80;

/// The cells of the table's rows: the behaviour, what it is about, and its cases or what it waits for.
fn rows(page: &str) -> Vec<[&str; 3]> {
    let table = page.split("|---|---|---|\n").nth(1).unwrap();
    let cells = table.lines().map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        cells.try_into().unwrap_or_else(|_| panic!("`{line}` is no row of three cells"))
    });
    cells.collect()
}

/// Whether the comment above a case's rules names a behaviour.
fn says_whose_it_is(case: &str, behaviour: &str) -> bool {
    let is_of_a_name = |c: char| c.is_alphanumeric() || c == '-';
    let comments = case.lines().filter(|line| line.starts_with('#'));
    comments.flat_map(|line| line.split(|c| !is_of_a_name(c))).any(|word| word == behaviour)
}

#[test]
fn every_behaviour_of_another_engine_is_a_case_or_waits_for_something() {
    let page = BTreeMap::from_iter(pages()).remove("tests/cases/README.md").unwrap();
    let rows = rows(&page);
    let behaviours: BTreeMap<&str, &str> =
        rows.iter().map(|[name, _, here]| (*name, *here)).collect();
    assert_eq!((rows.len(), behaviours.len()), (BEHAVIOURS, BEHAVIOURS));
    for (behaviour, here) in behaviours {
        let mut cases = here.split('`').skip(1).step_by(2).peekable();
        if cases.peek().is_none() {
            assert!(
                matches!(here, "pattern" | "join"),
                "{behaviour} has neither a case nor a reason"
            );
        }
        for case in cases {
            let text = std::fs::read_to_string(repository().join(case))
                .unwrap_or_else(|error| panic!("{behaviour} names {case}: {error}"));
            assert!(
                says_whose_it_is(&text, behaviour),
                "{case} does not say that it is {behaviour}"
            );
        }
    }
}
