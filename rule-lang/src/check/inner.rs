//! The streams that rules read without their being declared: derived events, and several streams
//! at once.

use super::table::live_tables;
use super::{Declared, Events, Usage, index, rule_expressions};
use crate::ast::{self, Ident};
use crate::diagnostic::{Code, Diagnostic};
use crate::typed::{self, Expr, Rule};
use cep_core::plan::{
    ExprKind, FieldPlan, FieldSource, InnerSource, InnerStream, Items, StreamId, StreamPlan,
    TimeSource, TimestampFormat, UnionMember, is_below,
};
use cep_core::time::Span;
use cep_core::value::{Type, Value};
use std::collections::BTreeMap;

/// The inner streams of a program, each after those it is made of. Their ids follow those of the
/// declared streams.
#[derive(Default)]
pub(crate) struct InnerStreams {
    list: Vec<InnerStream>,
    /// How many steps each is from the declared streams.
    levels: Vec<usize>,
    /// For each the rule it is made for, where it serves one rule only.
    made_for: Vec<String>,
    /// The lists whose items are rows, by their streams' ids.
    lists: BTreeMap<u32, Expr>,
    by_name: BTreeMap<String, u32>,
    /// For each event the level of the furthest stream that a rule which emits it reads or looks up.
    event_levels: BTreeMap<String, usize>,
}

impl InnerStreams {
    fn get(&self, declared: &Declared<'_>, id: u32) -> Option<&InnerStream> {
        self.list.get((id as usize).checked_sub(declared.streams.len())?)
    }

