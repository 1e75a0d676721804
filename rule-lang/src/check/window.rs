//! Windows: sizes that can be.

use super::forget::forget_of;
use super::rule::Parts;
use super::scope::Scope;
use super::setting::unknown_zone;
use crate::ast;
use crate::diagnostic::{Code, Diagnostic};
use cep_core::plan::{WindowKind, WindowPlan};
use cep_core::time::{LONGEST_WINDOW, Span as Length};
use cep_core::zone::Zone;

impl Scope<'_, '_> {
    pub(super) fn window(&mut self, ast: &ast::Window) -> Option<WindowPlan> {
        let fill = ast.fill_us.as_ref().map(|fill| Length(fill.value));
        let (kind, sizes) = match ast.kind.as_ref()? {
            ast::WindowKind::Tumbling { size_us, align_us, zone: Some(zone) } => {
                (self.calendar(size_us, align_us.as_ref(), zone), [Some(size_us), None])
            }
            ast::WindowKind::Tumbling { size_us, align_us, zone: None } => {
                (self.steps(size_us, size_us, align_us.as_ref()), [Some(size_us), None])
            }
            ast::WindowKind::Hopping { size_us, every_us, align_us } => {
                (self.steps(size_us, every_us, align_us.as_ref()), [Some(size_us), Some(every_us)])
            }
            ast::WindowKind::Sliding { size_us } => {
                (Some(WindowKind::Sliding { size: Length(size_us.value) }), [Some(size_us), None])
            }
            ast::WindowKind::Session { gap_us, max_us } => {
                (self.session(gap_us, max_us), [Some(gap_us), Some(max_us)])
            }
            ast::WindowKind::Last(count) => {
                (Some(WindowKind::Last { count: count.value }), [None, None])
            }
            ast::WindowKind::Every(count) => {
                (Some(WindowKind::Every { count: count.value }), [None, None])
            }
            ast::WindowKind::Forever => (Some(WindowKind::Forever), [None, None]),
        };
        if let Some(zero) = sizes.into_iter().flatten().find(|size| size.value <= 0) {
            self.out.push(
                Diagnostic::new(Code::WindowSize, "a window cannot be empty")
                    .label(zero.span, "expected more than nothing")
                    .help("the shortest window is `1us`"),
            );
            return None;
        }
        if let (Some(kind), Some(fill)) = (kind, &ast.fill_us)
            && !kind.is_on_a_grid()
        {
            let (name, why) = unfillable(kind);
            self.out.push(
                Diagnostic::new(Code::FillPlace, format!("{name} has no empty windows to fill"))
                    .label(fill.span, "")
                    .label(ast.kind_span, why)
                    .help("remove `fill`, or write `tumbling(…)`"),
            );
            return None;
        }
        self.lengths(ast, sizes)?;
        let allow = ast.allow_us.as_ref().map(|allow| Length(allow.value));
        if let (Some(kind), Some(allow)) = (kind, &ast.allow_us)
            && !kind.is_on_a_grid()
        {
            self.out.push(
                Diagnostic::new(Code::AllowPlace, "this window cannot be revised")
                    .label(allow.span, "")
                    .label(ast.kind_span, "where it ends depends on its events, or it takes them in their order")
                    .help("remove `allow` and give the stream a larger `lateness`, or write `tumbling(…)`"),
            );
            return None;
        }
        let judged = self.judged(ast, kind)?;
        Some(WindowPlan { kind: kind?, fill, allow, judged })
    }

    /// Reports a length that is longer than any window, and a `fill` of too many windows.
    fn lengths(&mut self, ast: &ast::Window, sizes: [Option<&ast::Spanned<i64>>; 2]) -> Option<()> {
        let all = sizes.into_iter().flatten().chain(&ast.fill_us).chain(&ast.allow_us);
        if let Some(long) = all.into_iter().find(|length| length.value > LONGEST_WINDOW.0) {
            self.out.push(
                Diagnostic::new(Code::WindowSize, "a window is at most 10,000 days long")
                    .label(long.span, "and so is its `fill` or `allow`")
                    .help("write at most `10000d`; `window forever` has no end"),
            );
            return None;
        }
        let Some(step) = sizes.into_iter().flatten().map(|size| size.value).min() else {
            return Some(());
        };
        let too_many = |fill: &&ast::Spanned<i64>| fill.value / step.max(1) > MAX_FILLED;
        let Some(fill) = ast.fill_us.as_ref().filter(too_many) else { return Some(()) };
        self.out.push(
            Diagnostic::new(Code::WindowSize, "each event would be followed by too many windows")
                .label(fill.span, format!("at most {MAX_FILLED} empty windows may follow it"))
                .help("choose a longer window, or a shorter `fill`"),
        );
        None
    }

    fn session(&mut self, gap: &ast::Spanned<i64>, max: &ast::Spanned<i64>) -> Option<WindowKind> {
        if max.value < gap.value {
            let (gap_length, max_length) = (Length(gap.value), Length(max.value));
            self.out.push(
                Diagnostic::new(
                    Code::WindowSize,
                    "every session would be cut before its gap is over",
                )
                .label(gap.span, format!("{gap_length} of silence end it"))
                .label(max.span, format!("but it is cut after {max_length}"))
                .help(format!("write a `max` of {gap_length} or more")),
            );
            return None;
        }
        Some(WindowKind::Session { gap: Length(gap.value), max: Length(max.value) })
    }

