//! Windows: which events belong together, and when they are judged.

use crate::time::Span;
use crate::zone::Zone;
use serde::{Deserialize, Serialize};

/// A window over event time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowPlan {
    /// Which events belong together.
    pub kind: WindowKind,
    /// How long a key without events still gets its empty windows.
    pub fill: Option<Span>,
    /// How long a closed window is kept, so that late events revise it; on a grid, and not for
    /// edges.
    pub allow: Option<Span>,
    /// When it is judged; other than at its close only on a grid, without `fill` and `allow`, and
    /// with [`Trigger::Each`].
    pub judged: Judged,
}

/// When a window that closes is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Judged {
    /// When it closes.
    AtClose,
    /// `early`: at each of its events, in the order in which they take effect, until its rule has
    /// fired for it.
    Early,
}

impl WindowPlan {
    /// A window without options.
    #[must_use]
    pub fn new(kind: WindowKind) -> Self {
        Self { kind, fill: None, allow: None, judged: Judged::AtClose }
    }
}

/// Which events belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WindowKind {
    /// `[s, s + size)` for every `s` that is `align` past a multiple of `every`; judged at close.
    /// A tumbling window is a hopping one with `every` equal to `size`.
    Hopping {
        /// The length.
        size: Span,
        /// The distance between starts; never more than `size`.
        every: Span,
        /// The distance of the starts from the multiples of `every`.
        align: Span,
    },
    /// Windows side by side by the clocks of a place; judged at close. Windows of days begin when
    /// the clocks first show midnight, shorter ones whenever they show, or are put forward past, a
    /// multiple of the size since midnight; all moved by `align`.
    Calendar {
        /// The length by the clocks: whole days, or a part of which a day has a whole number.
        size: Span,
        /// The distance of the starts from the multiples of `size`.
        align: Span,
        /// The place.
        zone: Zone,
    },
    /// `(t - size, t]`, judged once for each instant `t` at which events come or go.
    Sliding {
        /// The length.
        size: Span,
    },
    /// A burst of events of a key; judged when it is over. An event that comes `gap` or more after
    /// the one before it, or `max` or more after the burst's first, begins the next. A burst ends
    /// `gap` after its last event, but never more than `max` after its first.
    Session {
        /// The silence that ends it.
        gap: Span,
        /// The longest it can be.
        max: Span,
    },
    /// The last so many events of a key; judged as they come.
    Last {
        /// How many; at least one.
        count: u32,
    },
    /// As many events of a key, side by side, by event time; judged when it is full.
    Every {
        /// How many; at least one.
        count: u32,
    },
    /// All events of a key so far; judged as they come.
    Forever,
}

impl WindowKind {
    /// A tumbling window aligned to the epoch.
    #[must_use]
    pub fn tumbling(size: Span) -> Self {
        Self::Hopping { size, every: size, align: Span::ZERO }
    }

    /// Whether the window is judged when it is over, and then once: not as its events come.
    #[must_use]
    pub fn closes(&self) -> bool {
        self.is_on_a_grid() || matches!(self, Self::Session { .. } | Self::Every { .. })
    }

    /// Whether a rule with this window reads events in the order of time, so that one is late as
    /// soon as its partition's watermark has passed it.
    #[must_use]
    pub fn needs_order(&self) -> bool {
        !self.is_on_a_grid()
    }

    /// Whether it is known where windows lie before any event comes.
    #[must_use]
    pub fn is_on_a_grid(&self) -> bool {
        matches!(self, Self::Hopping { .. } | Self::Calendar { .. })
    }
}
