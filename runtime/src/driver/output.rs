//! Where things go: derived events to their sinks, the rest to the sinks of late events and
//! errors.

use super::sideline::{self, Names, SHOWN};
use crate::codec::cloudevents::Encoder;
use crate::connector::file::now;
use crate::connector::{BadRecord, ConnectorError, ContentMode, OutRecord, RecordBatch, Sink};
use cep_core::engine::{Emit, EventRef, Outbox};
use cep_core::plan::{Plan, StreamId};
use cep_core::value::RowOrigin;
use std::sync::Arc;

/// A sink of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SinkId(usize);

/// The sinks of a run; one place is opened once, whatever goes there.
#[derive(Default)]
pub struct Sinks {
    open: Vec<(String, Box<dyn Sink>)>,
    is_dirty: bool,
}

impl Sinks {
    /// The sink that was added under this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<SinkId> {
        self.open.iter().position(|(known, _)| known == name).map(SinkId)
    }

    /// Adds a sink under a name, its URI.
    pub fn add(&mut self, name: impl Into<String>, sink: Box<dyn Sink>) -> SinkId {
        self.open.push((name.into(), sink));
        SinkId(self.open.len() - 1)
    }

    fn mode(&self, id: SinkId) -> ContentMode {
        self.open.get(id.0).map_or(ContentMode::Structured, |(_, sink)| sink.content_mode())
    }

    fn write(&mut self, id: SinkId, record: &OutRecord<'_>) -> Result<(), ConnectorError> {
        self.is_dirty = true;
        match self.open.get_mut(id.0) {
            Some((_, sink)) => sink.write(record),
            None => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<(), ConnectorError> {
        if std::mem::take(&mut self.is_dirty) {
            self.open.iter_mut().try_for_each(|(_, sink)| sink.flush())?;
        }
        Ok(())
    }
}

/// How derived events are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventFormat {
    /// CloudEvents 1.0.
    CloudEvents,
    /// The data alone.
    Plain,
}

/// Where everything that a run gives goes.
pub struct OutputSpec {
    /// The sinks.
    pub sinks: Sinks,
    /// The sinks of each derived event, in the order of the plan's events.
    pub events: Vec<Vec<SinkId>>,
    /// How derived events are written.
    pub format: EventFormat,
    /// Where late events go; counted and shown if nowhere.
    pub late: Option<SinkId>,
    /// Where bad records and rule errors go; counted and shown if nowhere.
    pub errors: Option<SinkId>,
}

/// A kind of thing that does not go to the derived events' sinks.
struct Side {
    what: &'static str,
    sink: Option<SinkId>,
    count: u64,
}

pub(super) struct Output {
    plan: Arc<Plan>,
    topics: Vec<String>,
    spec: OutputSpec,
    /// By rule and emit line: the index of the derived event.
    lines: Vec<Vec<Option<usize>>>,
    encoder: Encoder,
    value: Vec<u8>,
    key: Vec<u8>,
    emits: Vec<u64>,
    /// How many firings a `limit` held back.
    held_back: u64,
    /// How many events `distinct` dropped.
    repeated: u64,
    bad: Side,
    late: Side,
    errors: Side,
}

impl Output {
    /// `topics` are what the streams are read from, for causes and for bad records.
    pub fn new(plan: Arc<Plan>, topics: Vec<String>, app_id: &str, spec: OutputSpec) -> Self {
        let event = |name: &str| plan.events.iter().position(|event| event.name == name);
        let lines = plan
            .rules
            .iter()
            .map(|rule| rule.emits.iter().map(|line| event(&line.event)).collect())
            .collect();
        let side = |what, sink| Side { what, sink, count: 0 };
        Self {
            encoder: Encoder::new(&plan, &topics, app_id),
            lines,
            value: Vec::new(),
            key: Vec::new(),
            emits: vec![0; plan.events.len()],
            held_back: 0,
            repeated: 0,
            bad: side("bad record", spec.errors),
            late: side("late event", spec.late),
            errors: side("rule error", spec.errors),
            topics,
            spec,
            plan,
        }
    }

