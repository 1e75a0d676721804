//! Records that have their row inside: change events, and lines of cells.

use super::csv_line::CsvLines;
use super::debezium::{Change, Envelope, Opened};
use super::decoder::{Decoder, Record};
use super::layout::Verdict;
use super::reason::Reason;
use cep_core::value::EventBatch;

/// Where a record has its row.
#[derive(Debug)]
pub(super) enum Inside {
    /// In the envelope of a change.
    Change(Box<Envelope>),
    /// In the cells of a line.
    Csv(Box<CsvLines>),
}

impl Inside {
    pub(super) fn change(&self) -> Option<&Change> {
        match self {
            Self::Change(envelope) => Some(&envelope.change),
            Self::Csv(_) => None,
        }
    }

    /// Whether a record only says how the others are to be read.
    pub(super) fn is_head(&self, offset: u64) -> bool {
        matches!(self, Self::Csv(lines) if lines.head == Some(offset))
    }
}

impl Decoder {
    /// Appends the event of a record that has its row inside.
    #[inline(never)]
    pub(super) fn inner(
        &mut self,
        record: Record<'_>,
        into: &mut EventBatch,
    ) -> Result<Verdict, Reason> {
        match self.inside.take() {
            None => self.record(record, into),
            Some(mut inside) => {
                let verdict = match &mut inside {
                    Inside::Change(envelope) => self.change(envelope, record, into),
                    Inside::Csv(lines) => self.line(lines, record, into),
                };
                self.inside = Some(inside);
                verdict
            }
        }
    }

    /// Appends the cells of a line.
    fn line(
        &mut self,
        lines: &mut CsvLines,
        record: Record<'_>,
        into: &mut EventBatch,
    ) -> Result<Verdict, Reason> {
        lines.read(record.text, &mut self.found)?;
        let window = lines.cells.as_bytes();
        self.fit(Record { window, text: &lines.cells, ..record }, into)?;
        Ok(Verdict::Ours)
    }

    /// Appends the row of a change event.
    fn change(
        &mut self,
        envelope: &mut Envelope,
        record: Record<'_>,
        into: &mut EventBatch,
    ) -> Result<Verdict, Reason> {
        let Record { window, text, timestamp } = record;
        match envelope.open(window, text)? {
            Opened::Tombstone => Ok(Verdict::Tombstone),
            Opened::NoRow => Ok(Verdict::OtherType),
            Opened::Row => {
                let row = envelope.row.clone();
                let window = window.get(row.start..).unwrap_or_default();
                let text = text.get(row).unwrap_or_default();
                self.record(Record { window, text, timestamp }, into)
            }
        }
    }
}
