//! `cep copy`: records from one place to another, as they are.
//!
//! It fills a topic of the embedded log from a file, splitting it over partitions by a field, or
//! takes history out of Kafka into a file. Nothing is decoded but for the key. Into a file
//! `NAME.records.jsonl` records go with their partition, offset, time, key and headers.

use super::{AtEndChoice, Exit, Failure, Words};
use crate::connector::file::{RecordsWriter, holds_records, now};
use crate::connector::{
    ConnectorError, ConnectorErrorKind, ConnectorOptions, Headers, OutRecord, Polled, Record,
    RecordBatch, Sink, Uri, log, open_sink, open_source,
};
use crate::driver::grouped;
use clap::Args;
use std::time::Duration;

/// Copy records from one place to another.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cep copy file:harvests.jsonl log:data/harvests --partitions 3 --key farmid
        split a file over three partitions of the embedded log; equal keys stay together
  cep copy kafka://127.0.0.1:9092/costcenter file:costcenter.records.jsonl.gz
        take what a topic holds now into a file that a run reads as it would the topic
  cep copy log:data/harvests file:harvests.jsonl
        the values alone, a line each

Places: file:PATH (.gz and .zst are unpacked and packed), stdin:, stdout:, log:DIR/TOPIC, null:,
kafka://HOST:PORT/TOPIC.")]
pub(super) struct CopyArgs {
    /// Where records are read.
    from: String,
    /// Where they are written.
    to: String,
    /// Make the topic of the embedded log with so many partitions, if it is not there.
    #[arg(long, value_name = "N")]
    partitions: Option<u32>,
    /// Give each record the value of this member as its key, which says its partition
    /// (`a.b` for a member inside a member). Without it records keep the keys they have.
    #[arg(long, value_name = "MEMBER")]
    key: Option<String>,
    /// What is done where the input ends.
    #[arg(long, value_name = "WHAT", default_value = "stop")]
    at_end: AtEndChoice,
}

const MAX_RECORDS: usize = 4096;
const WAIT: Duration = Duration::from_millis(100);

pub(super) fn run(args: &CopyArgs, words: Words) -> Result<Exit, Failure> {
    let (from, to) = (Uri::parse(&args.from)?, Uri::parse(&args.to)?);
    super::run::refuse_own_input(std::iter::once(&from), std::iter::once(&to))?;
    match (&to, args.partitions) {
        (Uri::Log { dir, topic }, Some(partitions)) => log::create_topic(dir, topic, partitions)?,
        (_, Some(_)) => {
            return Err(Failure::usage("`--partitions` is for topics of the embedded log"));
        }
        (_, None) => {}
    }
    let options = ConnectorOptions {
        at_end: Some(args.at_end.into()),
        headers: Headers::Read,
        ..Default::default()
    };
    let mut source = open_source(&from, &options)?;
    let mut target = match holds_records(&to) {
        true => Target::Export(RecordsWriter::create(&to, source.partitions(), &options)?),
        false => Target::Sink(open_sink(&to, &options)?),
    };
    let mut copied = Copied::default();
    let mut ended = vec![false; source.partitions() as usize];
    let mut batch = RecordBatch::new();
    let stop = super::run::stop_flag()?;
    while ended.contains(&false) && !stop.load(std::sync::atomic::Ordering::Relaxed) {
        match source.poll(&mut batch, MAX_RECORDS, WAIT)? {
            Polled::Records => match copied.take(&batch, args.key.as_deref(), &mut target) {
                Err(error) if error.kind == ConnectorErrorKind::Closed => return Ok(Exit::Fine),
                taken => taken?,
            },
            Polled::Ended { partition } => {
                ended.get_mut(partition as usize).into_iter().for_each(|mark| *mark = true);
            }
            Polled::Nothing | Polled::AtEnd { .. } => target.flush()?,
        }
    }
    match target.flush() {
        Err(error) if error.kind == ConnectorErrorKind::Closed => return Ok(Exit::Fine),
        flushed => flushed?,
    }
    copied.report(words);
    Ok(if copied.unreadable > 0 { Exit::Outside } else { Exit::Fine })
}

/// Where records go.
enum Target {
    Sink(Box<dyn Sink>),
    /// A file that keeps their partitions and offsets.
    Export(RecordsWriter),
}

impl Target {
    fn write(
        &mut self,
        partition: u32,
        record: &Record<'_>,
        headers: &[(&str, &[u8])],
    ) -> Result<(), ConnectorError> {
        match self {
            Self::Export(out) => out.write(partition, record, headers),
            Self::Sink(out) => out.write(&OutRecord {
                value: record.value,
                key: record.key,
                timestamp: record.timestamp.unwrap_or_else(now),
                headers,
            }),
        }
    }

    fn flush(&mut self) -> Result<(), ConnectorError> {
        match self {
            Self::Export(out) => out.flush(),
            Self::Sink(out) => out.flush(),
        }
    }
}

#[derive(Default)]
struct Copied {
    records: u64,
    /// Records in which the member for the key was not found.
    without_key: u64,
    unreadable: u64,
}

impl Copied {
    fn take(
        &mut self,
        batch: &RecordBatch,
        key: Option<&str>,
        target: &mut Target,
    ) -> Result<(), ConnectorError> {
        for (index, record) in batch.iter().enumerate() {
            let member = key.and_then(|path| member(record.value.unwrap_or_default(), path));
            self.without_key += u64::from(key.is_some() && member.is_none());
            let key = member.as_deref().map(str::as_bytes).or(record.key);
            let headers: Vec<_> = batch.headers(index).collect();
            target.write(batch.partition(), &Record { key, ..record }, &headers)?;
            self.records += 1;
        }
        for bad in batch.unreadable() {
            let (offset, partition) = (bad.offset, bad.partition);
            tracing::warn!("record {offset} of partition {partition} left out: {}", bad.reason);
            self.unreadable += 1;
        }
        Ok(())
    }

    fn report(&self, words: Words) {
        if words == Words::All {
            tracing::info!("{} records copied", grouped(self.records));
        }
        if self.without_key > 0 {
            tracing::warn!("{} records have no such member and got no key", self.without_key);
        }
        if self.unreadable > 0 {
            tracing::error!("{} records could not be read and were left out", self.unreadable);
        }
    }
}

/// A member of a JSON object as the text of a key: text without its quotes, a number or truth
/// value as it prints.
fn member(value: &[u8], path: &str) -> Option<String> {
    let mut value: &serde_json::Value = &serde_json::from_slice(value).ok()?;
    for name in path.split('.') {
        value = value.get(name)?;
    }
    match value {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        serde_json::Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_text_of_a_member() {
        let value = br#"{"farmid":302,"a":{"b":"x"},"list":[1],"none":null}"#;
        assert_eq!(member(value, "farmid").as_deref(), Some("302"));
        assert_eq!(member(value, "a.b").as_deref(), Some("x"));
        for path in ["list", "none", "a", "missing", "farmid.x"] {
            assert_eq!(member(value, path), None, "{path}");
        }
        assert_eq!(member(b"{\"farmid\":", "farmid"), None);
    }
}