    /// Writes what a step gave. `records` are those that were fed in it.
    pub fn take(
        &mut self,
        outbox: &Outbox,
        streams: &[StreamId],
        records: &RecordBatch,
    ) -> Result<(), ConnectorError> {
        let record_of = |origin: &RowOrigin| {
            let fed = streams.contains(&origin.stream) && origin.partition == records.partition();
            let record = records.get(records.index_at(origin.offset)).filter(|_| fed)?;
            (record.offset == origin.offset).then_some(record)
        };
        self.held_back += outbox.held_back.len() as u64;
        self.repeated += outbox.repeated;
        for emit in &outbox.emits {
            self.emit(emit)?;
        }
        let names = Names { plan: &self.plan, topics: &self.topics };
        for late in &outbox.late {
            let line = || sideline::late(&names, late, record_of(&late.origin));
            self.late.put(&mut self.spec.sinks, line)?;
        }
        for error in &outbox.errors {
            let record = match &error.subject {
                EventRef::Row(origin) => record_of(origin),
                EventRef::Firing { .. } => None,
            };
            let line = || sideline::rule_error(&names, error, record);
            self.errors.put(&mut self.spec.sinks, line)?;
        }
        Ok(())
    }

    fn emit(&mut self, emit: &Emit) -> Result<(), ConnectorError> {
        let line = self.lines.get(emit.rule.0 as usize).and_then(|l| l.get(emit.line as usize));
        let Some(event) = line.copied().flatten() else { return Ok(()) };
        if let Some(count) = self.emits.get_mut(event) {
            *count += 1;
        }
        self.key.clear();
        let has_key = self.encoder.key(emit, &mut self.key);
        for sink in self.spec.events.get(event).into_iter().flatten() {
            self.value.clear();
            let mode = self.spec.sinks.mode(*sink);
            let headers = match (self.spec.format, mode) {
                (EventFormat::Plain, _) => {
                    self.encoder.data(emit, &mut self.value);
                    Vec::new()
                }
                (EventFormat::CloudEvents, ContentMode::Structured) => {
                    self.encoder.structured(emit, &mut self.value);
                    Vec::new()
                }
                (EventFormat::CloudEvents, ContentMode::Binary) => {
                    self.encoder.data(emit, &mut self.value);
                    self.encoder.headers(emit)
                }
            };
            let headers: Vec<(&str, &[u8])> =
                headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
            let record = OutRecord {
                value: Some(&self.value),
                key: has_key.then_some(self.key.as_slice()),
                timestamp: emit.time,
                headers: &headers,
            };
            self.spec.sinks.write(*sink, &record)?;
        }
        Ok(())
    }

    /// Writes a record that is no event of these streams, which share an input.
    pub fn bad_record(
        &mut self,
        streams: &[StreamId],
        bad: &BadRecord,
    ) -> Result<(), ConnectorError> {
        let names = Names { plan: &self.plan, topics: &self.topics };
        self.bad.put(&mut self.spec.sinks, || sideline::bad_record(&names, streams, bad))
    }

    /// Returns only when everything that was written is safe.
    pub fn flush(&mut self) -> Result<(), ConnectorError> {
        self.spec.sinks.flush()
    }

    /// How many of each derived event there have been.
    pub fn emits(&self) -> Vec<(String, u64)> {
        let names = self.plan.events.iter().map(|event| event.name.clone());
        names.zip(self.emits.iter().copied()).collect()
    }

    /// How many firings a `limit` held back.
    pub fn held_back(&self) -> u64 {
        self.held_back
    }

    /// How many events `distinct` dropped.
    pub fn repeated(&self) -> u64 {
        self.repeated
    }

    /// How many bad records, late events and rule errors there have been.
    pub fn sidelined(&self) -> [u64; 3] {
        [self.bad.count, self.late.count, self.errors.count]
    }

    /// Says how many things were counted without being kept, and how to keep them.
    pub fn say_what_was_not_kept(&self) {
        for (side, option) in
            [(&self.bad, "--errors"), (&self.late, "--late"), (&self.errors, "--errors")]
        {
            if side.sink.is_none() && side.count > 0 {
                let (count, what) = (side.count, side.what);
                let plural = if count == 1 { "" } else { "s" };
                tracing::warn!(
                    "{count} {what}{plural} not kept; `{option} file:PATH` keeps every one"
                );
            }
        }
    }
}

impl Side {
    /// Counts it, and keeps or shows its line; a line that nobody would see is not made.
    fn put(
        &mut self,
        sinks: &mut Sinks,
        line: impl FnOnce() -> Vec<u8>,
    ) -> Result<(), ConnectorError> {
        self.count += 1;
        if let Some(sink) = self.sink {
            // Not the event's time: retention counts from when a record was put aside.
            let timestamp = now();
            return sinks.write(
                sink,
                &OutRecord { value: Some(&line()), key: None, timestamp, headers: &[] },
            );
        }
        if self.count <= SHOWN {
            tracing::warn!("{}: {}", self.what, shortened(&line()));
        }
        Ok(())
    }
}

/// As much of a line as fits on a screen.
fn shortened(line: &[u8]) -> String {
    const MOST: usize = 400;
    let text = String::from_utf8_lossy(line);
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.into_owned(),
    }
}
