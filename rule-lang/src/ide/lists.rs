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

/// Words that mean something at one place only: how each is written there, and what it means.
const THERE: &[(&str, &str, &str)] = &[
    ("gap", "gap D", "A session is over after so long without an event."),
    ("max", "max D", "No session is longer."),
    ("per", "limit N per D", "In any time of this length."),
    ("by", "by EXPR, …", "Counted for each of its values by itself."),
    ("within", "within D", "For how long an event is remembered."),
    ("until", "until CONDITION", "Once fired, it is over only when this holds."),
    ("windows", "for N windows", "So many windows of the key in a row."),
    ("where", "where CONDITION", "Only of the events for which it holds."),
    ("for", "x for x in list if …", "Of the elements of a list."),
    ("then", "if c then a else b", ""),
    ("else", "if c then a else b", ""),
    ("in", "each item in list", ""),
    ("to", "sink Event to CONNECTOR", ""),
    ("record", "time record", "The timestamp of the record."),
    ("header", "from header(\"name\")", "A header of the record."),
    ("as", "as seconds, as millis, as micros, as \"%d.%m.%Y\"", "How the time is written."),
    ("seconds", "as seconds", "A number of seconds since 1970."),
    ("millis", "as millis", "A number of milliseconds since 1970."),
    ("micros", "as micros", "A number of microseconds since 1970."),
    ("format", "format: csv", "How the records are written."),
    ("off", "@off", "Switches the rule off."),
    ("some", "expect some Event", "At least these."),
    ("no", "expect no Event", "None, or none like these."),
    ("late", "expect late Stream", "The events that came too late."),
    ("error", "expect error, expect error \"text\"", "Errors of rules and bad records."),
    ("matches", "expect Event matches snapshot", "All of them, as they are stored."),
    ("snapshot", "expect Event matches snapshot", "All of them, as they are stored."),
];

/// Columns of tables of tests that are no fields: of what, name and meaning.
pub(super) const COLUMNS: &[(&str, &str, &str)] = &[
    ("event", "time", "The event's time."),
    ("event", "revision", "How often `allow` has revised it, from 0."),
    ("event", "retracted", "Whether it was taken back."),
    ("table", "time", "From when on the row holds."),
    ("table", "deleted", "`true` deletes the row of the key."),
    ("error", "rule", "The rule that failed."),
    ("error", "text", "What the error's words hold."),
    ("error", "time", "The time of the event or window."),
    ("error", "stream", "The stream of the event behind it."),
    ("error", "row", "Which of the given events of the stream it is, from 1."),
];

/// The order of the clauses of a rule; `let` stands anywhere.
const ORDER: &[&str] = &[
    "from", "where", "distinct", "by", "window", "when", "limit", "forget", "emit", "else", "clear",
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

/// The clauses that may follow one.
pub(super) fn clauses_from(last: &str) -> Vec<Completion> {
    let place = |name: &str| ORDER.iter().position(|clause| *clause == name);
    let last = place(last);
    let follows = |clause: &Completion| place(&clause.label).is_none_or(|at| Some(at) >= last);
    words(&[Role::Clause]).into_iter().filter(follows).collect()
}

/// Words between two values.
const OPERATORS: &[&str] = &["and", "or", "in", "div"];

pub(super) fn operators() -> Vec<Completion> {
    let is_operator = |word: &Completion| OPERATORS.contains(&word.label.as_str());
    words(&[Role::Expression]).into_iter().filter(is_operator).collect()
}

/// Words with which a value begins.
pub(super) fn operands() -> Vec<Completion> {
    let is_operator = |word: &Completion| OPERATORS.contains(&word.label.as_str());
    words(&[Role::Expression]).into_iter().filter(|word| !is_operator(word)).collect()
}

/// A word that means something at one place: itself, how it is written, and what it means.
pub(super) fn there(name: &str) -> Option<&'static (&'static str, &'static str, &'static str)> {
    THERE.iter().find(|(word, ..)| *word == name)
}

/// Words inside a clause or declaration.
pub(super) fn parts(names: &[&str]) -> Vec<Completion> {
    let part = |name: &&str| {
        let there = there(name).map(|(word, form, doc)| Completion {
            detail: (*form).to_owned(),
            doc: (*doc).to_owned(),
            ..plain(word)
        });
        let known = || super::words::word(name, &[Role::Part, Role::Window]).map(of_word);
        there.or_else(known).unwrap_or_else(|| plain(name))
    };
    names.iter().map(part).collect()
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
