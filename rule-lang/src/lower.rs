//! From the typed tree to the plan: `let`s are put in place, aggregates are collected, everything
//! is put in the order of its name, so that the plan does not depend on the order of files.

use crate::check::{Checked, Events};
use crate::typed::{self, ExprKind, RuleState, TextPart, Trigger};
use cep_core::plan::{
    AggregateCall, Among, ChangesPlan, DistinctPlan, EdgePlan, EmitPlan, EventPlan, Expr,
    ExprKind as PlanKind, Fold, InnerSource, KeyPart, LimitBy, LimitPlan, PLAN_VERSION, Plan,
    PreviousCall, RulePlan, StreamId, TablePlan, TextPart as PlanText, Trigger as PlanTrigger,
};
use cep_core::value::{Type, Value};
use std::collections::BTreeMap;

/// The plan of a program without errors.
pub(crate) fn lower(checked: &Checked<'_>) -> Plan {
    let events = checked.events.by_name.iter().map(|(name, event)| EventPlan {
        name: name.clone(),
        fields: event.fields.clone().unwrap_or_default(),
        sinks: event.sinks.clone(),
    });
    let (mut inner, ids) = checked.inner.ordered(&checked.declared);
    let base = checked.declared.streams.len();
    let readers: BTreeMap<u32, &typed::Rule> =
        checked.rules.iter().map(|(rule, _)| (rule.input, rule)).collect();
    for (id, list) in checked.inner.lists() {
        let place = ids.get(id as usize).and_then(|id| (id.0 as usize).checked_sub(base));
        let rule = readers.get(&id).copied();
        if let (Some(inner), Some(rule)) = (place.and_then(|at| inner.get_mut(at)), rule)
            && let InnerSource::Items(items) = &mut inner.source
        {
            items.list = Lowering::new(rule, 0).expr(list);
        }
    }
    let id = |input: u32| ids.get(input as usize).copied().unwrap_or(StreamId(input));
    let tables = checked
        .declared
        .tables
        .iter()
        .map(|table| TablePlan { of: table.plan.of.map(|of| id(of.0)), ..table.plan.clone() });
    let mut rules: Vec<RulePlan> = checked
        .rules
        .iter()
        .filter(|(rule, _)| rule.state == RuleState::On)
        .map(|(rule, _)| {
            let stream = checked.inner.plan(&checked.declared, rule.input);
            let fields = stream.map_or(0, |stream| stream.fields.len());
            RulePlan { input: id(rule.input), ..lower_rule(rule, fields, &checked.events) }
        })
        .collect();
    rules.sort_by(|a, b| a.name.cmp(&b.name));
    let plan = Plan {
        version: PLAN_VERSION,
        streams: checked.declared.streams.iter().map(|stream| stream.plan.clone()).collect(),
        inner,
        params: checked.declared.params.iter().map(|param| param.plan.clone()).collect(),
        tables: tables.collect(),
        events: events.collect(),
        rules,
    };
    with_waits(plan)
}

/// The plan with what each rule waits for: the streams whose tables it looks up, also in the list that
/// it goes through.
fn with_waits(mut plan: Plan) -> Plan {
    let waits = |rule: &RulePlan| {
        let mut found = std::collections::BTreeSet::new();
        let mut see = |expr: &Expr| found.extend(plan.tables_of_streams(expr));
        rule.row_expressions(&mut |expr| see(expr));
        rule.firing_expressions(&mut |expr| see(expr));
        plan.list_of(rule.input).into_iter().for_each(|items| see(&items.list));
        found.into_iter().collect()
    };
    let found: Vec<Vec<StreamId>> = plan.rules.iter().map(waits).collect();
    for (rule, waits) in plan.rules.iter_mut().zip(found) {
        rule.waits_for = waits;
    }
    plan
}

