//! Test support.

pub mod broker;
