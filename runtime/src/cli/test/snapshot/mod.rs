//! Stored snapshots: what rules give, as text in a file that a person has read and accepted.
//!
//! [`folder`] runs a folder's rules over the events beside them, [`text`] writes what came as
//! blocks of lines, and [`store`] keeps it as a `.snap` file in insta's format.

pub(in crate::cli) mod folder;
pub(super) mod store;
pub(super) mod text;
pub(super) mod title;

/// What [`folder::derived`] is kept as: `derived.snap`.
pub(super) const DERIVED: &str = "derived";

#[cfg(test)]
mod tests;
