//! The `cep` command as people call it: what it prints where, and its exit code.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod bad_input;
mod fmt;
mod lsp;
mod new;
mod places;
mod room;
mod run;
mod sarif;
mod signals;
mod snapshots;
mod state;
mod tables;
mod verbs;
