//! Numbers, durations, timestamps and quoted text, with nom.
//!
//! Each function is given text that begins with the literal and says how long it is and what it
//! means, or what is wrong with it and which token stands for it so that the parser can go on.

use super::{TokenKind, is_word};
use crate::diagnostic::{Advice, Code, write_instead};
use crate::habits;
use cep_core::value::exact_decimal;
use chrono::{DateTime, NaiveDate};
use nom::branch::alt;
use nom::bytes::complete::{take_while, take_while1};
use nom::character::complete::{char, one_of};
use nom::combinator::{opt, recognize};
use nom::multi::many0_count;
use nom::sequence::{pair, preceded};
use nom::{IResult, Parser};

/// A literal's length in bytes and its token or what is wrong with it.
pub(super) struct Literal {
    pub length: usize,
    pub value: Result<TokenKind, Problem>,
}

/// Why a literal cannot be read. The message is the literal in backticks, then `title`.
pub(super) struct Problem {
    pub code: Code,
    pub title: &'static str,
    pub help: Advice,
    pub stands_for: TokenKind,
}

/// Units of durations, in microseconds.
const UNITS: &[(&str, i64)] = &[
    ("us", 1),
    ("ms", 1_000),
    ("s", 1_000_000),
    ("m", 60 * 1_000_000),
    ("h", 3_600 * 1_000_000),
    ("d", 86_400 * 1_000_000),
];

fn digits(input: &str) -> IResult<&str, &str> {
    recognize(pair(
        take_while1(|c: char| c.is_ascii_digit()),
        take_while(|c: char| c.is_ascii_digit() || c == '_'),
    ))
    .parse(input)
}

fn fraction(input: &str) -> IResult<&str, &str> {
    preceded(char('.'), digits).parse(input)
}

fn exponent(input: &str) -> IResult<&str, &str> {
    recognize((one_of("eE"), opt(one_of("+-")), digits)).parse(input)
}

/// An int, a decimal (`1.5`, `2e-3`), a float that no decimal holds (`1e30`) or a duration (`1h30m`).
pub(super) fn number(text: &str) -> Literal {
    let whole: IResult<&str, _> = (digits, opt(fraction), opt(exponent)).parse(text);
    let Ok((rest, (_, fraction, exponent))) = whole else {
        return problem(1, Code::BadNumber, "is not a number", "write digits", TokenKind::Bad);
    };
    let number_length = text.len() - rest.len();
    if rest.starts_with(is_word) {
        let unit = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
        let word = text.get(..number_length + unit).unwrap_or(text);
        return suffixed(word, fraction.is_some());
    }
    let written = text.get(..number_length).unwrap_or_default().replace('_', "");
    if fraction.is_none()
        && exponent.is_none()
        && let Some(value) = written.parse().ok().filter(|it| *it <= i64::MIN.unsigned_abs())
    {
        return Literal { length: number_length, value: Ok(TokenKind::Int(value)) };
    }
    if let Some(decimal) = exact_decimal(&written) {
        return Literal { length: number_length, value: Ok(TokenKind::Decimal(decimal)) };
    }
    let float = written.parse::<f64>().ok().filter(|float| float.is_finite());
    match float.filter(|_| exponent.is_some()) {
        Some(float) => {
            Literal { length: number_length, value: Ok(TokenKind::Float(float.to_bits())) }
        }
        None if exponent.is_some() => problem(
            number_length,
            Code::BadNumber,
            "is too large for a float",
            "the largest float is about 1.8e308",
            TokenKind::Bad,
        ),
        None => problem(
            number_length,
            Code::BadNumber,
            "has more digits than a decimal holds",
            "a decimal holds 28 digits, of 29 those up to 79228162514264337593543950335; with an exponent it is a float, as in `1e30`",
            TokenKind::Bad,
        ),
    }
}

/// A number with letters after it: a duration, or a mistake.
fn suffixed(word: &str, has_point: bool) -> Literal {
    if has_point {
        let help = whole_units(word)
            .map_or_else(|| "write whole units: `1500ms` rather than `1.5s`".into(), write_instead);
        return problem(word.len(), Code::BadDuration, "is not a duration", help, TokenKind::Bad);
    }
    let mut rest = word;
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let part: IResult<&str, (&str, &str)> =
            (digits, take_while1(|c: char| c.is_alphabetic())).parse(rest);
        let Ok((after, (count, unit))) = part else {
            return bad_unit(word);
        };
        let Some((_, unit_us)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return bad_unit(word);
        };
        let sum = count
            .replace('_', "")
            .parse::<i64>()
            .ok()
            .and_then(|count| count.checked_mul(*unit_us))
            .and_then(|us| total.checked_add(us));
        let Some(sum) = sum else {
            let help = "the longest duration is about 292,000 years";
            return problem(
                word.len(),
                Code::BadDuration,
                "is too long for a duration",
                help,
                TokenKind::Bad,
            );
        };
        total = sum;
        rest = after;
    }
    Literal { length: word.len(), value: Ok(TokenKind::Duration(total)) }
}

