//! What is offered that has no declaration: the words of the language, its functions, connectors and
//! formats.

use super::complete::{Completion, CompletionKind};
use super::words::{Role, WORDS, Word};
use cep_core::function::Function;
use std::collections::BTreeMap;

/// Connectors after `from` and `to`.
const CONNECTORS: &[(&str, &str, &str)] = &[
    ("kafka", "kafka(\"topic\")", "A Kafka topic."),
    ("file", "file(\"path\")", "A file of JSON lines or CSV."),
    ("log", "log(\"dir/topic\")", "A topic of the embedded log."),
];

/// What stands right of the point after `window` and `when`: its type and what it is.
pub(super) const MEMBERS: &[(&str, &str, &str, &str)] = &[
    ("window", "start", "timestamp", "The window's first instant."),
    ("window", "end", "timestamp", "The first instant after the window."),
    ("window", "index", "int", "The number of an `every(n)` window, from 0."),
    ("when", "start", "timestamp", "Since when the condition has held."),
    ("when", "duration", "duration", "For how long the condition has held."),
];

/// What `format:` names.
const FORMATS: &[(&str, &str)] = &[
    ("json", "An object that holds the fields; so without a `format`."),
    ("csv", "A line with the fields between commas."),
    ("debezium", "A change of a row, as Debezium writes it."),
    ("cloudevents", "A CloudEvent in JSON, the fields in `data`."),
];

/// The fields of a stream of changes that are not declared.
const OF_CHANGES: &[(&str, &str, &str)] = &[
    (
        "op",
        "\"c\" | \"d\" | \"r\" | \"u\"",
        "Whether the row was created, deleted, read or updated.",
    ),
    ("before", "{ … }?", "The row before the change."),
];

pub(super) fn of_word(word: &Word) -> Completion {
    let kind = match word.role {
        Role::Aggregate => CompletionKind::Aggregate,
        Role::Type => CompletionKind::Type,
        _ => CompletionKind::Word,
    };
    Completion {
        label: word.name.to_owned(),
        kind,
        detail: word.form.to_owned(),
        doc: word.doc.to_owned(),
    }
}

pub(super) fn plain(word: &str) -> Completion {
    let kind = CompletionKind::Word;
    Completion { label: word.to_owned(), kind, detail: String::new(), doc: String::new() }
}

/// The words of some roles that this version runs.
pub(super) fn words(roles: &[Role]) -> Vec<Completion> {
    let runs = |word: &&Word| roles.contains(&word.role) && crate::parse::runs(word.name);
    WORDS.iter().filter(runs).map(of_word).collect()
}

pub(super) fn clauses() -> Vec<Completion> {
    words(&[Role::Clause])
}

pub(super) fn parts(names: &[&str]) -> Vec<Completion> {
    let wanted =
        |word: &&Word| names.contains(&word.name) && matches!(word.role, Role::Part | Role::Window);
    WORDS
        .iter()
        .filter(wanted)
        .map(of_word)
        .map(|part| Completion { kind: CompletionKind::Word, ..part })
        .collect()
}

pub(super) fn connectors() -> Vec<Completion> {
    let connector = |(name, form, doc): &(&str, &str, &str)| Completion {
        label: (*name).to_owned(),
        kind: CompletionKind::Word,
        detail: (*form).to_owned(),
        doc: (*doc).to_owned(),
    };
    CONNECTORS.iter().map(connector).collect()
}

pub(super) fn scalar_functions() -> Vec<Completion> {
    let mut found: BTreeMap<&str, Completion> = BTreeMap::new();
    for info in Function::ALL.iter().map(|function| function.info()) {
        let entry = found.entry(info.name).or_insert_with(|| Completion {
            label: info.name.to_owned(),
            kind: CompletionKind::Function,
            detail: String::new(),
            doc: info.doc.to_owned(),
        });
        if !entry.detail.is_empty() {
            entry.detail.push_str(", ");
        }
        entry.detail.push_str(&info.signature());
    }
    found.into_values().collect()
}

/// Functions that are part of the language.
pub(super) fn calls() -> Vec<Completion> {
    let function = |word| Completion { kind: CompletionKind::Function, ..word };
    words(&[Role::Call]).into_iter().map(function).collect()
}

pub(super) fn formats() -> Vec<Completion> {
    let described =
        |(name, doc): &(&str, &str)| Completion { doc: (*doc).to_owned(), ..plain(name) };
    FORMATS.iter().map(described).collect()
}

pub(super) fn of_changes() -> Vec<Completion> {
    let field = |(name, ty, doc): &(&str, &str, &str)| Completion {
        kind: CompletionKind::Name(super::names::NameKind::Field),
        detail: format!("{name}: {ty}"),
        doc: (*doc).to_owned(),
        ..plain(name)
    };
    OF_CHANGES.iter().map(field).collect()
}
