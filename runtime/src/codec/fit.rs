//! From tokens to columns: does a value fit its field's type, and which value is it.
//!
//! One implementation for all tiers. An `int` takes whole numbers written without point or
//! exponent; a `float` takes any number; a `decimal` takes numbers and texts of numbers, exactly
//! or not at all; a `timestamp` takes what its format says; a `duration` takes text such as
//! `1h30m`; nothing is converted from one type to another besides.

use super::instant::InstantReader;
use super::number::{self, POWERS_OF_TEN};
use super::projection::Field;
use super::reason::Reason;
use super::scan::padded;
use super::span;
use super::token::{Kind, Token};
use super::whole;
use cep_core::plan::{TimestampFormat, is_below};
use cep_core::time::{EventTime, Span};
use cep_core::value::{Column, ColumnData, Decimal, Type, Value, exact_decimal};
use cep_core::written;
use std::borrow::Cow;

/// One value on its way into a column.
#[derive(Clone, Copy)]
pub(super) struct Fitting<'a> {
    pub record: &'a str,
    pub field: &'a Field,
    pub token: &'a Token,
}

impl<'a> Fitting<'a> {
    /// Appends the value to its column; after an error the column may be longer.
    #[inline(always)]
    pub fn push(self, column: &mut Column, instants: &mut InstantReader) -> Result<(), Reason> {
        if matches!(self.token.kind, Kind::Missing | Kind::Null) {
            return self.push_absent(column);
        }
        match &mut column.data {
            ColumnData::Int(values) => values.push(self.int()?),
            ColumnData::Timestamp(values) => values.push(self.instant(instants)?.0),
            ColumnData::Text(texts)
                if self.token.kind == Kind::Text && self.field.choices.is_empty() =>
            {
                texts.push(self.raw());
            }
            ColumnData::Text(texts) => texts.push(&self.choice()?),
            ColumnData::Decimal(values) => match plain_decimal(self.token) {
                Some(value) => values.push(value),
                None => values.push(self.decimal()?),
            },
            ColumnData::Float(values) => values.push(self.float()?),
            ColumnData::Bool(values) => values.push(self.bool()?),
            ColumnData::Duration(values) => values.push(self.duration()?),
            ColumnData::Whole(values) => values.push(self.whole(instants)?),
        }
        column.mark_valid();
        match &self.field.least {
            None => Ok(()),
            Some(least) => self.check_least(column, least),
        }
    }

    #[inline(never)]
    fn check_least(self, column: &Column, least: &Value) -> Result<(), Reason> {
        let value = column.get(column.len().saturating_sub(1));
        if is_below(&value, least) {
            Err(self.no_fit(&format!("is less than {least}")))
        } else {
            Ok(())
        }
    }

    #[cold]
    fn push_absent(self, column: &mut Column) -> Result<(), Reason> {
        if !self.field.is_optional {
            return Err(Reason::absent(self.field, self.token));
        }
        column.push_null();
        Ok(())
    }

    #[cold]
    pub fn misfit(self, wanted: &str) -> Reason {
        Reason::misfit(self.field, wanted, self.token, self.record)
    }

    #[cold]
    fn no_fit(self, why: &str) -> Reason {
        Reason::no_fit(self.field, why, self.token, self.record)
    }

    fn bool(self) -> Result<bool, Reason> {
        match self.token.kind {
            Kind::True => Ok(true),
            Kind::False => Ok(false),
            _ => Err(self.misfit("true or false")),
        }
    }

    #[inline(always)]
    fn int(self) -> Result<i64, Reason> {
        if self.token.kind == Kind::Int { Ok(self.token.int) } else { self.long_int() }
    }

