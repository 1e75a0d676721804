//! Rules: from what, by what key, in which window, when what holds, emit what.

use super::{AggregateFunction, Expr, ExprKind, Judged, StreamId, TableId, Trigger, WindowPlan};
use crate::time::Span;
use crate::value::{Type, Value};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A rule.
///
/// Two kinds of expressions occur. *Row* expressions (`filter`, `key`, aggregate inputs, and in a
/// rule without a window also `trigger` and `emits`) read [`Field`](super::ExprKind::Field)s.
/// *Group* expressions (`trigger` and `emits` of a rule with a window) read keys, aggregates and
/// the window's bounds, never fields. Both read parameters. `let`s are already put in place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RulePlan {
    /// Its name.
    pub name: String,
    /// Its doc comment.
    pub doc: String,
    /// Attributes such as `@severity("high")`; they travel with its emits.
    pub attributes: Vec<Attribute>,
    /// The stream it reads.
    pub input: StreamId,
    /// Rows for which this does not hold are left out.
    pub filter: Option<Expr>,
    /// Of rows that are alike only the first passes.
    pub distinct: Option<DistinctPlan>,
    /// The group key; empty for one group over the whole stream.
    pub key: Vec<KeyPart>,
    /// What is compared with the key's row before.
    pub changes: Option<ChangesPlan>,
    /// The window; without one each row is judged by itself.
    pub window: Option<WindowPlan>,
    /// The table whose keys the rule knows from the first event of its stream on, where it fills
    /// windows or waits for silent keys: those have the types of the rule's key.
    pub expects: Option<TableId>,
    /// The streams of whose latest events it looks tables up, also in the list that it goes through; time
    /// goes on for it only as it does for them, too.
    pub waits_for: Vec<StreamId>,
    /// The aggregates its group expressions read, without repetition.
    pub aggregates: Vec<AggregateCall>,
    /// What its group expressions read of the aggregates in windows before, without repetition; only
    /// with a window on a grid that is not revised, and with `every`.
    pub previous: Vec<PreviousCall>,
    /// When it fires.
    pub trigger: Trigger,
    /// How many of its firings go out.
    pub limit: Option<LimitPlan>,
    /// After how long without a row of a key what is known of it is forgotten, before the rows of
    /// that instant.
    pub forget: Option<Span>,
    /// What it emits, in the order of its lines.
    pub emits: Vec<EmitPlan>,
}

/// `distinct … within D`: a row at t passes if none with the same values passed in `(t - D, t]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DistinctPlan {
    /// What rows are told apart by; row expressions.
    pub by: Vec<Expr>,
    /// For how long a row lets none like it pass.
    pub span: Span,
}

/// What the rule calls `changed(…)`. Each is a field of its rows behind those of the stream, of type
/// bool: whether the value differs from the one of the key's row before; of a key's first row it
/// does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangesPlan {
    /// The values that are compared, row expressions over the stream's own fields.
    pub of: Vec<Expr>,
    /// Which rows are compared.
    pub among: Among,
}

/// Which rows of a key are compared with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Among {
    /// All rows of the stream, since the filter asks for changes.
    All,
    /// Those that the filter and `distinct` let through.
    Passing,
}

/// `limit N per D [by …]`: a firing at t goes out if fewer than N did in `(t - D, t]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LimitPlan {
    /// How many go out.
    pub count: u32,
    /// In how long a time.
    pub span: Span,
    /// Which firings count together.
    pub by: LimitBy,
}

/// Which firings a limit counts together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum LimitBy {
    /// Those of one key of the rule.
    Key,
    /// Those for which these have the same values: row expressions in a rule without a window,
    /// group expressions in one with a window. With none of them, all of the rule.
    Values(Vec<Expr>),
}

/// A name and a value that travel with a rule's emits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// Its name, as a CloudEvents extension.
    pub name: String,
    /// Its value.
    pub value: AttributeValue,
}

/// A value of an attribute, of a type that CloudEvents has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AttributeValue {
    /// A boolean.
    Bool(bool),
    /// An integer; CloudEvents has those of 32 bits.
    Int(i32),
    /// A text, and of every other value its text.
    Text(String),
}

impl Attribute {
    /// The names that every event has, or may have, already.
    pub const TAKEN: [&str; 16] = [
        "specversion",
        "id",
        "source",
        "type",
        "time",
        "subject",
        "data",
        "datacontenttype",
        "dataschema",
        "key",
        "rule",
        "revision",
        "retracted",
        "causes",
        "causecount",
        "causeexact",
    ];
}

/// The value as text: what stands in a header.
impl fmt::Display for AttributeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// One part of a group key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyPart {
    /// The name it has in the rule.
    pub name: String,
    /// A row expression.
    pub expr: Expr,
}

/// One `emit` or `clear` line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EmitPlan {
    /// The derived event's name.
    pub event: String,
    /// The edge it goes out at.
    pub kind: EmitKind,
    /// The event's fields, in the order of the event's own declaration.
    pub fields: Vec<(String, Expr)>,
    /// Emitted only where this holds.
    pub condition: Option<Expr>,
}

/// The edge an emit goes out at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EmitKind {
    /// When the rule fires.
    Fire,
    /// When the condition has become false again.
    Clear,
}