    /// The stream of an id.
    pub(crate) fn plan<'s>(
        &'s self,
        declared: &'s Declared<'_>,
        id: u32,
    ) -> Option<&'s StreamPlan> {
        let known = declared.streams.get(id as usize).map(|stream| &stream.plan);
        known.or_else(|| self.get(declared, id).map(|inner| &inner.stream))
    }

    fn level(&self, declared: &Declared<'_>, id: u32) -> usize {
        let place = (id as usize).checked_sub(declared.streams.len());
        place.and_then(|place| self.levels.get(place)).copied().unwrap_or(0)
    }

    /// The stream that a `from` names, made if need be; what is wrong with it is reported.
    pub(super) fn input(
        &mut self,
        names: &[Ident],
        declared: &Declared<'_>,
        events: &Events,
        usage: &mut Usage,
        out: &mut Vec<Diagnostic>,
    ) -> Option<u32> {
        let mut ids = Vec::new();
        for (at, name) in names.iter().enumerate() {
            if let Some(first) = names.iter().take(at).find(|other| other.name == name.name) {
                super::declared_twice(out, "the input", &name.name, name.span, first.span);
                continue;
            }
            ids.push(self.single(name, declared, events, usage, out));
        }
        let ids = ids.into_iter().collect::<Option<Vec<u32>>>()?;
        match ids.as_slice() {
            [] => None,
            [id] => Some(*id),
            _ => self.union(ids, names, declared, out),
        }
    }

    /// The level of the furthest stream whose tables an expression looks up.
    fn level_looked_up(&self, declared: &Declared<'_>, expr: &Expr) -> usize {
        let tables = live_tables(expr, declared).into_iter();
        let levels = tables.filter_map(|table| Some(self.level(declared, table.of?.0)));
        levels.max().unwrap_or(0)
    }

    /// Notes the events that a checked rule emits.
    pub(super) fn note(&mut self, rule: &Rule, declared: &Declared<'_>) {
        let mut level = self.level(declared, rule.input);
        rule_expressions(rule, &mut |expr| {
            level = level.max(self.level_looked_up(declared, expr));
        });
        for emit in &rule.emits {
            let known = self.event_levels.entry(emit.event.clone()).or_default();
            *known = level.max(*known);
        }
    }

    /// The stream of a name, made if need be; what is wrong with it is reported.
    pub(super) fn single(
        &mut self,
        name: &Ident,
        declared: &Declared<'_>,
        events: &Events,
        usage: &mut Usage,
        out: &mut Vec<Diagnostic>,
    ) -> Option<u32> {
        if let Some((id, _)) = declared.stream_named(&name.name) {
            usage.streams.insert(id);
            return Some(id);
        }
        if let Some(id) = self.by_name.get(&name.name) {
            return Some(*id);
        }
        let Some(event) = events.by_name.get(&name.name) else {
            declared.unknown_stream(name, out);
            return None;
        };
        // Without fields, a rule that emits it has errors of its own.
        let fields = event.fields.as_ref()?;
        let level = self.event_levels.get(&name.name).copied();
        let stream = stream_plan(&name.name, fields.clone());
        Some(self.add(declared, InnerStream { stream, source: InnerSource::Event }, level))
    }

    fn add(&mut self, declared: &Declared<'_>, inner: InnerStream, below: Option<usize>) -> u32 {
        let name = inner.stream.name.clone();
        let id = self.add_for(declared, inner, below, "");
        self.by_name.insert(name, id);
        id
    }

    fn add_for(
        &mut self,
        declared: &Declared<'_>,
        inner: InnerStream,
        below: Option<usize>,
        rule: &str,
    ) -> u32 {
        self.list.push(inner);
        self.levels.push(below.unwrap_or(0) + 1);
        self.made_for.push(rule.to_owned());
        index(declared.streams.len() + self.list.len() - 1)
    }

    /// The items of a list in the events of a stream, for one rule.
    pub(super) fn items(
        &mut self,
        outer: u32,
        each: &ast::Each,
        list: Expr,
        rule: &str,
        declared: &Declared<'_>,
        out: &mut Vec<Diagnostic>,
    ) -> Option<u32> {
        let mut stream = self.plan(declared, outer)?.clone();
        let Type::List(item) = list.ty.clone() else { return None };
        let names = [(&each.item, Type::clone(&item))];
        let index = each.index.as_ref().map(|index| (index, Type::Int));
        let fields = stream.fields.len();
        for (name, ty) in names.into_iter().chain(index) {
            if let Some(at) = stream.fields.iter().position(|field| field.name == name.name) {
                let title = if at < fields {
                    format!("`{}` has a field `{}` already", stream.name, name.name)
                } else {
                    format!("`{}` is the item already", name.name)
                };
                out.push(
                    Diagnostic::new(Code::DuplicateName, title)
                        .label(name.span, "")
                        .help("choose another name"),
                );
                return None;
            }
            stream.fields.push(field_plan(name.name.clone(), ty));
        }
        let level = self.level(declared, outer).max(self.level_looked_up(declared, &list));
        // The list is put in place when the rule is lowered.
        let nothing = cep_core::plan::Expr::new(list.ty.clone(), ExprKind::Literal(Value::Null));
        let source = InnerSource::Items(Items { stream: StreamId(outer), list: nothing });
        let inner = InnerStream { stream: StreamPlan { lateness: Span::ZERO, ..stream }, source };
        let id = self.add_for(declared, inner, Some(level), rule);
        self.lists.insert(id, list);
        Some(id)
    }

    /// The lists whose items are rows, by their streams' ids.
    pub(crate) fn lists(&self) -> impl Iterator<Item = (u32, &Expr)> {
        self.lists.iter().map(|(id, list)| (*id, list))
    }

    /// Several streams as one: the fields that all of them have, with one type.
    fn union(
        &mut self,
        mut ids: Vec<u32>,
        names: &[Ident],
        declared: &Declared<'_>,
        out: &mut Vec<Diagnostic>,
    ) -> Option<u32> {
        ids.sort_by_key(|id| self.plan(declared, *id).map(|plan| plan.name.clone()));
        let plans: Vec<&StreamPlan> =
            ids.iter().filter_map(|id| self.plan(declared, *id)).collect();
        let streams: Vec<&str> = plans.iter().map(|plan| plan.name.as_str()).collect();
        let name = streams.join(", ");
        if let Some(known) = self.by_name.get(&name) {
            return Some(*known);
        }
        let span = names.first()?.span.to(names.last()?.span);
        let fields = common_fields(&plans);
        if fields.is_empty() || ids.len() > UnionMember::MAX_MEMBERS {
            let (title, help) = if fields.is_empty() {
                ("these streams have no field in common", "write one rule for each stream")
            } else {
                ("too many streams in one `from`", "a rule reads at most 256 streams at once")
            };
            out.push(Diagnostic::new(Code::NoCommonField, title).label(span, "").help(help));
            return None;
        }
        let place = |plan: &StreamPlan, name: &str| {
            let at = plan.fields.iter().position(|field| field.name == name);
            at.map_or(0, index)
        };
        let members = ids.iter().zip(&plans).map(|(id, plan)| UnionMember {
            stream: StreamId(*id),
            fields: fields.iter().map(|(name, _)| place(plan, name)).collect(),
        });
        let source = InnerSource::Union(members.collect());
        let level = ids.iter().map(|id| self.level(declared, *id)).max();
        let mut stream = stream_plan(&name, fields);
        stream.fields.iter_mut().for_each(|field| field.least = common_least(&plans, &field.name));
        Some(self.add(declared, InnerStream { stream, source }, level))
    }

    /// Which fields of declared streams it takes to read one field of a stream.
    pub(super) fn fields_behind(
        &self,
        declared: &Declared<'_>,
        id: u32,
        field: u32,
    ) -> Vec<(u32, u32)> {
        match self.get(declared, id).map(|inner| &inner.source) {
            None => vec![(id, field)],
            Some(InnerSource::Event) => Vec::new(),
            Some(InnerSource::Items(items)) => {
                let outer = items.stream.0;
                let fields = self.plan(declared, outer).map_or(0, |stream| stream.fields.len());
                let mut read = Vec::new();
                if (field as usize) < fields {
                    read.push(field);
                }
                if let Some(list) = self.lists.get(&id) {
                    list.visit(&mut |node| {
                        if let typed::ExprKind::Field(field) = node.kind {
                            read.push(field);
                        }
                    });
                }
                let behind =
                    read.into_iter().map(|field| self.fields_behind(declared, outer, field));
                behind.flatten().collect()
            }
            Some(InnerSource::Union(members)) => members
                .iter()
                .filter_map(|member| Some((member.stream.0, *member.fields.get(field as usize)?)))
                .flat_map(|(id, field)| self.fields_behind(declared, id, field))
                .collect(),
        }
    }

    /// The inner streams in an order that does not depend on that of files: by how far they are
    /// from the declared streams, then by name. And for each id here the id there.
    pub(crate) fn ordered(&self, declared: &Declared<'_>) -> (Vec<InnerStream>, Vec<StreamId>) {
        let base = declared.streams.len();
        let mut places: Vec<usize> = (0..self.list.len()).collect();
        places.sort_by_key(|at| {
            let name = self.list.get(*at).map(|inner| &inner.stream.name);
            (self.levels.get(*at), name, self.made_for.get(*at))
        });
        let mut ids: Vec<StreamId> =
            (0..base + places.len()).map(|at| StreamId(index(at))).collect();
        for (new, old) in places.iter().enumerate() {
            if let Some(id) = ids.get_mut(base + old) {
                *id = StreamId(index(base + new));
            }
        }
        let renamed = places.iter().filter_map(|at| self.list.get(*at)).map(|inner| {
            let mut inner = inner.clone();
            if let InnerSource::Items(items) = &mut inner.source {
                items.stream = ids.get(items.stream.0 as usize).copied().unwrap_or(items.stream);
            }
            if let InnerSource::Union(members) = &mut inner.source {
                for member in members.iter_mut() {
                    member.stream =
                        ids.get(member.stream.0 as usize).copied().unwrap_or(member.stream);
                }
                members.sort_by_key(|member| member.stream);
            }
            inner
        });
        (renamed.collect(), ids.clone())
    }
}

