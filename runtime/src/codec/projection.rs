//! The projection: which members of a record are read, and what becomes of them.
//!
//! The paths of all fields of the stream form a tree of member names. Every node of it has a
//! *slot*: the place for the one value found there. The *targets* say which column (or the event
//! time) each slot's value goes to. Fields that no rule reads go nowhere: they are only checked, so
//! that whether a record is good does not depend on what rules there are.

use super::Format;
use super::outer::{Outer, Place};
use super::reason::Reason;
use super::scan::{load, mask, padded};
use cep_core::plan::{FieldPlan, FieldSource, StreamPlan, TimeSource, TimestampFormat};
use cep_core::time::{EventTime, Span};
use cep_core::value::{Column, EventBatch, Type, Value};
use std::ops::Range;

/// What of a stream's records is read.
#[derive(Debug)]
pub(super) struct Projection {
    /// The members of the record itself.
    pub root: Node,
    /// How many slots there are.
    pub slots: usize,
    /// The slots that hold an object of further members, with its path; anything but an object,
    /// null or nothing there is an error.
    pub inner: Vec<(u16, String)>,
    /// What goes where, in the order of the stream's fields.
    pub targets: Vec<Target>,
    /// The fields that stand outside of the value, with the indices of their columns.
    pub outer: Vec<(usize, Outer)>,
    /// The fields that are only checked.
    pub checked: Vec<Target>,
    /// Those of them that stand outside of the value.
    pub checked_outer: Vec<(usize, Outer)>,
    /// Where the event time comes from.
    pub time: TimeFrom,
    /// How far after its record's log timestamp an event may be stamped.
    pub ahead: Span,
    /// The slot of a CloudEvent's `type` and what it must be; other events are not this stream's.
    pub kind: Option<(u16, String)>,
    /// Whether some field is read as a whole; then no layouts are learned.
    pub reads_whole: bool,
}

/// Where the event time comes from.
#[derive(Debug)]
pub(super) enum TimeFrom {
    /// A slot, read as the field says.
    Slot(u16, Field),
    /// The record's timestamp in its log.
    Record,
    /// The record's key or a header.
    Outer(Outer),
}

/// A value's way from a slot to a column.
#[derive(Debug)]
pub(super) struct Target {
    /// Where the value is.
    pub slot: u16,
    /// The index of the column.
    pub column: usize,
    /// What it is called and how it is read.
    pub field: Field,
}

/// What is known of a field when its value is read.
#[derive(Clone, Debug)]
pub(super) struct Field {
    /// Its name in rules.
    pub name: String,
    /// Its path in the record, with points.
    pub path: String,
    /// Whether it may be absent or null.
    pub is_optional: bool,
    /// How a timestamp is written.
    pub format: TimestampFormat,
    /// Its type.
    pub ty: Type,
    /// The texts that it may be, if it is an enum; else none.
    pub choices: Vec<String>,
    /// The least number that it may be.
    pub least: Option<Value>,
}

/// The members of one object that are read.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// The members, in no order that matters.
    pub members: Vec<Member>,
}

/// One member that is read.
#[derive(Debug)]
pub(super) struct Member {
    /// Its name.
    pub name: String,
    /// The first eight bytes of its name, for a quick comparison.
    head: u64,
    /// The slot of its value.
    pub slot: u16,
    /// The members of its own that are read, if it is an object.
    pub inner: Node,
}

impl Node {
    /// The member whose name stands at these places of a window.
    #[inline(always)]
    pub fn find(&self, bytes: &[u8], name: Range<usize>) -> Option<&Member> {
        let len = name.len();
        let head = load(bytes, name.start) & mask(len);
        self.members.iter().find(|member| {
            member.head == head
                && member.name.len() == len
                && (len <= 8
                    || bytes.get(name.start + 8..name.end) == member.name.as_bytes().get(8..))
        })
    }

    /// The member of a name.
    pub fn named(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }

    fn member(&mut self, name: &str, next_slot: &mut u16) -> &mut Member {
        let found = self.members.iter().position(|member| member.name == name);
        let index = found.unwrap_or_else(|| {
            let head = load(&padded(name.as_bytes()), 0) & mask(name.len());
            let slot = *next_slot;
            *next_slot = next_slot.saturating_add(1);
            self.members.push(Member { name: name.into(), head, slot, inner: Node::default() });
            self.members.len() - 1
        });
        &mut self.members[index]
    }
}

/// The tree while it is being built.
#[derive(Default)]
pub(super) struct Tree {
    pub root: Node,
    next_slot: u16,
    prefix: Vec<String>,
}

impl Tree {
    /// How many slots there are.
    pub fn slots(&self) -> usize {
        usize::from(self.next_slot)
    }

    /// The slot at the end of a path below the prefix.
    pub fn slot(&mut self, path: &[String]) -> u16 {
        let mut node = &mut self.root;
        let mut slot = 0;
        for name in self.prefix.iter().chain(path) {
            let member = node.member(name, &mut self.next_slot);
            slot = member.slot;
            node = &mut member.inner;
        }
        slot
    }
}

