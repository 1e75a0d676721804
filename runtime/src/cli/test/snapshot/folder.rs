//! Runs a folder's rules over the events beside them, as `cep run --flush` would, but apart from
//! everything that is not in the folder: no configuration, no other place, no wall clock.

use super::super::super::tables::Places;
use super::super::super::wiring::{Binding, Wishes, beside};
use super::super::super::{Exit, Failure};
use super::text::{Captured, write};
use crate::config::Config;
use crate::connector::memory::{MemoryLog, MemorySink};
use crate::connector::{ConnectorOptions, open_source};
use crate::driver::{
    self, EventFormat, Extent, InputSpec, ManualClock, OnBadRecord, OutputSpec, RunSpec, Sinks,
};
use cep_core::engine::Finish;
use cep_core::plan::Plan;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The files of events beside the rules: each once, in the order of the program's streams.
pub(in super::super) fn events_beside(plan: &Plan, folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = Vec::new();
    for stream in &plan.streams {
        if let Some(path) = beside(folder, &stream.name)
            && !files.contains(&path)
        {
            files.push(path);
        }
    }
    files
}

/// What the rules of a folder give from the events beside them, as text.
///
/// # Errors
/// When events cannot be read, or when there is none for these rules: a snapshot of nothing would
/// hold whatever the rules say.
pub(in crate::cli) fn derived(plan: &Plan, folder: &Path) -> Result<String, Failure> {
    let bind = plan.streams.iter().map(|stream| {
        // The rows of a table have no file but their own.
        let own = |path: &PathBuf| stream.deletion().is_none() || !path.ends_with("events.jsonl");
        let place = beside(folder, &stream.name).filter(own);
        let uri = place.map_or("null:".into(), |path| format!("file:{}", path.display()));
        Binding { name: Some(stream.name.clone()), uri }
    });
    let bind: Vec<Binding> = bind.collect();
    let config = Config::default();
    let mut plan = plan.clone();
    Places { folder, config: &config, bind: &bind }.fill(&mut plan)?;
    let plan = &plan;
    let wishes = Wishes { plan, folder, config: &config, bind: &bind, sink: &[] };
    let mut inputs = Vec::new();
    for place in wishes.inputs()? {
        inputs.push(InputSpec {
            source: open_source(&place.uri, &ConnectorOptions::default())?,
            uri: place.uri.to_string(),
            identity: place.uri.identity(),
            topic: place.uri.topic(),
            extent: Extent::Bounded,
            readers: place.streams,
        });
    }
    let captured = run(plan, inputs)?;
    if captured.summary.events == 0 && captured.summary.bad_records == 0 {
        return Err(nothing_to_read(plan, folder));
    }
    Ok(write(&captured))
}

fn nothing_to_read(plan: &Plan, folder: &Path) -> Failure {
    let files = events_beside(plan, folder);
    let files: Vec<String> = files.iter().map(|path| format!("`{}`", path.display())).collect();
    let streams: Vec<String> =
        plan.streams.iter().map(|stream| format!("`{}`", stream.name)).collect();
    let (files, streams) = (files.join(", "), streams.join(", "));
    Failure::new(Exit::Wrong, format!("no event of {streams} is in {files}")).with_help(
        "a line of `events.jsonl` is a CloudEvent whose `type` is the stream's name, a line of \
         `STREAM.jsonl` an event's fields as a JSON object",
    )
}

fn run(plan: &Plan, inputs: Vec<InputSpec>) -> Result<Captured, Failure> {
    let [events, late, errors] = [(); 3].map(|()| MemoryLog::new(1));
    let mut sinks = Sinks::default();
    let mut open = |name, log: &MemoryLog| sinks.add(name, Box::new(MemorySink::new(log.clone())));
    let sink = open("derived events", &events);
    let output = OutputSpec {
        events: vec![vec![sink]; plan.events.len()],
        format: EventFormat::CloudEvents,
        late: Some(open("late events", &late)),
        errors: Some(open("errors", &errors)),
        sinks,
    };
    let spec = RunSpec {
        app_id: "test".into(),
        plan: Arc::new(plan.clone()),
        inputs,
        output,
        finish: Finish::Flush,
        order: None,
        state: None,
        commit_every: Duration::from_secs(3600),
        checkpoint_every: Duration::from_secs(3600),
        max_bytes_per_rule: None,
        on_bad_record: OnBadRecord::DeadLetter,
        hash_seed: 0,
        clock: Box::new(ManualClock::default()),
        stop: Arc::default(),
    };
    let (_, summary) = driver::run(spec, &mut |_, _| {})?;
    let values = |log: &MemoryLog| log.records(0).into_iter().map(|record| record.value).collect();
    Ok(Captured { summary, events: values(&events), late: values(&late), errors: values(&errors) })
}
