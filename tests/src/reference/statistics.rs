//! Aggregates that are more than a sum: exact quotients, rounded once.

use super::aggregate::{Taken, exact};
use super::exact::{DECIMAL_SCALE, Ratio, nearest_decimal, nearest_float, round_half_even};
use cep_core::function::EvalError;
use cep_core::plan::AggregateCall;
use cep_core::time::Span;
use cep_core::value::{Decimal, Type, Value};
use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use std::cmp::Ordering;

fn whole(number: impl Into<BigInt>) -> Ratio {
    Ratio::whole(number.into())
}

fn quotient(numerator: BigInt, denominator: BigInt) -> Ratio {
    whole(numerator).over(&whole(denominator))
}

/// The value of a type nearest to a number.
pub(super) fn nearest(value: &Ratio, ty: &Type) -> Result<Value, EvalError> {
    match ty {
        Type::Float => nearest_float(value).map(Value::Float),
        Type::Duration => i64::try_from(round_half_even(&value.numerator, &value.denominator))
            .map(|micros| Value::Duration(Span(micros)))
            .map_err(|_| EvalError::DurationOverflow),
        _ => nearest_decimal(value, DECIMAL_SCALE).map(|it| Value::Decimal(it.normalize())),
    }
}

/// The root of a number as a whole number of the unit, the nearer of the two next to it.
fn root_in(value: &Ratio, unit: &Ratio) -> BigInt {
    let square = value.over(&unit.times(unit));
    let below = square.numerator.div_floor(&square.denominator).sqrt();
    let middle = quotient(&below * 2 + 1, 2.into());
    match square.minus(&middle.times(&middle)).numerator.sign() {
        Sign::Minus => below,
        Sign::Plus => below + 1,
        Sign::NoSign if below.is_even() => below,
        Sign::NoSign => below + 1,
    }
}

/// The value of a type nearest to the root of a number.
pub(super) fn nearest_root(value: &Ratio, ty: &Type) -> Result<Value, EvalError> {
    if value.is_zero() {
        return nearest(value, ty);
    }
    let power = |base: u32, exponent: i64| {
        let power = BigInt::from(base).pow(u32::try_from(exponent.unsigned_abs()).unwrap_or(0));
        if exponent < 0 { quotient(1.into(), power) } else { whole(power) }
    };
    match ty {
        Type::Duration => nearest(&whole(root_in(value, &whole(1))), ty),
        Type::Float => {
            // The unit in which the root has the 53 bits of a float, or fewer near zero.
            let bits = |number: &BigInt| i64::try_from(number.bits()).unwrap_or(i64::MAX);
            let bits = bits(&value.numerator) - bits(&value.denominator);
            let mut exponent = (bits / 2 - 55).max(-1074);
            while root_in(value, &power(2, exponent)).bits() > 53 {
                exponent += 1;
            }
            let unit = power(2, exponent);
            nearest(&whole(root_in(value, &unit)).times(&unit), ty)
        }
        _ => {
            for scale in (0..=28).rev() {
                let digits = root_in(value, &power(10, -i64::from(scale)));
                if let Ok(digits) = i128::try_from(digits)
                    && let Ok(root) = Decimal::try_from_i128_with_scale(digits, scale)
                {
                    return Ok(Value::Decimal(root.normalize()));
                }
            }
            Err(EvalError::DecimalOverflow)
        }
    }
}

fn mean(numbers: &[Ratio]) -> Ratio {
    let sum = numbers.iter().fold(Ratio::zero(), |sum, number| sum.plus(number));
    sum.over(&whole(numbers.len()))
}

/// The mean of the products of two numbers' distances from their means.
fn covariance(a: &[Ratio], b: &[Ratio]) -> Ratio {
    let (mean_a, mean_b) = (mean(a), mean(b));
    let products: Vec<Ratio> =
        a.iter().zip(b).map(|(a, b)| a.minus(&mean_a).times(&b.minus(&mean_b))).collect();
    mean(&products)
}

fn numbers(values: &[&Value]) -> Result<Vec<Ratio>, EvalError> {
    values.iter().map(|value| exact(value)).collect()
}

/// The mean square distance from the mean.
pub(super) fn variance(values: &[&Value]) -> Result<Ratio, EvalError> {
    let numbers = numbers(values)?;
    Ok(covariance(&numbers, &numbers))
}

