//! `null:`: an empty source, and a sink that forgets; for measuring and for streams that a run is
//! to do without.

use super::{
    AtEnd, ConnectorError, ConnectorOptions, OutRecord, Polled, Position, RecordBatch, Sink,
    Source, Uri,
};
use std::time::Duration;

struct NullSource {
    at_end: AtEnd,
    ended: bool,
}

pub(super) fn open_source(
    _: &Uri,
    options: &ConnectorOptions,
) -> Result<Box<dyn Source>, ConnectorError> {
    Ok(Box::new(NullSource { at_end: options.at_end.unwrap_or(AtEnd::Stop), ended: false }))
}

impl Source for NullSource {
    fn partitions(&self) -> u32 {
        1
    }

    fn poll(
        &mut self,
        _: &mut RecordBatch,
        _: usize,
        timeout: Duration,
    ) -> Result<Polled, ConnectorError> {
        match self.at_end {
            AtEnd::Follow => {
                std::thread::sleep(timeout);
                Ok(Polled::AtEnd { partition: 0 })
            }
            AtEnd::Stop if self.ended => Ok(Polled::Nothing),
            AtEnd::Stop => {
                self.ended = true;
                Ok(Polled::Ended { partition: 0 })
            }
        }
    }

    fn seek(&mut self, _: &[Position]) -> Result<(), ConnectorError> {
        Ok(())
    }
}

struct NullSink;

pub(super) fn open_sink(_: &Uri, _: &ConnectorOptions) -> Result<Box<dyn Sink>, ConnectorError> {
    Ok(Box::new(NullSink))
}

impl Sink for NullSink {
    fn write(&mut self, _: &OutRecord<'_>) -> Result<(), ConnectorError> {
        Ok(())
    }

    fn flush(&mut self) -> Result<(), ConnectorError> {
        Ok(())
    }
}
