//! The `cep` command: one file per verb.
//!
//! Data goes to standard output, words to standard error. The exit code says who is to act:
//! 0 nobody · 1 the rules or a test are wrong · 2 the command was · 3 the outside failed.

mod check;
mod complete;
mod copy;
mod explain;
mod file_uri;
mod fmt;
mod log;
mod lsp;
mod new;
mod program;
mod run;
mod tables;
mod test;
mod wiring;

use crate::config::ConfigError;
use crate::connector::{ConnectorError, ConnectorErrorKind, UriError};
use crate::driver::DriverError;
use crate::snapshot::SnapshotError;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

/// Rules over streams of events: windows, thresholds, derived events.
#[derive(Debug, Parser)]
#[command(name = "cep", version, max_term_width = 100)]
#[command(after_help = "\
Examples:
  cep new machines                 make a folder to begin from
  cep run rules/harvest            read the events beside the rules, print what they give
  cep check rules/harvest          say what is wrong with the rules
  cep test rules/harvest           run their tests
  cep fmt rules/harvest            rewrite them in the one layout

Exit codes: 0 fine, 1 the rules or a test are wrong, 2 usage, 3 the outside failed.")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    common: Common,
}

/// What every verb has.
#[derive(Debug, Args)]
struct Common {
    /// Say only what is wrong.
    #[arg(long, short, global = true)]
    quiet: bool,
    /// How the log on standard error is written.
    #[arg(long, value_name = "FORMAT", default_value = "text", global = true)]
    log: log::LogFormat,
}

#[derive(Debug, Subcommand)]
enum Verb {
    New(new::NewArgs),
    Run(run::RunArgs),
    Check(check::CheckArgs),
    Fmt(fmt::FmtArgs),
    Explain(explain::ExplainArgs),
    Test(test::TestArgs),
    Copy(copy::CopyArgs),
    Lsp(lsp::LspArgs),
    Completions(complete::CompletionsArgs),
    Man(complete::ManArgs),
}

/// What the exit code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Exit {
    Fine = 0,
    Wrong = 1,
    Usage = 2,
    Outside = 3,
}

/// Why a verb could not be carried out.
#[derive(Debug)]
struct Failure {
    exit: Exit,
    message: String,
    help: Option<String>,
}

impl Failure {
    fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), help: None }
    }

    fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl From<ConnectorError> for Failure {
    fn from(error: ConnectorError) -> Self {
        // What a connector cannot do, it should not have been asked.
        let exit = match error.kind {
            ConnectorErrorKind::Unsupported => Exit::Usage,
            _ => Exit::Outside,
        };
        Self { exit, message: error.to_string(), help: error.help }
    }
}

impl From<DriverError> for Failure {
    fn from(error: DriverError) -> Self {
        match error {
            DriverError::Connector(error) => error.into(),
            DriverError::BadRecord(_) => Self::new(Exit::Outside, error.to_string()),
            DriverError::StateBound(bound) => {
                Self::new(Exit::Wrong, bound.to_string()).with_help(bound.help())
            }
            DriverError::AfterFlush { .. } => Self::usage(error.to_string()).with_help(
                "runs that later ones are to go on from must not have `--flush`; begin again with \
                 another folder for `--state`",
            ),
        }
    }
}

impl From<UriError> for Failure {
    fn from(error: UriError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self { exit: Exit::Usage, message: error.to_string(), help: error.help }
    }
}

/// Whether a verb draws with colours and bars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Terminal,
    Plain,
}

/// How much a verb says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Words {
    All,
    OnlyWhatIsWrong,
}

/// Runs the command that the process was called with.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| named(error).exit());
    let words = if cli.common.quiet { Words::OnlyWhatIsWrong } else { Words::All };
    let screen = log::start(cli.common.log, words);
    let done = match cli.verb {
        Verb::New(args) => new::run(&args),
        Verb::Run(args) => run::run(&args, words, &screen),
        Verb::Check(args) => check::run(&args),
        Verb::Fmt(args) => fmt::run(&args),
        Verb::Explain(args) => explain::run(&args),
        Verb::Test(args) => test::run(&args),
        Verb::Copy(args) => copy::run(&args, words),
        Verb::Lsp(args) => lsp::run(&args),
        Verb::Completions(args) => complete::completions(&args),
        Verb::Man(_) => complete::man(),
    };
    let exit = match done {
        Ok(exit) => exit,
        Err(failure) => {
            tracing::error!("{}", failure.message);
            if let Some(help) = &failure.help {
                tracing::error!(target: log::HELP, "{help}");
            }
            failure.exit
        }
    };
    ExitCode::from(exit as u8)
}

/// Verbs that people look for and this version does not have, and what it has instead.
const LATER: [(&str, &str); 3] = [
    (
        "replay",
        "`cep run` gives recorded events again: `--bind STREAM=file:PATH`, or a topic with `--at-end stop`",
    ),
    ("whatif", "`cep run --set PARAM=VALUE` over the same events, once for each value, compares"),
    (
        "why",
        "`causes` of a derived event names the events behind it, and `cep explain` says when a rule fires",
    ),
];

/// The error of a verb of [`LATER`], which is similar to no other; every other error as it is.
fn named(error: clap::Error) -> clap::Error {
    let Some(ContextValue::String(verb)) = error.get(ContextKind::InvalidSubcommand) else {
        return error;
    };
    match LATER.iter().find(|(later, _)| later == verb) {
        Some((verb, instead)) => {
            let message = format!("this version has no `cep {verb}`; {instead}");
            Cli::command().error(ErrorKind::InvalidSubcommand, message)
        }
        None => error,
    }
}

/// See [`crate::snapshot::derived_events`].
pub(crate) fn derived_events(folder: &Path) -> Result<String, SnapshotError> {
    let derived = program::load_plan(folder).and_then(|(_, plan)| test::derived(&plan, folder));
    derived.map_err(|failure| SnapshotError::new(failure.message, failure.help))
}

/// How standard error is drawn on.
fn stderr_look() -> Look {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if std::io::stderr().is_terminal() && !plain { Look::Terminal } else { Look::Plain }
}

/// Writes data to standard output. A reader that has gone away is no failure.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(ConnectorError::io("cannot write standard output", &error).into())
        }
        _ => Ok(()),
    }
}

/// A choice of `--at-end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum AtEndChoice {
    /// End where the input ends now.
    Stop,
    /// Wait for more.
    Follow,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_of_the_command_line_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_verb_that_is_not_there_is_not_taken_for_another() {
        for (verb, _) in LATER {
            let error = Cli::try_parse_from(["cep", verb, "x"]).map_err(named).err();
            let text = error.map(|error| error.to_string()).unwrap_or_default();
            assert!(text.contains(&format!("this version has no `cep {verb}`; `")), "{text}");
            assert!(!text.contains("similar"), "{text}");
        }
    }

    #[test]
    fn every_verb_shows_examples() {
        for verb in Cli::command().get_subcommands() {
            let help = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("cep "), "`cep {} --help` has no example", verb.get_name());
        }
    }
}
