//! Rules, their firing and what they emit.

use super::Expr;
use cep_core::plan::{Attribute, WindowPlan};

/// A rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// Its documentation.
    pub doc: String,
    /// Its attributes without `@off`.
    pub attributes: Vec<Attribute>,
    /// Whether it runs.
    pub state: RuleState,
    /// The stream it reads, by its index.
    pub input: u32,
    /// `where`
    pub filter: Option<Expr>,
    /// `distinct`
    pub distinct: Option<Distinct>,
    /// `by`
    pub key: Vec<(String, Expr)>,
    /// `window`
    pub window: Option<WindowPlan>,
    /// The table whose keys are known from the start: `fill … for TABLE`, `silent … for TABLE`.
    pub expects: Option<u32>,
    /// The values of its `let`s.
    pub lets: Vec<Expr>,
    /// `when`
    pub trigger: Trigger,
    /// `limit`
    pub limit: Option<Limit>,
    /// `forget`
    pub forget: Option<cep_core::time::Span>,
    /// `emit`, `else` and `clear`
    pub emits: Vec<Emit>,
}

/// Whether a rule runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleState {
    /// It does.
    On,
    /// It was switched off with `@off`; it is checked all the same.
    Off,
}

/// When a rule fires.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// At every evaluation.
    Always,
    /// At every evaluation that holds.
    Each(Expr),
    /// As it becomes true.
    Edge(Edge),
    /// As a key has had no event for so long.
    Silent(cep_core::time::Span),
}

/// `distinct EXPR, … within D`
#[derive(Debug, Clone, PartialEq)]
pub struct Distinct {
    /// What events are told apart by.
    pub by: Vec<Expr>,
    /// For how long an event lets none like it pass.
    pub span: cep_core::time::Span,
}

/// `limit N per D [by EXPR, …]`
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// How many firings go out.
    pub count: u32,
    /// In how long a time.
    pub span: cep_core::time::Span,
    /// Which of them count together; by default those of one key.
    pub by: Option<Vec<Expr>>,
}

/// What makes an edge rise and fall.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    /// `when`
    pub condition: Expr,
    /// `for`
    pub hold: cep_core::plan::Hold,
    /// `until`
    pub until: Option<Expr>,
}

impl Trigger {
    /// Its conditions.
    pub fn conditions(&self) -> impl Iterator<Item = &Expr> {
        let (condition, until) = match self {
            Self::Always | Self::Silent(_) => (None, None),
            Self::Each(condition) => (Some(condition), None),
            Self::Edge(edge) => (Some(&edge.condition), edge.until.as_ref()),
        };
        condition.into_iter().chain(until)
    }
}

/// An `emit` or `clear`.
#[derive(Debug, Clone, PartialEq)]
pub struct Emit {
    /// The event.
    pub event: String,
    /// Which of the two.
    pub kind: cep_core::plan::EmitKind,
    /// Its fields, in the order written.
    pub fields: Vec<(String, Expr)>,
    /// `if`
    pub condition: Option<Expr>,
}
