//! The lines below `---`.

use super::moment::parse_time;
use crate::log::End;
use cep_core::time::EventTime;

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Line {
    Event {
        stream: String,
        partition: u32,
        offset: Option<u64>,
        at: Option<EventTime>,
        json: serde_json::Value,
    },
    Idle {
        stream: String,
        partition: u32,
        to: EventTime,
    },
    Partitions {
        stream: String,
        count: u32,
    },
    Row {
        table: String,
        json: serde_json::Value,
    },
    End(End),
}

impl Line {
    /// The name of the stream it is about.
    pub fn stream(&self) -> &str {
        match self {
            Self::Event { stream, .. }
            | Self::Idle { stream, .. }
            | Self::Partitions { stream, .. } => stream,
            Self::Row { table, .. } => table,
            Self::End(_) => "",
        }
    }
}

/// Reads a line that is not blank.
pub(super) fn parse_line(line: &str) -> Result<Line, String> {
    let (head, json) = match line.find('{') {
        Some(brace) => line.split_at(brace),
        None => (line, ""),
    };
    let words: Vec<&str> = head.split_whitespace().collect();
    match words.as_slice() {
        ["end"] => Ok(Line::End(End::AtLastEvent)),
        ["flush"] => Ok(Line::End(End::Flush)),
        ["until", time] => Ok(Line::End(End::At(parse_time(time)?))),
        ["idle", place, "to", time] => {
            let (stream, partition, _) = parse_place(place)?;
            Ok(Line::Idle { stream, partition, to: parse_time(time)? })
        }
        ["idle", ..] => Err("idle STREAM[/PARTITION] to T".into()),
        ["partitions", stream, count] => Ok(Line::Partitions {
            stream: (*stream).into(),
            count: count.parse().map_err(|_| format!("`{count}` is no number of partitions"))?,
        }),
        ["table", table] if !json.is_empty() => {
            let json = serde_json::from_str(json).map_err(|error| error.to_string())?;
            Ok(Line::Row { table: (*table).into(), json })
        }
        [place, time @ ..] if !json.is_empty() => {
            let (stream, partition, offset) = parse_place(place)?;
            let at = match time {
                [] => None,
                ["at", time] => Some(parse_time(time)?),
                _ => return Err("STREAM[/PARTITION][@OFFSET] [at T] {json}".into()),
            };
            let json = serde_json::from_str(json).map_err(|error| error.to_string())?;
            Ok(Line::Event { stream, partition, offset, at, json })
        }
        _ => {
            Err("an event, `table`, `idle`, `partitions`, `show ids`, `end`, `flush` or `until`"
                .into())
        }
    }
}

/// Reads `STREAM[/PARTITION][@OFFSET]`.
fn parse_place(place: &str) -> Result<(String, u32, Option<u64>), String> {
    let (place, offset) = match place.split_once('@') {
        None => (place, None),
        Some((place, offset)) => {
            (place, Some(offset.parse().map_err(|_| format!("`{offset}` is no offset"))?))
        }
    };
    let (stream, partition) = match place.split_once('/') {
        None => (place, 0),
        Some((stream, partition)) => {
            (stream, partition.parse().map_err(|_| format!("`{partition}` is no partition"))?)
        }
    };
    Ok((stream.into(), partition, offset))
}
