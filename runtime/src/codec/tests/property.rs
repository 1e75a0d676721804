//! Generated records, good and spoiled: the tiers agree with one another and with an oracle that
//! reads the record with serde_json and fits the values by plain and slow code of its own.

use super::*;
use cep_core::value::Decimal;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

fn fields() -> Vec<FieldPlan> {
    vec![
        field("farm", Type::Int, "farmid"),
        field("count", Type::Int.optional(), "data.count"),
        field("weight", Type::Decimal.optional(), "a_long_member_name.weight"),
        field("ratio", Type::Float.optional(), "ratio"),
        field("crop", Type::String.optional(), "crop"),
        field("ok", Type::Bool.optional(), "data.ok"),
        field("at", Type::Timestamp, "at"),
    ]
}

/// The members of an object in their order, as they stand in the text.
struct Members<'a>(Vec<(String, &'a str)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    members.push((name, value.get()));
                }
                Ok(Members(members))
            }
        }
        json.deserialize_map(Collect)
    }
}

/// The text of the value at a path: none when absent, an error when the way is barred.
fn at_path<'a>(record: &'a str, path: &[String]) -> Result<Option<&'a str>, ()> {
    let mut text = record;
    for name in path {
        if text == "null" {
            return Ok(None);
        }
        let members: Members<'a> = serde_json::from_str(text).map_err(|_| ())?;
        match members.0.into_iter().find(|(found, _)| found == name) {
            Some((_, value)) => text = value,
            None => return Ok(None),
        }
    }
    Ok(Some(text).filter(|text| *text != "null"))
}

/// Moves the point of a number by its exponent, on the text.
fn without_exponent(number: &str) -> Option<String> {
    let Some((digits, exponent)) = number.split_once(['e', 'E']) else {
        return Some(number.into());
    };
    if !digits.contains(|c: char| matches!(c, '1'..='9')) {
        return Some("0.0".into());
    }
    let exponent: i64 = exponent.parse().ok().filter(|exponent: &i64| exponent.abs() < 60)?;
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let padded = format!("{}{whole}{fraction}{}", "0".repeat(60), "0".repeat(60));
    let point = usize::try_from(60 + whole.len() as i64 + exponent).unwrap();
    let (whole, fraction) = padded.split_at(point);
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    Some(format!("{sign}{}.{fraction}0", if whole.is_empty() { "0" } else { whole }))
}

fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c == '-' || c.is_ascii_digit())
}

fn exact(text: &str) -> Option<Decimal> {
    let plain = without_exponent(text)?;
    let trimmed = if text.contains(['e', 'E']) {
        plain.strip_suffix('0').unwrap_or(&plain).trim_end_matches('.').to_owned()
    } else {
        plain
    };
    Decimal::from_str_exact(&trimmed).ok()
}

fn expected_value(field: &FieldPlan, text: &str) -> Option<Value> {
    Some(match field.ty.base() {
        Type::Int => {
            Value::Int(text.parse().ok().filter(|_| !text.contains(['.', 'e', 'E', '"']))?)
        }
        Type::Float => Value::Float(
            text.parse().ok().filter(|value: &f64| is_number(text) && value.is_finite())?,
        ),
        Type::Decimal => {
            let inner: String =
                if is_number(text) { text.into() } else { serde_json::from_str(text).ok()? };
            let is_json = is_number(&inner)
                && serde_json::from_str::<&RawValue>(&inner).is_ok_and(|raw| raw.get() == inner);
            Value::Decimal(exact(&inner).filter(|_| is_json)?)
        }
        Type::String => Value::text(serde_json::from_str::<String>(text).ok()?),
        Type::Bool => Value::Bool(serde_json::from_str(text).ok()?),
        Type::Timestamp if is_number(text) => {
            let micros = exact(text)?.checked_mul(1_000.into())?.floor();
            Value::Timestamp(EventTime::from_micros(i64::try_from(micros).ok()?)?)
        }
        Type::Timestamp => {
            let text: String = serde_json::from_str(text).ok()?;
            let time = chrono::DateTime::parse_from_rfc3339(&text).ok()?;
            Value::Timestamp(EventTime::from_micros(time.timestamp_micros())?)
        }
        other => panic!("{other} is not generated"),
    })
}

