//! The runtime: connectors, codecs, the driver and the `cep` command.
//!
//! The only crate of the three with input and output; `cep-core` and `rule-lang` are pure.

mod base64;
mod bytes;
pub mod cli;
pub mod codec;
pub mod config;
pub mod connector;
pub mod driver;
mod durable;
mod duration;
pub mod snapshot;
