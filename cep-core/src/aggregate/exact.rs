//! Sums of numbers, their squares and their products, without rounding.
//!
//! A number is an integer over a power of its base: two for floats, ten for decimals, and any for
//! integers. Such numbers are added and multiplied as integers of any length, so nothing is lost
//! whatever the order; only [`round`](super::round) rounds, once.

use crate::value::{Type, Value};
use num_bigint::BigInt;
use num_traits::Zero;
use serde::{Deserialize, Serialize};

/// What the powers under a number are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    Two,
    Ten,
}

impl Base {
    /// The base in which numbers of a type are exact.
    pub(super) fn of(ty: &Type) -> Self {
        if ty == &Type::Float { Self::Two } else { Self::Ten }
    }

    /// Its power.
    pub(super) fn power(self, exponent: u32) -> BigInt {
        match self {
            Self::Two => BigInt::from(1) << exponent,
            Self::Ten => BigInt::from(10).pow(exponent),
        }
    }
}

/// `digits / base^scale`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Exact {
    pub(super) digits: BigInt,
    pub(super) scale: u32,
}

/// The fraction bits of a float, and the exponent of their last one's bias (IEEE 754, binary64).
const FRACTION_BITS: u32 = 52;
const BIAS: i32 = 1_075;

impl Exact {
    /// A whole number.
    pub(super) fn whole(number: impl Into<BigInt>) -> Self {
        Self { digits: number.into(), scale: 0 }
    }

    /// A number as it is; zero for what is none.
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Int(value) => Self::whole(*value),
            Value::Duration(value) => Self::whole(value.0),
            Value::Timestamp(value) => Self::whole(value.0),
            Value::Decimal(value) => Self { digits: value.mantissa().into(), scale: value.scale() },
            Value::Float(value) => Self::of_float(*value),
            _ => Self::default(),
        }
    }

    pub(super) fn of_float(value: f64) -> Self {
        let bits = value.to_bits();
        let fraction = bits & ((1 << FRACTION_BITS) - 1);
        let biased = i32::try_from(bits >> FRACTION_BITS & 0x7ff).unwrap_or(0);
        let (mantissa, exponent) = if biased == 0 {
            (fraction, 1 - BIAS)
        } else {
            (fraction | 1 << FRACTION_BITS, biased - BIAS)
        };
        if mantissa == 0 {
            return Self::default();
        }
        // Trailing zeros are left out, so that whole numbers have no scale.
        let zeros = mantissa.trailing_zeros();
        let exponent = exponent + i32::try_from(zeros).unwrap_or(0);
        let odd = BigInt::from(mantissa >> zeros);
        let odd = if value < 0.0 { -odd } else { odd };
        match u32::try_from(exponent) {
            Ok(up) => Self::whole(odd << up),
            Err(_) => Self { digits: odd, scale: exponent.unsigned_abs() },
        }
    }

    /// Adds another number of the same base.
    pub(super) fn add(&mut self, other: &Self, base: Base) {
        if other.digits.is_zero() {
            return;
        }
        if self.scale == other.scale {
            self.digits += &other.digits;
        } else if self.scale > other.scale {
            self.digits += &other.digits * base.power(self.scale - other.scale);
        } else {
            self.digits = self.at(other.scale, base) + &other.digits;
            self.scale = other.scale;
        }
    }

    /// The product with another number of the same base.
    pub(super) fn times(&self, other: &Self) -> Self {
        Self { digits: &self.digits * &other.digits, scale: self.scale + other.scale }
    }

    /// The digits over `base^scale`, for a scale that is not smaller.
    pub(super) fn at(&self, scale: u32, base: Base) -> BigInt {
        &self.digits * base.power(scale.saturating_sub(self.scale))
    }
}
