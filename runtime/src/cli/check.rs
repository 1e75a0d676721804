//! `cep check`: all diagnostics of programs.

mod sarif;

use super::program::{self, all_programs};
use super::tables::Places;
use super::{Exit, Failure, print};
use crate::config::Config;
use clap::{Args, ValueEnum};
use rule_lang::diagnostic::json::to_json;
use rule_lang::{Code, Compiled, Diagnostic};
use std::path::{Path, PathBuf};

/// Say everything that is wrong with rules.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cep check rules/harvest                 one program: every *.rules file of the folder
  cep check rules                         every program below the folder
  cep check - < farm.rules                a program on standard input
  cep check --format json farm.rules      one JSON object a diagnostic, on standard output
  cep check --format sarif rules > r.sarif  one SARIF 2.1.0 document, for code hosts and editors

Exit codes: 0 no errors (warnings may be), 1 errors, 3 a file cannot be read, be it of rules or
of a table that they name.")]
pub(super) struct CheckArgs {
    /// Folders or files of rules, or `-` for a program on standard input.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How diagnostics are written.
    #[arg(long, default_value = "human")]
    format: CheckFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CheckFormat {
    /// With the source lines, on standard error.
    Human,
    /// One JSON object a line, on standard output.
    Json,
    /// One SARIF 2.1.0 document for all programs, on standard output.
    Sarif,
}

pub(super) fn run(args: &CheckArgs) -> Result<Exit, Failure> {
    let mut exit = Exit::Fine;
    let mut programs = Vec::new();
    for program in all_programs(&args.paths)? {
        let program::Program { folder, mut compiled } = program::load(&program)?;
        let outside = read_tables(&mut compiled, &folder);
        match args.format {
            CheckFormat::Human => program::show(&compiled),
            CheckFormat::Json => {
                let json = |diagnostic| to_json(diagnostic, &compiled.sources) + "\n";
                print(&compiled.diagnostics.iter().map(json).collect::<String>())?;
            }
            CheckFormat::Sarif => {}
        }
        let summary = program::summary(&compiled, &program);
        if compiled.has_errors() {
            tracing::error!("{summary}");
            exit = exit.max(outside.unwrap_or(Exit::Wrong));
        } else {
            tracing::info!("{summary}");
        }
        if args.format == CheckFormat::Sarif {
            programs.push(compiled);
        }
    }
    if args.format == CheckFormat::Sarif {
        print(&sarif::document(&programs))?;
    }
    Ok(exit)
}

/// Reads the files that a program's rules name for its tables, and adds what is wrong with them.
/// Gives [`Exit::Outside`] if one cannot be read.
fn read_tables(compiled: &mut Compiled, folder: &Path) -> Option<Exit> {
    let config = Config::default();
    let places = Places { folder, config: &config, bind: &[] };
    let tables = compiled.plan.iter_mut().flat_map(|plan| &mut plan.tables);
    // A table without a file of its own is bound where it runs.
    let named = tables.filter(|table| table.from.is_some() && table.of.is_none());
    let failures: Vec<(String, Failure)> = named
        .filter_map(|table| Some((table.name.clone(), places.fill_one(table).err()?)))
        .collect();
    let mut exit = None;
    for (table, failure) in failures {
        let mut diagnostic = Diagnostic::new(Code::TableFile, failure.message);
        if let Some(span) = compiled.connector_of_table(&table) {
            diagnostic = diagnostic.label(span, "");
        }
        compiled.add(diagnostic.maybe_help(failure.help));
        exit = exit.max(Some(failure.exit)).filter(|exit| *exit == Exit::Outside);
    }
    exit
}

/// Whether the words at a diagnostic's place add nothing to its title.
pub(super) fn title_says(diagnostic: &Diagnostic, label: &str) -> bool {
    label.is_empty() || diagnostic.title.contains(label)
}
