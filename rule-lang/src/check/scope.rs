//! A place in a rule and what can be seen from it.

use super::declare::DeclaredStream;
use super::function::DeclaredFunction;
use super::{Declared, Usage};
use crate::ast;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::typed::{Expr, ExprKind, Measure};
use cep_core::value::Type;

/// What an expression reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// One event.
    Row,
    /// One event, inside an aggregate.
    Inside,
    /// A group of events.
    Group,
}

/// What a clause that reads one event is about, for what is said of an aggregate there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RowClause {
    /// Which events count.
    Condition,
    /// A name for a value.
    Let,
    /// Which events belong together, or are the same.
    Key,
}

/// What is known about the rule's window.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum WindowState {
    /// The rule has none.
    Without,
    /// The rule has one that is never empty where it is judged.
    NeverEmpty,
    /// The rule has one, and it may be empty here: under `fill`, and in a sliding window's `clear`.
    MayBeEmpty,
}

/// Whether the windows of a key have numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbered {
    Yes,
    No,
}

/// How long a window is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// Longer than nothing, whatever is in it.
    Given,
    /// From its first event to its last, which may be of one instant.
    FirstToLast,
}

/// Whether windows before are known where one is judged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// They are: the windows lie on a grid, or are counted.
    Known,
    /// They are not: there is none, or no two windows of a key stand in an order of their own.
    None(Span),
    /// They may still be revised.
    Revised(Span),
    /// They may not be over: this one is judged before it is.
    Open(Span),
}

/// Whether the rule fires as a key falls silent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    Asked,
    Not,
}

/// Whether an event is read here that may never have come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// It has.
    Yes,
    /// The key may be known from a table only: in the `emit` of `silent for D for TABLE`.
    Perhaps,
}

/// What is known here about the edge of the rule's condition.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum WhenState {
    /// It has risen or fallen: in `emit` and `clear`.
    Known,
    /// Not yet: elsewhere.
    Elsewhere,
    /// The rule has none: without `when`, with `when each`, on closing windows without a `clear`.
    Without,
}

/// A `let` of the rule.
pub(super) struct Let<'a> {
    pub name: &'a str,
    pub span: Span,
    /// `None` if it could not be understood.
    pub value: Option<Expr>,
    pub reads: Reads,
    pub used: Used,
}

/// Whether an expression reads fields of one event, or (also) aggregates.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    Nothing,
    Event,
    Group,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Used {
    Yes,
    No,
}

/// Part of the rule's key.
pub(super) struct Key {
    pub name: String,
    /// `None` if it could not be understood.
    pub value: Option<Expr>,
}

/// A place in a rule and everything it sees.
pub(super) struct Scope<'p, 'a> {
    pub declared: &'p Declared<'a>,
    pub usage: &'p mut Usage,
    pub out: &'p mut Vec<Diagnostic>,
    /// `None` if the stream is not known, which was reported; then unknown names stay silent.
    pub stream: Option<(u32, &'p DeclaredStream<'a>)>,
    pub alias: Option<&'p ast::Ident>,
    /// The rule this is in.
    pub rule: Option<&'p ast::Rule>,
    /// The function whose value this is; it sees its arguments and params only.
    pub function: Option<&'p DeclaredFunction<'a>>,
    pub lets: Vec<Let<'p>>,
    /// The sizes of the `let`s when put in place.
    pub measures: Vec<Measure>,
    pub keys: Vec<Key>,
    pub window: WindowState,
    /// What the window's numbers count, if it has any.
    pub numbered: Numbered,
    pub length: Length,
    /// What is known of the windows before.
    pub before: Before,
    /// Under `when silent for`, `last(x)` is the x of the key's last event.
    pub silence: Silence,
    /// Whether the event that is read here has come.
    pub seen: Seen,
    pub level: Level,
    pub row: RowClause,
    /// Whether the edge is known that the values here are for.
    pub when: WhenState,
    /// Where the rule first asks what changed.
    pub change: Option<Span>,
    /// Expressions known not to be null here.
    pub facts: Vec<Expr>,
    /// The elements of lists that have names here.
    pub elements: Elements,
}

/// The elements of lists that have names at a place.
#[derive(Default)]
pub(super) struct Elements {
    /// The innermost last.
    pub open: Vec<Element>,
    /// How many there were in the rule so far.
    pub count: u32,
}

/// An element of a list: `item` in `… for item in list`.
pub(super) struct Element {
    pub name: String,
    /// The number of its fold.
    pub number: u32,
    pub ty: Type,
}

/// What an expression reads, with what its `let`s read.
pub(super) fn reads(expr: &Expr, lets: &[Let<'_>], window: WindowState) -> Reads {
    let mut found = Reads::Nothing;
    let mut see = |part: Reads| match (found, part) {
        (Reads::Group, _) | (_, Reads::Nothing) => {}
        _ => found = part,
    };
    expr.visit(&mut |node| match &node.kind {
        ExprKind::Aggregate(_) | ExprKind::Previous(..) => see(Reads::Group),
        ExprKind::WindowStart
        | ExprKind::WindowEnd
        | ExprKind::WindowIndex
        | ExprKind::WhenStart
        | ExprKind::WhenDuration => see(Reads::Group),
        ExprKind::Key(_) if window != WindowState::Without => see(Reads::Group),
        ExprKind::Field(_) | ExprKind::Changed(_) => see(Reads::Event),
        ExprKind::Let(at) => {
            see(lets.get(*at as usize).map_or(Reads::Nothing, |other| other.reads))
        }
        _ => {}
    });
    found
}
