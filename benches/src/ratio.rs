//! How much longer one piece of work takes than another, on a machine whose speed drifts.
//!
//! The two take turns, and each turn gives one ratio; the median of the ratios is what holds when
//! clock and neighbours change from minute to minute.

use std::fmt;
use std::time::Instant;

/// A ratio over several turns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// The smallest of the turns'.
    pub least: f64,
    /// The median of the turns'.
    pub median: f64,
    /// The largest of the turns'.
    pub most: f64,
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} ({:.2} to {:.2})", self.median, self.least, self.most)
    }
}

/// How much longer `work` takes than `baseline`, over `turns` turns (at least one).
pub fn ratio(turns: usize, mut work: impl FnMut(), mut baseline: impl FnMut()) -> Ratio {
    let seconds = |run: &mut dyn FnMut()| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64()
    };
    let turn = |_| seconds(&mut work) / seconds(&mut baseline).max(f64::MIN_POSITIVE);
    let mut ratios: Vec<f64> = (0..turns.max(1)).map(turn).collect();
    ratios.sort_by(f64::total_cmp);
    let at = |index: usize| ratios.get(index).copied().unwrap_or(f64::NAN);
    Ratio { least: at(0), median: at(ratios.len() / 2), most: at(ratios.len() - 1) }
}
