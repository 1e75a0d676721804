//! `cep test`: the `test` blocks of programs.

mod compare;
mod play;
mod table;

use super::program::{self, programs_under};
use super::{Exit, Failure, print};
use clap::Args;
use compare::{Verdict, judge};
use play::play;
use std::path::PathBuf;

/// Run the tests that stand in rules.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cep test rules/harvest                    every test of a program
  cep test rules                            of every program below the folder
  cep test rules/harvest --filter slow      those whose title holds a text

Exit codes: 0 all hold, 1 one does not or the rules are wrong, 3 a file cannot be read.")]
pub(super) struct TestArgs {
    /// Folders or files of rules.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Only tests whose title holds this text.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
}

pub(super) fn run(args: &TestArgs) -> Result<Exit, Failure> {
    let (mut held, mut failed, mut broken) = (0, 0, 0);
    for path in &args.paths {
        for path in programs_under(path)? {
            let program = program::load(&path)?;
            let compiled = &program.compiled;
            if compiled.has_errors() {
                program::show(compiled);
                tracing::error!("{}", program::summary(compiled, &path));
                broken += 1;
                continue;
            }
            let Some(plan) = &compiled.plan else { continue };
            let wanted = |title: &str| args.filter.as_ref().is_none_or(|text| title.contains(text));
            for test in compiled.tests.iter().filter(|test| wanted(&test.title)) {
                let played = play(plan, test);
                let verdict = judge(plan, test, &played, &compiled.sources);
                let (word, details) = match &verdict {
                    Verdict::Holds => ("ok", ""),
                    Verdict::Fails(details) => ("FAILED", details.as_str()),
                };
                if verdict == Verdict::Holds {
                    held += 1
                } else {
                    failed += 1
                }
                print(&format!("{}: {} … {word}\n{details}", path.display(), test.title))?;
            }
        }
    }
    print(&format!("\n{held} passed, {failed} failed\n"))?;
    Ok(if failed + broken > 0 { Exit::Wrong } else { Exit::Fine })
}

#[cfg(test)]
mod tests;
