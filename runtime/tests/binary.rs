//! The command as a process: cargo builds it for this test, which others rely on.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::process::Command;

#[test]
fn the_command_says_its_version() {
    let output = Command::new(env!("CARGO_BIN_EXE_cep")).arg("--version").output().unwrap();
    assert!(output.status.success());
    let version = concat!("cep ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(String::from_utf8_lossy(&output.stdout), version);
}