impl Projection {
    /// The projection of a stream: the fields that are used, and its time.
    pub fn new(stream: Option<&StreamPlan>, used: &[bool], format: &Format) -> Self {
        let prefix = match format {
            Format::Json | Format::Debezium | Format::Csv(_) => Vec::new(),
            Format::CloudEvents => vec!["data".to_owned()],
        };
        let mut builder = Tree { root: Node::default(), next_slot: 0, prefix };
        let kind = match format {
            Format::Json | Format::Debezium | Format::Csv(_) => None,
            Format::CloudEvents => {
                let member = builder.root.member("type", &mut builder.next_slot);
                Some((member.slot, stream.map_or_else(String::new, |stream| stream.name.clone())))
            }
        };
        let fields = stream.map_or(&[][..], |stream| &stream.fields);
        let (mut targets, mut outer) = (Vec::new(), Vec::new());
        let (mut checked, mut checked_outer) = (Vec::new(), Vec::new());
        for (column, plan) in fields.iter().enumerate() {
            let is_used = used.get(column).copied().unwrap_or(false);
            // What a change was before is not always said, nor missed where nothing reads it.
            if !is_used && matches!(plan.source, FieldSource::Operation | FieldSource::Before) {
                continue;
            }
            let field = Field::of(plan);
            match (place(plan, format, &mut builder), is_used) {
                (Ok(slot), true) => targets.push(Target { slot, column, field }),
                (Ok(slot), false) => checked.push(Target { slot, column, field }),
                (Err(place), true) => outer.push((column, Outer { place, field })),
                (Err(place), false) => checked_outer.push((column, Outer { place, field })),
            }
        }
        let time_field = match stream.map(|stream| &stream.time) {
            Some(TimeSource::Field(index)) => fields.get(*index as usize),
            Some(TimeSource::Record) | None => None,
        };
        let time =
            time_field.map_or(TimeFrom::Record, |plan| match place(plan, format, &mut builder) {
                Ok(slot) => TimeFrom::Slot(slot, Field::of(plan)),
                Err(place) => TimeFrom::Outer(Outer { place, field: Field::of(plan) }),
            });
        let mut inner = Vec::new();
        collect_inner(&builder.root, "", &mut inner);
        let whole = |target: &Target| target.field.ty.is_structured();
        let reads_whole = targets.iter().any(whole) || checked.iter().any(whole);
        Self {
            slots: builder.slots(),
            root: builder.root,
            inner,
            targets,
            outer,
            checked,
            checked_outer,
            time,
            ahead: stream.map_or(Span::ZERO, |stream| stream.ahead),
            kind,
            reads_whole,
        }
    }
}

/// The slot of a field in the record's value, or where else it stands.
fn place(plan: &FieldPlan, format: &Format, builder: &mut Tree) -> Result<u16, Place> {
    match &plan.source {
        _ if format.has_column(plan) => Ok(builder.slot(std::slice::from_ref(&plan.name))),
        FieldSource::Operation if *format == Format::Debezium => Err(Place::Operation),
        FieldSource::Before if *format == Format::Debezium => Err(Place::Before),
        FieldSource::Operation => Ok(builder.slot(&["op".to_owned()])),
        FieldSource::Before => Ok(builder.slot(&["before".to_owned()])),
        FieldSource::Path(path) => Ok(builder.slot(path)),
        FieldSource::Key => Err(Place::Key),
        FieldSource::Header(name) => Err(Place::Header(name.clone())),
        FieldSource::Deletion => Err(Place::Deletion),
    }
}

impl Projection {
    /// Whether something is read from outside of the record's value.
    #[inline(always)]
    pub fn reads_outside(&self) -> bool {
        let checks = !self.checked_outer.is_empty();
        !self.outer.is_empty() || checks || matches!(self.time, TimeFrom::Outer(_))
    }

    /// Refuses a time too far after the record was written to its log.
    #[inline(always)]
    pub fn check_ahead(
        &self,
        field: &Field,
        time: EventTime,
        written: Option<EventTime>,
    ) -> Result<(), Reason> {
        if let Some(written) = written {
            let by = Span(time.0.saturating_sub(written.0));
            if by > self.ahead {
                return Err(Reason::ahead(field, by, self.ahead));
            }
        }
        Ok(())
    }
}

/// Appends a value to a column that stays empty, for what may be wrong with it.
pub(super) fn check(
    into: &mut EventBatch,
    column: usize,
    push: impl FnOnce(&mut Column) -> Result<(), Reason>,
) -> Result<(), Reason> {
    let Some(column) = into.columns.get_mut(column) else { return Ok(()) };
    let pushed = push(column);
    column.truncate(0);
    pushed
}

fn collect_inner(node: &Node, prefix: &str, inner: &mut Vec<(u16, String)>) {
    for member in node.members.iter().filter(|member| !member.inner.members.is_empty()) {
        let path = format!("{prefix}{}", member.name);
        collect_inner(&member.inner, &format!("{path}."), inner);
        inner.push((member.slot, path));
    }
}

impl Field {
    pub fn of(plan: &FieldPlan) -> Self {
        let path = match &plan.source {
            FieldSource::Path(path) => path.join("."),
            _ => plan.name.clone(),
        };
        Self {
            name: plan.name.clone(),
            path,
            least: plan.least.clone(),
            ..Self::part(String::new(), &plan.ty, plan.format.clone())
        }
    }

    /// What is read of a part of a field, which is named by its path.
    pub fn part(path: String, ty: &Type, format: TimestampFormat) -> Self {
        let choices = match ty.base() {
            Type::Enum(texts) => texts.clone(),
            _ => Vec::new(),
        };
        Self {
            name: path.clone(),
            path,
            is_optional: ty.is_optional(),
            format,
            ty: ty.clone(),
            choices,
            least: None,
        }
    }
}
