//! Benchmarks, and the events they run on.

pub mod harvest;
pub mod ratio;
