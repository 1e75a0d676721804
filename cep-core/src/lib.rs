//! The pure engine of cep.
//!
//! No I/O, no threads, no clock, no randomness: time enters as events and watermarks, and what
//! comes out is a function of what went in. [`plan`] is the engine's input language.

pub mod aggregate;
pub mod engine;
pub mod function;
pub mod operator;
pub mod pattern;
pub mod plan;
pub mod time;
pub mod value;
mod window;
pub mod written;
pub mod zone;
