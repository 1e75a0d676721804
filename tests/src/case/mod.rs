//! Golden cases: one text file each.
//!
//! ```text
//! # What it shows, in a sentence.
//!
//! stream Harvest { farm: int  count: int  at: timestamp  key farm  time at }
//! rule disaster { from Harvest by farm window tumbling(10s) when sum(count) < 150
//!                 emit Disaster { farm, harvested: sum(count) } }
//! ---
//! Harvest   {"at": "1s", "farm": 302, "count": 21}
//! Harvest/1 {"at": "6s", "farm": 302, "count": 87}
//! idle Harvest/1 to 20s
//! end
//! ```
//!
//! Above the line `---` stand comments (`#`) and rules, below it what arrives, in order, a line
//! each:
//!
//! - `STREAM[/PARTITION][@OFFSET] [at T] {json}`: an event. Partition 0 unless said; offsets count
//!   from 0 unless said. `at T` is the record's own time, for streams that say `time record`.
//! - `table TABLE {json}`: a row of a table, which is there from the beginning.
//! - `idle STREAM[/PARTITION] to T`: the partition's watermark is lifted to T.
//! - `partitions STREAM N`: the stream has N partitions, also if not all of them have events.
//! - at the end `end` (the input ends), `flush` (and what is open is decided) or `until T`.
//! - anywhere `show ids`: the snapshot shows the emits' ids.
//!
//! Times are offsets from 1970 (`10s`, `-250ms`, `1m30s`) or RFC 3339; in JSON also numbers of
//! milliseconds. Events are read by a small reader of their own, not by the product's.

mod compile;
mod json;
mod line;
mod moment;
mod write;

pub use compile::compile;
pub use moment::{parse_span, parse_time};
pub use write::write_case;

use crate::log::{End, Entry, Record};
use crate::render::Ids;
use crate::script::{Script, Step};
use cep_core::plan::{Plan, StreamId};
use cep_core::time::EventTime;
use line::{Line, parse_line};
use std::collections::BTreeMap;

/// A case as its file says it.
#[derive(Clone, Debug)]
pub struct Case {
    /// The rules.
    pub rules: String,
    /// Whether its snapshot shows ids.
    pub ids: Ids,
    lines: Vec<(usize, Line)>,
    end: End,
    rows: Vec<(usize, String, serde_json::Value)>,
}

/// Why a case cannot be read: a line of its file, counted from 1, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The line.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl std::error::Error for Unreadable {}

