//! Tests of the decoder as a whole: every record is read by all tiers, which must agree.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod behaviour;
mod csv;
mod debezium;
mod deletion;
mod outer;
mod property;
mod whole;
mod words;

use super::Format;
use super::decoder::{Decoder, Tier};
use crate::connector::RecordBatch;
use cep_core::plan::{
    EmitKind, EmitPlan, Expr, ExprKind, FieldPlan, FieldSource, Plan, RulePlan, StreamId,
    StreamPlan, TimeSource, TimestampFormat, Trigger,
};
use cep_core::time::{EventTime, Span};
use cep_core::value::{EventBatch, Type, Value};

/// A field `name: type from "path"`.
pub(super) fn field(name: &str, ty: Type, path: &str) -> FieldPlan {
    let path = path.split('.').map(str::to_owned).collect();
    let format = TimestampFormat::Automatic;
    FieldPlan { name: name.into(), ty, least: None, source: FieldSource::Path(path), format }
}

/// A plan of one stream `Harvest`, whose fields but those named `unread…` are read by one rule.
/// The time is the field `at`, if there is one.
pub(super) fn plan(fields: Vec<FieldPlan>) -> Plan {
    let time = fields.iter().position(|field| field.name == "at");
    let read = fields
        .iter()
        .zip(0_u32..)
        .filter(|(field, _)| !field.name.starts_with("unread"))
        .map(|(field, index)| {
            (field.name.clone(), Expr::new(field.ty.clone(), ExprKind::Field(index)))
        })
        .collect();
    let emit =
        EmitPlan { event: "Seen".into(), kind: EmitKind::Fire, fields: read, condition: None };
    let stream = StreamPlan {
        name: "Harvest".into(),
        doc: String::new(),
        fields,
        key: None,
        time: time
            .map_or(TimeSource::Record, |index| TimeSource::Field(u32::try_from(index).unwrap())),
        lateness: Span::ZERO,
        idle: None,
        ahead: Span::from_secs(3_600),
        from: None,
    };
    let rule = RulePlan {
        name: "see".into(),
        doc: String::new(),
        attributes: Vec::new(),
        input: StreamId(0),
        filter: None,
        key: Vec::new(),
        window: None,
        expects: None,
        waits_for: Vec::new(),
        aggregates: Vec::new(),
        previous: Vec::new(),
        trigger: Trigger::Always,
        limit: None,
        distinct: None,
        changes: None,
        forget: None,
        emits: vec![emit],
    };
    Plan { streams: vec![stream], rules: vec![rule], ..Plan::empty() }
}

/// What became of one record.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// A row: its time and the values of the fields that are read.
    Row(EventTime, Vec<Value>),
    /// A CloudEvent of another type.
    OtherType,
    /// A bad record.
    Bad(String),
}

impl Outcome {
    /// As one line: the values, or what became of the record else.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Row(_, values) => {
                values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | ")
            }
            Self::OtherType => "passed over".to_owned(),
            Self::Bad(reason) => format!("bad: {reason}"),
        }
    }
}

/// One decoder a tier.
pub(super) struct Decoders {
    plan: Plan,
    tiers: Vec<Decoder>,
}

impl Decoders {
    pub fn new(plan: Plan, format: Format) -> Self {
        let tiers = [Tier::Template, Tier::Flat, Tier::Walk, Tier::Parser]
            .map(|tier| Decoder::new(&plan, StreamId(0), format.clone()).starting_at(tier));
        Self { plan, tiers: tiers.into() }
    }

    /// What the first tier says of records; the others must say the same.
    pub fn decode_all(&mut self, records: &[(&[u8], Option<EventTime>)]) -> Vec<Outcome> {
        let mut batch = RecordBatch::new();
        batch.reset(0);
        for (offset, (bytes, timestamp)) in records.iter().enumerate() {
            batch.push(offset as u64, *timestamp, None, Some(bytes));
        }
        self.decode_records(&batch)
    }

    /// The same for records with keys and headers.
    pub fn decode_records(&mut self, batch: &RecordBatch) -> Vec<Outcome> {
        let plan = &self.plan;
        let mut outcomes = self.tiers.iter_mut().map(|decoder| decode_batch(plan, decoder, batch));
        let first = outcomes.next().unwrap();
        for other in outcomes {
            for ((a, b), record) in first.iter().zip(&other).zip(batch.iter()) {
                let bytes = record.value.unwrap_or_default();
                assert_eq!(a, b, "tiers differ on {}", String::from_utf8_lossy(bytes));
            }
        }
        first
    }

    pub fn decode(&mut self, record: &[u8]) -> Outcome {
        self.decode_all(&[(record, None)]).pop().unwrap()
    }

    /// The decoder that starts with templates.
    pub fn first(&self) -> &Decoder {
        &self.tiers[0]
    }
}

fn decode_batch(plan: &Plan, decoder: &mut Decoder, batch: &RecordBatch) -> Vec<Outcome> {
    let stream = plan.stream(StreamId(0)).unwrap();
    let mut into = EventBatch::new(StreamId(0), stream);
    let mut bad = Vec::new();
    decoder.decode(batch, 0..batch.len(), &mut into, &mut bad);
    let used = plan.used_fields(StreamId(0));
    for (column, is_used) in into.columns.iter().zip(&used) {
        assert_eq!(column.len(), if *is_used { into.len() } else { 0 });
    }
    assert_eq!(into.times.len(), into.offsets.len());
    let outcome = |offset: u64| {
        if let Some(bad) = bad.iter().find(|bad| bad.offset == offset) {
            return Outcome::Bad(bad.reason.clone());
        }
        match into.offsets.iter().position(|at| *at == offset) {
            Some(row) => Outcome::Row(
                EventTime(into.times[row]),
                into.columns
                    .iter()
                    .zip(&used)
                    .filter(|(_, is_used)| **is_used)
                    .map(|(column, _)| column.get(row))
                    .collect(),
            ),
            None => Outcome::OtherType,
        }
    };
    (0..batch.len() as u64).map(outcome).collect()
}
