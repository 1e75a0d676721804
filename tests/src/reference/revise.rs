//! Revisions of what was emitted for a closed window, as late rows come.

use super::closing::Window;
use super::firing::{Edge, Judge};
use super::output::{Emitted, Placed, Source};
use super::rows::Row;
use cep_core::time::{EventTime, Watermark};

/// Takes late rows into a closed window, one by one in the order of the watermarks that made them
/// late. What was emitted for the window stands in the turns from `mark` on.
pub(super) fn run<'a>(
    judge: &mut Judge<'_>,
    window: &Window<'_>,
    mark: usize,
    mut inside: Vec<&'a Row>,
    late: Vec<&'a Row>,
    end: Watermark,
) {
    let lines = u32::try_from(judge.rule.emits.len()).unwrap_or(u32::MAX);
    let mut told: Vec<Option<Emitted>> = (0..lines)
        .map(|line| {
            let mut emits =
                judge.turns.iter().skip(mark).flat_map(|turn| &turn.emits).map(|it| &it.emit);
            emits.find(|emit| emit.line == line).cloned()
        })
        .collect();
    let mut late = late;
    late.sort_by_key(|row| (row.watermark, row.origin));
    for row in late.into_iter().filter(|row| end.has_decided(EventTime(row.watermark.0))) {
        inside.push(row);
        let (turns, errors) = (judge.turns.len(), judge.found.errors.len());
        window.judge(judge, &mut Edge::default(), &inside);
        let found: Vec<Placed> = judge.turns.drain(turns..).flat_map(|turn| turn.emits).collect();
        if judge.found.errors.len() > errors {
            // A judgement without a value changes nothing that was said.
            continue;
        }
        for (line, told) in (0_u32..).zip(&mut told) {
            let new = found.iter().find(|placed| placed.emit.line == line);
            let source = judge.records(&Source::of(inside.iter().map(|row| row.origin)));
            if let Some(emit) = revised(told.as_ref(), new.map(|it| &it.emit), source) {
                *told = Some(emit.clone());
                let (order, record) = (EventTime(row.watermark.0), Some(row.origin));
                judge.found.emits.push(Placed { order, record, emit });
            }
        }
    }
}

/// What is to be said after `old`, if the result is now `new`.
fn revised(old: Option<&Emitted>, new: Option<&Emitted>, source: Source) -> Option<Emitted> {
    match (old, new) {
        (None, new) => new.cloned(),
        (Some(old), Some(new)) => {
            let differs = old.retracted || old.values != new.values;
            differs.then(|| Emitted { revision: old.revision + 1, ..new.clone() })
        }
        (Some(old), None) if old.retracted => None,
        (Some(old), None) => {
            Some(Emitted { revision: old.revision + 1, retracted: true, source, ..old.clone() })
        }
    }
}
