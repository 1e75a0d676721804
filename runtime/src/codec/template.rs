//! The first tier: guess that a record is laid out as an earlier one, and check the guess.
//!
//! Producers write their records by one or a few programs, so the bytes between the values
//! (`{"farmid":`, `,"batchcnt":` …) repeat from record to record. A *layout* holds these literal
//! bytes and, for each value, what kind it was. Reading by a layout compares the literals, passes
//! the values by their kind and must end exactly where the record ends: since a layout was
//! learned from a record that is JSON, and a value is only ever replaced by another JSON value,
//! what agrees with it is JSON too. Anything else goes to the walk, from which a new layout may
//! be learned.

use super::layout::{Layout, Lesson, Verdict, Visits};
use super::token::Token;

/// How many layouts are remembered for a stream.
const MOST_LAYOUTS: usize = 4;
/// When all layouts are taken, one miss in so many replaces the least useful of them.
const MISSES_PER_LESSON: u32 = 64;
/// How much a hit is worth against a miss when it is decided whether guessing pays.
const HIT_CREDIT: u32 = 8;
/// The most credit there is.
const MOST_CREDIT: u32 = 64;
/// How many records are not guessed at when guessing does not pay.
const PAUSE: u32 = 64;

/// The layouts of a stream.
#[derive(Debug, Default)]
pub(super) struct Templates {
    layouts: Vec<Layout>,
    /// The layout that agreed last.
    last: usize,
    credit: u32,
    pause: u32,
    misses: u32,
}

impl Templates {
    /// Reads the record of `len` bytes at the start of a window by the layouts. `None` when it
    /// agrees with none of them; `found` then holds nothing of worth.
    #[inline(always)]
    pub fn read(&mut self, bytes: &[u8], len: usize, found: &mut [Token]) -> Option<Verdict> {
        if self.pause > 0 {
            self.pause -= 1;
            return None;
        }
        if let Some(layout) = self.layouts.get_mut(self.last)
            && layout.read(bytes, len, found).is_some()
        {
            layout.hits = layout.hits.saturating_add(1);
            self.credit = (self.credit + HIT_CREDIT).min(MOST_CREDIT);
            return Some(layout.verdict);
        }
        self.read_by_others(bytes, len, found)
    }

    #[inline(never)]
    fn read_by_others(&mut self, bytes: &[u8], len: usize, found: &mut [Token]) -> Option<Verdict> {
        for (index, layout) in self.layouts.iter_mut().enumerate() {
            if index != self.last && layout.read(bytes, len, found).is_some() {
                layout.hits = layout.hits.saturating_add(1);
                self.credit = (self.credit + HIT_CREDIT).min(MOST_CREDIT);
                self.last = index;
                return Some(layout.verdict);
            }
        }
        if self.credit > 0 {
            self.credit -= 1;
        } else {
            self.pause = PAUSE;
            self.credit = HIT_CREDIT;
        }
        None
    }

    /// Whether a layout should be learned from the record that was just missed.
    pub fn wants_lesson(&mut self) -> bool {
        self.misses = self.misses.wrapping_add(1);
        self.layouts.len() < MOST_LAYOUTS || self.misses.is_multiple_of(MISSES_PER_LESSON)
    }

    /// Learns the layout of a record (without what is behind it) that the walk has passed, seeing `visits`, with `found`.
    pub fn learn(&mut self, bytes: &[u8], visits: &Visits, found: &[Token], lesson: Lesson) {
        let Some(layout) = Layout::of(bytes, visits, found, lesson) else { return };
        self.credit = self.credit.max(HIT_CREDIT);
        self.pause = 0;
        if self.layouts.len() < MOST_LAYOUTS {
            self.last = self.layouts.len();
            self.layouts.push(layout);
            return;
        }
        let least = (0..self.layouts.len())
            .min_by_key(|index| self.layouts.get(*index).map_or(0, |layout| layout.hits))
            .unwrap_or(0);
        for old in &mut self.layouts {
            old.hits /= 2;
        }
        if let Some(place) = self.layouts.get_mut(least) {
            *place = layout;
            self.last = least;
        }
    }
}