/// A duration with a point in the next smaller unit, if that is whole: `1500ms` for `1.5s`.
fn whole_units(word: &str) -> Option<String> {
    let (count, unit) = word.split_at(word.find(|c: char| c.is_alphabetic())?);
    let at = UNITS.iter().position(|(name, _)| *name == unit)?;
    let (smaller, smaller_us) = UNITS.get(at.checked_sub(1)?)?;
    let count = exact_decimal(&count.replace('_', ""))?;
    let times = UNITS.get(at)?.1 / smaller_us;
    let whole = count.checked_mul(times.into())?.normalize();
    whole.is_integer().then(|| format!("{whole}{smaller}"))
}

fn bad_unit(word: &str) -> Literal {
    let count: String = word.chars().take_while(|c| c.is_ascii_digit() || *c == '_').collect();
    let unit: String = word.chars().skip(count.len()).collect();
    let Some(meant) = habits::duration(&count, &unit) else {
        let help = "units are `us`, `ms`, `s`, `m`, `h` and `d`, as in `250ms`, `10s` or `1h30m`";
        return problem(word.len(), Code::BadDuration, "is not a duration", help, TokenKind::Bad);
    };
    // It stands for what was meant, so that nothing more is said about it.
    let stands_for = suffixed(&meant, false).value.unwrap_or(TokenKind::Bad);
    let help = write_instead(meant);
    problem(word.len(), Code::BadDuration, "is not a duration", help, stands_for)
}

/// `@2026-01-01T00:00:00Z`, with any offset; `@2026-01-01` is that day's midnight in UTC.
pub(super) fn timestamp(text: &str) -> Literal {
    let body: IResult<&str, &str> = preceded(
        char('@'),
        recognize(many0_count(alt((
            take_while1(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '+')),
            recognize(pair(char('.'), take_while1(|c: char| c.is_ascii_digit()))),
        )))),
    )
    .parse(text);
    let written = body.map_or("", |(_, written)| written);
    let (day, length) = (NaiveDate::parse_from_str(written, "%Y-%m-%d"), written.len() + 1);
    // A time of the day behind a space belongs to it.
    let behind = text.get(length..).filter(|_| day.is_ok()).unwrap_or_default();
    let clock = behind.strip_prefix(' ').map_or(0, |clock| {
        let end = clock.find(|c: char| !c.is_ascii_digit() && !".:TZ+-".contains(c));
        end.unwrap_or(clock.len())
    });
    let apart = text.get(1..length + 1 + clock).and_then(whole_timestamp).filter(|_| clock > 0);
    match (micros_of(written), apart) {
        (Some(us), None) => Literal { length, value: Ok(TokenKind::Timestamp(us)) },
        (_, apart) => {
            let meant = apart.or_else(|| whole_timestamp(written)).map(write_instead);
            let help = meant.unwrap_or_else(|| {
                "write it with a zone, as in `@2026-01-31T08:30:00Z` or `@2026-01-31T08:30:00+01:00`".into()
            });
            let length = if clock > 0 { length + 1 + clock } else { length };
            problem(length, Code::BadTimestamp, "is not a timestamp", help, TokenKind::Bad)
        }
    }
}

/// What is written after `@`, in microseconds.
fn micros_of(written: &str) -> Option<i64> {
    let time = DateTime::parse_from_rfc3339(written).map(|time| time.timestamp_micros());
    time.ok().or_else(|| {
        let day = NaiveDate::parse_from_str(written, "%Y-%m-%d").ok()?;
        Some(day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros())
    })
}

/// The timestamp that a text is, also one without `T`, seconds or a zone, which is UTC then.
pub(crate) fn whole_timestamp(text: &str) -> Option<String> {
    let text = text.replacen(' ', "T", 1);
    let mut written = ["", "Z", ":00Z"].iter().map(|end| format!("{text}{end}"));
    written.find(|written| micros_of(written).is_some()).map(|written| format!("@{written}"))
}

/// Length of the quoted text that `text` begins with, and whether it is closed before its line ends.
/// In double quotes a backslash takes the next character with it.
pub(super) fn quoted(text: &str, quote: char) -> (usize, bool) {
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => return (at + 1, true),
            '\n' => {
                let line = text.get(..at).unwrap_or_default();
                return (line.strip_suffix('\r').unwrap_or(line).len(), false);
            }
            '\\' if quote == '"'
                && !text.get(at + 1..).unwrap_or_default().starts_with(['\r', '\n']) =>
            {
                chars.next();
            }
            _ => {}
        }
    }
    (text.len(), false)
}

fn problem(
    length: usize,
    code: Code,
    title: &'static str,
    help: impl Into<Advice>,
    stands_for: TokenKind,
) -> Literal {
    Literal { length, value: Err(Problem { code, title, help: help.into(), stands_for }) }
}
