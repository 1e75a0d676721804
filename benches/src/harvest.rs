//! Recorded harvests, made from a seed: the events of `rules/harvest`, at any length.
//!
//! Farms make marshmallows and report one batch at a time, as one JSON object a line. A healthy batch counts 150 to 236, so one
//! alone keeps ten seconds out of trouble; in a disaster a batch counts 1 to 87. Of every 180 batches the 85th to the 120th are
//! a disaster. At one batch every five seconds that is a quarter of an hour with three bad minutes in it.
//!
//! The same shape and seed give the same bytes on every machine: the numbers come from a generator of this project, and no
//! float is printed.
//!
//! ```
//! use cep_benches::harvest::{Shape, lines};
//!
//! assert_eq!(
//!     String::from_utf8_lossy(&lines(1, Shape::default())),
//!     concat!(
//!         r#"{"farmid":302,"batchcnt":163,"batchtime":1584981114028,"crop":"strawberry","grade":"A","#,
//!         r#""weight":1.193,"site":"south slope, hall 5","ok":true}"#,
//!         "\n",
//!     ),
//! );
//! ```

use cep_tests::random::Random;
use std::io::Write;

/// The farms of the recorded example. Larger inputs have these first.
pub const FARMS: [u64; 7] = [101, 302, 787, 645, 555, 460, 892];
/// Batches after which healthy and bad times repeat.
pub const CYCLE: u64 = 180;
/// Of each cycle, the batches (counted from 0) that fall into the disaster.
pub const DISASTER: std::ops::Range<u64> = 84..120;
/// The moment of the first batch in milliseconds since 1970, but for its jitter: 2020-03-23T16:31:54Z.
const START_MS: u64 = 1_584_981_114_000;
/// The number of the first farm that has no name of its own in [`FARMS`].
const FIRST_OTHER_FARM: u64 = 1_000;

const CROPS: [&str; 4] = ["white", "pink", "vanilla", "strawberry"];
const SITES: [&str; 6] =
    ["north valley", "south slope", "river bend", "old mill", "lake shore", "hill top"];

/// What is recorded.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Where the numbers begin.
    pub seed: u64,
    /// How many farms report, in no order; 0 is taken as 1.
    pub farms: u64,
    /// Microseconds of event time from one batch to the next. Times are written in whole milliseconds.
    pub every_us: u64,
}

impl Default for Shape {
    /// The shape of `rules/harvest/Harvest.jsonl`: seven farms, of which one reports every five seconds. With this seed the first
    /// batch is 163 marshmallows of farm 302 at 1584981114028.
    fn default() -> Self {
        Self { seed: 1_755_079, farms: FARMS.len() as u64, every_us: 5_000_000 }
    }
}

/// One report of a farm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Which farm.
    pub farm: u64,
    /// Marshmallows.
    pub count: u64,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// What it weighs, in grams.
    pub weight_g: u64,
    /// `A`, `B` or `C`.
    pub grade: char,
    /// The variety.
    pub crop: &'static str,
    /// Where on the farm.
    pub site: &'static str,
    /// The hall of the site.
    pub hall: u64,
    /// Whether it passed the farm's own inspection.
    pub ok: bool,
}

impl Batch {
    /// Appends the record and a line end.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        // Writing to a `Vec` cannot fail.
        let _ = writeln!(
            out,
            r#"{{"farmid":{},"batchcnt":{},"batchtime":{},"crop":"{}","grade":"{}","weight":{}.{:03},"site":"{}, hall {}","ok":{}}}"#,
            self.farm,
            self.count,
            self.at_ms,
            self.crop,
            self.grade,
            self.weight_g / 1_000,
            self.weight_g % 1_000,
            self.site,
            self.hall,
            self.ok,
        );
    }
}

/// The batches of a shape, in the order of their times; it never ends.
#[derive(Clone, Debug)]
pub struct Batches {
    shape: Shape,
    random: Random,
    next: u64,
}

impl Batches {
    /// From the first batch on.
    #[must_use]
    pub fn new(shape: Shape) -> Self {
        Self { shape, random: Random::of_seed(shape.seed), next: 0 }
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.random.bits().checked_rem(bound).unwrap_or(0)
    }

    fn pick(&mut self, words: &[&'static str]) -> &'static str {
        let chosen = self.random.below(words.len());
        words.get(chosen).copied().unwrap_or_default()
    }

    fn farm(&mut self) -> u64 {
        let place = self.below(self.shape.farms);
        let named = usize::try_from(place).ok().and_then(|place| FARMS.get(place));
        named.copied().unwrap_or(FIRST_OTHER_FARM + place)
    }
}

impl Iterator for Batches {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let nth = self.next;
        self.next += 1;
        let bad = DISASTER.contains(&(nth % CYCLE));
        let farm = self.farm();
        let count = if bad { 1 + self.below(87) } else { 150 + self.below(87) };
        // A sixth of the step: times rise, and two batches stand in each ten seconds of the recorded example.
        let jitter_us = self.below(self.shape.every_us / 6);
        let chance = self.below(10);
        Some(Batch {
            farm,
            count,
            at_ms: START_MS + (nth * self.shape.every_us + jitter_us) / 1_000,
            weight_g: count * 7 + self.below(count),
            grade: match (bad, chance) {
                (false, 0..7) => 'A',
                (false, _) | (true, 0..3) => 'B',
                (true, _) => 'C',
            },
            crop: self.pick(&CROPS),
            site: self.pick(&SITES),
            hall: 1 + self.below(9),
            ok: !bad || chance < 5,
        })
    }
}

/// The first `events` records of a shape as JSON lines.
#[must_use]
pub fn lines(events: usize, shape: Shape) -> Vec<u8> {
    let mut out = Vec::new();
    for batch in Batches::new(shape).take(events) {
        batch.write_json(&mut out);
    }
    out
}
