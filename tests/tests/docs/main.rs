//! Everything that README.md and docs/ show is tried: rules compile, commands print what the page says, and what one page promises
//! of another file is there.
//!
//! `DOCS=accept cargo test -p cep-tests --test docs` writes what commands print into the pages; read it before you commit it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod blocks;
mod console;
mod grammar;
mod origins;
mod references;
mod rules;
