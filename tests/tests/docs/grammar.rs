//! The editor's grammar has the words of the language: those that the parser and the checker know, and the
//! table of functions. `DOCS=accept` writes its lists.

use crate::blocks::repository;
use cep_core::function::Function;
use rule_lang::ide::words::{Role, WORDS, is_reserved};
use std::collections::BTreeSet;

const GRAMMAR: &str = "docs/editors/vscode/syntaxes/cep-rules.tmLanguage.json";

/// The words of each part of the grammar.
fn parts() -> Vec<(&'static str, BTreeSet<&'static str>)> {
    let of = |roles: &[Role]| {
        WORDS.iter().filter(|word| roles.contains(&word.role)).map(|word| word.name).collect()
    };
    let functions = Function::ALL.iter().map(|function| function.info().name).collect();
    let reserved = WORDS.iter().map(|word| word.name).filter(|name| is_reserved(name)).collect();
    vec![
        ("declarations", of(&[Role::Declaration])),
        ("tests", of(&[Role::Test])),
        ("clauses", of(&[Role::Clause])),
        ("windows", of(&[Role::Window])),
        ("aggregates", of(&[Role::Aggregate])),
        ("functions", functions),
        ("types", of(&[Role::Type])),
        ("reserved", reserved),
        ("parts", of(&[Role::Part])),
    ]
}

/// The first group of words in a pattern: `(a|b|c)`, by its place.
fn group(pattern: &str) -> Option<std::ops::Range<usize>> {
    let opens = pattern.match_indices('(').map(|(at, _)| at + 1);
    let mut groups = opens.filter_map(|open| Some(open..open + pattern[open..].find(')')?));
    let is_word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'|' | b'_');
    groups.find(|group| pattern[group.clone()].bytes().all(is_word))
}

#[test]
fn the_grammar_has_the_words_of_the_language() {
    let path = repository().join(GRAMMAR);
    let mut text = std::fs::read_to_string(&path).unwrap();
    let accept = std::env::var_os("DOCS").is_some_and(|value| value == "accept");
    for (part, words) in parts() {
        let grammar: serde_json::Value = serde_json::from_str(&text).unwrap();
        let pattern = grammar["repository"][part]["match"].as_str().expect(part);
        let group = group(pattern).expect(part);
        let found: BTreeSet<&str> = pattern[group.clone()].split('|').collect();
        if accept {
            let list = words.into_iter().collect::<Vec<_>>().join("|");
            let new = format!("{}{list}{}", &pattern[..group.start], &pattern[group.end..]);
            let quoted = |pattern: &str| serde_json::to_string(pattern).unwrap();
            text = text.replacen(&quoted(pattern), &quoted(&new), 1);
            continue;
        }
        let missing: Vec<_> = words.difference(&found).collect();
        let stale: Vec<_> = found.difference(&words).collect();
        assert!(
            missing.is_empty() && stale.is_empty(),
            "`{part}` of {GRAMMAR} lacks {missing:?} and has {stale:?}; `DOCS=accept` puts it right"
        );
    }
    if accept {
        std::fs::write(&path, text).unwrap();
    }
}
