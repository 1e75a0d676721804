//! Benchmarks, and the events they run on.

pub mod harvest;