/// The row a record gives; `None` for a bad record.
fn oracle(record: &[u8]) -> Option<Outcome> {
    let record = std::str::from_utf8(record).ok()?;
    let _: Members<'_> = serde_json::from_str(record).ok()?;
    let mut values = Vec::new();
    for field in &fields() {
        let FieldSource::Path(path) = &field.source else { panic!("not generated") };
        values.push(match at_path(record, path).ok()? {
            Some(text) => expected_value(field, text)?,
            None if field.ty.is_optional() => Value::Null,
            None => return None,
        });
    }
    let Some(Value::Timestamp(at)) = values.last().cloned() else { return None };
    Some(Outcome::Row(at, values))
}

fn space() -> impl Strategy<Value = &'static str> {
    prop_oneof![8 => Just(""), 2 => Just(" "), 1 => select(vec!["\n", "\t", "\r\n", "  "])]
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (-10_000_i64..1_000_000).prop_map(|n| n.to_string()),
        2 => any::<i64>().prop_map(|n| n.to_string()),
        1 => any::<i128>().prop_map(|n| n.to_string()),
        3 => "-?(0|[1-9][0-9]{0,20})\\.[0-9]{1,22}",
        2 => "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,4})?[eE][+-]?[0-9]{1,3}",
        1 => select(vec!["-0".to_owned(), "-0.0".into(), "0".into(), "0e0".into()]),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z -]{0,24}".prop_map(|text| format!("\"{text}\"")),
        2 => any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        1 => select(vec![
            r#""\u0041\ud83c\udf3e\/""#, r#""\"\\""#, "\"Zürich\"", r#""12.50""#, r#""\ud800""#,
            r#""2020-03-23T16:31:54.028Z""#, r#""2020-03-23T18:31:54+02:00""#,
        ]).prop_map(str::to_owned),
    ]
}

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        3 => number(),
        3 => text(),
        2 => select(vec!["true", "false", "null", "{}", "[]"]).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            (vec(inner.clone(), 0..4), space()).prop_map(|(items, space)| format!(
                "[{space}{}{space}]",
                items.join(&format!("{space},"))
            )),
            (vec((text(), inner), 0..4), space()).prop_map(|(members, space)| {
                let members: Vec<_> =
                    members.iter().map(|(name, value)| format!("{name}{space}:{value}")).collect();
                format!("{{{space}{}{space}}}", members.join(","))
            }),
        ]
    })
}