    fn long_int(self) -> Result<i64, Reason> {
        let digits = self.raw();
        let is_whole = digits.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit());
        if self.token.kind != Kind::Number || !is_whole {
            return Err(self.misfit("an integer"));
        }
        digits.parse().map_err(|_| self.no_fit("does not fit into 64 bits"))
    }

    #[expect(clippy::cast_precision_loss, reason = "the nearest float is what a float field reads")]
    fn float(self) -> Result<f64, Reason> {
        const EXACT: u64 = 1 << 53;
        match self.token.kind {
            Kind::Int => Ok(self.token.int as f64),
            // Both are exact floats, so their quotient is rounded once (Clinger 1990).
            Kind::Fraction if self.token.int.unsigned_abs() < EXACT => {
                let power = POWERS_OF_TEN.get(usize::from(self.token.scale)).copied().unwrap_or(1);
                Ok(self.token.int as f64 / power as f64)
            }
            Kind::Fraction | Kind::Number => match self.raw().parse::<f64>() {
                Ok(value) if value.is_finite() => Ok(value),
                _ => Err(self.no_fit("is too large for a float")),
            },
            _ => Err(self.misfit("a number")),
        }
    }

    fn decimal(self) -> Result<Decimal, Reason> {
        let unfit = || self.no_fit("has more digits than a decimal holds exactly");
        match self.token.kind {
            Kind::Int | Kind::Fraction | Kind::Number => {
                decimal(self.token, self.raw()).ok_or_else(unfit)
            }
            Kind::Text | Kind::EscapedText => {
                let text = self.text("a number")?;
                let mut number = Token::MISSING;
                let end = number::read(&padded(text.as_bytes()), 0, &mut number);
                if end != Some(text.len()) {
                    return Err(self.misfit("a number"));
                }
                decimal(&number, &text).ok_or_else(unfit)
            }
            _ => Err(self.misfit("a number")),
        }
    }

    /// The text, its escapes resolved.
    #[inline(always)]
    fn text(self, wanted: &str) -> Result<Cow<'a, str>, Reason> {
        match self.token.kind {
            Kind::Text => Ok(Cow::Borrowed(self.raw())),
            Kind::EscapedText => {
                let text = self.token.unescaped(self.record);
                text.map(Cow::Owned).ok_or_else(|| Reason::broken_escape(self.field))
            }
            _ => Err(self.misfit(wanted)),
        }
    }

    /// A text, of the few there are if it is an enum.
    fn choice(self) -> Result<Cow<'a, str>, Reason> {
        let text = self.text("text")?;
        let choices = &self.field.choices;
        if choices.is_empty() || choices.iter().any(|choice| *choice == text) {
            return Ok(text);
        }
        let wanted: Vec<String> = choices.iter().map(|choice| format!("{choice:?}")).collect();
        Err(self.misfit(&wanted.join(" or ")))
    }

    fn whole(self, instants: &mut InstantReader) -> Result<Value, Reason> {
        let (start, end) = (self.token.start as usize, self.token.end as usize);
        let raw = match self.token.kind {
            // The token stands between the quotes.
            Kind::Text | Kind::EscapedText => self.record.get(start.saturating_sub(1)..end + 1),
            _ => self.record.get(start..end),
        };
        match raw {
            Some(raw) => whole::read(raw, self.field.ty.base(), &self.field.name, instants),
            // A text without quotes, which stands outside of the value.
            None => Err(self.misfit("JSON")),
        }
    }

    /// The value, one by one; for what stands inside of lists and records.
    pub fn value(self, ty: &Type, instants: &mut InstantReader) -> Result<Value, Reason> {
        Ok(match ty.base() {
            Type::Bool => Value::Bool(self.bool()?),
            Type::Int => Value::Int(self.int()?),
            Type::Float => Value::Float(self.float()?),
            Type::Decimal => Value::Decimal(self.decimal()?),
            Type::String | Type::Enum(_) => Value::text(self.choice()?),
            Type::Timestamp => Value::Timestamp(self.instant(instants)?),
            Type::Duration => Value::Duration(Span(self.duration()?)),
            Type::List(_) | Type::Record(_) | Type::Json | Type::Optional(_) => {
                self.whole(instants)?
            }
        })
    }

    fn duration(self) -> Result<i64, Reason> {
        const WANTED: &str = "a duration such as \"1h30m\"";
        let text = self.text(WANTED)?;
        span::read(text.as_bytes()).map(|span| span.0).ok_or_else(|| self.misfit(WANTED))
    }

    /// The instant of a timestamp, within the years 1 to 9999.
    #[inline(always)]
    pub fn instant(self, instants: &mut InstantReader) -> Result<EventTime, Reason> {
        let unit = match &self.field.format {
            TimestampFormat::Automatic | TimestampFormat::Millis => 1_000,
            TimestampFormat::Micros => 1,
            TimestampFormat::Seconds => 1_000_000,
            TimestampFormat::Text(format) => return self.written_instant(format),
        };
        let micros = match self.token.kind {
            Kind::Int => self.token.int.checked_mul(unit),
            _ => self.other_instant(unit, instants)?,
        };
        micros
            .and_then(EventTime::from_micros)
            .ok_or_else(|| self.no_fit("is outside of the years 1 to 9999"))
    }

    /// Microseconds of what is no plain whole number; parts of a microsecond are cut off.
    fn other_instant(self, unit: i64, instants: &mut InstantReader) -> Result<Option<i64>, Reason> {
        let wanted = match &self.field.format {
            TimestampFormat::Text(_) | TimestampFormat::Automatic | TimestampFormat::Millis => {
                "epoch milliseconds or RFC 3339 text"
            }
            TimestampFormat::Micros => "epoch microseconds or RFC 3339 text",
            TimestampFormat::Seconds => "epoch seconds or RFC 3339 text",
        };
        match self.token.kind {
            Kind::Fraction | Kind::Number => Ok(decimal(self.token, self.raw())
                .and_then(|count| count.checked_mul(Decimal::from(unit)))
                .and_then(|micros| i64::try_from(micros.floor()).ok())),
            Kind::Text | Kind::EscapedText => {
                let text = self.text(wanted)?;
                instants.read(text.as_bytes()).map(Some).ok_or_else(|| self.misfit(wanted))
            }
            _ => Err(self.misfit(wanted)),
        }
    }

    /// The instant of a text in the field's own format, or of a number written so.
    #[inline(never)]
    fn written_instant(self, format: &str) -> Result<EventTime, Reason> {
        let wanted = || format!("a time written as `{format}`");
        let text = match self.token.kind {
            Kind::Int | Kind::Fraction | Kind::Number => Cow::Borrowed(self.raw()),
            Kind::Text | Kind::EscapedText => self.text("")?,
            _ => return Err(self.misfit(&wanted())),
        };
        let micros = written::read(&text, format).ok_or_else(|| self.misfit(&wanted()))?;
        EventTime::from_micros(micros)
            .ok_or_else(|| self.no_fit("is outside of the years 1 to 9999"))
    }

    #[inline(always)]
    fn raw(self) -> &'a str {
        self.token.text(self.record)
    }
}

