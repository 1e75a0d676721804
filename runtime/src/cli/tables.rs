//! The rows of tables: where each table's file is, and what stands in it.
//!
//! A flag `--bind TABLE=file:PATH` wins over `[bind]` in `cep.toml`, that over what the rules say. A table
//! in a topic is read as streams are, unless it is bound to a file that is no export of one, or has one beside
//! the rules and no brokers. A file is CSV with a head, or JSON lines; rows are read by the decoder that reads events. A table
//! is small and must be whole: a row that is none, or two rows of one key, end the verb.

use super::wiring::{Binding, format_of_name};
use super::{Exit, Failure};
use crate::codec::{Decoder, Format, csv_records};
use crate::config::{Config, relative_to};
use crate::connector::file::holds_records;
use crate::connector::{
    ConnectorErrorKind, ConnectorOptions, Polled, RecordBatch, Uri, open_source,
};
use cep_core::plan::{Plan, StreamId, StreamPlan, TableId, TablePlan, TimeSource};
use cep_core::time::{EventTime, Span};
use cep_core::value::{EventBatch, Value};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What is asked for at once.
const MAX_RECORDS: usize = 4096;

/// Where the files of tables are looked for.
pub(super) struct Places<'a> {
    /// The folder of the rules.
    pub folder: &'a Path,
    pub config: &'a Config,
    pub bind: &'a [Binding],
}

/// The rows of a table's file, and the number of each one's line.
#[derive(Debug)]
struct Rows {
    rows: Vec<Vec<Value>>,
    lines: Vec<u64>,
}

impl Places<'_> {
    /// Puts the rows of all tables into a plan.
    ///
    /// # Errors
    /// When a table has no file, or its file cannot be read or holds what is no table.
    pub fn fill(&self, plan: &mut Plan) -> Result<(), Failure> {
        self.fill_but(plan, &[])
    }

    /// The same for all tables but some.
    pub fn fill_but(&self, plan: &mut Plan, but: &[TableId]) -> Result<(), Failure> {
        let count = u32::try_from(plan.tables.len()).unwrap_or(u32::MAX);
        for id in (0..count).map(TableId).filter(|id| !but.contains(id)) {
            if plan.table(id).is_some_and(|table| self.is_in_file(table)) {
                plan.fill_instead(id);
            }
            if let Some(table) = plan.tables.get_mut(id.0 as usize).filter(|it| it.of.is_none()) {
                self.fill_one(table)?;
            }
        }
        Ok(())
    }

    /// Whether the rows of a table of a topic stand in a file here. An export is the topic itself.
    fn is_in_file(&self, table: &TablePlan) -> bool {
        match self.said(&table.name) {
            Some(uri) => uri.starts_with("file:") && !is_export(uri),
            None => self.beside(table).is_some(),
        }
    }

    /// The file beside the rules that holds the rows of a topic, where there are no brokers.
    fn beside(&self, table: &TablePlan) -> Option<PathBuf> {
        let is_kafka = table.from.as_ref().is_some_and(|from| from.kind == "kafka");
        let name = format!("{}.jsonl", table.name);
        let path = self.folder.join(name);
        Some(path).filter(|path| is_kafka && self.config.brokers.is_empty() && path.is_file())
    }

    /// Where a flag or the configuration says that a table is.
    fn said(&self, name: &str) -> Option<&String> {
        let flag = self.bind.iter().rev().find(|bind| bind.name.as_deref() == Some(name));
        flag.map(|bind| &bind.uri).or_else(|| self.config.bind.get(name))
    }

    /// Puts the rows of one table in.
    pub fn fill_one(&self, table: &mut TablePlan) -> Result<(), Failure> {
        let path = self.path(table)?;
        fill_from(table, &path)
    }

    /// The file of a table.
    fn path(&self, table: &TablePlan) -> Result<PathBuf, Failure> {
        let name = &table.name;
        let said = self.said(name).cloned();
        let declared = || {
            if let Some(path) = self.beside(table) {
                return Some(format!("file:{}", path.display()));
            }
            let from = table.from.as_ref()?;
            Some(relative_to(self.folder, &format!("{}:{}", from.kind, from.target)))
        };
        let Some(uri) = said.or_else(declared) else {
            let message = format!("nothing says where the rows of the table `{name}` are");
            let help = format!(
                "write `from file(\"….csv\")` behind its key, or say `--bind {name}=file:PATH`"
            );
            return Err(Failure::usage(message).with_help(help));
        };
        match uri.strip_prefix("file:") {
            Some(path) => Ok(path.into()),
            None => {
                let message = format!("the table `{name}` cannot be read from `{uri}`");
                let help = "tables are files, CSV or JSON lines: `file:PATH`";
                Err(Failure::usage(message).with_help(help))
            }
        }
    }
}