impl Case {
    /// Reads a case.
    ///
    /// # Errors
    /// The first line that cannot be read, or the last one if the end is missing.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        let mut rules = String::new();
        let mut case = Self {
            rules: String::new(),
            ids: Ids::Hidden,
            lines: Vec::new(),
            end: End::AtLastEvent,
            rows: Vec::new(),
        };
        let mut in_events = false;
        let mut ended = false;
        for (index, line) in text.lines().enumerate() {
            let number = index + 1;
            let error = |problem: String| Unreadable { line: number, problem };
            match (line.trim(), in_events) {
                ("---", false) => in_events = true,
                // The rules keep their line numbers.
                (line, false) if line.starts_with('#') => rules.push('\n'),
                (_, false) => rules.extend([line, "\n"]),
                (line, true) if line.is_empty() || line.starts_with('#') => {}
                ("show ids", true) => case.ids = Ids::Shown,
                (_, true) if ended => return Err(error("nothing follows the end".into())),
                (line, true) => match parse_line(line).map_err(error)? {
                    Line::End(end) => {
                        case.end = end;
                        ended = true;
                    }
                    Line::Row { table, json } => case.rows.push((number, table, json)),
                    line => case.lines.push((number, line)),
                },
            }
        }
        if !ended {
            let problem = "the last line is `end`, `flush` or `until T`".into();
            return Err(Unreadable { line: text.lines().count(), problem });
        }
        case.rules = rules;
        Ok(case)
    }

    /// The plan of its rules, with the rows of its tables.
    ///
    /// # Errors
    /// What is wrong with its rules, as their writer would see it, or the first row that does not
    /// fit its table.
    pub fn plan(&self) -> Result<Plan, String> {
        let mut plan = compile(&self.rules)?;
        let mut rows = vec![Vec::new(); plan.tables.len()];
        for (line, name, json) in &self.rows {
            let error = |problem: String| Unreadable { line: *line, problem }.to_string();
            let id = plan.table_id(name).ok_or_else(|| error(format!("no table `{name}`")))?;
            let row = plan.table(id).map(|table| json::row(&table.fields, json));
            let row = row.transpose().map_err(error)?;
            rows.get_mut(id.0 as usize).into_iter().for_each(|rows| rows.extend(row.clone()));
        }
        for (table, rows) in plan.tables.iter_mut().zip(rows) {
            table.fill(rows).map_err(|same| format!("table `{}`: {same}", table.name))?;
        }
        Ok(plan)
    }

    /// What arrives, as the streams of a plan.
    ///
    /// # Errors
    /// The first line that does not fit the plan.
    pub fn script(&self, plan: &Plan) -> Result<Script, Unreadable> {
        let mut partitions = vec![1; plan.streams.len()];
        let mut next_offsets: BTreeMap<(StreamId, u32), u64> = BTreeMap::new();
        let mut steps = Vec::new();
        for (number, line) in &self.lines {
            let error = |problem: String| Unreadable { line: *number, problem };
            let stream = plan
                .stream_id(line.stream())
                .ok_or_else(|| error(format!("no stream is called `{}`", line.stream())))?;
            let count = partitions.get_mut(stream.0 as usize);
            let grow = |to: u32| count.into_iter().for_each(|count| *count = to.max(*count));
            match line {
                Line::Partitions { count, .. } => grow(*count),
                Line::Idle { partition, to, .. } => {
                    grow(partition + 1);
                    let entry = Entry::Idle(*to);
                    steps.push(Step { stream, partition: *partition, entry });
                }
                Line::Event { partition, offset, at, json, .. } => {
                    grow(partition + 1);
                    let next = next_offsets.entry((stream, *partition)).or_insert(0);
                    let offset = offset.unwrap_or(*next);
                    *next = offset + 1;
                    let (time, values) = read(plan, stream, *at, json).map_err(error)?;
                    let entry = Entry::Record(Record { offset, time, values });
                    steps.push(Step { stream, partition: *partition, entry });
                }
                Line::Row { .. } | Line::End(_) => {}
            }
        }
        Ok(Script { partitions, steps, end: self.end })
    }
}

fn read(
    plan: &Plan,
    stream: StreamId,
    at: Option<EventTime>,
    json: &serde_json::Value,
) -> Result<(EventTime, Vec<cep_core::value::Value>), String> {
    let stream = plan.stream(stream).ok_or("a stream that the plan does not have")?;
    json::event(stream, at, json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_cannot_be_read_is_named() {
        for (text, line, problem) in [
            ("---\nHarvest {\"a\": }\nend\n", 2, "expected value at line 1 column 7"),
            ("---\nHarvest/x {}\nend\n", 2, "`x` is no partition"),
            ("---\nidle Harvest/1 till 5s\nend\n", 2, "idle STREAM[/PARTITION] to T"),
            ("---\nuntil noon\n", 2, "`noon` is no time"),
            ("---\nHarvest {}\n", 2, "the last line is `end`, `flush` or `until T`"),
            ("---\nend\nHarvest {}\n", 3, "nothing follows the end"),
        ] {
            let problem = problem.into();
            assert_eq!(Case::parse(text).err(), Some(Unreadable { line, problem }));
        }
    }

    #[test]
    fn rules_keep_their_line_numbers() {
        let case = Case::parse("# what\n# it shows\nstream S {}\n---\nend\n");
        assert_eq!(case.map(|case| case.rules), Ok("\n\nstream S {}\n".into()));
    }
}
