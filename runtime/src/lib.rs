//! The runtime: connectors, codecs, the driver and the `cep` command.
//!
//! The only crate of the three with input and output; `cep-core` and `rule-lang` are pure.
//!
//! In a service that has its events already, the engine runs inside of it:
//!
//! ```
//! use cep_core::engine::{Engine, EngineOptions, Finish, Input, Outbox};
//! use cep_core::value::EventBatch;
//! use rule_lang::{Source, compile};
//! use runtime::codec::{Decoder, Format, cloudevents::Encoder};
//! use runtime::connector::RecordBatch;
//! use std::sync::Arc;
//!
//! let rules = r#"
//! stream Harvest { farm: int, count: int, at: timestamp, key farm, time at, lateness 2s }
//! rule disaster {
//!     from   Harvest
//!     by     farm
//!     window tumbling(10s)
//!     when   sum(count) < 150
//!     emit   Disaster { farm, harvested: sum(count) }
//! }
//! "#;
//! let compiled = compile(&[Source::new("farm.rules", rules)]);
//! let plan = Arc::new(compiled.plan.expect("no errors"));
//! let stream = plan.stream_id("Harvest").expect("it is declared");
//! let mut engine = Engine::new(plan.clone(), EngineOptions::default());
//! let mut decoder = Decoder::new(&plan, stream, Format::Json);
//!
//! // Events come in batches of one partition, each with its offset, and may be late by two seconds.
//! let mut records = RecordBatch::new();
//! for (offset, value) in (0..).zip([
//!     r#"{"farm": 302, "count": 21, "at": "2026-03-29T10:00:01Z"}"#,
//!     r#"{"farm": 302, "count": 87, "at": "2026-03-29T10:00:06Z"}"#,
//!     r#"{"farm": 302, "count": 163, "at": "2026-03-29T10:00:12Z"}"#,
//! ]) {
//!     records.push(offset, None, None, Some(value.as_bytes()));
//! }
//! let (mut events, mut bad) = (EventBatch::new(stream, &plan.streams[0]), Vec::new());
//! decoder.decode(&records, 0..records.len(), &mut events, &mut bad);
//! assert!(bad.is_empty());
//!
//! // What a step decides is in the outbox, with what came too late and what failed.
//! let mut outbox = Outbox::default();
//! engine.step(Input::Events(&events), &mut outbox);
//! let encoder = Encoder::new(&plan, &[], "farms");
//! let mut line = Vec::new();
//! encoder.data(&outbox.emits[0], &mut line);
//! assert_eq!(line, br#"{"farm":302,"harvested":108}"#);
//!
//! // A checkpoint is all that the engine knows; it goes on from there, here or elsewhere.
//! let checkpoint = engine.checkpoint();
//! let mut engine = Engine::restore(plan, EngineOptions::default(), &checkpoint).expect("its own");
//! outbox.clear();
//! engine.step(Input::Finish(Finish::Flush), &mut outbox);
//! assert!(outbox.emits.is_empty(), "163 in the last window are no disaster");
//! ```

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
