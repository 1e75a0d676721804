//! `cep fmt`: rules in the canonical layout.

use super::program::{self, STDIN, files_under, is_stdin};
use super::{Exit, Failure, print};
use crate::connector::ConnectorError;
use crate::durable;
use clap::Args;
use rule_lang::{Diagnostic, Source, SourceMap, Unformatted, format};
use similar::TextDiff;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the shortest difference is looked for, before any difference will do.
const DIFF_TIMEOUT: Duration = Duration::from_secs(1);

/// Rewrite rules in the one canonical layout.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cep fmt rules/harvest            every *.rules file of the folder, in place
  cep fmt rules --check            of every program below it: show what would change
  cep fmt - < farm.rules           from standard input to standard output

Comments stay. A file that cannot be read is left as it is.

Exit codes: 0 fine, 1 rules are left as they are or --check found changes, 3 a file cannot be read
or written.")]
pub(super) struct FmtArgs {
    /// Folders or files of rules, or `-`.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Change nothing; print the differences and exit with 1 if there are any.
    #[arg(long)]
    check: bool,
}

pub(super) fn run(args: &FmtArgs) -> Result<Exit, Failure> {
    if args.paths.iter().any(|path| is_stdin(path)) {
        if args.paths.len() > 1 {
            return Err(Failure::usage("`-` stands alone: it writes to standard output"));
        }
        return standard_input(args);
    }
    let mut exit = Exit::Fine;
    for path in &args.paths {
        for file in files_under(path)? {
            let name = file.display().to_string();
            let bytes = std::fs::read(&file)
                .map_err(|error| ConnectorError::io(format!("cannot read `{name}`"), &error))?;
            let Some(formatted) = formatted(&name, &bytes) else {
                exit = Exit::Wrong;
                continue;
            };
            if bytes == formatted.as_bytes() {
                continue;
            }
            if args.check {
                show_difference(&name, &bytes, &formatted)?;
                exit = Exit::Wrong;
            } else {
                replace(&file, &formatted).map_err(|error| {
                    ConnectorError::io(format!("cannot write `{name}`"), &error)
                })?;
                tracing::info!("formatted {name}");
            }
        }
    }
    Ok(exit)
}

fn standard_input(args: &FmtArgs) -> Result<Exit, Failure> {
    let bytes = program::standard_input()?;
    match formatted(STDIN, &bytes) {
        None => Ok(Exit::Wrong),
        Some(text) if !args.check => print(&text).map(|()| Exit::Fine),
        Some(text) if bytes == text.as_bytes() => Ok(Exit::Fine),
        Some(text) => show_difference(STDIN, &bytes, &text).map(|()| Exit::Wrong),
    }
}

/// The text in the canonical layout. If it cannot be read, why is shown.
fn formatted(name: &str, bytes: &[u8]) -> Option<String> {
    let (sources, problems) = SourceMap::load(&[Source::new(name, bytes)]);
    let text = sources.files().next().map_or("", |(_, file)| file.text.as_str());
    let formatted = if problems.iter().any(Diagnostic::is_error) {
        Err(Unformatted::Unreadable(problems))
    } else {
        format(text)
    };
    match formatted {
        Ok(formatted) => return Some(formatted),
        Err(Unformatted::Unreadable(problems)) => program::show_all(&problems, &sources),
        Err(defect @ Unformatted::Defect(place)) => {
            let (line, column) = sources.line_column(place.file, place.start);
            tracing::error!("{name}:{line}:{column}: {defect}");
        }
    }
    tracing::error!("{name} is left as it is");
    None
}

fn show_difference(name: &str, bytes: &[u8], formatted: &str) -> Result<(), Failure> {
    let text = String::from_utf8_lossy(bytes);
    let diff = TextDiff::configure().timeout(DIFF_TIMEOUT).diff_lines(&*text, formatted);
    print(&diff.unified_diff().header(name, &format!("{name} (formatted)")).to_string())?;
    tracing::error!("{name} is not formatted");
    Ok(())
}

/// Writes the file at once or not at all. A link stays one, and who may do what stays too.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let path = std::fs::canonicalize(path)?;
    let permissions = std::fs::metadata(&path)?.permissions();
    if permissions.readonly() {
        return Err(std::io::ErrorKind::PermissionDenied.into());
    }
    durable::replace(&path, text.as_bytes())?;
    std::fs::set_permissions(&path, permissions)
}