/// An aggregate as a rule calls it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AggregateCall {
    /// Which aggregate.
    pub function: AggregateFunction,
    /// What is aggregated, row expressions: none for `count()`, two for `corr(x, y)` and its like.
    /// Rows for which one of them is null are skipped.
    pub inputs: Vec<Expr>,
    /// The constants it is called with, such as the 95 of `percentile(x, 95)`.
    pub arguments: Vec<Value>,
    /// Only rows for which this row expression holds count.
    pub filter: Option<Expr>,
    /// Of `top(n, k by agg)` what the groups of equal `k`, the first input, are ranked by.
    pub ranked_by: Option<RankedBy>,
    /// The type of the result.
    pub ty: Type,
}

/// `prev(n, agg)`: what an aggregate was in the key's window so many windows before; null where the
/// key had none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousCall {
    /// The aggregate, by its index in the rule.
    pub aggregate: u32,
    /// How many windows before; at least one. On a grid these are steps of it, whether the key has a
    /// window at each of them or not.
    pub windows: u32,
}

/// An aggregate over each group of a [`AggregateFunction::Top`], of its second input if it has one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankedBy {
    /// Which aggregate.
    pub function: AggregateFunction,
    /// The constants it is called with.
    pub arguments: Vec<Value>,
    /// The type of its result, never optional.
    pub ty: Type,
}

impl AggregateCall {
    /// The call over the rows of one group, if this ranks groups.
    #[must_use]
    pub fn of_group(&self) -> Option<Self> {
        let RankedBy { function, arguments, ty } = self.ranked_by.clone()?;
        let inputs = self.inputs.iter().skip(1).cloned().collect();
        Some(Self { function, inputs, arguments, filter: None, ranked_by: None, ty })
    }
}

impl RulePlan {
    /// Whether it has a `clear` line.
    #[must_use]
    pub fn has_clears(&self) -> bool {
        self.emits.iter().any(|line| line.kind == EmitKind::Clear)
    }

    /// Whether it may fire without an emit line whose condition holds, so that nothing is to be cleared.
    #[must_use]
    pub fn may_clear_nothing(&self) -> bool {
        let mut fires = self.emits.iter().filter(|line| line.kind == EmitKind::Fire);
        self.has_clears() && fires.all(|line| line.condition.is_some())
    }

    /// Whether it does not run: it carries the attribute `@off`.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.attributes.iter().any(|attribute| attribute.name == "off")
    }

    /// For how long after a window's close what it emitted may be revised.
    #[must_use]
    pub fn allow(&self) -> Span {
        self.window.as_ref().and_then(|window| window.allow).unwrap_or(Span::ZERO)
    }

    /// Whether its rows are looked at one after the other before they are grouped: for `distinct`,
    /// `changed` or `forget`, or because a table that they look up goes on with them.
    #[must_use]
    pub fn looks_back(&self) -> bool {
        !self.waits_for.is_empty()
            || self.distinct.is_some()
            || self.changes.is_some()
            || self.forget.is_some()
    }

    /// Whether its windows are judged at each of their events.
    #[must_use]
    pub fn is_early(&self) -> bool {
        self.window.as_ref().is_some_and(|window| window.judged == Judged::Early)
    }

    /// Whether it reads events in the order of time, so that one is late as soon as its partition's
    /// watermark has passed it.
    #[must_use]
    pub fn needs_order(&self) -> bool {
        self.looks_back()
            || match &self.window {
                Some(window) => window.kind.needs_order(),
                None => self.trigger.is_edge() || self.limit.is_some(),
            }
    }

    /// Whether its emits read since when the condition has held.
    #[must_use]
    pub fn reads_when(&self) -> bool {
        let mut reads = false;
        self.firing_expressions(&mut |expr| {
            expr.visit(&mut |node| {
                reads |= matches!(node, ExprKind::WhenStart | ExprKind::WhenDuration);
            });
        });
        reads
    }

    /// Calls `see` with every expression that is evaluated on rows of the input.
    pub fn row_expressions<'a>(&'a self, see: &mut impl FnMut(&'a Expr)) {
        self.filter.iter().for_each(&mut *see);
        self.distinct.iter().flat_map(|it| &it.by).for_each(&mut *see);
        self.changes.iter().flat_map(|it| &it.of).for_each(&mut *see);
        self.key.iter().for_each(|part| see(&part.expr));
        for call in &self.aggregates {
            call.inputs.iter().for_each(&mut *see);
            call.filter.iter().for_each(&mut *see);
        }
        if self.window.is_none() {
            self.firing_expressions(see);
        }
    }

    /// Calls `see` with the condition and every expression of the emits.
    pub fn firing_expressions<'a>(&'a self, see: &mut impl FnMut(&'a Expr)) {
        self.trigger.condition().into_iter().for_each(&mut *see);
        self.trigger.until().into_iter().for_each(&mut *see);
        if let Some(LimitPlan { by: LimitBy::Values(by), .. }) = &self.limit {
            by.iter().for_each(&mut *see);
        }
        for emit in &self.emits {
            emit.condition.iter().for_each(&mut *see);
            emit.fields.iter().for_each(|(_, expr)| see(expr));
        }
    }
}
