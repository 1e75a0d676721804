//! When a rule fires: always, for each, at edges, or when nothing comes.

use super::Expr;
use crate::time::Span;
use serde::{Deserialize, Serialize};

/// When a rule fires.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Trigger {
    /// At every evaluation: each row, each closing window, each instant with events of a sliding
    /// window.
    Always,
    /// At every evaluation that holds: `when each` anywhere, `when` on closing windows without a
    /// `clear`.
    Each(Expr),
    /// When the condition becomes true for a key; the first evaluation counts as a rise. The
    /// `clear` emits go out when it becomes false. An empty sliding window makes it false.
    Edge(EdgePlan),
    /// `silent for D`: when a key that has been seen has no event for so long. The `clear` emits go
    /// out at its next event. Not in a rule with a window.
    Silent(Span),
}

/// What makes an edge rise and fall.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EdgePlan {
    /// It rises when this holds.
    pub condition: Expr,
    /// How long the condition must have held before.
    pub hold: Hold,
    /// Once risen, it falls only when this holds; without it, when the condition does not.
    pub until: Option<Expr>,
}

/// How long a condition must have held for its edge to rise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hold {
    /// It need not have.
    No,
    /// `for D`: at every evaluation since an instant D ago. Not for closing windows.
    For(Span),
    /// `for N windows`: at the last N closing windows of the key.
    Windows(u32),
}

impl Trigger {
    /// The condition, if there is one.
    #[must_use]
    pub fn condition(&self) -> Option<&Expr> {
        match self {
            Self::Always | Self::Silent(_) => None,
            Self::Each(condition) => Some(condition),
            Self::Edge(edge) => Some(&edge.condition),
        }
    }

    /// An edge that rises as soon as the condition holds, and falls when it does not.
    #[must_use]
    pub fn edge(condition: Expr) -> Self {
        Self::Edge(EdgePlan { condition, hold: Hold::No, until: None })
    }

    /// What lets a risen edge fall, if that is another condition.
    #[must_use]
    pub fn until(&self) -> Option<&Expr> {
        match self {
            Self::Edge(edge) => edge.until.as_ref(),
            _ => None,
        }
    }

    /// Whether it rises and falls: it has a state for each key.
    #[must_use]
    pub fn is_edge(&self) -> bool {
        matches!(self, Self::Edge(_) | Self::Silent(_))
    }

    /// How long the condition, or the silence, must have held.
    #[must_use]
    pub fn hold(&self) -> Hold {
        match self {
            Self::Edge(edge) => edge.hold,
            Self::Silent(span) => Hold::For(*span),
            _ => Hold::No,
        }
    }
}
