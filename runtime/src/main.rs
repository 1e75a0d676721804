//! The `cep` command; see [`runtime::cli`].

use std::process::ExitCode;

/// Closing many windows makes many small pieces of memory at once, which this allocator likes.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    runtime::cli::main()
}