fn lower_rule(rule: &typed::Rule, fields: usize, events: &Events) -> RulePlan {
    let mut lowering = Lowering::new(rule, fields);
    let filter = rule.filter.as_ref().map(|filter| lowering.expr(filter));
    // A filter that asks what changed is judged after all events were compared.
    let among = if lowering.changes.is_empty() { Among::Passing } else { Among::All };
    let distinct = rule.distinct.as_ref().map(|distinct| DistinctPlan {
        by: distinct.by.iter().map(|expr| lowering.expr(expr)).collect(),
        span: distinct.span,
    });
    let key = rule
        .key
        .iter()
        .map(|(name, expr)| KeyPart { name: name.clone(), expr: lowering.expr(expr) })
        .collect();
    let trigger = match &rule.trigger {
        Trigger::Always => PlanTrigger::Always,
        Trigger::Each(condition) => PlanTrigger::Each(lowering.expr(condition)),
        Trigger::Silent(span) => PlanTrigger::Silent(*span),
        Trigger::Edge(edge) => PlanTrigger::Edge(EdgePlan {
            condition: lowering.expr(&edge.condition),
            hold: edge.hold,
            until: edge.until.as_ref().map(|until| lowering.expr(until)),
        }),
    };
    let limit = rule.limit.as_ref().map(|limit| LimitPlan {
        count: limit.count,
        span: limit.span,
        by: limit.by.as_ref().map_or(LimitBy::Key, |by| {
            LimitBy::Values(by.iter().map(|expr| lowering.expr(expr)).collect())
        }),
    });
    let emits = rule.emits.iter().map(|emit| lowering.emit(emit, events)).collect();
    let changes = std::mem::take(&mut lowering.changes);
    RulePlan {
        name: rule.name.clone(),
        doc: rule.doc.clone(),
        attributes: rule.attributes.clone(),
        input: StreamId(rule.input),
        filter,
        distinct,
        key,
        changes: (!changes.is_empty()).then_some(ChangesPlan { of: changes, among }),
        window: rule.window.clone(),
        expects: rule.expects.map(cep_core::plan::TableId),
        waits_for: Vec::new(),
        aggregates: lowering.aggregates,
        previous: lowering.previous,
        trigger,
        limit,
        forget: rule.forget,
        emits,
    }
}

struct Lowering<'r> {
    rule: &'r typed::Rule,
    /// How many fields the rule's stream has.
    fields: usize,
    aggregates: Vec<AggregateCall>,
    /// What is asked whether it changed, without repetition.
    changes: Vec<Expr>,
    previous: Vec<PreviousCall>,
}

impl<'r> Lowering<'r> {
    fn new(rule: &'r typed::Rule, fields: usize) -> Self {
        Self { rule, fields, aggregates: Vec::new(), changes: Vec::new(), previous: Vec::new() }
    }

    /// The field that says whether a value changed: one behind those of the stream.
    fn change(&mut self, value: &typed::Expr) -> PlanKind {
        let value = self.expr(value);
        let known = self.changes.iter().position(|other| *other == value);
        let at = known.unwrap_or_else(|| {
            self.changes.push(value);
            self.changes.len() - 1
        });
        PlanKind::Field(crate::check::index(self.fields + at))
    }

    /// The place of what is read of a window before. Equal ones share one place.
    fn previous(&mut self, call: PreviousCall) -> u32 {
        let known = self.previous.iter().position(|known| *known == call);
        crate::check::index(known.unwrap_or_else(|| {
            self.previous.push(call);
            self.previous.len() - 1
        }))
    }

    /// Fields in the order in which the event has them.
    fn emit(&mut self, emit: &typed::Emit, events: &Events) -> EmitPlan {
        let order = events.by_name.get(&emit.event).and_then(|event| event.fields.as_ref());
        let place = |name: &str| {
            order.and_then(|fields| fields.iter().position(|(other, _)| other == name))
        };
        let mut written: Vec<&(String, typed::Expr)> = emit.fields.iter().collect();
        written.sort_by_key(|(name, _)| place(name));
        let fields =
            written.into_iter().map(|(name, expr)| (name.clone(), self.expr(expr))).collect();
        let condition = emit.condition.as_ref().map(|condition| self.expr(condition));
        EmitPlan { event: emit.event.clone(), kind: emit.kind, fields, condition }
    }