fn is_export(uri: &str) -> bool {
    Uri::parse(uri).is_ok_and(|uri| holds_records(&uri))
}

/// Puts the rows of a file into a table.
///
/// # Errors
/// When the file cannot be read, a row is none, or two rows have the same key.
pub(super) fn fill_from(table: &mut TablePlan, path: &Path) -> Result<(), Failure> {
    let Rows { rows, lines } = read(table, path)?;
    table.fill(rows).map_err(|same| {
        let line = |at: usize| lines.get(at).copied().unwrap_or(0);
        let (first, second) = (line(same.first), line(same.second));
        let message = format!(
            "lines {first} and {second} of `{}` have the same key{}; the rows of `{}` are found by {}",
            path.display(),
            if table.time.is_some() { " and time" } else { "" },
            table.name,
            key_names(table)
        );
        Failure::new(Exit::Wrong, message).with_help("remove one of the two lines")
    })
}

fn key_names(table: &TablePlan) -> String {
    let name = |at: &u32| table.fields.get(*at as usize).map(|field| format!("`{}`", field.name));
    table.key.iter().filter_map(name).collect::<Vec<_>>().join(" and ")
}

fn read(table: &TablePlan, path: &Path) -> Result<Rows, Failure> {
    let plan = reading(table);
    let mut reader = Reader {
        decoder: Decoder::of_all_fields(&plan, StreamId(0), Format::Json),
        plan: &plan,
        path,
        found: Rows { rows: Vec::new(), lines: Vec::new() },
    };
    let written = Some(EventTime(0));
    let declared = table.from.iter().flat_map(|from| &from.options);
    let format = declared.rev().find(|(name, _)| name == "format").map(|(_, value)| value.as_str());
    let is_named_csv = format_of_name(&path.to_string_lossy()) == Some("csv");
    if is_named_csv || format == Some("csv") {
        let rows = csv_records(path, &table.fields, written).map_err(|error| match error.kind {
            ConnectorErrorKind::Corrupt => Failure::new(Exit::Wrong, error.to_string()),
            _ => error.into(),
        })?;
        reader.take(&rows)?;
        return Ok(reader.found);
    }
    let uri = Uri::parse(&format!("file:{}", path.display()))?;
    let mut source = open_source(&uri, &ConnectorOptions::default())?;
    let (mut polled, mut records) = (RecordBatch::new(), RecordBatch::new());
    loop {
        match source.poll(&mut polled, MAX_RECORDS, Duration::ZERO)? {
            Polled::Records => {}
            Polled::Ended { .. } => continue,
            Polled::Nothing | Polled::AtEnd { .. } => break,
        }
        records.reset(polled.partition());
        for record in polled.iter() {
            records.push(record.offset, written, None, record.value);
        }
        for bad in polled.unreadable() {
            records.push_unreadable(bad.clone());
        }
        reader.take(&records)?;
    }
    Ok(reader.found)
}

struct Reader<'a> {
    decoder: Decoder,
    plan: &'a Plan,
    path: &'a Path,
    found: Rows,
}

impl Reader<'_> {
    fn take(&mut self, records: &RecordBatch) -> Result<(), Failure> {
        let Some(stream) = self.plan.stream(StreamId(0)) else { return Ok(()) };
        let mut batch = EventBatch::new(StreamId(0), stream);
        let mut bad = Vec::new();
        self.decoder.decode(records, 0..records.len(), &mut batch, &mut bad);
        bad.extend(records.unreadable().iter().cloned());
        if let Some(first) = bad.first() {
            let more = match bad.len() - 1 {
                0 => String::new(),
                count => format!(", and {count} more"),
            };
            let message = format!(
                "line {} of `{}` is no row of `{}`: {}{more}",
                first.offset + 1,
                self.path.display(),
                stream.name,
                first.reason
            );
            return Err(Failure::new(Exit::Wrong, message));
        }
        for (row, offset) in batch.offsets.iter().enumerate() {
            self.found.rows.push(batch.columns.iter().map(|column| column.get(row)).collect());
            self.found.lines.push(offset + 1);
        }
        Ok(())
    }
}

/// A plan with a table's rows as the events of a stream.
fn reading(table: &TablePlan) -> Plan {
    let stream = StreamPlan {
        name: table.name.clone(),
        doc: String::new(),
        fields: table.fields.clone(),
        key: None,
        time: TimeSource::Record,
        lateness: Span::ZERO,
        idle: None,
        ahead: Span(i64::MAX),
        from: None,
    };
    Plan { streams: vec![stream], ..Plan::empty() }
}
