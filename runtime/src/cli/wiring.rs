//! Which place each stream is read from and each derived event goes to.
//!
//! A flag wins over `cep.toml`, that over what the rules say (`from kafka("t")` needs `[kafka]
//! brokers`), and where nothing is said a stream reads the files beside the rules: `STREAM.jsonl`,
//! or the events of its name in `events.jsonl` (CloudEvents). Derived events go to standard output
//! by default.

use super::{Exit, Failure};
use crate::codec::{CsvHead, Format, wrong_columns};
use crate::config::{Config, relative_to};
use crate::connector::file::holds_records;
use crate::connector::{AtEnd, ConnectorOptions, Polled, RecordBatch, Uri, open_source};
use crate::driver::Extent;
use cep_core::plan::{Connector, Plan, RulePlan, StreamId, StreamPlan, TimeSource};
use rule_lang::diagnostic::closest;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// `NAME=URI` of `--bind` and `--sink`; a sink's name may be missing, which is every event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binding {
    pub name: Option<String>,
    pub uri: String,
}

/// Reads `NAME=URI` or `URI`.
pub(super) fn binding(text: &str) -> Result<Binding, String> {
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
    };
    let (name, uri) = match text.split_once('=') {
        Some((name, uri)) if is_name(name) => (Some(name.to_owned()), uri),
        _ => (None, text),
    };
    if uri.is_empty() {
        return Err("NAME=URI is wanted, as in `Harvest=file:harvests.jsonl`".into());
    }
    Ok(Binding { name, uri: uri.to_owned() })
}

/// A place that streams are read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InputPlace {
    pub uri: Uri,
    pub streams: Vec<(StreamId, Format)>,
}

/// What the command line and the configuration say.
pub(super) struct Wishes<'a> {
    pub plan: &'a Plan,
    /// The folder of the rules.
    pub folder: &'a Path,
    pub config: &'a Config,
    pub bind: &'a [Binding],
    pub sink: &'a [Binding],
}

