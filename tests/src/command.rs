//! The `cep` command itself, for tests that call it as people do.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// An integration test of the runtime: cargo builds a package's commands for its integration tests.
const TEST_OF_THE_RUNTIME: &str = "cli";

/// The path of `cep`, built from the sources as they stand and with the profile of the running test.
///
/// # Panics
/// When it does not build, with what cargo printed.
pub fn cep() -> &'static Path {
    static CEP: LazyLock<PathBuf> = LazyLock::new(build);
    &CEP
}

/// Builds it the way `cargo test --workspace` does, which then has nothing left to do: alone, the crates below would be compiled
/// again with other features.
#[expect(clippy::expect_used, reason = "a test cannot go on without the command")]
fn build() -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a path");
    let folder =
        test.parent().and_then(Path::parent).expect("tests are run from target/PROFILE/deps");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["test", "--locked", "--workspace", "--no-run", "--test", TEST_OF_THE_RUNTIME]);
    if folder.ends_with("release") {
        command.arg("--release");
    }
    let output = command
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .stdin(Stdio::null())
        .output()
        .expect("cargo can be called");
    let path = folder.join("cep");
    assert!(
        output.status.success() && path.is_file(),
        "`cep` does not build:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    path
}