    fn expr(&mut self, expr: &typed::Expr) -> Expr {
        let kind = match &expr.kind {
            ExprKind::Literal(value) => PlanKind::Literal(value.clone()),
            ExprKind::Field(at) => PlanKind::Field(*at),
            ExprKind::Param(at) => PlanKind::Param(cep_core::plan::ParamId(*at)),
            ExprKind::Let(at) => return self.in_place(self.rule.lets.get(*at as usize), &expr.ty),
            // Without a window, every expression reads the row.
            // A key that is known from a table may have had no row.
            ExprKind::Key(at) if self.rule.window.is_none() && self.rule.expects.is_none() => {
                return self
                    .in_place(self.rule.key.get(*at as usize).map(|(_, value)| value), &expr.ty);
            }
            ExprKind::Key(at) => PlanKind::Key(*at),
            // Rules have none: calls of functions were put in place as they were checked.
            ExprKind::Argument(_) => PlanKind::Literal(Value::Null),
            ExprKind::Aggregate(call) => PlanKind::Aggregate(self.aggregate(call, &expr.ty)),
            ExprKind::Previous(windows, inner) => match self.expr(inner).kind {
                PlanKind::Aggregate(aggregate) => {
                    PlanKind::Previous(self.previous(PreviousCall { aggregate, windows: *windows }))
                }
                // The check has let nothing else in.
                other => other,
            },
            ExprKind::WindowStart => PlanKind::WindowStart,
            ExprKind::WindowEnd => PlanKind::WindowEnd,
            ExprKind::WindowIndex => PlanKind::WindowIndex,
            ExprKind::WhenStart => PlanKind::WhenStart,
            ExprKind::WhenDuration => PlanKind::WhenDuration,
            ExprKind::Unary(op, operand) => PlanKind::Unary(*op, self.boxed(operand)),
            ExprKind::Binary(op, left, right) => {
                let left = self.boxed(left);
                PlanKind::Binary(*op, left, self.boxed(right))
            }
            ExprKind::If(condition, yes, no) => {
                let (condition, yes) = (self.boxed(condition), self.boxed(yes));
                PlanKind::If(condition, yes, self.boxed(no))
            }
            ExprKind::In(needle, options) => {
                let needle = self.boxed(needle);
                PlanKind::In(needle, options.iter().map(|option| self.expr(option)).collect())
            }
            ExprKind::Lookup(table, key) => PlanKind::Lookup(
                cep_core::plan::TableId(*table),
                key.iter().map(|part| self.expr(part)).collect(),
            ),
            ExprKind::Call(function, arguments) => PlanKind::Call(
                *function,
                arguments.iter().map(|argument| self.expr(argument)).collect(),
            ),
            ExprKind::Search(function, pattern, arguments) => PlanKind::Search(
                *function,
                pattern.clone(),
                arguments.iter().map(|argument| self.expr(argument)).collect(),
            ),
            ExprKind::Text(parts) => {
                PlanKind::Text(parts.iter().map(|part| self.text(part)).collect())
            }
            ExprKind::Member(record, index) => PlanKind::Member(self.boxed(record), *index),
            ExprKind::Index(list, index) => {
                let list = self.boxed(list);
                PlanKind::Index(list, self.boxed(index))
            }
            ExprKind::List(items) => {
                PlanKind::List(items.iter().map(|item| self.expr(item)).collect())
            }
            ExprKind::Record(members) => PlanKind::Record(
                members.iter().map(|(name, member)| (name.clone(), self.expr(member))).collect(),
            ),
            ExprKind::Item(item) => PlanKind::Item(*item),
            ExprKind::Fold(fold) => PlanKind::Fold(Box::new(Fold {
                function: fold.function,
                item: fold.item,
                list: self.expr(&fold.list),
                condition: fold.condition.as_ref().map(|condition| self.expr(condition)),
                value: self.expr(&fold.value),
            })),
            ExprKind::Changed(inner) => self.change(inner),
            ExprKind::Try(inner) => PlanKind::Try(self.boxed(inner)),
            ExprKind::Fail(why) => PlanKind::Fail(self.boxed(why)),
        };
        Expr::new(expr.ty.clone(), kind)
    }

    fn boxed(&mut self, expr: &typed::Expr) -> Box<Expr> {
        Box::new(self.expr(expr))
    }

    fn text(&mut self, part: &TextPart) -> PlanText {
        match part {
            TextPart::Literal(text) => PlanText::Literal(text.clone()),
            TextPart::Value(value) => PlanText::Value(self.expr(value)),
        }
    }

    /// A named value, with the type it has where it is read: a check may have taken its `?` away.
    fn in_place(&mut self, value: Option<&typed::Expr>, ty: &Type) -> Expr {
        match value {
            Some(value) => Expr { ty: ty.clone(), ..self.expr(value) },
            // Indices come from the same rule's list; there is none that is not in it.
            None => Expr::new(ty.clone(), PlanKind::Literal(Value::Null)),
        }
    }

    /// The place of an aggregate in the rule's list. Equal calls share one place.
    fn aggregate(&mut self, call: &typed::Aggregate, ty: &Type) -> u32 {
        let inputs: Vec<Expr> = call.inputs.iter().map(|input| self.expr(input)).collect();
        let filter = call.filter.as_ref().map(|filter| self.expr(filter));
        let known = self.aggregates.iter().position(|other| {
            other.function == call.function
                && other.inputs == inputs
                && other.arguments == call.arguments
                && other.ranked_by == call.ranked_by
                && other.filter == filter
        });
        let at = known.unwrap_or_else(|| {
            self.aggregates.push(AggregateCall {
                function: call.function,
                inputs,
                arguments: call.arguments.clone(),
                filter,
                ranked_by: call.ranked_by.clone(),
                ty: ty.clone(),
            });
            self.aggregates.len() - 1
        });
        if ty.is_optional()
            && let Some(shared) = self.aggregates.get_mut(at)
        {
            shared.ty = ty.clone();
        }
        crate::check::index(at)
    }
}