impl Wishes<'_> {
    /// The places of all streams that some running rule reads, also as one of several, item by item or in
    /// a table. Streams that read the same place share it.
    pub fn inputs(&self) -> Result<Vec<InputPlace>, Failure> {
        let streams = self.plan.streams.iter().map(|stream| stream.name.as_str());
        let streams = streams.chain(self.plan.tables.iter().map(|table| table.name.as_str()));
        let flags = self.bind.iter().map(|bind| bind.name.as_deref());
        let configured = self.config.bind.keys().map(|name| Some(name.as_str()));
        self.check_names("stream", streams, flags.chain(configured))?;
        let mut places: Vec<InputPlace> = Vec::new();
        for id in self.plan.stream_ids() {
            let Some(stream) = self.plan.stream(id) else { continue };
            let followed = |rule: &RulePlan| !rule.is_off() && self.plan.follows(rule, id);
            if !self.plan.rules.iter().any(followed) {
                continue;
            }
            let (uri, format) = self.input(stream)?;
            has_time(stream, &uri)?;
            match places.iter_mut().find(|place| place.uri == uri && uri != Uri::Null) {
                Some(place) => place.streams.push((id, format)),
                None => places.push(InputPlace { uri, streams: vec![(id, format)] }),
            }
        }
        for place in &places {
            let plain = place.streams.iter().any(|(_, format)| *format != Format::CloudEvents);
            if place.streams.len() > 1 && plain {
                let message =
                    format!("several streams read `{}`, whose records name no stream", place.uri);
                return Err(Failure::usage(message).with_help(
                    "give each its own file, or write CloudEvents whose `type` is the stream",
                ));
            }
        }
        Ok(places)
    }

    fn input(&self, stream: &StreamPlan) -> Result<(Uri, Format), Failure> {
        let flag = self.bind.iter().rev().find(|bind| bind.name.as_ref() == Some(&stream.name));
        let said = flag.map(|bind| &bind.uri).or_else(|| self.config.bind.get(&stream.name));
        if let Some(text) = said {
            return place_and_format(text, stream);
        }
        if let Some(text) = stream.from.as_ref().and_then(|from| self.declared(from)) {
            return place_and_format(&text, stream);
        }
        // The file of a table beside the rules has been read before.
        match beside(self.folder, &stream.name).filter(|_| stream.deletion().is_none()) {
            Some(path) => place_and_format(&format!("file:{}", path.display()), stream),
            None => Err(self.nowhere(stream)),
        }
    }

    /// The URI of a connector that the rules name, if it can be told.
    fn declared(&self, connector: &Connector) -> Option<String> {
        match connector.kind.as_str() {
            "kafka" if self.config.brokers.is_empty() => None,
            "kafka" => {
                Some(format!("kafka://{}/{}", self.config.brokers.join(","), connector.target))
            }
            kind @ ("file" | "log") => {
                Some(relative_to(self.folder, &format!("{kind}:{}", connector.target)))
            }
            _ => None,
        }
    }

    fn nowhere(&self, stream: &StreamPlan) -> Failure {
        let name = &stream.name;
        let why = match &stream.from {
            Some(from) if from.kind == "kafka" => {
                format!("its topic `{}` needs `[kafka] brokers`, and ", from.target)
            }
            _ => String::new(),
        };
        let folder = if self.folder.as_os_str().is_empty() { Path::new(".") } else { self.folder };
        let folder = folder.display();
        let (what, beside) = match stream.deletion() {
            None => ("stream", format!("there is neither `{name}.jsonl` nor `events.jsonl`")),
            Some(_) => ("table", format!("there is no `{name}.jsonl`")),
        };
        let message =
            format!("nothing says where {what} `{name}` is read from: {why}{beside} in `{folder}`");
        let help = format!("say `--bind {name}=URI`, such as `--bind {name}=file:PATH`");
        Failure::usage(message).with_help(help)
    }

    /// The places of each derived event, in the order of the plan.
    pub fn outputs(&self) -> Result<Vec<Vec<Uri>>, Failure> {
        let events = self.plan.events.iter().map(|event| event.name.as_str());
        let flags = self.sink.iter().map(|sink| sink.name.as_deref());
        let configured = self.config.sink.keys().map(|name| Some(name.as_str()));
        self.check_names("derived event", events, flags.chain(configured))?;
        self.plan
            .events
            .iter()
            .map(|event| {
                let of = |name: Option<&str>| {
                    let fits = |sink: &&Binding| sink.name.as_deref() == name;
                    let uris: Vec<String> =
                        self.sink.iter().filter(fits).map(|sink| sink.uri.clone()).collect();
                    Some(uris).filter(|uris| !uris.is_empty())
                };
                let declared = || {
                    let uris = event.sinks.iter().filter_map(|sink| self.declared(sink));
                    Some(uris.collect::<Vec<_>>()).filter(|uris| !uris.is_empty())
                };
                let uris = of(Some(&event.name))
                    .or_else(|| of(None))
                    .or_else(|| self.config.sink.get(&event.name).cloned())
                    .or_else(declared)
                    .unwrap_or_else(|| vec!["stdout:".into()]);
                uris.iter().map(|uri| output(uri)).collect()
            })
            .collect()
    }

    /// Names that are none of the program's are mistakes.
    fn check_names<'a>(
        &self,
        what: &str,
        known: impl Iterator<Item = &'a str> + Clone,
        said: impl Iterator<Item = Option<&'a str>>,
    ) -> Result<(), Failure> {
        for name in said {
            let Some(name) = name else {
                if what == "stream" {
                    return Err(Failure::usage("`--bind` wants STREAM=URI"));
                }
                continue;
            };
            if known.clone().any(|known| known == name) {
                continue;
            }
            let help = match closest(name, known.clone()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => {
                    let all: Vec<String> = known.clone().map(|name| format!("`{name}`")).collect();
                    format!("there are {}", all.join(", "))
                }
            };
            let message = format!("there is no {what} `{name}`");
            return Err(Failure::new(Exit::Usage, message).with_help(help));
        }
        Ok(())
    }
}

/// Lines, but for those of exports, have no timestamps that could be the time of an event.
fn has_time(stream: &StreamPlan, uri: &Uri) -> Result<(), Failure> {
    let lines = matches!(uri, Uri::File { .. } | Uri::Stdin) && !holds_records(uri);
    if stream.time != TimeSource::Record || !lines {
        return Ok(());
    }
    let message = format!(
        "stream `{}` takes its time from its records, and those of `{uri}` have none",
        stream.name
    );
    Err(Failure::usage(message)
        .with_help("declare the field that has the time: `at: timestamp` and `time at`"))
}

/// The file of a stream's events beside the rules, if there is one.
pub(super) fn beside(folder: &Path, stream: &str) -> Option<PathBuf> {
    [stream, "events"]
        .into_iter()
        .flat_map(|name| ["", ".gz", ".zst"].map(|packed| format!("{name}.jsonl{packed}")))
        .map(|file| folder.join(file))
        .find(|path| path.is_file())
}

