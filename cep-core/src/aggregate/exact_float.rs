//! Sums of floats without rounding.
//!
//! The sum is kept as floats that do not overlap, smallest first, and rounded once when asked
//! for. Source: Jonathan Shewchuk, "Adaptive Precision Floating-Point Arithmetic and Fast Robust
//! Geometric Predicates" (1997), grow-expansion; the final rounding half to even as in Python's
//! `math.fsum` (Raymond Hettinger).

use super::exact::{Base, Exact};
use super::round::nearest_float;
use crate::function::EvalError;
use serde::{Deserialize, Serialize};

/// An exact sum of finite floats.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ExactFloat {
    /// What was below [`HUGE`]; no sum of these overflows.
    plain: Expansion,
    /// What was not, times [`SHRINK`].
    huge: Expansion,
}

/// From here on numbers are summed apart, shrunk, so that no partial sum overflows whatever the
/// order: 2^960.
const HUGE: f64 = f64::from_bits((960 + 1023) << 52);
/// How many powers of two such a number is shrunk by; one of at least 2^960 loses no bit by it.
const SHRUNK_BITS: u32 = 100;
/// 2^-100.
const SHRINK: f64 = f64::from_bits((1023 - SHRUNK_BITS as u64) << 52);

impl ExactFloat {
    /// Adds a number.
    pub(crate) fn add(&mut self, value: f64) {
        if value.abs() < HUGE {
            self.plain.add(value);
        } else {
            self.huge.add(value * SHRINK);
        }
    }

    /// Adds another sum.
    pub(crate) fn combine(&mut self, other: &Self) {
        other.plain.0.iter().for_each(|part| self.plain.add(*part));
        other.huge.0.iter().for_each(|part| self.huge.add(*part));
    }

    /// The float nearest to the sum, halves to the even one.
    pub(crate) fn rounded(&self) -> Result<f64, EvalError> {
        if self.huge.0.is_empty() {
            return finite(self.plain.rounded());
        }
        let grown = finite(self.huge.rounded() / SHRINK)?;
        if self.huge.0.iter().any(|part| !(part / SHRINK).is_finite()) {
            return Ok(grown);
        }
        let mut sum = self.plain.clone();
        self.huge.0.iter().for_each(|part| sum.add(part / SHRINK));
        finite(sum.rounded())
    }

    /// The float nearest to the sum by a count that is not zero, halves to the even one.
    pub(crate) fn mean(&self, count: u64) -> Result<f64, EvalError> {
        if self.huge.0.is_empty() && self.plain.0.len() <= 1 {
            // The sum is a float, so that the quotient is rounded once.
            #[expect(clippy::cast_precision_loss, reason = "nothing holds 2^53 numbers")]
            return finite(self.plain.rounded() / count as f64);
        }
        let mut sum = Exact::default();
        for part in &self.huge.0 {
            sum.add(&Exact::of_float(*part), Base::Two);
        }
        sum.digits <<= SHRUNK_BITS;
        for part in &self.plain.0 {
            sum.add(&Exact::of_float(*part), Base::Two);
        }
        nearest_float(&sum.digits, &(Base::Two.power(sum.scale) * count)).and_then(finite)
    }
}

fn finite(value: f64) -> Result<f64, EvalError> {
    if value.is_finite() { Ok(value + 0.0) } else { Err(EvalError::NotFinite) }
}

/// A sum as floats that do not overlap, smallest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Expansion(Vec<f64>);

impl Expansion {
    fn add(&mut self, value: f64) {
        let mut carry = value;
        let mut kept = 0;
        for index in 0..self.0.len() {
            let Some(part) = self.0.get(index).copied() else { break };
            let (high, low) = two_sum(carry, part);
            if low != 0.0 {
                if let Some(place) = self.0.get_mut(kept) {
                    *place = low;
                }
                kept += 1;
            }
            carry = high;
        }
        self.0.truncate(kept);
        if carry != 0.0 {
            self.0.push(carry);
        }
    }

    fn rounded(&self) -> f64 {
        let mut parts = self.0.iter().rev().copied();
        let mut sum = parts.next().unwrap_or(0.0);
        let mut rest = 0.0;
        for part in parts.by_ref() {
            (sum, rest) = two_sum(sum, part);
            if rest != 0.0 {
                break;
            }
        }
        // Half-way cases: the next smaller part decides to which side the sum rounds.
        if let Some(next) = parts.next()
            && ((rest < 0.0 && next < 0.0) || (rest > 0.0 && next > 0.0))
        {
            let doubled = rest * 2.0;
            let rounded = sum + doubled;
            #[expect(clippy::float_cmp, reason = "exactness is what is tested")]
            if rounded - sum == doubled {
                sum = rounded;
            }
        }
        sum
    }
}

/// The rounded sum of two floats and what rounding took away (Knuth's two-sum).
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_part = sum - a;
    let a_part = sum - b_part;
    (sum, (a - a_part) + (b - b_part))
}
