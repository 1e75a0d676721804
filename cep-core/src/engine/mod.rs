//! The façade: a plan in, inputs in, emits out.

mod output;

pub use output::{
    CauseRange, Causes, Emit, EmitId, EventRef, LateEvent, Outbox, OutputOrder, RuleError,
};

use crate::plan::StreamId;
use crate::time::EventTime;
use crate::value::EventBatch;

/// One thing that happens to the engine.
#[derive(Debug)]
pub enum Input<'a> {
    /// Events of one partition, in offset order.
    Events(&'a EventBatch),
    /// A partition has been silent: its watermark is lifted to `to`. This is a journaled input; a
    /// replay must repeat it between the same offsets.
    Idle {
        /// The stream.
        stream: StreamId,
        /// The silent partition.
        partition: u32,
        /// What its watermark becomes, if it is not further already.
        to: EventTime,
    },
    /// A partition has ended: nothing more comes from it, and it holds nobody back.
    End {
        /// The stream.
        stream: StreamId,
        /// The partition that ended.
        partition: u32,
    },
    /// The whole input has ended, and this is how far time goes.
    Finish(Finish),
}

/// How far time goes when the whole input has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// To the largest event time seen: what is decided by then is emitted, what reaches beyond
    /// stays open.
    AtLastEvent,
    /// To this instant, or the largest event time if that is later.
    At(EventTime),
    /// To the end of time: every begun window closes and every pending expiry happens. Filling
    /// makes no window that begins after the last event.
    Flush,
}
