//! `cep run`: the stream processor.

use super::log::Screen;
use super::tables::Places;
use super::wiring::{Binding, Wishes, binding, extent};
use super::{AtEndChoice, Exit, Failure, Words, program};
use crate::config::Config;
use crate::connector::{
    AtEnd, ConnectorOptions, Existing, Headers, Progress, Uri, open_sink, open_source,
};
use crate::driver::{
    self, EventFormat, Extent, InputSpec, Outcome, OutputSpec, RunSpec, SinkId, Sinks, StateDir,
    SystemClock, grouped,
};
use cep_core::engine::{Finish, OutputOrder};
use cep_core::plan::{FieldSource, Plan};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use signal_hook::consts::{SIGINT, SIGTERM};
use std::hash::{BuildHasher, RandomState};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Run rules over their streams, until the inputs end or a signal comes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cep run rules/harvest
        read the events beside the rules, print derived events as CloudEvents, a line each
  cep run rules/harvest --bind Harvest=file:big.jsonl.gz --sink Disaster=null: --flush
        read another file, measure without writing, decide what reaches beyond the end
  cep run rules/harvest --bind Harvest=kafka://127.0.0.1:9092/costcenter \\
        --sink Disaster=kafka://127.0.0.1:9092/disaster --state state
        run on Kafka and go on where the last run stopped
  producer | cep run rules/harvest --bind Harvest=stdin: --format plain

Places: file:PATH (.gz and .zst are unpacked and packed), stdin:, stdout:, log:DIR/TOPIC, null:,
kafka://HOST:PORT[,HOST:PORT]/TOPIC. `?format=cloudevents` after a place that is read says how its
records are written. The first SIGINT or SIGTERM stops cleanly, the second at once.

Exit codes: 0 fine, 1 the rules are wrong or keep more state than they may, 2 usage, 3 a file, a pipe or a broker failed.")]
pub(super) struct RunArgs {
    /// A folder of rules, or one file.
    path: PathBuf,
    /// Where a stream is read from; may be given several times.
    #[arg(long, value_name = "STREAM=URI", value_parser = binding)]
    bind: Vec<Binding>,
    /// Where a derived event goes (without EVENT: all that have no sink of their own); may be
    /// given several times.
    #[arg(long, value_name = "[EVENT=]URI", value_parser = binding)]
    sink: Vec<Binding>,
    /// Where events go that come too late.
    #[arg(long, value_name = "URI")]
    late: Option<String>,
    /// Where bad records and errors of rules go.
    #[arg(long, value_name = "URI")]
    errors: Option<String>,
    /// Set a parameter of the rules.
    #[arg(long, value_name = "PARAM=VALUE")]
    set: Vec<String>,
    /// At the end of the inputs, decide what reaches beyond it.
    #[arg(long)]
    flush: bool,
    /// What is done where an input ends: files and logs stop there, Kafka goes on, unless this
    /// says otherwise.
    #[arg(long, value_name = "WHAT")]
    at_end: Option<AtEndChoice>,
    /// Derived events in the order of time where inputs do not end, too: each waits until none
    /// before it can come. Where all inputs end they are in that order anyway.
    #[arg(long)]
    ordered: bool,
    /// How derived events are written.
    #[arg(long, value_name = "FORMAT", default_value = "cloudevents")]
    format: FormatChoice,
    /// A folder that keeps what is needed to go on where the run stopped.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// The configuration; `cep.toml` beside the rules if there is one.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FormatChoice {
    /// CloudEvents 1.0.
    Cloudevents,
    /// The data alone.
    Plain,
}

impl From<AtEndChoice> for AtEnd {
    fn from(choice: AtEndChoice) -> Self {
        match choice {
            AtEndChoice::Stop => Self::Stop,
            AtEndChoice::Follow => Self::Follow,
        }
    }
}

pub(super) fn run(args: &RunArgs, words: Words, screen: &Screen) -> Result<Exit, Failure> {
    let (program, mut plan) = program::load_plan(&args.path)?;
    set_params(&mut plan, &args.set)?;
    let config = configuration(args, &program.folder)?;
    let places = Places { folder: &program.folder, config: &config, bind: &args.bind };
    places.fill(&mut plan)?;
    let wishes = Wishes {
        plan: &plan,
        folder: &program.folder,
        config: &config,
        bind: &args.bind,
        sink: &args.sink,
    };
    let (inputs, outputs) = (wishes.inputs()?, wishes.outputs()?);
    let late = config.late.as_deref().map(Uri::parse).transpose()?;
    let errors = config.errors.as_deref().map(Uri::parse).transpose()?;
    let written = outputs.iter().flatten().chain(&late).chain(&errors);
    refuse_own_input(inputs.iter().map(|place| &place.uri), written)?;
    // The signals are caught before anything is opened, so that what waits can be stopped too.
    let stop = stop_flag()?;
    let state = config.state.as_deref().map(StateDir::open).transpose()?;
    let options = connector_options(&config, &plan);
    let mut specs = Vec::new();
    for place in inputs {
        specs.push(InputSpec {
            source: open_source(&place.uri, &options)?,
            uri: place.uri.to_string(),
            identity: place.uri.identity(),
            topic: place.uri.topic(),
            extent: extent(&place.uri, config.at_end),
            readers: place.streams,
        });
    }
    let bar = progress_bar(&specs, &outputs, words);
    screen.share_with(&bar);
    let output = open_outputs(&outputs, late, errors, args.format, &options)?;
    let spec = RunSpec {
        app_id: config.app_id.clone(),
        plan: Arc::new(plan),
        inputs: specs,
        output,
        finish: if args.flush { Finish::Flush } else { Finish::AtLastEvent },
        order: args.ordered.then_some(OutputOrder::Merged),
        state,
        commit_every: config.commit_every,
        checkpoint_every: config.checkpoint_every,
        max_bytes_per_rule: config.max_bytes_per_rule,
        on_bad_record: config.on_bad_record,
        hash_seed: RandomState::new().hash_one(0),
        clock: Box::new(SystemClock::start()),
        stop,
    };
    let done = driver::run(spec, &mut |progress, events| show(&bar, progress, events));
    bar.finish_and_clear();
    let (outcome, summary) = done?;
    if outcome != Outcome::ReaderGone {
        let word = if outcome == Outcome::Stopped { "stopped: " } else { "" };
        tracing::info!("{word}{summary}");
    }
    Ok(Exit::Fine)
}

