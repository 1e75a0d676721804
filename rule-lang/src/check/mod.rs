//! Names, types and bounds: from the tree as written to the typed tree.
//!
//! Everything wrong is reported, not just the first of it: what could not be understood is left out
//! and stays silent afterwards. Streams and params come first; then functions, rules and the tables of what
//! they emit, each after what it needs ([`order`]); then what refers to the events: sinks and tests.

mod aggregate;
mod attribute;
mod binding;
mod call;
mod cell;
mod change;
mod clauses;
mod columns;
mod convert;
mod course;
mod declare;
mod early;
mod emit;
mod events;
mod expected;
mod expr;
mod forget;
mod function;
mod function_order;
mod given;
mod inner;
mod known;
mod membership;
mod name;
mod narrow;
mod never;
mod operand_help;
mod operator;
mod order;
mod rule;
mod scope;
mod setting;
mod sign;
mod stream;
mod structure;
mod suspect;
mod table;
mod test_block;
mod trigger;
mod types;
mod unknown;
mod window;

pub(crate) use aggregate::aggregate_names;
pub(crate) use declare::{Declared, value_from_text};
pub(crate) use events::Events;
pub(crate) use order::inputs;
pub(crate) use structure::LIST_FUNCTIONS;

use crate::ast::{self, Ast, Declaration};
use crate::diagnostic::Diagnostic;
use crate::source::{SourceMap, Span};
use crate::test_case::TestCase;
use crate::typed;
use order::Step;
use std::collections::BTreeSet;

/// What the checks found out about a program.
pub(crate) struct Checked<'a> {
    pub declared: Declared<'a>,
    pub events: Events,
    pub inner: inner::InnerStreams,
    pub rules: Vec<(typed::Rule, &'a ast::Rule)>,
    pub tests: Vec<TestCase>,
    pub usage: Usage,
}

/// Which declarations were read by some rule.
#[derive(Default)]
pub(crate) struct Usage {
    pub streams: BTreeSet<u32>,
    pub params: BTreeSet<u32>,
    /// Functions that something calls.
    pub functions: BTreeSet<String>,
    /// How many nodes all calls of functions have become.
    pub put_in_place: usize,
    pub tables: BTreeSet<u32>,
    /// The type of every expression by its place, where an editor asks for them.
    pub types: Option<Vec<(Span, cep_core::value::Type)>>,
    /// Events named in `expect` lines.
    pub expected: BTreeSet<String>,
}

/// Whether the types of expressions are kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Record {
    Nothing,
    Types,
}

/// Checks a whole program.
pub(crate) fn check<'a>(
    sources: &'a SourceMap,
    asts: &'a [Ast],
    record: Record,
    out: &mut Vec<Diagnostic>,
) -> Checked<'a> {
    let mut declared = Declared::collect(sources, asts, out);
    let types = (record == Record::Types).then(Vec::new);
    let mut usage = Usage { types, ..Usage::default() };
    let functions = function_order::callees_first(&mut declared, out);
    let mut events = Events::default();
    let mut rules = Vec::new();
    let mut inner = inner::InnerStreams::default();
    asts.iter().flat_map(|ast| &ast.declarations).for_each(|declaration| {
        if let Declaration::Event(event) = declaration {
            events.declare(event, &declared.types, out);
        }
    });
    let order = order::producers_first(asts, &functions, &declared, out);
    order.cyclic.iter().flat_map(|ast| order::outputs(ast)).for_each(|it| events.unknown(it));
    for step in order.steps {
        let ast = match step {
            Step::Rule(ast) => ast,
            Step::Function(name) => {
                function::check(name, &mut declared, &mut usage, out);
                continue;
            }
            Step::Table(ast, of) => {
                let id = inner.single(of, &declared, &events, &mut usage, out);
                let stream = id.and_then(|id| Some((id, inner.plan(&declared, id)?)));
                let plan = stream.and_then(|(id, stream)| {
                    table::check_of_stream(ast, table::Rows::OfRules, id, stream, out)
                });
                declared.settle(ast, plan);
                continue;
            }
        };
        let names = order::inputs(ast);
        let input = inner.input(names, &declared, &events, &mut usage, out);
        let mut input = input_of(input, &inner, &declared);
        if let Some(each) = order::each(ast) {
            let list = rule::list_of(ast, each, &declared, &input, &mut usage, out);
            let outer = input.id();
            let items = list.zip(outer).and_then(|(list, outer)| {
                inner.items(outer, each, list, &ast.name.name, &declared, out)
            });
            input = input_of(items, &inner, &declared);
            if let rule::Input::Inner(_, stream) = &mut input {
                stream.items = 1 + usize::from(each.index.is_some());
            }
        }
        let found = rule::check(ast, &declared, &input, &mut events, &mut usage, out);
        found.iter().for_each(|rule| inner.note(rule, &declared));
        rules.extend(found.map(|rule| (rule, ast)));
    }
    let sinks =
        asts.iter().flat_map(|ast| &ast.declarations).filter_map(|declaration| match declaration {
            Declaration::Sink(sink) => Some(sink),
            _ => None,
        });
    for sink in sinks {
        events.sink(sink, &declared, out);
    }
    let read = fields_read(&rules, &declared, &inner);
    let tests =
        asts.iter().flat_map(|ast| &ast.declarations).filter_map(|declaration| match declaration {
            Declaration::Test(test) => Some(test),
            _ => None,
        });
    let tests = tests
        .filter_map(|test| test_block::check(test, &declared, &events, &read, &mut usage, out))
        .collect();
    Checked { declared, events, inner, rules, tests, usage }
}