/// An object of these members, in any order and spacing, some twice or not at all, others between.
fn object(members: Vec<(&'static str, BoxedStrategy<String>)>) -> BoxedStrategy<String> {
    let known: Vec<_> = members
        .into_iter()
        .map(|(name, value)| {
            let value = prop_oneof![20 => value, 1 => json()].boxed();
            (Just(name.to_owned()), value, 0_u8..24).boxed()
        })
        .collect();
    let other =
        (select(vec!["\"x\"", "\"batch count\"", "\"farmi\"", "\"\\u00e9\"", "\"\""]), json());
    (known, vec(other, 0..3), any::<u64>(), space(), space())
        .prop_map(|(known, others, order, before, after)| {
            let mut members = Vec::new();
            for (name, value, times) in known {
                let repeats = match times {
                    0 => 0,
                    1 => 2,
                    _ => 1,
                };
                (0..repeats).for_each(|_| members.push((name.clone(), value.clone())));
            }
            members.extend(others.into_iter().map(|(name, value)| (name.to_owned(), value)));
            // A seeded shuffle, most often none.
            let mut state = order;
            for index in (1..members.len()).filter(|_| order % 3 == 0) {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                members.swap(index, usize::try_from(state >> 33).unwrap() % (index + 1));
            }
            let members: Vec<_> = members
                .iter()
                .map(|(name, value)| format!("{before}{name}{after}:{before}{value}{after}"))
                .collect();
            format!("{before}{{{}{after}}}{after}", members.join(","))
        })
        .boxed()
}

fn record() -> impl Strategy<Value = String> {
    let int = || (-5_i64..1_000_000_000).prop_map(|n| n.to_string()).boxed();
    let time = prop_oneof![
        4 => (0_i64..2_000_000_000_000).prop_map(|ms| ms.to_string()),
        2 => (-62_135_596_800_000_000_i64..253_402_300_799_999_999)
            .prop_map(|micros| format!("\"{}\"", EventTime(micros))),
        1 => text(),
    ];
    let decimal =
        prop_oneof!["-?[1-9][0-9]{0,9}\\.[0-9]{1,6}", "\"[1-9][0-9]{0,9}\\.[0-9]{1,6}\"", number()];
    let ok = select(vec!["true", "false", "null"]).prop_map(str::to_owned).boxed();
    object(vec![
        ("\"farmid\"", int()),
        ("\"crop\"", text().boxed()),
        ("\"at\"", time.boxed()),
        ("\"ratio\"", number().boxed()),
        ("\"data\"", object(vec![("\"count\"", int()), ("\"ok\"", ok)])),
        ("\"a_long_member_name\"", object(vec![("\"weight\"", decimal.boxed())])),
    ])
}

#[derive(Clone, Debug)]
enum Spoil {
    Nothing,
    Truncate(usize),
    Set(usize, u8),
    Insert(usize, Vec<u8>),
    Remove(usize),
}

fn spoil() -> impl Strategy<Value = Spoil> {
    let special =
        || prop_oneof![select(b"{}[]\",:\\ \n0-1.eE+tn\x00\x1f\x7f\x80\xff".to_vec()), any::<u8>()];
    prop_oneof![
        3 => Just(Spoil::Nothing),
        2 => any::<usize>().prop_map(Spoil::Truncate),
        3 => (any::<usize>(), special()).prop_map(|(at, byte)| Spoil::Set(at, byte)),
        3 => (any::<usize>(), vec(special(), 1..3)).prop_map(|(at, bytes)| Spoil::Insert(at, bytes)),
        2 => any::<usize>().prop_map(Spoil::Remove),
    ]
}

fn spoiled(record: &str, spoil: &Spoil) -> Vec<u8> {
    let mut bytes = record.as_bytes().to_vec();
    let len = bytes.len();
    match spoil {
        Spoil::Nothing => {}
        Spoil::Truncate(at) => bytes.truncate(at % len),
        Spoil::Set(at, byte) => bytes[at % len] = *byte,
        Spoil::Insert(at, more) => {
            let at = at % (len + 1);
            bytes.splice(at..at, more.iter().copied());
        }
        Spoil::Remove(at) => {
            bytes.remove(at % len);
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn decoding_agrees_with_the_oracle(base in record(), spoils in vec(spoil(), 1..24)) {
        let mut decoders = Decoders::new(plan(fields()), Format::Json);
        // Teaches the template what the spoiled records look like.
        let taught = decoders.decode(base.as_bytes());
        prop_assert_eq!(matches!(taught, Outcome::Row(..)), oracle(base.as_bytes()).is_some());
        for spoil in spoils {
            let bytes = spoiled(&base, &spoil);
            let outcome = decoders.decode(&bytes);
            match (oracle(&bytes), &outcome) {
                (Some(expected), found) => prop_assert_eq!(&expected, found, "{}", String::from_utf8_lossy(&bytes)),
                (None, Outcome::Bad(_)) => {}
                (None, found) => prop_assert!(false, "{} gave {found:?}", String::from_utf8_lossy(&bytes)),
            }
        }
    }

    #[test]
    fn flat_records_agree_with_the_oracle(
        base in "\\{(\"(farmid|at|ratio|crop|x)\":(-?[0-9.eE]{1,4}|1[0-9]{0,12}|\"[a-z]{0,40}\"|true|false|null),?){1,8}\\}",
        spoils in vec(spoil(), 1..8),
    ) {
        let mut decoders = Decoders::new(plan(fields()), Format::Json);
        let base = base.replace(",}", "}");
        for spoil in std::iter::once(&Spoil::Nothing).chain(&spoils) {
            let bytes = spoiled(&base, spoil);
            let outcome = decoders.decode(&bytes);
            let expected = oracle(&bytes);
            prop_assert_eq!(expected.is_some(), matches!(outcome, Outcome::Row(..)));
            prop_assert!(expected.is_none_or(|expected| expected == outcome));
        }
    }

    #[test]
    fn arbitrary_bytes_do_no_harm(records in vec(vec(any::<u8>(), 0..64), 0..8)) {
        let mut decoders = Decoders::new(plan(fields()), Format::CloudEvents);
        let records: Vec<_> = records.iter().map(|record| (record.as_slice(), None)).collect();
        decoders.decode_all(&records);
    }

    #[test]
    fn tiers_agree_on_cloud_events(base in record(), spoils in vec(spoil(), 1..8), ours in any::<bool>()) {
        let mut decoders = Decoders::new(plan(fields()), Format::CloudEvents);
        let name = if ours { "Harvest" } else { "Frost" };
        let event = format!(r#"{{"specversion":"1.0","type":"{name}","data":{base}}}"#);
        decoders.decode(event.as_bytes());
        for spoil in spoils {
            decoders.decode(&spoiled(&event, &spoil));
        }
    }
}
