//! The decoder of one stream: records in, rows and bad records out.

use super::Format;
use super::counts::DecodeCounts;
use super::csv_line::CsvLines;
use super::debezium::Envelope;
use super::deletion::Deletions;
use super::fit::Fitting;
use super::flat;
use super::inside::Inside;
use super::instant::InstantReader;
use super::layout::{Lesson, Verdict, Visits};
use super::parser::parse;
use super::projection::{Projection, TimeFrom, check};
use super::reason::Reason;
use super::scan::PADDING;
use super::template::Templates;
use super::token::{Kind, LONGEST_RECORD, Token};
use super::walk::walk;
use crate::connector::{BadRecord, RecordBatch};
use cep_core::plan::{Plan, StreamId};
use cep_core::time::EventTime;
use cep_core::value::EventBatch;
use std::ops::Range;

/// Turns the records of a stream into rows.
///
/// A decoder remembers how earlier records were laid out, so it is made once for each source of a
/// stream and kept. It allocates only for what is new to it (a layout, longer columns) and for
/// bad records.
#[derive(Debug)]
pub struct Decoder {
    pub(super) projection: Projection,
    /// How rows are found in records that are not the row itself in JSON.
    pub(super) inside: Option<Inside>,
    /// How records without a value are read, of a stream where they delete rows.
    pub(super) deletions: Option<Box<Deletions>>,
    templates: Templates,
    visits: Visits,
    pub(super) found: Vec<Token>,
    /// A record and what makes it a window, when the buffer ends too early.
    padded: Vec<u8>,
    pub(super) instants: InstantReader,
    counts: DecodeCounts,
    first_tier: Tier,
    /// How many records are walked over without trying the quick way.
    slow_walks: u32,
}

/// After a record that the quick way gave way on, so many are not tried.
const SLOW_WALKS: u32 = 16;

/// A record on its way through the tiers.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    /// Its bytes and some behind it.
    pub(super) window: &'a [u8],
    /// Itself.
    pub(super) text: &'a str,
    /// When it was written to its log.
    pub(super) timestamp: Option<EventTime>,
}

/// The tier that a record is tried at first; other than the first only in tests.
#[cfg_attr(not(test), expect(dead_code, reason = "tests compare the tiers"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tier {
    Template,
    /// The walk, the quick way first, whatever became of it before.
    Flat,
    Walk,
    Parser,
}

impl Decoder {
    /// A decoder for the fields of a stream that some rule of the plan reads. The others are checked.
    ///
    /// A stream that the plan does not have gives a decoder that reads no field.
    #[must_use]
    pub fn new(plan: &Plan, stream: StreamId, format: Format) -> Self {
        Self::reading(plan, stream, &format, &plan.used_fields(stream))
    }

    /// The same for all fields of a stream, whether a rule reads them or not.
    #[must_use]
    pub fn of_all_fields(plan: &Plan, stream: StreamId, format: Format) -> Self {
        let fields = plan.stream(stream).map_or(0, |stream| stream.fields.len());
        Self::reading(plan, stream, &format, &vec![true; fields])
    }

    fn reading(plan: &Plan, stream: StreamId, format: &Format, used: &[bool]) -> Self {
        let projection = Projection::new(plan.stream(stream), used, format);
        let inside = match format {
            Format::Json | Format::CloudEvents => None,
            Format::Debezium => Some(Inside::Change(Box::new(Envelope::new(plan, stream, used)))),
            Format::Csv(head) => {
                let lines = CsvLines::new(plan.stream(stream), head.as_ref(), &projection);
                Some(Inside::Csv(Box::new(lines)))
            }
        };
        let deletions = Deletions::new(plan, stream, format).map(Box::new);
        Self { inside, deletions, ..Self::of_projection(projection) }
    }

