//! Windows by the clocks of a place, found by walking from minute to minute and looking at the
//! clocks. Zones whose clocks differ from UTC by parts of a minute, as before 1972, are not for it.

use cep_core::zone::Zone;

const MINUTE: i64 = 60_000_000;
const DAY: i64 = 86_400_000_000;

/// The number of the window that the clocks show.
fn label(zone: Zone, size: i64, align: i64, at: i64) -> i64 {
    (at + zone.offset_at(at) - align).div_euclid(size)
}

/// Whether a window begins at this instant.
fn begins(zone: Zone, size: i64, align: i64, at: i64) -> bool {
    let number = |at| label(zone, size, align, at);
    if size >= DAY {
        // The clocks show a day that they have not shown before.
        return (1..=2 * DAY / MINUTE).all(|back| number(at - back * MINUTE) < number(at));
    }
    let shown = at + zone.offset_at(at) - align;
    shown.rem_euclid(size) == 0 || number(at) > number(at - MINUTE)
}

/// The start of the window that holds an instant.
pub(super) fn start_under(zone: Zone, size: i64, align: i64, at: i64) -> i64 {
    let mut start = at.div_euclid(MINUTE) * MINUTE;
    while !begins(zone, size, align, start) {
        start -= MINUTE;
    }
    start
}

/// The end of the window that holds an instant: where the next one begins.
pub(super) fn end_over(zone: Zone, size: i64, align: i64, at: i64) -> i64 {
    let mut end = at.div_euclid(MINUTE) * MINUTE + MINUTE;
    while !begins(zone, size, align, end) {
        end += MINUTE;
    }
    end
}