/// The fields that all streams have, in the order of the first; a field that may be null in one may
/// be null.
fn common_fields(plans: &[&StreamPlan]) -> Vec<(String, Type)> {
    let Some((first, others)) = plans.split_first() else { return Vec::new() };
    let common = first.fields.iter().filter_map(|field| {
        let mut ty = field.ty.clone();
        for other in others {
            let same = other.fields.iter().find(|it| it.name == field.name)?;
            if same.ty.base() != ty.base() {
                return None;
            }
            if same.ty.is_optional() {
                ty = ty.optional();
            }
        }
        Some((field.name.clone(), ty))
    });
    common.collect()
}

/// The least that a field may be in any of the streams, if it has a bound in all.
fn common_least(plans: &[&StreamPlan], name: &str) -> Option<Value> {
    let of = |plan: &&StreamPlan| {
        plan.fields.iter().find(|field| field.name == name).and_then(|field| field.least.clone())
    };
    let bounds = plans.iter().map(of).collect::<Option<Vec<Value>>>()?;
    bounds.into_iter().reduce(|one, other| if is_below(&other, &one) { other } else { one })
}

fn field_plan(name: String, ty: Type) -> FieldPlan {
    let source = FieldSource::Path(vec![name.clone()]);
    FieldPlan { name, ty, least: None, source, format: TimestampFormat::Automatic }
}

fn stream_plan(name: &str, fields: Vec<(String, Type)>) -> StreamPlan {
    StreamPlan {
        name: name.to_owned(),
        doc: String::new(),
        fields: fields.into_iter().map(|(name, ty)| field_plan(name, ty)).collect(),
        key: None,
        time: TimeSource::Record,
        lateness: Span::ZERO,
        idle: None,
        ahead: Span::ZERO,
        from: None,
    }
}