/// The decimal of a number of which the token has all digits.
#[inline(always)]
fn plain_decimal(token: &Token) -> Option<Decimal> {
    let scale = match token.kind {
        Kind::Int => 0,
        Kind::Fraction => u32::from(token.scale),
        _ => return None,
    };
    let digits = token.int.unsigned_abs();
    #[expect(clippy::cast_possible_truncation, reason = "the two halves of the digits")]
    let (low, middle) = (digits as u32, (digits >> 32) as u32);
    Some(Decimal::from_parts(low, middle, 0, token.int < 0, scale))
}

/// The exact decimal of a number, `None` when there is none.
fn decimal(token: &Token, text: &str) -> Option<Decimal> {
    if let Some(value) = plain_decimal(token) {
        return Some(value);
    }
    exact_decimal(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> Option<String> {
        let mut token = Token::MISSING;
        number::read(&padded(text.as_bytes()), 0, &mut token)?;
        decimal(&token, text).map(|value| value.to_string())
    }

    #[test]
    fn decimals_are_exact_or_nothing() {
        let cases = [
            ("12.50", Some("12.50")),
            ("-0.00", Some("0.00")),
            ("1.25e2", Some("125")),
            ("1.25e1", Some("12.5")),
            ("125E-4", Some("0.0125")),
            ("1e28", Some("10000000000000000000000000000")),
            ("79228162514264337593543950335", Some("79228162514264337593543950335")),
            ("79228162514264337593543950336", None),
            ("0.1234567890123456789012345678", Some("0.1234567890123456789012345678")),
            ("0.12345678901234567890123456789", None),
            ("1e-29", None),
            ("1e29", None),
            ("0e99999999999", Some("0")),
            ("1e99999999999", None),
        ];
        for (text, expected) in cases {
            assert_eq!(exact(text).as_deref(), expected, "{text}");
        }
    }
}