fn firsts(taken: &[Taken<'_>]) -> Result<Vec<Ratio>, EvalError> {
    taken.iter().filter_map(|taken| taken.first).map(exact).collect()
}

/// Pearson's correlation.
pub(super) fn correlation(taken: &[Taken<'_>]) -> Result<Value, EvalError> {
    if taken.is_empty() {
        return Ok(Value::Null);
    }
    let x = firsts(taken)?;
    let y: Vec<Ratio> =
        taken.iter().filter_map(|taken| taken.second).map(exact).collect::<Result<_, _>>()?;
    let spread = covariance(&x, &x).times(&covariance(&y, &y));
    if spread.is_zero() {
        return Ok(Value::Null);
    }
    let together = covariance(&x, &y);
    let root = nearest_root(&together.times(&together).over(&spread), &Type::Float)?;
    match root {
        Value::Float(root) if together.numerator.sign() == Sign::Minus => Ok(Value::Float(-root)),
        root => Ok(root),
    }
}

/// The slope of the line of least squares over time in seconds.
pub(super) fn slope(taken: &[Taken<'_>], ty: &Type) -> Result<Value, EvalError> {
    if taken.is_empty() {
        return Ok(Value::Null);
    }
    let second = whole(1_000_000);
    let times: Vec<Ratio> = taken.iter().map(|taken| whole(taken.time.0).over(&second)).collect();
    let spread = covariance(&times, &times);
    if spread.is_zero() {
        return Ok(Value::Null);
    }
    nearest(&covariance(&times, &firsts(taken)?).over(&spread), ty)
}

/// Binary digits that powers of two are computed with.
const BITS: u32 = 200;

/// `2^(part / whole) * 2^32` to the nearest whole number, for a part from 0 to the whole.
fn power_of_two(part: i64, of: i64) -> BigInt {
    let one = BigInt::from(1) << BITS;
    // ln 2 = 1/(1·2) + 1/(2·4) + 1/(3·8) + …
    let ln_2: BigInt = (1..=BITS).map(|k| &one / (BigInt::from(k) << k)).sum();
    let exponent = ln_2 * part / of;
    let (mut term, mut sum, mut k) = (one.clone(), BigInt::ZERO, 1);
    while term.sign() == Sign::Plus {
        sum += &term;
        term = term * &exponent / &one / k;
        k += 1;
    }
    round_half_even(&(sum << 32), &one)
}

/// The mean with weights that halve with every half-life; what is 64 of them below the newest
/// does not count.
pub(super) fn weighted_mean(taken: &[Taken<'_>], call: &AggregateCall) -> Result<Value, EvalError> {
    let Some(Value::Duration(half_life)) = call.arguments.first() else {
        return Err(EvalError::WrongType);
    };
    let level = |taken: &Taken<'_>| taken.time.0.div_euclid(half_life.0);
    let highest = taken.iter().map(level).max().unwrap_or(0);
    let (mut weights, mut sum) = (Ratio::zero(), Ratio::zero());
    for (taken, value) in taken.iter().zip(firsts(taken)?) {
        let below = highest - level(taken);
        if below >= 64 {
            continue;
        }
        let weight = power_of_two(taken.time.0.rem_euclid(half_life.0), half_life.0);
        let weight = quotient(weight, BigInt::from(1) << below);
        sum = sum.plus(&weight.times(&value));
        weights = weights.plus(&weight);
    }
    nearest(&sum.over(&weights), call.ty.base())
}

/// The values in order, each in the form that equal ones have in common.
fn in_order(values: &[&Value]) -> Vec<Value> {
    let mut values: Vec<Value> = values
        .iter()
        .map(|value| match value {
            Value::Float(value) => Value::Float(value + 0.0),
            Value::Decimal(value) => Value::Decimal(value.normalize()),
            other => (*other).clone(),
        })
        .collect();
    values.sort();
    values
}

/// The middle value, or the mean of the two in the middle.
pub(super) fn median(values: &[&Value], ty: &Type) -> Result<Value, EvalError> {
    let values = in_order(values);
    let last = values.len() - 1;
    let middle: Vec<&Value> =
        [last / 2, last.div_ceil(2)].iter().filter_map(|at| values.get(*at)).collect();
    nearest(&mean(&numbers(&middle)?), ty)
}

/// The smallest value that so many percent do not exceed.
pub(super) fn percentile(values: &[&Value], call: &AggregateCall) -> Result<Value, EvalError> {
    let Some(percent) = call.arguments.first() else { return Err(EvalError::WrongType) };
    let percent = exact(percent)?;
    let values = in_order(values);
    let enough = |value: &&Value| {
        let reached = values.iter().filter(|other| other <= value).count();
        let share = whole(reached * 100).over(&whole(values.len()));
        share.minus(&percent).numerator.sign().cmp(&Sign::NoSign) != Ordering::Less
    };
    Ok(values.iter().find(enough).cloned().unwrap_or(Value::Null))
}
