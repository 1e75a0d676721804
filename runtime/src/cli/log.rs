//! What is said on standard error.
//!
//! As text a line is `warning: …`, for people; as JSON it is one object with a timestamp, for
//! those who collect. `CEP_LOG` takes filters such as `debug` or `runtime::driver=trace`.

use super::{Look, Words, stderr_look};
use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use indicatif::ProgressBar;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// The target of advice that follows an error.
pub(super) const HELP: &str = "cep::help";

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Standard error, shared by the log and a progress bar: the bar makes room for each line.
#[derive(Clone, Default)]
pub(super) struct Screen(Arc<Mutex<Option<ProgressBar>>>);

impl Screen {
    /// From now on lines are written above this bar.
    pub(super) fn share_with(&self, bar: &ProgressBar) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.clone());
    }
}

impl io::Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Words that nobody can read are no reason to stop: a failure to write them says nothing.
        let _ = match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(bar) => bar.suspend(|| io::stderr().write_all(bytes)),
            None => io::stderr().write_all(bytes),
        };
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Starts the log; a second start changes nothing.
pub(super) fn start(format: LogFormat, words: Words) -> Screen {
    let screen = Screen::default();
    let writer = screen.clone();
    let level = match words {
        Words::All => "info",
        Words::OnlyWhatIsWrong => "warn",
    };
    let filter = EnvFilter::try_from_env("CEP_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(move || writer.clone());
    let _ = match format {
        LogFormat::Text => log.event_format(ForPeople(stderr_look())).try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
    screen
}

struct ForPeople(Look);

impl<S, N> FormatEvent<S, N> for ForPeople
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        let (word, colour) = match *metadata.level() {
            _ if metadata.target() == HELP => ("  help", AnsiColor::Cyan),
            Level::ERROR => ("error", AnsiColor::Red),
            Level::WARN => ("warning", AnsiColor::Yellow),
            Level::INFO => ("", AnsiColor::Green),
            Level::DEBUG => ("debug", AnsiColor::Blue),
            Level::TRACE => ("trace", AnsiColor::Blue),
        };
        if !word.is_empty() {
            let style = match self.0 {
                Look::Terminal => Style::new().bold().fg_color(Some(colour.into())),
                Look::Plain => Style::new(),
            };
            write!(out, "{style}{word}{style:#}: ")?;
        }
        let mut words = Message(String::new());
        event.record(&mut words);
        writeln!(out, "{}", words.0)
    }
}

/// An event's message, and its fields after it.
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0.insert_str(0, &format!("{value:?}"));
        } else {
            self.0.push_str(&format!(" {}={value:?}", field.name()));
        }
    }
}