/// A file that is written is emptied first; it must not be the one that is read.
pub(super) fn refuse_own_input<'a>(
    read: impl Iterator<Item = &'a Uri>,
    written: impl Iterator<Item = &'a Uri>,
) -> Result<(), Failure> {
    let file = |uri: &Uri| match uri {
        Uri::File { path, .. } => path.canonicalize().ok().filter(|path| path.is_file()),
        _ => None,
    };
    let read: Vec<PathBuf> = read.filter_map(file).collect();
    for uri in written {
        if file(uri).is_some_and(|path| read.contains(&path)) {
            let message = format!("`{uri}` is read and written by the same run");
            return Err(Failure::usage(message));
        }
    }
    Ok(())
}

/// Gives params the values of `--set`.
pub(super) fn set_params(plan: &mut Plan, set: &[String]) -> Result<(), Failure> {
    for text in set {
        let Some((name, value)) = text.split_once('=') else {
            return Err(Failure::usage(format!("`--set {text}` is not PARAM=VALUE")));
        };
        rule_lang::set_param(plan, name, value).map_err(|e| Failure::usage(e.to_string()))?;
    }
    Ok(())
}

/// The configuration with the flags over it.
fn configuration(args: &RunArgs, folder: &Path) -> Result<Config, Failure> {
    let beside = Some(folder.join("cep.toml")).filter(|path| path.is_file());
    let file = args.config.clone().or(beside);
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let mut config = Config::load(file.as_deref(), environment)?;
    config.late = args.late.clone().or(config.late);
    config.errors = args.errors.clone().or(config.errors);
    config.state = args.state.clone().or(config.state);
    config.at_end = args.at_end.map(AtEnd::from).or(config.at_end);
    Ok(config)
}

fn connector_options(config: &Config, plan: &Plan) -> ConnectorOptions {
    let mut fields = plan.streams.iter().flat_map(|stream| &stream.fields);
    let reads_headers = fields.any(|field| matches!(field.source, FieldSource::Header(_)));
    ConnectorOptions {
        app_id: config.app_id.clone(),
        at_end: config.at_end,
        max_record_bytes: config.max_record_bytes,
        // A run that goes on must not wipe out what the one before has written.
        existing: if config.state.is_some() { Existing::Append } else { Existing::Replace },
        headers: if reads_headers { Headers::Read } else { Headers::Skip },
        connect_timeout: config.connect_timeout,
        kafka: config.kafka.0.clone(),
    }
}

fn open_outputs(
    outputs: &[Vec<Uri>],
    late: Option<Uri>,
    errors: Option<Uri>,
    format: FormatChoice,
    options: &ConnectorOptions,
) -> Result<OutputSpec, Failure> {
    let mut sinks = Sinks::default();
    let mut open = |uri: &Uri| -> Result<SinkId, Failure> {
        let name = uri.to_string();
        match sinks.find(&name) {
            Some(sink) => Ok(sink),
            None => Ok(sinks.add(name, open_sink(uri, options)?)),
        }
    };
    let events = outputs
        .iter()
        .map(|uris| uris.iter().map(&mut open).collect())
        .collect::<Result<Vec<Vec<_>>, _>>()?;
    let late = late.as_ref().map(&mut open).transpose()?;
    let errors = errors.as_ref().map(&mut open).transpose()?;
    let format = match format {
        FormatChoice::Cloudevents => EventFormat::CloudEvents,
        FormatChoice::Plain => EventFormat::Plain,
    };
    Ok(OutputSpec { sinks, events, format, late, errors })
}

/// A flag that the first SIGINT or SIGTERM sets; the second one ends the process.
pub(super) fn stop_flag() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // Registered first, so that the first signal finds the flag still down.
        signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&stop))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&stop)))
            .map_err(|e| Failure::new(Exit::Outside, format!("cannot catch signals: {e}")))?;
    }
    Ok(stop)
}

/// A bar for inputs that end, on a terminal that does not show the events themselves.
fn progress_bar(inputs: &[InputSpec], outputs: &[Vec<Uri>], words: Words) -> ProgressBar {
    let is_bounded = inputs.iter().all(|input| input.extent == Extent::Bounded);
    let prints = outputs.iter().flatten().any(|uri| *uri == Uri::Stdout);
    let is_free = !(prints && std::io::stdout().is_terminal());
    let shows = is_bounded && is_free && words == Words::All && std::io::stderr().is_terminal();
    if !shows {
        return ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    }
    let bar = ProgressBar::new(0);
    // Until it is known how much there is: of a pipe it never is.
    set_style(&bar, "{msg}");
    bar
}

fn set_style(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
}

fn show(bar: &ProgressBar, progress: Progress, events: u64) {
    if bar.length() == Some(0) && progress.total > 0 {
        set_style(bar, "{wide_bar} {percent:>3} % {msg}, {eta} left");
    }
    bar.set_length(progress.total);
    bar.set_position(progress.done);
    bar.set_message(format!("{} events", grouped(events)));
}