/// The stream of an id, for a rule to read.
fn input_of<'p, 'a>(
    id: Option<u32>,
    inner: &inner::InnerStreams,
    declared: &'p Declared<'a>,
) -> rule::Input<'p, 'a> {
    let Some(id) = id else { return rule::Input::Unknown };
    if let Some(stream) = declared.streams.get(id as usize) {
        return rule::Input::Declared(id, stream);
    }
    match inner.plan(declared, id).cloned() {
        Some(plan) => rule::Input::Inner(id, declare::DeclaredStream { plan, ast: None, items: 0 }),
        None => rule::Input::Unknown,
    }
}

fn rules_of(asts: &[Ast]) -> impl Iterator<Item = &ast::Rule> {
    asts.iter().flat_map(|ast| &ast.declarations).filter_map(|declaration| match declaration {
        Declaration::Rule(rule) => Some(rule),
        _ => None,
    })
}

/// The fields of each stream that some rule reads, as (stream, field).
fn fields_read(
    rules: &[(typed::Rule, &ast::Rule)],
    declared: &Declared,
    inner: &inner::InnerStreams,
) -> BTreeSet<(u32, u32)> {
    let mut read = BTreeSet::new();
    for (rule, _) in rules {
        let stream = rule.input;
        rule_expressions(rule, &mut |expr| {
            if let typed::ExprKind::Field(field) = expr.kind {
                read.extend(inner.fields_behind(declared, stream, field));
            }
            read.extend(looked_up(expr, declared));
        });
    }
    for (_, list) in inner.lists() {
        list.visit(&mut |expr| read.extend(looked_up(expr, declared)));
    }
    for (index, stream) in declared.streams.iter().enumerate() {
        let id = u32::try_from(index).unwrap_or(u32::MAX);
        if let cep_core::plan::TimeSource::Field(field) = stream.plan.time {
            read.insert((id, field));
        }
    }
    read
}

/// The fields of a stream that an expression reads of its latest events.
fn looked_up(expr: &typed::Expr, declared: &Declared) -> Vec<(u32, u32)> {
    use typed::ExprKind::{Lookup, Member};
    let plan = |id: u32| declared.tables.get(id as usize).map(|table| &table.plan);
    let of = |id| plan(id).and_then(|plan| plan.of);
    match &expr.kind {
        Lookup(id, _) => {
            let key = plan(*id).map_or(&[][..], |plan| &plan.key);
            of(*id).into_iter().flat_map(|of| key.iter().map(move |at| (of.0, *at))).collect()
        }
        Member(record, at) => match record.kind {
            Lookup(id, _) => of(id).map(|of| (of.0, *at)).into_iter().collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Calls `see` with every node of every expression of a rule.
pub(crate) fn rule_expressions<'r>(rule: &'r typed::Rule, see: &mut dyn FnMut(&'r typed::Expr)) {
    rule.filter.iter().for_each(|expr| expr.visit(see));
    let distinct = rule.distinct.iter().flat_map(|distinct| &distinct.by);
    distinct.for_each(|expr| expr.visit(see));
    rule.key.iter().for_each(|(_, expr)| expr.visit(see));
    rule.lets.iter().for_each(|expr| expr.visit(see));
    rule.trigger.conditions().for_each(|condition| condition.visit(see));
    let limit = rule.limit.iter().filter_map(|limit| limit.by.as_ref());
    limit.flatten().for_each(|expr| expr.visit(see));
    for emit in &rule.emits {
        emit.condition.iter().for_each(|expr| expr.visit(see));
        emit.fields.iter().for_each(|(_, expr)| expr.visit(see));
    }
}

/// The number of a thing in a list.
pub(crate) fn index(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

/// Reports that a name is declared twice.
fn declared_twice(out: &mut Vec<Diagnostic>, what: &str, name: &str, second: Span, first: Span) {
    out.push(
        Diagnostic::new(
            crate::diagnostic::Code::DuplicateName,
            format!("{what} `{name}` is declared twice"),
        )
        .label(second, "again here")
        .label(first, "first here"),
    );
}
