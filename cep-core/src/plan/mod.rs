//! The plan: what a program means, after names and types are settled.
//!
//! The engine owns this language. The rule language is lowered to it; the reference interpreter,
//! checkpoints and what-if read it, and none of them needs a parser. A plan is plain data: it
//! can be compared, hashed and shown.

mod aggregate;
mod expr;
mod horizon;
mod inner;
mod live;
mod rule;
mod stream;
mod table;
mod trigger;
mod window;

pub use aggregate::AggregateFunction;
pub use expr::{BinaryOp, Expr, ExprKind, Fold, ListFold, TextPart, UnaryOp};
pub use horizon::Horizon;
pub use inner::{InnerSource, InnerStream, Items, UnionMember};
pub use live::{LiveRow, LiveRows};
pub use rule::{
    AggregateCall, Among, Attribute, AttributeValue, ChangesPlan, DistinctPlan, EmitKind, EmitPlan,
    KeyPart, LimitBy, LimitPlan, PreviousCall, RankedBy, RulePlan,
};
pub use stream::{
    Connector, FieldPlan, FieldSource, StreamPlan, TimeSource, TimestampFormat, is_below,
};
pub use table::{SameKey, TableId, TablePlan, TableRows};
pub use trigger::{EdgePlan, Hold, Trigger};
pub use window::{Judged, WindowKind, WindowPlan};

use crate::value::{Type, Value};
use serde::{Deserialize, Serialize};

/// The version of the plan format. A checkpoint of another version is not restored.
pub const PLAN_VERSION: u32 = 10;

/// The index of a stream in [`Plan::streams`], or, from their number on, in [`Plan::inner`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StreamId(pub u32);

/// The index of a parameter in [`Plan::params`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ParamId(pub u32);

/// The index of a rule in [`Plan::rules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RuleId(pub u32);

/// A whole program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The format's version, [`PLAN_VERSION`].
    pub version: u32,
    /// The inputs, by name.
    pub streams: Vec<StreamPlan>,
    /// The streams that the engine makes itself, each after those it is made of.
    pub inner: Vec<InnerStream>,
    /// The knobs, by name, with the values they have in this plan.
    pub params: Vec<ParamPlan>,
    /// The tables, by name.
    pub tables: Vec<TablePlan>,
    /// The derived events, by name.
    pub events: Vec<EventPlan>,
    /// The rules, by name; this order breaks ties in the output.
    pub rules: Vec<RulePlan>,
}

/// A knob.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParamPlan {
    /// Its name.
    pub name: String,
    /// Its doc comment.
    pub doc: String,
    /// Its type.
    pub ty: Type,
    /// Its value: the default, unless it was set.
    pub value: Value,
}

/// A kind of derived event and where it goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventPlan {
    /// The event's name, also the type of its CloudEvent.
    pub name: String,
    /// Its fields in order.
    pub fields: Vec<(String, Type)>,
    /// Where `sink` declarations send it; empty means the default sink.
    pub sinks: Vec<Connector>,
}

impl Plan {
    /// A plan without streams or rules.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            version: PLAN_VERSION,
            streams: Vec::new(),
            inner: Vec::new(),
            params: Vec::new(),
            tables: Vec::new(),
            events: Vec::new(),
            rules: Vec::new(),
        }
    }

    /// The stream of an id.
    #[must_use]
    pub fn stream(&self, id: StreamId) -> Option<&StreamPlan> {
        let input = self.streams.get(id.0 as usize);
        input.or_else(|| self.inner_stream(id).map(|inner| &inner.stream))
    }

    /// The fields of a rule's rows: those of its stream, and behind them one for each of its
    /// [`ChangesPlan`]'s values.
    #[must_use]
    pub fn row_fields(&self, rule: &RulePlan) -> Vec<FieldPlan> {
        let stream = self.stream(rule.input).into_iter().flat_map(|stream| &stream.fields);
        let changes = rule.changes.iter().flat_map(|changes| &changes.of);
        let changed = changes.map(|_| FieldPlan {
            name: "changed".into(),
            source: FieldSource::Path(Vec::new()),
            ty: Type::Bool,
            format: TimestampFormat::Automatic,
            least: None,
        });
        stream.cloned().chain(changed).collect()
    }

    /// Marks, for each of [`Plan::row_fields`], whether a rule over the stream reads it.
    #[must_use]
    pub fn used_row_fields(&self, rule: &RulePlan) -> Vec<bool> {
        let mut used = self.used_fields(rule.input);
        used.resize(self.row_fields(rule).len(), true);
        used
    }

    /// The id of an input's name.
    #[must_use]
    pub fn stream_id(&self, name: &str) -> Option<StreamId> {
        let index = self.streams.iter().position(|stream| stream.name == name)?;
        u32::try_from(index).ok().map(StreamId)
    }

    /// The rule of an id.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> Option<&RulePlan> {
        self.rules.get(id.0 as usize)
    }

    /// The ids of the inputs.
    pub fn stream_ids(&self) -> impl Iterator<Item = StreamId> + use<> {
        (0..u32::try_from(self.streams.len()).unwrap_or(u32::MAX)).map(StreamId)
    }

    /// 256 bits that tell this plan from every other: a BLAKE3 hash over its encoding, parameters
    /// and their values included, the rows of tables not. Doc comments and sinks count too; only equal plans are equal.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        // A plan is plain data, and encoding plain data into memory has no way to fail.
        let bytes = postcard::to_stdvec(self).unwrap_or_default();
        *blake3::hash(&bytes).as_bytes()
    }

    /// Marks, for each field of a stream, whether some rule reads it. The stream's time and key
    /// fields are marked only when a rule reads them too.
    #[must_use]
    pub fn used_fields(&self, stream: StreamId) -> Vec<bool> {
        let fields = self.stream(stream).map_or(0, |stream| stream.fields.len());
        let mut used = vec![false; fields];
        let mut mark = |index: u32| {
            if let Some(mark) = used.get_mut(index as usize) {
                *mark = true;
            }
        };
        for rule in self.rules.iter().filter(|rule| rule.input == stream) {
            rule.row_expressions(&mut |expr| {
                expr.visit(&mut |node| {
                    if let ExprKind::Field(index) = node {
                        mark(*index);
                    }
                });
            });
        }
        if self.tables.iter().any(|table| table.of == Some(stream)) {
            // A look-up gives the whole event.
            used.fill(true);
            return used;
        }
        for (id, inner) in self.inner_ids().zip(&self.inner) {
            match &inner.source {
                InnerSource::Event => {}
                InnerSource::Union(members) => {
                    for member in members.iter().filter(|member| member.stream == stream) {
                        let read = self.used_fields(id).into_iter().zip(&member.fields);
                        read.filter(|(read, _)| *read).for_each(|(_, index)| mark(*index));
                    }
                }
                InnerSource::Items(items) if items.stream == stream => {
                    let read = self.used_fields(id).into_iter().zip(0..);
                    read.filter(|(read, _)| *read).for_each(|(_, index)| mark(index));
                    items.list.visit(&mut |node| {
                        if let ExprKind::Field(index) = node {
                            mark(*index);
                        }
                    });
                }
                InnerSource::Items(_) => {}
            }
        }
        used
    }
}
