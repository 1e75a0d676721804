//! How large the state of rules is, for each way of keeping some: it grows with the keys, a restored
//! one has the size it had, and what passes its bound is named with its largest keys.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use cep_core::engine::{Engine, EngineOptions, Input, Outbox, StateOwner, StatePart};
use cep_core::plan::{Plan, RuleId, StreamId, TableId};
use cep_core::value::{EventBatch, Value};
use rule_lang::{Source, compile};
use std::sync::Arc;

const STREAMS: &str = "stream Sale { shop: string, nr: int, amount: int >= 0, at: timestamp\ntime at, lateness 1m }\n\
     stream Other { nr: int, at: timestamp\ntime at }\n";
/// The shop with the longest name and the most sales.
const LARGE: &str = "the one that is much larger than the others";

/// An engine with some rules, and how far its events go.
struct Shops {
    plan: Arc<Plan>,
    engine: Engine,
    outbox: Outbox,
    offset: u64,
}

impl Shops {
    fn with(rules: &str) -> Self {
        let compiled = compile(&[Source::new("sale.rules", format!("{STREAMS}{rules}"))]);
        let wrong = format!("{:?}", compiled.diagnostics);
        let plan = Arc::new(compiled.plan.unwrap_or_else(|| panic!("{wrong}\n{rules}")));
        let engine = Engine::new(Arc::clone(&plan), EngineOptions::default());
        Self { plan, engine, outbox: Outbox::default(), offset: 0 }
    }

    /// A sale in each of these shops at each of these milliseconds.
    fn sell(&mut self, shops: &[String], millis: std::ops::Range<i64>) {
        let stream = self.plan.stream_id("Sale").unwrap_or(StreamId(0));
        let mut batch = EventBatch::new(stream, &self.plan.streams[stream.0 as usize]);
        for (at, shop) in millis.flat_map(|at| shops.iter().map(move |shop| (at * 1_000, shop))) {
            batch.times.push(at);
            batch.offsets.push(self.offset);
            self.offset += 1;
            let nr = i64::try_from(self.offset).unwrap();
            let at = Value::Timestamp(cep_core::time::EventTime(at));
            let values = [Value::text(shop.as_str()), Value::Int(nr), Value::Int(nr % 1_000), at];
            batch.columns.iter_mut().zip(values).for_each(|(column, value)| column.push(&value));
        }
        self.engine.step(Input::Events(&batch), &mut self.outbox);
    }

    fn rule(&self, name: &str) -> StateOwner {
        let place = self.plan.rules.iter().position(|rule| rule.name == name).unwrap();
        StateOwner::Rule(RuleId(u32::try_from(place).unwrap()))
    }

    fn size(&self, owner: StateOwner) -> u64 {
        self.engine.state_sizes().get(&owner).copied().unwrap_or(0)
    }

    fn size_of(&self, rule: &str) -> u64 {
        self.size(self.rule(rule))
    }
}

fn shops(count: usize) -> Vec<String> {
    (0..count).map(|shop| format!("shop {shop:06}")).collect()
}

/// Every way of keeping something of a key: its name, and a rule over `Sale` by `shop`.
const KEEPING: &[(&str, &str)] = &[
    ("tumbling", "by shop window tumbling(10s) when sum(amount) < 0 emit E { n: count() }"),
    ("hopping", "by shop window hopping(10s, every 1s) when sum(amount) < 0 emit E { n: count() }"),
    (
        "early",
        "by shop window tumbling(1h) early when sum(amount) > 1000000000 emit E { n: count() }",
    ),
    ("allow", "by shop window tumbling(10s) allow 1h when sum(amount) < 0 emit E { n: count() }"),
    ("sliding", "by shop window sliding(1h) when count() > 1000000 emit E { n: count() }"),
    ("session", "by shop window session(gap 1h, max 1d) emit E { n: count() }"),
    ("forever", "by shop window forever when count() > 1000000 emit E { n: count() }"),
    ("last", "by shop window last(50) when count() > 1000 emit E { n: max(amount) }"),
    ("every", "by shop window every(1000) emit E { n: count() }"),
    ("collect", "by shop window tumbling(1h) emit E { n: collect(nr, 1000) }"),
    ("top", "by shop window tumbling(1h) emit E { n: top(3, nr by count()) }"),
    ("edge", "by shop when amount >= 0 for 1h emit E { n: amount }"),
    ("silence", "by shop when silent for 1h emit E { shop }"),
    ("changed", "where changed(nr) by shop emit E { nr }"),
];

