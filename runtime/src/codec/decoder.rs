//! The decoder of one stream: records in, rows and bad records out.

use super::Format;
use super::fit::Fitting;
use super::instant::InstantReader;
use super::parser::parse;
use super::projection::{Projection, TimeFrom};
use super::reason::Reason;
use super::template::{Lesson, Templates, Verdict, Visits};
use super::token::{Kind, Token};
use super::walk::walk;
use crate::connector::{BadRecord, RecordBatch};
use cep_core::plan::{Plan, StreamId};
use cep_core::time::{EventTime, Span};
use cep_core::value::EventBatch;
use std::ops::Range;

/// Turns the records of a stream into rows.
///
/// A decoder remembers how earlier records were laid out, so it is made once for each source of a
/// stream and kept. It allocates only for what is new to it (a layout, longer columns) and for
/// bad records.
#[derive(Debug)]
pub struct Decoder {
    projection: Projection,
    templates: Templates,
    visits: Visits,
    found: Vec<Token>,
    instants: InstantReader,
    counts: DecodeCounts,
    first_tier: Tier,
}

/// How many records went which way, since the decoder was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DecodeCounts {
    /// Records that were laid out as an earlier one.
    pub template: u64,
    /// Records that were walked.
    pub walk: u64,
    /// Records that went through the parser.
    pub parser: u64,
    /// CloudEvents of other types, which are no events of this stream.
    pub other_type: u64,
    /// Bad records.
    pub bad: u64,
}

/// The tier that a record is tried at first; other than the first only in tests.
#[cfg_attr(not(test), expect(dead_code, reason = "tests compare the tiers"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tier {
    Template,
    Walk,
    Parser,
}

impl Decoder {
    /// A decoder for the fields of a stream that some rule of the plan reads.
    ///
    /// A stream that the plan does not have gives a decoder that reads no field.
    #[must_use]
    pub fn new(plan: &Plan, stream: StreamId, format: Format) -> Self {
        let projection = Projection::new(plan, stream, format);
        Self {
            found: vec![Token::MISSING; projection.slots],
            projection,
            templates: Templates::default(),
            visits: Visits::default(),
            instants: InstantReader::new(),
            counts: DecodeCounts::default(),
            first_tier: Tier::Template,
        }
    }

    /// Reads every record by this tier or a later one; for tests, which compare the tiers.
    #[cfg(test)]
    pub(super) fn starting_at(mut self, tier: Tier) -> Self {
        self.first_tier = tier;
        self
    }

    /// How many records went which way so far.
    #[must_use]
    pub fn counts(&self) -> DecodeCounts {
        self.counts
    }

    /// Appends the records of `range` to `into`, in their order: for each good one a row in every
    /// column that some rule reads, its time and its offset. `into` must be shaped for the same
    /// stream. A record that does not decode or fit goes to `bad`, a CloudEvent of another type
    /// nowhere.
    pub fn decode(
        &mut self,
        records: &RecordBatch,
        range: Range<usize>,
        into: &mut EventBatch,
        bad: &mut Vec<BadRecord>,
    ) {
        // Nearly all batches are ASCII altogether, which is quicker to see than record by record.
        let is_ascii = span(records, &range).is_ascii();
        for record in range.map_while(|index| records.get(index)) {
            let decoded = match record.value {
                Some(bytes) => {
                    let utf8 = if is_ascii { Ok(()) } else { check_utf8(bytes) };
                    utf8.and_then(|()| self.record(bytes, record.timestamp, into))
                }
                None => Err(Reason::no_value()),
            };
            match decoded {
                Ok(Verdict::Ours) => into.offsets.push(record.offset),
                Ok(Verdict::OtherType) => self.counts.other_type += 1,
                Err(reason) => {
                    self.counts.bad += 1;
                    into.truncate(into.offsets.len());
                    let bytes = record.value.unwrap_or_default();
                    let partition = records.partition();
                    bad.push(BadRecord::new(partition, record.offset, reason.to_string(), bytes));
                }
            }
        }
    }

    /// Appends one record, which is known to be UTF-8, but for its offset. After an error the
    /// columns may be longer than before.
    #[inline(always)]
    fn record(
        &mut self,
        bytes: &[u8],
        timestamp: Option<EventTime>,
        into: &mut EventBatch,
    ) -> Result<Verdict, Reason> {
        if self.first_tier == Tier::Template
            && let Some(verdict) = self.templates.read(bytes, &mut self.found)
        {
            self.counts.template += 1;
            if verdict == Verdict::Ours {
                self.fit(bytes, timestamp, into)?;
            }
            return Ok(verdict);
        }
        self.new_record(bytes, timestamp, into)
    }

