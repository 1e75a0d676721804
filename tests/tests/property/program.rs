//! Well-typed programs of one or two streams, as rule text.

use super::early::{early_bare_rule, early_rule};
use super::readers::{family, reader, tabled, union};
use super::rule::rule;
use proptest::prelude::*;

/// A program in parts, so that it can be written with a rule left out.
#[derive(Clone, Debug)]
pub struct Program {
    /// Lateness of the streams `A` and `B`, in milliseconds.
    pub lateness_ms: [u32; 2],
    /// The rules, each whole: `rule NAME { … }`; before it the table of its events, if it has one.
    pub rules: Vec<String>,
    /// For each rule those whose events it reads or looks up, which come before it.
    pub reads: Vec<Vec<usize>>,
}

impl Program {
    /// The rule at `omitted` and those that read what it emits.
    pub fn with_readers(&self, omitted: usize) -> Vec<usize> {
        let mut found = vec![omitted];
        for (index, reads) in self.reads.iter().enumerate() {
            if reads.iter().any(|reads| found.contains(reads)) {
                found.push(index);
            }
        }
        found
    }

    /// The program's text, without the rules at `omitted`.
    pub fn text(&self, omitted: &[usize]) -> String {
        let mut text =
            String::from("param p: int = 4\nparam q: decimal = 2.75\n") + FUNCTIONS + TABLES;
        for (name, lateness) in ["A", "B"].iter().zip(self.lateness_ms) {
            text += &format!(
                "stream {name} {{ k: string, g: int?, i: int, j: int?, d: decimal, e: decimal?, f: float, \
                 s: string, b: bool, t: timestamp, u: duration?, xs: [int?], r: {{ a: int?, y: string }}?, c: int >= 0, at: timestamp\nkey k\ntime at, lateness {lateness}ms }}\n"
            );
        }
        for (index, rule) in self.rules.iter().enumerate() {
            if !omitted.contains(&index) {
                text += rule;
                text += "\n";
            }
        }
        text
    }
}

/// Tables that expressions look up, by texts and by numbers.
const TABLES: &str = "table T { k: string, n: int, d: decimal? } key k from file(\"t.csv\")\n\
     table V { i: int, j: int, since: timestamp, time since } key i from file(\"v.csv\")\n\
     table L from B key i\n\
     table M { i: int, j: int?, time record, lateness 1s } key i from kafka(\"m\")\n";

/// Functions that expressions call.
const FUNCTIONS: &str = "fn twice(n: int) -> int = n + n\n\
     fn near(a: int, b: int?) -> int = if b != null and b < a then twice(b) - p else a\n\
     fn told(s: string, n: int) -> string = \"{s}{near(n, n)}\"\n";

pub fn program() -> impl Strategy<Value = Program> {
    let lateness = || prop::sample::select(&[0_u32, 0, 500, 1_000, 3_000]);
    let rules = prop_oneof![
        3 => prop::collection::vec(rule(), 1..5),
        2 => family(),
        1 => (family(), prop::collection::vec(rule(), 1..3))
            .prop_map(|(family, others)| family.into_iter().chain(others).collect()),
    ];
    let readers = prop_oneof![
        2 => Just(Vec::new()),
        1 => prop::collection::vec((any::<prop::sample::Index>(), reader()), 1..4),
    ];
    let union = prop::option::weighted(0.2, union());
    // What fires early, and how its events are read.
    let early = prop::option::weighted(0.1, (early_rule(), reader()));
    let tables = prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(tabled(), 1..3)];
    ((lateness(), lateness()), tables, rules, (union, early), readers, 0..3_usize).prop_map(
        |(lateness, tables, others, (union, early), readers, choice)| {
            let tabled = tables.len();
            let mut rules = tables;
            rules.extend(others);
            let mut reads = vec![Vec::new(); rules.len()];
            if let Some((fires, reader)) = early {
                let of = rules.len();
                rules.extend([fires, reader.replace("INPUT", &format!("E{of}x0"))]);
                reads.extend([Vec::new(), vec![of]]);
            }
            if let Some([passes, reader]) = union {
                let of = rules.len();
                rules.extend([passes, reader.replace("INPUT", &format!("E{of}x0"))]);
                reads.extend([Vec::new(), vec![of]]);
            }
            for (of, rule) in readers {
                let of = of.index(rules.len());
                rules.push(rule.replace("INPUT", &format!("E{of}x0")));
                reads.push(vec![of]);
            }
            for (index, rule) in rules.iter_mut().enumerate() {
                // Instead of those of a stream, in one of the tables before it.
                let tables = tabled.min(index);
                let table = (index + choice) % (tables + 1);
                if table < tables && rule.contains("L[") {
                    *rule = rule.replace("L[", &format!("D{table}["));
                    reads[index].push(table);
                }
            }
            let named = rules.into_iter().enumerate().map(|(index, rule)| {
                // Events are named after their rule, since their fields differ.
                rule.replace("RULE", &format!("r{index}"))
                    .replace("EVENT", &format!("E{index}"))
                    .replace("TABLE", &format!("D{index}"))
            });
            Program { lateness_ms: [lateness.0, lateness.1], rules: named.collect(), reads }
        },
    )
}

/// A program of rules that fire early, and only tell for which windows.
pub fn early_program() -> impl Strategy<Value = Program> {
    let lateness = || prop::sample::select(&[0_u32, 500, 3_000]);
    let rules = prop::collection::vec(early_bare_rule(), 1..4);
    (lateness(), lateness(), rules).prop_map(|(one, other, rules)| {
        let reads = vec![Vec::new(); rules.len()];
        let named = rules.into_iter().enumerate().map(|(index, rule)| {
            rule.replace("RULE", &format!("r{index}")).replace("EVENT", &format!("E{index}"))
        });
        Program { lateness_ms: [one, other], rules: named.collect(), reads }
    })
}

pub const SPANS: &[&str] = &["1s", "2s", "2500ms", "3s", "5s", "10s"];

const ALLOW: &[&str] = &[" allow 1s", " allow 4s", " allow 30s"];

/// Late events revise closed windows, or they do not.
pub fn allow() -> impl Strategy<Value = Option<&'static str>> {
    prop::option::weighted(0.4, prop::sample::select(ALLOW))
}

/// A closing window, with or without `fill`.
pub fn closing() -> impl Strategy<Value = String> {
    let span = || prop::sample::select(SPANS);
    let window = prop_oneof![
        span().prop_map(|size| format!("tumbling({size})")),
        (span(), prop::sample::select(&["500ms", "1300ms", "4s"]))
            .prop_map(|(size, align)| format!("tumbling({size}, align {align})")),
        Just("tumbling(2m, align 1m, zone \"Asia/Kolkata\")".to_owned()),
        prop::sample::select(&[
            "2s, every 1s",
            "5s, every 2s",
            "3s, every 1500ms",
            "10s, every 3s",
            "4s, every 4s",
        ])
        .prop_map(|sizes| format!("hopping({sizes})")),
    ];
    let fill = prop::option::weighted(0.4, prop::sample::select(&["1s", "4s", "9s", "20s"]));
    (window, fill).prop_map(|(window, fill)| match fill {
        Some(fill) => format!("{window} fill {fill}"),
        None => window,
    })
}

/// A window that is made of events one by one and judged when it is over.
pub fn over() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&[
        "session(gap 1s, max 1s)",
        "session(gap 1s, max 3s)",
        "session(gap 2500ms, max 10s)",
        "session(gap 5s, max 1m)",
        "every(1)",
        "every(2)",
        "every(3)",
    ])
}
