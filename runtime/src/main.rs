//! The `cep` command; see [`runtime::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::cli::main()
}