    fn new_record(
        &mut self,
        bytes: &[u8],
        timestamp: Option<EventTime>,
        into: &mut EventBatch,
    ) -> Result<Verdict, Reason> {
        if bytes.is_empty() {
            return Err(Reason::empty());
        }
        if u32::try_from(bytes.len()).is_err() {
            return Err(Reason::too_long(bytes.len()));
        }
        self.found.fill(Token::MISSING);
        let learns = self.first_tier == Tier::Template && self.templates.wants_lesson();
        let root = &self.projection.root;
        let walked = if self.first_tier == Tier::Parser {
            None
        } else if learns {
            self.visits.clear();
            walk(bytes, root, &mut self.found, &mut self.visits)
        } else {
            walk(bytes, root, &mut self.found, &mut ())
        };
        if walked.is_some() {
            self.counts.walk += 1;
        } else {
            self.counts.parser += 1;
            self.found.fill(Token::MISSING);
            let text = std::str::from_utf8(bytes);
            let text = text.map_err(|error| Reason::not_utf8(error.valid_up_to()))?;
            parse(text, root, &mut self.found)?;
        }
        let verdict = self.verdict(bytes)?;
        if verdict == Verdict::Ours {
            self.fit(bytes, timestamp, into)?;
        }
        if learns && walked.is_some() {
            let kind_slot = self.projection.kind.as_ref().map(|(slot, _)| *slot);
            let lesson = Lesson { verdict, kind_slot };
            self.templates.learn(bytes, &self.visits, &self.found, lesson);
        }
        Ok(verdict)
    }

    /// Whether a record that was not read by a template is an event of the stream.
    fn verdict(&self, bytes: &[u8]) -> Result<Verdict, Reason> {
        let Some((slot, wanted)) = &self.projection.kind else { return Ok(Verdict::Ours) };
        let token = self.found.get(usize::from(*slot)).copied().unwrap_or(Token::MISSING);
        let raw = token.bytes(bytes);
        let is_ours = match token.kind {
            Kind::Text => raw == wanted.as_bytes(),
            Kind::EscapedText => {
                let quoted = [b"\"", raw, b"\""].concat();
                serde_json::from_slice::<String>(&quoted).is_ok_and(|text| text == *wanted)
            }
            Kind::Missing | Kind::Null => return Err(Reason::no_cloud_event_type()),
            _ => return Err(Reason::cloud_event_type(token, bytes)),
        };
        Ok(if is_ours { Verdict::Ours } else { Verdict::OtherType })
    }

    /// Appends the values that were found to their columns, and the event's time.
    #[inline(always)]
    fn fit(
        &mut self,
        record: &[u8],
        timestamp: Option<EventTime>,
        into: &mut EventBatch,
    ) -> Result<(), Reason> {
        let Self { projection, found, instants, .. } = self;
        let token = |slot: u16| found.get(usize::from(slot)).copied().unwrap_or(Token::MISSING);
        for (slot, path) in &projection.inner {
            let token = token(*slot);
            if !matches!(token.kind, Kind::Object | Kind::Null | Kind::Missing) {
                return Err(Reason::not_inner(path, token, record));
            }
        }
        for target in &projection.targets {
            let fitting = Fitting { record, field: &target.field, token: token(target.slot) };
            if let Some(column) = into.columns.get_mut(target.column) {
                fitting.push(column, instants)?;
            }
        }
        let time = match &projection.time {
            TimeFrom::Record => timestamp.ok_or_else(Reason::no_timestamp)?,
            TimeFrom::Slot(slot, field) => {
                let token = token(*slot);
                if matches!(token.kind, Kind::Null | Kind::Missing) {
                    return Err(Reason::absent(field, token));
                }
                let time = Fitting { record, field, token }.instant(instants)?;
                if let Some(written) = timestamp {
                    let by = Span(time.0.saturating_sub(written.0));
                    if by > projection.ahead {
                        return Err(Reason::ahead(field, by, projection.ahead));
                    }
                }
                time
            }
        };
        into.times.push(time.0);
        Ok(())
    }
}

/// The bytes from the first value of a range to its last one's end. Values stand in the buffer in
/// the order of the records.
fn span<'a>(records: &'a RecordBatch, range: &Range<usize>) -> &'a [u8] {
    let value = |index| records.get(index).and_then(|record| record.value);
    let buffer = records.bytes();
    let origin = buffer.as_ptr().addr();
    let start = range.clone().find_map(value).map(|value| value.as_ptr().addr() - origin);
    let end = range
        .clone()
        .rev()
        .find_map(value)
        .map(|value| value.as_ptr().addr() + value.len() - origin);
    start.zip(end).and_then(|(start, end)| buffer.get(start..end)).unwrap_or(buffer)
}

fn check_utf8(bytes: &[u8]) -> Result<(), Reason> {
    match std::str::from_utf8(bytes) {
        Ok(_) => Ok(()),
        Err(error) => Err(Reason::not_utf8(error.valid_up_to())),
    }
}
