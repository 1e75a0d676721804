//! The rule language: text in, diagnostics and a plan out.
//!
//! Pure: no file is opened and nothing is printed here.

pub mod ast;
pub mod diagnostic;
pub mod lex;
pub mod parse;
pub mod source;