#[test]
fn whatever_is_kept_of_a_key_counts() {
    for (name, rule) in KEEPING {
        let rules = format!("rule keeping {{ from Sale\n{rule} }}");
        let size_of = |count: usize| {
            let mut sales = Shops::with(&rules);
            sales.sell(&shops(count), 0..2);
            sales.sell(&[LARGE.into()], 2..22);
            // The time of what is told is decided by a later sale.
            sales.sell(&[LARGE.into()], 70_000..70_020);
            (sales.size_of("keeping"), sales)
        };
        let ((few, _), (many, mut sales)) = (size_of(100), size_of(1_000));
        // A window that closes has let go of what it held by then.
        let closes = matches!(*name, "tumbling" | "hopping");
        if closes {
            sales.sell(&shops(1_000), 80_000..80_002);
        } else {
            let each = (many - few) / 900;
            assert!((12..2_000).contains(&each), "{name}: {each} bytes a key");
        }
        let size = sales.size_of("keeping");
        let checkpoint = sales.engine.checkpoint();
        assert!(size * 2 > checkpoint.len() as u64, "{name}: {size}, {} saved", checkpoint.len());
        let plan = Arc::clone(&sales.plan);
        let restored = Engine::restore(plan, EngineOptions::default(), &checkpoint).unwrap();
        assert_eq!(restored.state_sizes(), sales.engine.state_sizes(), "{name}");

        sales.engine.limit_state(Some(size));
        assert_eq!(sales.engine.state_overrun(), None, "{name}");
        sales.engine.limit_state(Some(size - 1));
        let overrun = sales.engine.state_overrun().unwrap_or_else(|| panic!("{name}: {size}"));
        assert_eq!(overrun.owner, StateOwner::Rule(RuleId(0)), "{name}");
        assert_eq!((overrun.bytes, overrun.max_bytes), (size, size - 1), "{name}");
        assert_eq!(overrun.largest.len(), 5, "{name}");
        let large = StatePart::Key(Arc::new([Value::text(LARGE)]));
        let waiting = overrun.largest.iter().filter(|(part, _)| *part != StatePart::Waiting);
        assert_eq!(waiting.map(|(part, _)| part).next(), Some(&large), "{name}");
        assert!(overrun.largest.is_sorted_by(|a, b| a.1 >= b.1), "{name}");
    }
}

#[test]
fn windows_that_are_over_and_keys_that_are_forgotten_count_no_more() {
    for rule in [
        "by shop window tumbling(10s) emit E { n: count() }",
        "by shop window session(gap 10s, max 1d) emit E { n: count() }",
        "by shop window sliding(10s) when count() > 1000 emit E { n: count() }",
        "by shop window forever when count() > 1000\nforget 10s\nemit E { n: count() }",
        "distinct nr within 10s\nby shop emit E { shop }",
    ] {
        let mut sales = Shops::with(&format!("rule keeping {{ from Sale\n{rule} }}"));
        sales.sell(&shops(1_000), 0..1);
        let full = sales.size_of("keeping");
        sales.sell(&[LARGE.into()], 200_000..200_001);
        sales.sell(&[LARGE.into()], 300_000..300_001);
        let left = sales.size_of("keeping");
        assert!(full > 10_000 && left < full / 20, "{full} before, {left} after:\n{rule}");
    }
}

#[test]
fn what_distinct_and_limit_keep_is_named_as_theirs() {
    let parts = |rule: &str| {
        let mut sales = Shops::with(&format!("rule keeping {{ from Sale\n{rule} }}"));
        sales.sell(&shops(100), 0..3);
        sales.sell(&[LARGE.into()], 100_000..100_001);
        sales.engine.limit_state(Some(1));
        let largest = sales.engine.state_overrun().expect("it keeps something").largest;
        largest.into_iter().map(|(part, _)| part).collect::<Vec<_>>()
    };
    let limit = parts("by shop window tumbling(1s)\nlimit 100 per 1h\nemit E { shop }");
    let shop = |shop: &str| StatePart::Limit(Arc::new([Value::text(shop)]));
    assert!(limit.contains(&shop("shop 000000")), "{limit:?}");
    let rows = parts("distinct nr within 1h\nby shop emit E { shop }");
    let kind = StatePart::Distinct(Arc::new([Value::Int(1)]));
    assert!(rows.contains(&kind) && rows.contains(&StatePart::Waiting), "{rows:?}");
}

