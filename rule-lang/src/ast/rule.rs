//! Rules as written.

use super::{Expr, Ident, Literal, Spanned};
use crate::source::Span;

/// `@severity("high")`, `@off`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: Ident,
    /// Its argument.
    pub value: Option<Spanned<Literal>>,
    /// All of it.
    pub span: Span,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Lines of `///` above it.
    pub doc: String,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
    /// Its name.
    pub name: Ident,
    /// Its clauses in the order written.
    pub clauses: Vec<Clause>,
    /// Events it would emit, for a rule whose body was skipped as unsupported.
    pub skipped_events: Vec<Ident>,
    /// Whether a clause or the whole body was skipped as unsupported or unreadable; then what is
    /// missing is not reported again.
    pub completeness: Completeness,
    /// All of it.
    pub span: Span,
}

impl Rule {
    /// The expressions in its clauses, in the order written.
    #[must_use]
    pub fn expressions(&self) -> Vec<&Expr> {
        self.clauses.iter().flat_map(|clause| clause.kind.expressions()).collect()
    }
}

impl ClauseKind {
    /// The names that it gives to values.
    pub(crate) fn names(&self) -> Vec<&Ident> {
        match self {
            Self::From { each: Some(each), .. } => {
                std::iter::once(&each.item).chain(&each.index).collect()
            }
            Self::Let { name, .. } => vec![name],
            Self::By(key) => key.iter().filter_map(|part| part.name.as_ref()).collect(),
            _ => Vec::new(),
        }
    }

    fn expressions(&self) -> Vec<&Expr> {
        match self {
            Self::From { each, .. } => each.iter().map(|each| &each.list).collect(),
            Self::Where(value) | Self::Let { value, .. } => vec![value],
            Self::Distinct(distinct) => distinct.by.iter().collect(),
            Self::By(key) => key.iter().map(|part| &part.value).collect(),
            Self::When { condition, until, .. } => {
                std::iter::once(condition).chain(until).collect()
            }
            Self::Limit(limit) => limit.by.iter().flatten().collect(),
            Self::Window(_) | Self::Silent(_) | Self::Forget(_) => Vec::new(),
            Self::Emit(emit) | Self::Else(emit) | Self::Clear(emit) => {
                let values = emit.fields.iter().filter_map(|field| match field {
                    EmitField::Field { value, .. } => Some(value),
                    EmitField::Spread(_) => None,
                });
                values.chain(&emit.condition).collect()
            }
        }
    }
}

/// Whether everything written in a rule is in its tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// Everything was read.
    Whole,
    /// Some clause could not be read or is not supported; already reported.
    Partial,
    /// The rule as a whole is of a kind not supported (`match`, `join`); already reported.
    Skipped,
}

/// A clause of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// What it says.
    pub kind: ClauseKind,
    /// Its first word.
    pub keyword: Span,
    /// All of it.
    pub span: Span,
}

/// Kinds of clauses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClauseKind {
    /// `from STREAM[, STREAM …] [alias]`
    From {
        /// The streams; at least one.
        streams: Vec<Ident>,
        /// A second name for its events.
        alias: Option<Ident>,
        /// The items of a list in them, one by one.
        each: Option<Each>,
    },
    /// `where EXPR`
    Where(Expr),
    /// `distinct EXPR, … within D`
    Distinct(Distinct),
    /// `let name = EXPR`
    Let {
        /// The name.
        name: Ident,
        /// Its value.
        value: Expr,
    },
    /// `by [name:] EXPR, …`
    By(Vec<KeyPart>),
    /// `window …`
    Window(Window),
    /// `when [each] EXPR [for D | for N windows] [until EXPR]`
    When {
        /// Whether it is judged by edges.
        trigger: Trigger,
        /// The condition.
        condition: Expr,
        /// How long it must have held.
        hold: Option<Hold>,
        /// `until EXPR`
        until: Option<Expr>,
    },
    /// `when silent for D [for TABLE]`
    Silent(Silence),
    /// `limit N per D [by EXPR, …]`
    Limit(Limit),
    /// `forget D`, in microseconds.
    Forget(Spanned<i64>),
    /// `emit NAME { … } [if EXPR]`
    Emit(Emit),
    /// `else NAME { … } [if EXPR]`
    Else(Emit),
    /// `clear NAME { … }`
    Clear(Emit),
}

