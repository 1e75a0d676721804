//! The engine's state as bytes.
//!
//! A header (magic, format version, the hashes of the plan and of its tables' rows, the length and the XXH3 of the body) and a
//! body in postcard. The body is made of plain state types, not of the engine's own structures.

use super::inner::InnerState;
use super::progress::PartitionProgress;
use super::tables::LiveState;
use super::{Engine, EngineOptions};
use crate::operator::{OperatorState, Staged};
use crate::plan::Plan;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

const MAGIC: &[u8; 8] = b"cep-ckpt";
/// The version of the format.
const VERSION: u32 = 7;
const HEADER: usize = 8 + 4 + 32 + 32 + 8 + 8;

#[derive(Serialize, Deserialize)]
struct EngineState {
    streams: Vec<Vec<PartitionProgress>>,
    inner: Vec<InnerState>,
    operators: Vec<OperatorState>,
    held: Vec<Staged>,
    tables: Vec<LiveState>,
}

/// Why a checkpoint was not restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointError {
    /// The bytes are not a checkpoint.
    NotACheckpoint,
    /// It was written by another version of the format.
    OtherVersion(u32),
    /// It belongs to another plan.
    OtherPlan,
    /// It was taken when the tables had other rows.
    OtherRows,
    /// It is cut short or damaged.
    Damaged,
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotACheckpoint => f.write_str("this is not a checkpoint"),
            Self::OtherVersion(version) => {
                write!(f, "the checkpoint has format {version}, this program reads {VERSION}")
            }
            Self::OtherPlan => f.write_str("the checkpoint belongs to other rules or parameters"),
            Self::OtherRows => {
                f.write_str("the checkpoint was taken when the tables had other rows")
            }
            Self::Damaged => f.write_str("the checkpoint is cut short or damaged"),
        }
    }
}

impl std::error::Error for CheckpointError {}

impl Engine {
    /// The whole state and position as bytes.
    #[must_use]
    pub fn checkpoint(&self) -> Vec<u8> {
        let state = EngineState {
            streams: self.streams.iter().map(super::StreamProgress::save).collect(),
            inner: self.save_inner(),
            operators: self.operators.iter().map(|operator| operator.save()).collect(),
            held: self.held.clone(),
            tables: self.save_tables(),
        };
        // Encoding plain data into memory has no way to fail.
        let body = postcard::to_stdvec(&state).unwrap_or_default();
        let mut bytes = Vec::with_capacity(HEADER + body.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&self.plan.hash());
        bytes.extend_from_slice(&self.plan.rows_hash());
        bytes.extend_from_slice(&(body.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&xxh3_64(&body).to_le_bytes());
        bytes.extend_from_slice(&body);
        bytes
    }

    /// An engine that goes on where the checkpoint was taken.
    ///
    /// # Errors
    /// When the bytes are not a whole checkpoint of this plan, its tables' rows and this format.
    pub fn restore(
        plan: Arc<Plan>,
        options: EngineOptions,
        bytes: &[u8],
    ) -> Result<Self, CheckpointError> {
        let body = check_header(&plan, bytes)?;
        let state: EngineState =
            postcard::from_bytes(body).map_err(|_| CheckpointError::Damaged)?;
        let mut engine = Self::new(plan, options);
        if state.operators.len() != engine.operators.len()
            || state.streams.len() != engine.streams.len()
        {
            return Err(CheckpointError::OtherPlan);
        }
        for (progress, saved) in engine.streams.iter_mut().zip(state.streams) {
            progress.load(saved);
        }
        for (operator, saved) in engine.operators.iter_mut().zip(state.operators) {
            operator.load(saved).ok_or(CheckpointError::Damaged)?;
        }
        engine.load_inner(state.inner).ok_or(CheckpointError::Damaged)?;
        engine.load_tables(state.tables);
        engine.hold(state.held);
        Ok(engine)
    }
}

fn check_header<'a>(plan: &Plan, bytes: &'a [u8]) -> Result<&'a [u8], CheckpointError> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(CheckpointError::NotACheckpoint)?;
    let (version, rest) = rest.split_first_chunk::<4>().ok_or(CheckpointError::Damaged)?;
    let version = u32::from_le_bytes(*version);
    if version != VERSION {
        return Err(CheckpointError::OtherVersion(version));
    }
    let (hash, rest) = rest.split_first_chunk::<32>().ok_or(CheckpointError::Damaged)?;
    let (rows, rest) = rest.split_first_chunk::<32>().ok_or(CheckpointError::Damaged)?;
    let (len, rest) = rest.split_first_chunk::<8>().ok_or(CheckpointError::Damaged)?;
    let (sum, body) = rest.split_first_chunk::<8>().ok_or(CheckpointError::Damaged)?;
    if body.len() as u64 != u64::from_le_bytes(*len) || xxh3_64(body) != u64::from_le_bytes(*sum) {
        return Err(CheckpointError::Damaged);
    }
    if *hash != plan.hash() {
        return Err(CheckpointError::OtherPlan);
    }
    if *rows != plan.rows_hash() {
        return Err(CheckpointError::OtherRows);
    }
    Ok(body)
}
