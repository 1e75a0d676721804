//! From a case's JSON to values: small, slow, and apart from the product's reader.

use super::moment::{parse_span, parse_time};
use cep_core::plan::{FieldPlan, FieldSource, StreamPlan, TimeSource, TimestampFormat};
use cep_core::time::EventTime;
use cep_core::value::{Decimal, Type, Value};
use cep_core::written;
use serde_json::Value as Json;

/// The member of a row that says that it deletes the one of its key.
pub(super) const DELETED: &str = "deleted";

/// The time and the fields of an event.
pub(super) fn event(
    stream: &StreamPlan,
    at: Option<EventTime>,
    json: &Json,
) -> Result<(EventTime, Vec<Value>), String> {
    let deletes = stream.deletion().is_some() && json.get(DELETED) == Some(&Json::Bool(true));
    // Of a row that is deleted only the key is there.
    let read = |each: &FieldPlan| match field(each, json) {
        _ if each.source == FieldSource::Deletion => Ok(Value::Bool(deletes)),
        Err(_) if deletes && json.get(&each.name).is_none() => Ok(Value::Null),
        read => read,
    };
    let values: Vec<Value> = stream.fields.iter().map(read).collect::<Result<_, _>>()?;
    let time = match stream.time {
        TimeSource::Record => at.ok_or("a stream with `time record` needs `at T`")?,
        TimeSource::Field(index) => match values.get(index as usize) {
            Some(Value::Timestamp(time)) => *time,
            _ => return Err("the time of an event is a timestamp".into()),
        },
    };
    Ok((time, values))
}

/// The values of a table's row.
pub(super) fn row(fields: &[FieldPlan], json: &Json) -> Result<Vec<Value>, String> {
    fields.iter().map(|each| field(each, json)).collect()
}

fn field(field: &FieldPlan, json: &Json) -> Result<Value, String> {
    let found = match &field.source {
        FieldSource::Path(path) => path.iter().try_fold(json, |json, name| json.get(name)),
        // A case has no records; what stands beside their values is given under the field's name.
        _ => json.get(&field.name),
    };
    let found = found.unwrap_or(&Json::Null);
    value(&field.ty, &field.format, found)
        .filter(|value| field.admits(value))
        .ok_or_else(|| format!("`{}` is a {}, not {found}", field.name, field.ty))
}

fn value(ty: &Type, format: &TimestampFormat, json: &Json) -> Option<Value> {
    match (ty.base(), json) {
        (_, Json::Null) => ty.is_optional().then_some(Value::Null),
        (Type::Bool, Json::Bool(value)) => Some(Value::Bool(*value)),
        (Type::Int, Json::Number(number)) => number.as_i64().map(Value::Int),
        (Type::Float, Json::Number(number)) => number.as_f64().map(Value::Float),
        (Type::Decimal, Json::Number(number)) => decimal(&number.to_string()),
        (Type::Decimal, Json::String(text)) => decimal(text),
        (Type::String, Json::String(text)) => Some(Value::text(text.as_str())),
        (Type::Timestamp, Json::Number(number)) => {
            let micros = match format {
                TimestampFormat::Micros => 1,
                TimestampFormat::Millis | TimestampFormat::Automatic => 1_000,
                TimestampFormat::Seconds => 1_000_000,
                TimestampFormat::Text(_) => return None,
            };
            let time = EventTime::from_micros(number.as_i64()?.checked_mul(micros)?)?;
            Some(Value::Timestamp(time))
        }
        (Type::Timestamp, Json::String(text)) => match format {
            TimestampFormat::Text(format) => {
                written::read(text, format).and_then(EventTime::from_micros).map(Value::Timestamp)
            }
            _ => parse_time(text).ok().map(Value::Timestamp),
        },
        (Type::Duration, Json::String(text)) => parse_span(text).map(Value::Duration),
        (Type::Enum(texts), Json::String(text)) => {
            texts.contains(text).then(|| Value::text(text.as_str()))
        }
        (Type::List(element), Json::Array(items)) => {
            let items = items.iter().map(|item| value(element, &TimestampFormat::Automatic, item));
            items.collect::<Option<Vec<Value>>>().map(|items| Value::List(items.into()))
        }
        (Type::Record(fields), Json::Object(members)) => {
            let member = |(name, ty): &(String, Type)| {
                let found = members.get(name).unwrap_or(&Json::Null);
                let found = value(ty, &TimestampFormat::Automatic, found)?;
                Some((name.as_str().into(), found))
            };
            let members: Option<Vec<_>> = fields.iter().map(member).collect();
            members.map(|members| Value::Record(members.into()))
        }
        (Type::Json, json) => Some(Value::Json(json.to_string().into())),
        _ => None,
    }
}

fn decimal(text: &str) -> Option<Value> {
    Decimal::from_str_exact(text).ok().map(Value::Decimal)
}
