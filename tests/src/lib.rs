//! What tests the whole of cep: a real Kafka broker, the reference interpreter, golden cases and
//! the roads they are driven on.

pub mod broker;
pub mod case;
pub mod command;
pub mod log;
pub mod process;
pub mod random;
pub mod reference;
pub mod render;
pub mod roads;
pub mod script;
