//! `cep check`: all diagnostics of programs.

mod sarif;

use super::program::{self, programs_under};
use super::tables::Places;
use super::{Exit, Failure, print};
use crate::config::Config;
use clap::{Args, ValueEnum};
use rule_lang::diagnostic::json::to_json;
use rule_lang::{Compiled, Diagnostic};
use std::path::{Path, PathBuf};

/// Say everything that is wrong with rules.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cep check rules/harvest                 one program: every *.rules file of the folder
  cep check rules                         every program below the folder
  cep check --format json farm.rules      one JSON object a diagnostic, on standard output
  cep check --format sarif rules > r.sarif  one SARIF 2.1.0 document, for code hosts and editors

Exit codes: 0 no errors (warnings may be), 1 errors, 3 a file cannot be read.")]
pub(super) struct CheckArgs {
    /// Folders or files of rules.
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
    for path in &args.paths {
        for program in programs_under(path)? {
            let program::Program { folder, mut compiled } = program::load(&program)?;
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
                exit = Exit::Wrong;
            } else {
                tracing::info!("{summary}");
            }
            for failure in unreadable_tables(&mut compiled, &folder) {
                tracing::error!("{}", failure.message);
                exit = Exit::Wrong;
            }
            if args.format == CheckFormat::Sarif {
                programs.push(compiled);
            }
        }
    }
    if args.format == CheckFormat::Sarif {
        print(&sarif::document(&programs))?;
    }
    Ok(exit)
}

/// What is wrong with the files that a program's rules name for its tables.
fn unreadable_tables(compiled: &mut Compiled, folder: &Path) -> Vec<Failure> {
    let config = Config::default();
    let places = Places { folder, config: &config, bind: &[] };
    let tables = compiled.plan.iter_mut().flat_map(|plan| &mut plan.tables);
    // A table without a file of its own is bound where it runs.
    let named = tables.filter(|table| table.from.is_some() && table.of.is_none());
    named.filter_map(|table| places.fill_one(table).err()).collect()
}

/// Whether the words at a diagnostic's place add nothing to its title.
pub(super) fn title_says(diagnostic: &Diagnostic, label: &str) -> bool {
    label.is_empty() || diagnostic.title.contains(label)
}
