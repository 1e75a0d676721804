//! A sketch of how many different values there are, within a standard error of 0.8 %.
//!
//! Values are hashed by XXH3 (64 bits, no seed: a fixed function, the same on every machine) over
//! their canonical bytes. The estimate is Otmar Ertl's "improved" one, which needs neither a bias
//! table nor logarithms: "New cardinality estimation algorithms for HyperLogLog sketches" (2017,
//! arXiv 1702.01284), algorithm 6. Merging takes the larger of each pair of registers, so the
//! sketch is the same whatever the grouping.

use super::multiset::Sketch;
use crate::value::{Value, encode_value};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// Bits of the hash that choose the register.
const PRECISION: u32 = 14;
const REGISTERS: usize = 1 << PRECISION;
/// The largest rank: all other bits zero, and one more.
const LARGEST: usize = 64 - PRECISION as usize + 1;

/// The registers: of the hashes that fall into each, the most zeros before the first one, plus 1.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct HyperLogLog(Vec<u8>);

impl Default for HyperLogLog {
    fn default() -> Self {
        Self(vec![0; REGISTERS])
    }
}

impl Sketch for HyperLogLog {
    fn add(&mut self, value: &Value, _: u64) {
        let mut bytes = Vec::new();
        encode_value(value, &mut bytes);
        self.add_hash(xxh3_64(&bytes));
    }

    fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine = (*mine).max(*theirs);
        }
    }
}

impl HyperLogLog {
    fn add_hash(&mut self, hash: u64) {
        let register = usize::try_from(hash >> (64 - PRECISION)).unwrap_or(0);
        // The bit that marks the end keeps the rank within what 50 bits can give.
        let rest = hash << PRECISION | 1 << (PRECISION - 1);
        let rank = u8::try_from(rest.leading_zeros() + 1).unwrap_or(u8::MAX);
        if let Some(known) = self.0.get_mut(register) {
            *known = (*known).max(rank);
        }
    }

    /// How many different values were taken in, about.
    pub(super) fn estimate(&self) -> i64 {
        let mut counts = [0_f64; LARGEST + 1];
        for rank in &self.0 {
            if let Some(count) = counts.get_mut(usize::from(*rank)) {
                *count += 1.0;
            }
        }
        let of = |rank: usize| counts.get(rank).copied().unwrap_or(0.0);
        let registers = f64::from(1_u32 << PRECISION);
        let mut z = registers * tau(1.0 - of(LARGEST) / registers);
        for rank in (1..LARGEST).rev() {
            z = 0.5 * (z + of(rank));
        }
        z += registers * sigma(of(0) / registers);
        let estimate = registers * registers / (2.0 * std::f64::consts::LN_2 * z);
        #[expect(clippy::cast_possible_truncation, reason = "no input has 2^63 events")]
        let rounded = estimate.round() as i64;
        rounded
    }
}

/// `x + Σ x^(2^k) 2^(k-1)`; infinite for 1, when all registers are empty.
fn sigma(mut x: f64) -> f64 {
    let (mut y, mut z) = (1.0, x);
    if x >= 1.0 {
        return f64::INFINITY;
    }
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z <= before {
            return z;
        }
    }
}

/// `(1 - x - Σ (1 - x^(2^-k))² 2^-k) / 3`.
fn tau(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x) * (1.0 - x) * y;
        if z >= before {
            return z / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_is_within_four_standard_errors() {
        let mut sketch = HyperLogLog::default();
        let mut next = 0_u32;
        for size in [1_u32, 10, 1_025, 5_000, 40_000, 100_000] {
            while next < size {
                sketch.add(&Value::Int(i64::from(next)), 1);
                next += 1;
            }
            let off = (sketch.estimate() - i64::from(size)).abs();
            assert!(off * 1_000 <= i64::from(size) * 33, "{size}: off by {off}");
        }
    }

    #[test]
    fn nothing_is_none() {
        assert_eq!(HyperLogLog::default().estimate(), 0);
    }
}