#[test]
fn the_windows_before_and_the_rows_of_a_table_count() {
    let mut sales = Shops::with(
        "rule falling { from Sale by shop window tumbling(10s) when sum(amount) < (prev(5, sum(amount)) ?? 0) emit E { shop } }",
    );
    sales.sell(&shops(1_000), 0..1);
    sales.sell(&[LARGE.into()], 80_000..80_001);
    let size = sales.size_of("falling");
    assert!(size > 20_000, "{size}");

    let mut sales = Shops::with(
        "table Latest from Sale key shop\nrule known { from Other emit E { amount: Latest[\"x\"]?.amount } }",
    );
    sales.sell(&shops(1_000), 0..1);
    sales.sell(&[LARGE.into()], 1..20);
    let table = StateOwner::Table(TableId(0));
    let size = sales.size(table);
    assert!(size > 30_000, "{size}");
    sales.engine.limit_state(Some(size - 1));
    let overrun = sales.engine.state_overrun().expect("it is too large");
    assert_eq!((overrun.owner, overrun.bytes), (table, size));
    let first = overrun.largest.first().map(|(part, _)| part.clone());
    assert_eq!(first, Some(StatePart::Key(Arc::new([Value::text(LARGE)]))));
}

#[test]
fn derived_events_that_wait_count_for_the_rule_that_emits_them() {
    let mut sales = Shops::with(
        "rule first { from Sale emit E { shop, nr } }\nrule second { from E emit F { nr } }",
    );
    sales.sell(&shops(1_000), 0..1);
    // Nothing is decided yet: what is emitted waits for its order, and for the second rule.
    let size = sales.size_of("first");
    assert!(size > 100_000, "{size}");
}

#[test]
fn a_rule_is_as_large_beside_others_as_alone() {
    let short = "rule short { from Sale by shop window tumbling(10s) emit E { n: sum(amount) } }\n";
    let long =
        "rule long { from Sale by shop window tumbling(20s) emit F { n: collect(nr, 100) } }\n";
    let sizes = |rules: &str| {
        let mut sales = Shops::with(rules);
        sales.sell(&shops(100), 0..3);
        sales.sell(&shops(100), 72_000..72_003);
        (sales.size_of("short"), sales.engine.state_sizes().values().max().copied())
    };
    let (alone, _) = sizes(short);
    let (beside, largest) = sizes(&format!("{short}{long}"));
    assert_eq!(alone, beside);
    assert!(largest > Some(alone), "{largest:?}");
}

/// A bound that is far away is measured seldom, one that is near is not missed by much.
#[test]
fn a_bound_is_not_passed_by_far_before_it_is_noticed() {
    let mut sales = Shops::with(
        "rule all { from Sale by nr window forever when count() > 10 emit E { n: count() } }",
    );
    let max_bytes = 3_000_000;
    sales.engine.limit_state(Some(max_bytes));
    let one = vec![String::from("shop")];
    let found = (0..10_000).find_map(|batch| {
        sales.sell(&one, batch * 50..(batch + 1) * 50);
        sales.engine.state_overrun()
    });
    let bytes = found.expect("it grows without end").bytes;
    assert!((max_bytes..max_bytes * 3 / 2).contains(&bytes), "{bytes}");
}

#[test]
fn without_a_bound_nothing_is_measured() {
    let mut sales =
        Shops::with("rule all { from Sale by nr window forever emit E { n: count() } }");
    sales.sell(&shops(100), 0..10);
    assert_eq!(sales.engine.state_overrun(), None);
    sales.engine.limit_state(Some(1));
    assert!(sales.engine.state_overrun().is_some());
    sales.engine.limit_state(None);
    assert_eq!(sales.engine.state_overrun(), None);
}
