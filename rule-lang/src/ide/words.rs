//! What the words of the language mean, for hover and completion. A test holds that every word the
//! parser and the checker know is here.

/// A word of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// The word.
    pub name: &'static str,
    /// What kind of word.
    pub role: Role,
    /// How it is written.
    pub form: &'static str,
    /// What it means, in a sentence.
    pub doc: &'static str,
}

/// Kinds of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It begins a declaration.
    Declaration,
    /// It begins a clause of a rule.
    Clause,
    /// It begins a line of a test.
    Test,
    /// A kind of window.
    Window,
    /// An aggregate.
    Aggregate,
    /// A function that is part of the language.
    Call,
    /// A type.
    Type,
    /// A word of expressions.
    Expression,
    /// A word inside a clause or declaration.
    Part,
}

macro_rules! words {
    ($($role:ident { $($name:literal, $form:literal, $doc:literal;)* })*) => {
        /// Every word.
        pub const WORDS: &[Word] = &[$($(
            Word { name: $name, role: Role::$role, form: $form, doc: $doc },
        )*)*];
    };
}

words! {
Declaration {
    "stream", "stream Name from CONNECTOR { … }", "An input: its fields, its `key` and its `time`.";
    "param", "param name: type = literal", "A value that `--set name=…` overrides.";
    "rule", "rule name { from … emit … }", "What to look for, and what to emit.";
    "sink", "sink Event to CONNECTOR", "Where a derived event goes.";
    "test", "test \"title\" { given … expect … }", "Events and what must come of them; `cep test` runs it.";
    "table", "table Name { … } key f from CONNECTOR", "Keyed rows that rules look up: `Name[key]`.";
    "type", "type Name { field: type }", "A named record.";
    "event", "event Name { field: type }", "The fields of a derived event.";
    "fn", "fn name(a: int) -> int = expr", "A function of values; it reads nothing else.";
    "scenario", "scenario name { set p = … }", "Other params and tables, for what-if.";
}
Clause {
    "from", "from STREAM [alias]", "What the rule reads.";
    "where", "where EXPR", "Keeps the events for which this holds, before the window.";
    "let", "let name = EXPR", "A name for a value; after `window` it may hold aggregates.";
    "by", "by [name:] EXPR, …", "The key: each of its values is judged by itself.";
    "window", "window tumbling(10s)", "Which events belong together.";
    "when", "when EXPR", "Emits if this holds.";
    "emit", "emit NAME { field: expr, … } [if EXPR]", "The derived event.";
    "clear", "clear NAME { … }", "The event at the end of what `when` began.";
    "distinct", "distinct EXPR within D", "Only the first event of its kind passes.";
    "limit", "limit N per D [by EXPR]", "At most so many firings in any such time.";
    "forget", "forget D", "Drops the state of a key after so long without events.";
    "else", "else NAME { … } [if EXPR]", "What is emitted if no `emit` before it was.";
    "timeout", "timeout NAME { … }", "The event of a pattern whose time ran out.";
    "match", "match a: Stream where …", "The first step of a pattern.";
    "then", "then b: Stream where …", "The next event that fits.";
    "next", "next b: Stream where …", "The very next event.";
    "without", "without c: Stream where …", "An event that must not come.";
    "within", "within D", "How long a pattern or join may take, this instant included.";
    "join", "join a: A, b: B where … within D", "Every combination of events near each other.";
    "left", "left join a: A, b: B …", "As `join`; the first side also alone, when its time is up.";
    "reuse", "reuse", "Every match: events are not used up.";
    "skip", "skip past last", "Where to look for the next match.";
}
Test {
    "given", "given STREAM | field | … |", "The events that come in.";
    "expect", "expect [some|no|late] NAME | field | … |", "What must come of them.";
    "set", "set param = literal", "A param for this test.";
    "base", "base @2026-01-01T00:00:00Z", "What offsets such as `5s` count from.";
    "until", "until T", "Ends the input there instead of deciding everything.";
}
Window {
    "tumbling", "tumbling(10s[, align 3s][, zone \"Europe/Paris\"])", "Windows side by side, judged when they close.";
    "hopping", "hopping(10s, every 1s)", "Overlapping windows, judged when they close.";
    "sliding", "sliding(10s)", "The time up to each event, judged at every change.";
    "session", "session(gap 30s, max 1h)", "Bursts of events.";
    "last", "last(100)", "The last so many events of the key.";
    "every", "every(100)", "So many events at a time.";
    "forever", "forever", "Everything since the start.";
}
Aggregate {
    "count", "count([x] [where …])", "How many events; of `x`, how many are not null.";
    "sum", "sum(x [where …])", "The sum.";
    "avg", "avg(x [where …])", "The mean; null of nothing.";
    "min", "min(x [where …])", "The least; null of nothing.";
    "max", "max(x [where …])", "The greatest; null of nothing.";
    "first", "first(x)", "Of the first event.";
    "last", "last(x)", "Of the last event.";
    "nth", "nth(x, n)", "Of the n-th event.";
    "prev", "prev(n, aggregate)", "The aggregate n windows ago.";
    "stddev", "stddev(x)", "The standard deviation.";
    "variance", "variance(x)", "The variance.";
    "median", "median(x)", "The middle value.";
    "percentile", "percentile(x, p)", "The smallest value that `p` percent of all do not exceed, with p from 0 to 100.";
    "count_distinct", "count_distinct(x)", "How many different values.";
    "top", "top(n, k by aggregate)", "The n greatest, with their values.";
    "max_by", "max_by(x, y)", "`x` of the event with the greatest `y`.";
    "min_by", "min_by(x, y)", "`x` of the event with the least `y`.";
    "collect", "collect(x, limit)", "The first values as a list.";
    "rate", "rate(x)", "The sum for each second of the window.";
    "any", "any(condition)", "Whether it holds of some event.";
    "all", "all(condition)", "Whether it holds of every event.";
    "corr", "corr(x, y)", "The correlation.";
    "slope", "slope(x)", "The slope of the line through the values over time.";
    "ema", "ema(x, half_life)", "The mean, in which older values weigh less.";
    "delta", "delta(x)", "The last less the first.";
}
Call {
    "changed", "changed(x)", "Whether `x` is another value than at the key's event before.";
    "try", "try(x)", "The value, or null where computing it fails.";
    "fail", "fail(text)", "Fails with these words, which go to the errors with the event.";
    "coalesce", "coalesce(a, b, …)", "The first value that is not null.";
    "sort", "sort(list), sort(x for i in list if …)", "The values in ascending order.";
    "len", "len(list)", "How many elements a list has.";
    "contains", "contains(list, x)", "Whether a list has the element.";
}
Type {
    "bool", "bool", "`true` or `false`.";
    "int", "int", "A whole number of 64 bits; what does not fit is an error.";
    "float", "float", "A binary floating-point number.";
    "decimal", "decimal", "An exact number of 28 digits, of 29 those up to 79228162514264337593543950335.";
    "string", "string", "A text.";
    "timestamp", "timestamp", "An instant, to the microsecond.";
    "duration", "duration", "A span of time, such as `250ms`, `10s` or `1h30m`.";
    "json", "json", "Any JSON value, passed through.";
}
Expression {
    "and", "a and b", "Both hold.";
    "or", "a or b", "One of them holds.";
    "not", "not a", "It does not hold.";
    "in", "x in [a, b], x in a..b", "One of some values, or between two, both included.";
    "div", "a div b", "Whole division, rounded down.";
    "if", "if c then a else b", "One of two values.";
    "true", "true", "Yes.";
    "false", "false", "No.";
    "null", "null", "No value.";
}
Part {
    "from", "from CONNECTOR, from \"name\", from key, from header(\"name\")", "Where a stream's events, or a field of theirs, come from.";
    "fill", "fill D [for TABLE]", "A silent key gets its empty windows for so long.";
    "early", "early", "Fires as soon as `when` is certain.";
    "allow", "allow D", "Late events change a closed window for so long.";
    "align", "align D", "Windows begin so long after the epoch's multiples.";
    "zone", "zone \"Europe/Paris\"", "Windows begin at the zone's midnight.";
    "each", "each", "At every evaluation that holds, not only the first.";
    "for", "for D", "It has held for so long.";
    "silent", "when silent for D [for TABLE]", "No event of a known key for so long.";
    "key", "key FIELD", "The field the input is partitioned by.";
    "time", "time FIELD, lateness D, idle D, ahead D", "Where the events' time comes from.";
    "lateness", "lateness D", "How far events may come out of order.";
    "idle", "idle D", "After so long a silence time goes on without a partition.";
    "ahead", "ahead D", "How far an event may be stamped ahead of its record.";
}
}

/// The word of one of these roles.
#[must_use]
pub fn word(name: &str, roles: &[Role]) -> Option<&'static Word> {
    WORDS.iter().find(|word| word.name == name && roles.contains(&word.role))
}

/// Whether a word is never a name, unless in backticks.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    crate::parse::RESERVED.contains(&name)
}