    /// Reports a `limit` on emits that may be revised.
    pub(super) fn limit_of_revisions(&mut self, ast: &ast::Rule, parts: &mut Parts) {
        let revised = parts.window.as_ref().is_some_and(|window| window.allow.is_some());
        let clause = ast.clauses.iter().find(|it| matches!(it.kind, ast::ClauseKind::Limit(_)));
        if let (true, Some(clause)) = (revised, clause) {
            parts.faulty = true;
            self.out.push(
                Diagnostic::new(Code::AllowPlace, "`allow` and `limit` do not go together")
                    .label(clause.span, "would hold back revisions of what went out")
                    .help("remove one of them"),
            );
        }
    }

    /// Reports `allow` in a rule that takes its events in the order of time, so that one which comes
    /// after its time reaches no window.
    pub(super) fn revisions_in_order(&mut self, ast: &ast::Rule, parts: &mut Parts) {
        let revised = parts.window.as_ref().is_some_and(|window| window.allow.is_some());
        let distinct =
            ast.clauses.iter().find(|it| matches!(it.kind, ast::ClauseKind::Distinct(_)));
        let word = (distinct.map(|clause| ("distinct", clause.keyword)))
            .or(self.change.map(|span| ("changed", span)))
            .or(forget_of(ast).map(|(clause, _)| ("forget", clause.keyword)));
        if let (true, Some((word, span))) = (revised, word) {
            parts.faulty = true;
            self.out.push(
                Diagnostic::new(
                    Code::AllowPlace,
                    format!("`allow` and `{word}` do not go together"),
                )
                .label(span, "needs the events in the order of time")
                .help("remove `allow` and give the stream a larger `lateness`"),
            );
        }
    }

    /// Windows by the clocks of a zone.
    fn calendar(
        &mut self,
        size: &ast::Spanned<i64>,
        align: Option<&ast::Spanned<i64>>,
        zone: &ast::Spanned<String>,
    ) -> Option<WindowKind> {
        let found = Zone::named(&zone.value);
        if found.is_none() {
            self.out.push(unknown_zone(&zone.value, zone.span));
        }
        if size.value > 0 && size.value % DAY_US != 0 && DAY_US % size.value != 0 {
            let length = Length(size.value);
            self.out.push(
                Diagnostic::new(
                    Code::WindowSize,
                    format!("a day is not a whole number of windows of {length}"),
                )
                .label(size.span, "")
                .label(zone.span, "windows begin anew at each midnight of this zone")
                .help(
                    "write a size that divides a day, such as `1h`, `6h` or `15m`, or whole days",
                ),
            );
            return None;
        }
        let align = align.map_or(0, |align| align.value.rem_euclid(size.value.max(1)));
        Some(WindowKind::Calendar { size: Length(size.value), align: Length(align), zone: found? })
    }

    /// A window whose starts are `every` apart.
    fn steps(
        &mut self,
        size: &ast::Spanned<i64>,
        every: &ast::Spanned<i64>,
        align: Option<&ast::Spanned<i64>>,
    ) -> Option<WindowKind> {
        if every.value > size.value {
            let (step, length) = (Length(every.value), Length(size.value));
            self.out.push(
                Diagnostic::new(Code::WindowSize, "events between two windows would be in none")
                    .label(every.span, format!("a window begins every {step}"))
                    .label(size.span, format!("and is {length} long"))
                    .help(format!("write `hopping({step}, every {length})` or `tumbling({step})`")),
            );
            return None;
        }
        if every.value > 0 && size.value / every.value > MAX_OVERLAP {
            self.out.push(
                Diagnostic::new(Code::WindowSize, "each event would be in too many windows")
                    .label(every.span, format!("at most {MAX_OVERLAP} windows may overlap"))
                    .help("choose a larger step, or `sliding(…)`"),
            );
            return None;
        }
        let align = align.map_or(0, |align| align.value.rem_euclid(every.value.max(1)));
        Some(WindowKind::Hopping {
            size: Length(size.value),
            every: Length(every.value),
            align: Length(align),
        })
    }
}

/// A window that no `fill` can fill, and why.
fn unfillable(kind: WindowKind) -> (&'static str, &'static str) {
    match kind {
        WindowKind::Session { .. } => ("a session", "begins with an event"),
        WindowKind::Every { .. } => ("a window by count", "is over when it is full"),
        WindowKind::Last { .. } => ("a window by count", "judged as events come"),
        WindowKind::Forever => ("`forever`", "is one window"),
        _ => ("a sliding window", "judged as events come and go"),
    }
}

const DAY_US: i64 = 86_400_000_000;

/// The most empty windows that may follow an event.
const MAX_FILLED: i64 = 1_000_000;

/// The most windows one event may fall into.
const MAX_OVERLAP: i64 = 100_000;
