//! What the recorded harvests promise to the rules and documents that lean on them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use cep_benches::harvest::{Batch, Batches, CYCLE, DISASTER, FARMS, Shape, lines};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const RECORDED: usize = CYCLE as usize;

fn recorded() -> Vec<Batch> {
    Batches::new(Shape::default()).take(RECORDED).collect()
}

#[test]
fn the_committed_recording_is_what_the_generator_writes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules/harvest/Harvest.jsonl");
    let committed = std::fs::read(&path).unwrap();
    assert!(
        committed == lines(RECORDED, Shape::default()),
        "rules/harvest/Harvest.jsonl is not what the generator writes; if the generator was changed on purpose: \
         cargo run -p cep-benches --bin harvest-events -- --out rules/harvest/Harvest.jsonl",
    );
}

#[test]
fn a_longer_recording_begins_with_the_shorter_one() {
    assert!(lines(1_000, Shape::default()).starts_with(&lines(RECORDED, Shape::default())));
}

#[test]
fn every_line_is_json_of_the_workshops_shape() {
    for line in
        lines(1_000, Shape::default()).split(|byte| *byte == b'\n').filter(|l| !l.is_empty())
    {
        let record: serde_json::Value = serde_json::from_slice(line).unwrap();
        assert!(
            record["farmid"].is_u64() && record["batchcnt"].is_u64() && record["ok"].is_boolean()
        );
        assert!(record["batchtime"].as_u64().unwrap() >= 1_584_981_114_028);
    }
}

#[test]
fn the_recording_lasts_ten_minutes_and_every_farm_reports() {
    let batches = recorded();
    let (first, last) = (batches[0], batches[RECORDED - 1]);
    assert_eq!((first.farm, first.count, first.at_ms), (302, 163, 1_584_981_114_028));
    assert!(last.at_ms - first.at_ms >= 600_000);
    let farms: BTreeSet<u64> = batches.iter().map(|batch| batch.farm).collect();
    assert_eq!(farms, BTreeSet::from(FARMS));
}

#[test]
fn times_rise_and_two_batches_stand_in_each_ten_seconds() {
    let batches = recorded();
    assert!(batches.windows(2).all(|pair| pair[0].at_ms < pair[1].at_ms));
    let mut windows = BTreeMap::<u64, u32>::new();
    for batch in &batches {
        *windows.entry(batch.at_ms / 10_000).or_default() += 1;
    }
    assert!(windows.values().all(|count| *count == 2), "{windows:?}");
}

#[test]
fn only_the_disaster_falls_under_the_floor() {
    for (nth, batch) in (0..).zip(recorded()) {
        let bad = DISASTER.contains(&nth);
        assert_eq!(batch.count < 150, bad, "batch {nth}: {batch:?}");
        assert!(if bad {
            (1..=87).contains(&batch.count)
        } else {
            (150..=236).contains(&batch.count)
        });
    }
}

#[test]
fn a_million_farms_have_a_million_numbers() {
    let shape = Shape { farms: 1_000_000, every_us: 10, ..Shape::default() };
    let mut farms = BTreeSet::new();
    let mut batches = Batches::new(shape);
    for batch in batches.by_ref().take(200_000) {
        farms.insert(batch.farm);
    }
    // Drawing 200,000 of 1,000,000 with replacement leaves about 181,000 different ones.
    assert!((178_000..184_000).contains(&farms.len()), "{}", farms.len());
    // Ten microseconds a batch: a hundred share a millisecond, and 200,000 span two seconds.
    assert_eq!(batches.next().map(|batch| batch.at_ms), Some(1_584_981_116_000));
}