/// A place and how its records are written: as `?format=` after the URI says, else as the stream
/// declares, else CloudEvents in a file named `events.jsonl` and plain JSON elsewhere.
pub(super) fn place_and_format(text: &str, stream: &StreamPlan) -> Result<(Uri, Format), Failure> {
    let (text, said) = match text.rsplit_once("?format=") {
        Some((text, format)) => (text, Some(format)),
        None => (text, None),
    };
    let uri = Uri::parse(text)?;
    let options = stream.from.iter().flat_map(|from| &from.options);
    let declared =
        options.rev().find(|(name, _)| name == "format").map(|(_, value)| value.as_str());
    let by_name = match &uri {
        Uri::File { path, .. } => format_of_name(&path.to_string_lossy()),
        _ => None,
    };
    match said.or(by_name).or(declared).unwrap_or("json") {
        "json" => Ok((uri, Format::Json)),
        "cloudevents" => Ok((uri, Format::CloudEvents)),
        "debezium" if stream.deletion().is_some() => {
            let message = format!("the table `{}` is not read as `debezium`", stream.name);
            Err(Failure::usage(message).with_help("its rows are `json` or `csv`"))
        }
        "debezium" => Ok((uri, Format::Debezium)),
        "csv" => {
            // An export holds the records of a topic, none of which names the columns.
            let has_head = matches!(uri, Uri::File { .. }) && !holds_records(&uri);
            let head = if has_head { Some(csv_head(&uri, stream)?) } else { None };
            Ok((uri, Format::Csv(head)))
        }
        other => {
            let message = format!("stream `{}` has the unknown format `{other}`", stream.name);
            Err(Failure::usage(message)
                .with_help("this version reads `json`, `csv`, `cloudevents` and `debezium`"))
        }
    }
}

/// The place of a derived event.
fn output(text: &str) -> Result<Uri, Failure> {
    let uri = Uri::parse(text)?;
    match &uri {
        Uri::File { path, .. } if format_of_name(&path.to_string_lossy()) == Some("csv") => {
            let message = format!("derived events are not written as CSV, as `{uri}` says");
            Err(Failure::usage(message).with_help("give the file another ending, such as `.jsonl`"))
        }
        _ => Ok(uri),
    }
}

/// What the name of a file says of its records, packed or not.
pub(super) fn format_of_name(path: &str) -> Option<&'static str> {
    let bare = path.strip_suffix(".gz").or(path.strip_suffix(".zst")).unwrap_or(path);
    let name = bare.rsplit('/').next().unwrap_or(bare);
    if name.to_ascii_lowercase().ends_with(".csv") {
        return Some("csv");
    }
    (name == "events.jsonl").then_some("cloudevents")
}

/// The first line of a file, which names the columns.
fn csv_head(uri: &Uri, stream: &StreamPlan) -> Result<CsvHead, Failure> {
    let mut source = open_source(uri, &ConnectorOptions::default())?;
    let mut records = RecordBatch::new();
    while records.is_empty() {
        if source.poll(&mut records, 1, Duration::ZERO)? != Polled::Records {
            break;
        }
    }
    let line = records.get(0).and_then(|first| Some((first.offset, first.value?)));
    let wrong = |why: &str| {
        Failure::usage(format!("the first line of `{uri}` names no columns: {why}"))
            .with_help("write the names of the stream's fields there, with commas between them")
    };
    let (offset, line) = line.ok_or_else(|| wrong("there is none"))?;
    let line = std::str::from_utf8(line).map_err(|_| wrong("it is not UTF-8"))?;
    let head = CsvHead::of_line(line, offset).map_err(|why| wrong(&why))?;
    match wrong_columns(&head.names, &stream.fields) {
        None => Ok(head),
        Some(why) => Err(Failure::usage(format!("`{uri}` does not fit `{}`: {why}", stream.name))
            .with_help("its first line names the fields, with commas between them, each once")),
    }
}

/// Whether a place ends by itself.
pub(super) fn extent(uri: &Uri, at_end: Option<AtEnd>) -> Extent {
    match (uri, at_end) {
        (Uri::Stdin, _) | (_, Some(AtEnd::Stop)) => Extent::Bounded,
        (Uri::Kafka { .. }, None) | (_, Some(AtEnd::Follow)) => Extent::Unbounded,
        _ => Extent::Bounded,
    }
}

#[cfg(test)]
mod tests;
