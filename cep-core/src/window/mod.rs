//! Windows over event time: slices that windows share, the grid of window ends, and causes.

mod causes;
mod grid;
mod slice;

pub(crate) use causes::CauseStore;
pub(crate) use grid::{Grid, gcd};
pub(crate) use slice::{Slice, SliceState};
