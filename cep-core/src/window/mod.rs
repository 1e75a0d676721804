//! Windows over event time: slices that windows share, the grid of window ends, and causes.

mod calendar;
mod causes;
mod grid;
mod slice;

pub(crate) use calendar::Calendar;
pub(crate) use causes::CauseStore;
pub(crate) use grid::{Cut, Grid, gcd};
pub(crate) use slice::{Slice, SliceState};