    /// A decoder of what a projection says.
    pub(super) fn of_projection(projection: Projection) -> Self {
        Self {
            inside: None,
            deletions: None,
            found: vec![Token::MISSING; projection.slots],
            projection,
            templates: Templates::default(),
            visits: Visits::default(),
            padded: Vec::new(),
            instants: InstantReader::new(),
            counts: DecodeCounts::default(),
            first_tier: Tier::Template,
            slow_walks: 0,
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
    /// stream. A record that does not decode or fit goes to `bad`, a CloudEvent of another type,
    /// a tombstone of a change topic and a change of no row nowhere.
    pub fn decode(
        &mut self,
        records: &RecordBatch,
        range: Range<usize>,
        into: &mut EventBatch,
        bad: &mut Vec<BadRecord>,
    ) {
        // The batch as one text is checked in a fraction of the time of its records one by one;
        // only a batch with a bad record in it needs that.
        let span = span(records, &range);
        let text = records.bytes().get(span.clone()).map(std::str::from_utf8);
        let text = text.and_then(Result::ok);
        for index in range {
            let Some(record) = records.get(index) else { break };
            if self.inside.as_ref().is_some_and(|inside| inside.is_head(record.offset)) {
                self.counts.heads += 1;
                continue;
            }
            let decoded = match records.value_range(index) {
                value if self.deletes(records, value.as_ref()) => {
                    self.deletion(records, index, into).map(|()| Verdict::Deletion)
                }
                Some(value) => {
                    // One that its source had to unpack may stand elsewhere.
                    let start = value.start.checked_sub(span.start);
                    let in_span = start.map(|start| start..start + value.len());
                    let text = text.and_then(|text| text.get(in_span?));
                    let timestamp = record.timestamp;
                    match (records.bytes().get(value.start..value.end + PADDING), text) {
                        (Some(window), Some(text)) => {
                            self.event(Record { window, text, timestamp }, into)
                        }
                        _ => self.odd_record(record.value.unwrap_or_default(), timestamp, into),
                    }
                }
                None if matches!(&self.inside, Some(Inside::Change(_))) => Ok(Verdict::Tombstone),
                None => Err(Reason::no_value()),
            };
            let decoded = match decoded {
                Ok(Verdict::Ours) if self.projection.reads_outside() => {
                    self.outer(records, index, into).map(|()| Verdict::Ours)
                }
                decoded => decoded,
            };
            match decoded {
                Ok(Verdict::Ours | Verdict::Deletion) => into.offsets.push(record.offset),
                Ok(Verdict::OtherType) => self.counts.other_type += 1,
                Ok(Verdict::Tombstone) => self.counts.tombstones += 1,
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

    /// Appends the values that stand outside of a record's value, which has been appended.
    #[inline(never)]
    fn outer(
        &mut self,
        records: &RecordBatch,
        index: usize,
        into: &mut EventBatch,
    ) -> Result<(), Reason> {
        let Self { projection, instants, inside, .. } = self;
        let change = inside.as_ref().and_then(|inside| inside.change());
        for (column, outer) in &projection.outer {
            if let Some(column) = into.columns.get_mut(*column) {
                outer.push((records, index), change, column, instants)?;
            }
        }
        for (column, outer) in &projection.checked_outer {
            check(into, *column, |column| outer.push((records, index), change, column, instants))?;
        }
        if let TimeFrom::Outer(outer) = &projection.time {
            let time = outer.instant(records, index, instants)?;
            let written = records.get(index).and_then(|record| record.timestamp);
            projection.check_ahead(&outer.field, time, written)?;
            if let Some(last) = into.times.last_mut() {
                *last = time.0;
            }
        }
        Ok(())
    }

    /// Appends a record near the buffer's end, or one that is not known to be UTF-8.
    #[inline(never)]
    fn odd_record(
        &mut self,
        bytes: &[u8],
        timestamp: Option<EventTime>,
        into: &mut EventBatch,
    ) -> Result<Verdict, Reason> {
        let text = std::str::from_utf8(bytes);
        let text = text.map_err(|error| Reason::not_utf8(error.valid_up_to()))?;
        let mut padded = std::mem::take(&mut self.padded);
        padded.clear();
        padded.extend_from_slice(bytes);
        padded.resize(bytes.len() + PADDING, 0);
        let verdict = self.event(Record { window: &padded, text, timestamp }, into);
        self.padded = padded;
        verdict
    }

    /// Appends the event of a record: the record itself, or the row inside of it.
    #[inline(always)]
    fn event(&mut self, record: Record<'_>, into: &mut EventBatch) -> Result<Verdict, Reason> {
        if self.inside.is_none() { self.record(record, into) } else { self.inner(record, into) }
    }

    /// Appends one record that was written at the epoch, but for its offset.
    pub(super) fn sole(&mut self, text: &str, into: &mut EventBatch) -> Result<Verdict, Reason> {
        self.odd_record(text.as_bytes(), Some(EventTime(0)), into)
    }

    /// Appends a record, but for its offset. After an error the columns may be longer than before.
    #[inline(always)]
    pub(super) fn record(
        &mut self,
        record: Record<'_>,
        into: &mut EventBatch,
    ) -> Result<Verdict, Reason> {
        let len = record.text.len();
        if self.first_tier == Tier::Template
            && len <= LONGEST_RECORD
            && let Some(verdict) = self.templates.read(record.window, len, &mut self.found)
        {
            self.counts.template += 1;
            if verdict == Verdict::Ours {
                self.fit(record, into)?;
            }
            return Ok(verdict);
        }
        self.new_record(record, into)
    }

    #[inline(never)]
    fn new_record(&mut self, record: Record<'_>, into: &mut EventBatch) -> Result<Verdict, Reason> {
        let Record { window, text, .. } = record;
        if text.is_empty() {
            return Err(Reason::empty());
        }
        if text.len() > LONGEST_RECORD {
            return Err(Reason::too_long(text.len()));
        }
        self.found.fill(Token::MISSING);
        let learns = self.first_tier == Tier::Template
            && !self.projection.reads_whole
            && self.templates.wants_lesson();
        let walked = if self.first_tier == Tier::Parser {
            None
        } else if learns {
            self.visits.clear();
            walk(window, text.len(), &self.projection.root, &mut self.found, &mut self.visits)
        } else {
            self.walk(window, text.len())
        };
        if walked.is_some() {
            self.counts.walk += 1;
        } else {
            self.counts.parser += 1;
            self.found.fill(Token::MISSING);
            parse(text, &self.projection.root, &mut self.found)?;
        }
        let verdict = self.verdict(text)?;
        if verdict == Verdict::Ours {
            self.fit(record, into)?;
        }
        if learns && walked.is_some() {
            let kind_slot = self.projection.kind.as_ref().map(|(slot, _)| *slot);
            let lesson = Lesson { verdict, kind_slot };
            self.templates.learn(text.as_bytes(), &self.visits, &self.found, lesson);
        }
        Ok(verdict)
    }

    /// Walks over a record, the quick way if records like it have gone that way lately.
    #[inline(always)]
    fn walk(&mut self, window: &[u8], len: usize) -> Option<()> {
        let Self { projection, found, .. } = self;
        let is_paused = self.slow_walks > 0 && self.first_tier == Tier::Template;
        if is_paused || self.first_tier == Tier::Walk {
            self.slow_walks = self.slow_walks.saturating_sub(1);
            return walk(window, len, &projection.root, found, &mut ());
        }
        if flat::read(window, len, &projection.root, found).is_some() {
            return Some(());
        }
        self.slow_walks = SLOW_WALKS;
        found.fill(Token::MISSING);
        walk(window, len, &projection.root, found, &mut ())
    }

    /// Whether a record that was not read by a template is an event of the stream.
    fn verdict(&self, record: &str) -> Result<Verdict, Reason> {
        let Some((slot, wanted)) = &self.projection.kind else { return Ok(Verdict::Ours) };
        let token = self.found.get(usize::from(*slot)).unwrap_or(&Token::MISSING);
        let is_ours = match token.kind {
            Kind::Text => token.text(record) == wanted,
            Kind::EscapedText => token.unescaped(record).is_some_and(|text| text == *wanted),
            Kind::Missing | Kind::Null => return Err(Reason::no_cloud_event_type()),
            _ => return Err(Reason::cloud_event_type(token, record)),
        };
        Ok(if is_ours { Verdict::Ours } else { Verdict::OtherType })
    }

    /// Appends the values that were found to their columns, and the event's time.
    #[inline(always)]
    pub(super) fn fit(&mut self, record: Record<'_>, into: &mut EventBatch) -> Result<(), Reason> {
        let Record { text: record, timestamp, .. } = record;
        let Self { projection, found, instants, .. } = self;
        let token = |slot: u16| found.get(usize::from(slot)).unwrap_or(&Token::MISSING);
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
        for target in &projection.checked {
            let fitting = Fitting { record, field: &target.field, token: token(target.slot) };
            check(into, target.column, |column| fitting.push(column, instants))?;
        }
        let time = match &projection.time {
            TimeFrom::Record => timestamp.ok_or_else(Reason::no_timestamp)?,
            TimeFrom::Slot(slot, field) => {
                let token = token(*slot);
                if matches!(token.kind, Kind::Null | Kind::Missing) {
                    return Err(Reason::absent(field, token));
                }
                let time = Fitting { record, field, token }.instant(instants)?;
                projection.check_ahead(field, time, timestamp)?;
                time
            }
            // Set when the fields outside of the value are read.
            TimeFrom::Outer(_) => EventTime(0),
        };
        into.times.push(time.0);
        Ok(())
    }
}

/// Where the values of a range of records stand in the buffer, from the first to the last: most
/// stand there in the order of the records.
fn span(records: &RecordBatch, range: &Range<usize>) -> Range<usize> {
    let mut values = range.clone().filter_map(|index| records.value_range(index));
    let start = values.next().map_or(0, |value| value.start);
    let last = range.clone().rev().find_map(|index| records.value_range(index));
    start..last.map_or(start, |value| value.end)
}
