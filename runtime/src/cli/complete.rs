//! `cep completions` and `cep man`: what shells and readers get from the same definitions as the
//! command line.

use super::{Cli, Exit, Failure, print};
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Print the completions of a shell.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cep completions bash > ~/.local/share/bash-completion/completions/cep
  cep completions zsh > ~/.zfunc/_cep")]
pub(super) struct CompletionsArgs {
    /// The shell.
    shell: Shell,
}

/// Print the man page.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cep man | man -l -
  cep man > /usr/local/share/man/man1/cep.1")]
pub(super) struct ManArgs {}

pub(super) fn completions(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "cep", &mut script);
    print(&String::from_utf8_lossy(&script)).map(|()| Exit::Fine)
}

pub(super) fn man() -> Result<Exit, Failure> {
    let mut page = Vec::new();
    // Writing to a `Vec` cannot fail.
    let _ = clap_mangen::Man::new(Cli::command()).render(&mut page);
    print(&String::from_utf8_lossy(&page)).map(|()| Exit::Fine)
}