/// `each ITEM[, INDEX] in LIST`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Each {
    /// The name of an item.
    pub item: Ident,
    /// The name of its index.
    pub index: Option<Ident>,
    /// The list.
    pub list: Expr,
}

/// How `when` fires where it is not a closing window that asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// `when C`: as it becomes true.
    Rise,
    /// `when each C`: at every evaluation that holds.
    Each,
}

/// How long a condition must have held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hold {
    /// `for D`, in microseconds.
    For(Spanned<i64>),
    /// `for N windows`
    Windows(Spanned<u64>),
}

/// `distinct EXPR, … within D`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distinct {
    /// What events are told apart by; at least one.
    pub by: Vec<Expr>,
    /// For how long an event lets none like it pass, in microseconds.
    pub within_us: Spanned<i64>,
}

/// `silent for D [for TABLE]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// For how long, in microseconds.
    pub span_us: Spanned<i64>,
    /// The table whose keys are known from the start.
    pub table: Option<Ident>,
}

/// `limit N per D [by EXPR, …]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// How many firings go out.
    pub count: Spanned<u64>,
    /// In how long a time, in microseconds.
    pub per_us: Spanned<i64>,
    /// Which of them count together; `by ()` is all of them.
    pub by: Option<Vec<Expr>>,
}

/// One part of a rule's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPart {
    /// Its name, if written.
    pub name: Option<Ident>,
    /// Its value.
    pub value: Expr,
}

/// A window clause, durations in microseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Its kind; `None` if not readable or not supported, already reported.
    pub kind: Option<WindowKind>,
    /// `tumbling`, `hopping`, …
    pub kind_span: Span,
    /// `fill D`.
    pub fill_us: Option<Spanned<i64>>,
    /// `fill … for TABLE`: the table whose keys are known from the start.
    pub fill_for: Option<Ident>,
    /// `early`.
    pub early: Option<Span>,
    /// `allow D`.
    pub allow_us: Option<Spanned<i64>>,
}

/// Kinds of windows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WindowKind {
    /// `tumbling(size[, align D][, zone "NAME"])`
    Tumbling {
        /// Its length.
        size_us: Spanned<i64>,
        /// Offset from the epoch.
        align_us: Option<Spanned<i64>>,
        /// The name of the time zone whose clocks count.
        zone: Option<Spanned<String>>,
    },
    /// `hopping(size, every D[, align D])`
    Hopping {
        /// Its length.
        size_us: Spanned<i64>,
        /// Distance of two starts.
        every_us: Spanned<i64>,
        /// Offset from the epoch.
        align_us: Option<Spanned<i64>>,
    },
    /// `sliding(size)`
    Sliding {
        /// Its length.
        size_us: Spanned<i64>,
    },
    /// `session(gap D, max D)`
    Session {
        /// The silence that ends it.
        gap_us: Spanned<i64>,
        /// The longest it can be.
        max_us: Spanned<i64>,
    },
    /// `last(n)`
    Last(Spanned<u32>),
    /// `every(n)`
    Every(Spanned<u32>),
    /// `forever`
    Forever,
}

impl WindowKind {
    /// Whether such windows are judged as they close, not as events come and go.
    #[must_use]
    pub const fn is_closing(&self) -> bool {
        !matches!(self, Self::Sliding { .. } | Self::Last(_) | Self::Forever)
    }
}

/// `NAME { field: expr, field, ..alias } [if EXPR]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emit {
    /// The event's name.
    pub event: Ident,
    /// Its fields.
    pub fields: Vec<EmitField>,
    /// The condition after `if`.
    pub condition: Option<Expr>,
}

/// One entry between an emit's braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmitField {
    /// `name: value`, or `name` alone for `name: name`.
    Field {
        /// The field's name.
        name: Ident,
        /// Its value.
        value: Expr,
    },
    /// `..alias`: all fields of the event.
    Spread(Ident),
}
