//! Rules, clause by clause.

use super::attribute::attributes;
use super::clauses::{before, emits_of, length, numbered, window_state};
use super::declare::DeclaredStream;
use super::known::known_keys;
use super::narrow::{where_false, where_true};
use super::scope::{Elements, Level, RowClause, Scope, Seen, Silence, WhenState, WindowState};
use super::suspect::window_span;
use super::table::{live_tables, without_revisions};
use super::trigger::{has_edge, silent_of};
use super::{Declared, Events, Usage, rule_expressions};
use crate::ast::{self, ClauseKind, Completeness};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::typed::{Distinct, Emit, Expr, ExprKind, Limit, Rule};
use cep_core::plan::{BinaryOp, EmitKind, UnaryOp, WindowKind, WindowPlan};
use cep_core::value::Type;

/// The most nodes and levels an expression may have when its `let`s are put in place.
pub(super) const MAX_NODES: usize = 20_000;
pub(super) const MAX_LEVELS: usize = 400;

/// What is collected while the clauses are read.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) faulty: bool,
    pub(super) filter: Option<Expr>,
    pub(super) window: Option<WindowPlan>,
    pub(super) trigger: Option<(ast::Trigger, Expr)>,
    pub(super) until: Option<Expr>,
    /// Whether it was said that the trigger never holds.
    pub(super) never: bool,
    pub(super) distinct: Option<Distinct>,
    pub(super) limit: Option<Limit>,
    /// Holds where the last `emit` or an `else` after it goes out; nothing if it always does.
    pub(super) taken: Option<Expr>,
    pub(super) emits: Vec<Emit>,
}

/// The typed rule, if everything in it could be understood.
pub(super) fn check<'a>(
    ast: &'a ast::Rule,
    declared: &Declared<'a>,
    input: &Input<'_, 'a>,
    events: &mut Events,
    usage: &mut Usage,
    out: &mut Vec<Diagnostic>,
) -> Option<Rule> {
    let alias = ast.clauses.iter().find_map(|clause| match &clause.kind {
        ClauseKind::From { alias, .. } => Some(alias.as_ref()),
        _ => None,
    });
    let (Some(alias), true) = (alias, ast.completeness != Completeness::Skipped) else {
        emits_of(ast).for_each(|emit| events.unknown(&emit.event));
        return None;
    };
    let (attributes, state) = attributes(ast, out);
    let mut scope = scope_of(ast, alias, declared, input, usage, out);
    scope.hidden_by_second_name();
    let mut parts = Parts::default();
    for clause in &ast.clauses {
        scope.clause(clause, ast, &mut parts, events);
    }
    scope.unused_lets(ast);
    scope.window_without_key(ast, &parts);
    scope.fills_nothing(ast, &parts);
    scope.edge_on_change(ast, &parts);
    scope.limit_of_revisions(ast, &mut parts);
    scope.revisions_in_order(ast, &mut parts);
    scope.early(ast, &mut parts);
    let trigger = scope.trigger(ast, &parts);
    let forget = scope.forget(ast, &mut parts, trigger.as_ref());
    scope.never_forgotten(ast, &parts, trigger.as_ref());
    let expects = known_keys(ast).map(|table| scope.known_keys(table));
    let (input, _) = scope.stream?;
    let key: Option<Vec<_>> =
        scope.keys.into_iter().map(|key| Some((key.name, key.value?))).collect();
    let lets: Option<Vec<_>> = scope.lets.into_iter().map(|other| other.value).collect();
    if parts.faulty || ast.completeness != Completeness::Whole {
        return None;
    }
    let rule = Rule {
        name: ast.name.name.clone(),
        doc: ast.doc.clone(),
        attributes,
        state,
        input,
        filter: parts.filter,
        distinct: parts.distinct,
        key: key?,
        window: parts.window,
        expects: match expects {
            Some(table) => Some(table?),
            None => None,
        },
        lets: lets?,
        trigger: trigger?,
        limit: parts.limit,
        forget,
        emits: parts.emits,
    };
    let mut looked_up = Vec::new();
    rule_expressions(&rule, &mut |expr| looked_up.extend(live_tables(expr, declared)));
    without_revisions(ast, &looked_up, out)?;
    Some(rule)
}

/// What a rule's expressions see before its first clause.
fn scope_of<'p, 'a>(
    ast: &'p ast::Rule,
    alias: Option<&'p ast::Ident>,
    declared: &'p Declared<'a>,
    input: &'p Input<'_, 'a>,
    usage: &'p mut Usage,
    out: &'p mut Vec<Diagnostic>,
) -> Scope<'p, 'a> {
    Scope {
        declared,
        usage,
        out,
        stream: match input {
            Input::Unknown => None,
            Input::Declared(id, stream) => Some((*id, *stream)),
            Input::Inner(id, stream) => Some((*id, stream)),
        },
        alias,
        rule: Some(ast),
        function: None,
        lets: Vec::new(),
        measures: Vec::new(),
        keys: Vec::new(),
        window: window_state(ast),
        numbered: numbered(ast),
        length: length(ast),
        before: before(ast),
        silence: if silent_of(ast).is_some() { Silence::Asked } else { Silence::Not },
        seen: Seen::Yes,
        level: Level::Row,
        row: RowClause::Condition,
        when: WhenState::Elsewhere,
        change: None,
        facts: Vec::new(),
        elements: Elements::default(),
    }
}

/// The list of `each … in LIST`.
pub(super) fn list_of(
    ast: &ast::Rule,
    each: &ast::Each,
    declared: &Declared<'_>,
    input: &Input<'_, '_>,
    usage: &mut Usage,
    out: &mut Vec<Diagnostic>,
) -> Option<Expr> {
    let alias = ast.clauses.iter().find_map(|clause| match &clause.kind {
        ClauseKind::From { alias, .. } => alias.as_ref(),
        _ => None,
    });
    let mut scope = scope_of(ast, alias, declared, input, usage, out);
    let list = scope.expr(&each.list)?;
    scope.small_enough(&list, each.list.span)?;
    scope.without_changes(&list, each.list.span, "in the list of `each`")?;
    without_revisions(ast, &live_tables(&list, declared), out)?;
    if matches!(list.ty, Type::List(_)) {
        return Some(list);
    }
    let help = match list.ty.base() {
        Type::List(_) => "it may be null: write `(… ?? [])`",
        _ => "`each` goes through the items of a list",
    };
    out.push(
        Diagnostic::new(Code::NotAList, "`each` needs a list")
            .label(each.list.span, format!("this is {}", list.ty))
            .help(help),
    );
    None
}

impl Input<'_, '_> {
    /// The stream's id.
    pub(super) fn id(&self) -> Option<u32> {
        match self {
            Self::Unknown => None,
            Self::Declared(id, _) | Self::Inner(id, _) => Some(*id),
        }
    }
}

/// What a rule reads.
pub(super) enum Input<'p, 'a> {
    /// Something that was reported.
    Unknown,
    /// A declared stream.
    Declared(u32, &'p DeclaredStream<'a>),
    /// A stream that the engine makes.
    Inner(u32, DeclaredStream<'a>),
}

impl<'p, 'a> Scope<'p, 'a> {
    fn clause(
        &mut self,
        clause: &'p ast::Clause,
        ast: &ast::Rule,
        parts: &mut Parts,
        events: &mut Events,
    ) {
        let group = if self.window == WindowState::Without { Level::Row } else { Level::Group };
        self.row = match &clause.kind {
            ClauseKind::Let { .. } => RowClause::Let,
            ClauseKind::By(_) | ClauseKind::Distinct(_) => RowClause::Key,
            _ => RowClause::Condition,
        };
        match &clause.kind {
            ClauseKind::From { .. } | ClauseKind::Silent(_) | ClauseKind::Forget(_) => {}
            ClauseKind::Where(condition) => {
                self.level = Level::Row;
                let filter = self.checked_condition(condition, parts);
                if let Some(filter) = &filter {
                    where_true(filter, &mut self.facts);
                    self.always_false(filter, condition.span, parts);
                }
                parts.filter = filter.or(parts.filter.take());
            }
            ClauseKind::Distinct(distinct) => {
                self.level = Level::Row;
                parts.distinct = self.distinct(distinct);
                parts.faulty |= parts.distinct.is_none();
            }
            ClauseKind::By(keys) => {
                self.level = Level::Row;
                for key in keys {
                    self.key_part(key, parts);
                }
            }
            ClauseKind::Let { name, value } => {
                let below = window_span(ast).is_some_and(|window| window.start < clause.span.start);
                self.level = if below { Level::Group } else { Level::Row };
                self.let_clause(name, value, parts);
            }
            ClauseKind::Window(window) => {
                parts.window = self.window(window);
                parts.faulty |= parts.window.is_none();
            }
            ClauseKind::When { trigger, condition, until, .. } => {
                self.level = group;
                let span = condition.span;
                let condition = self.checked_condition(condition, parts);
                if let Some(condition) = &condition {
                    parts.never = self.always_false(condition, span, parts);
                }
                parts.trigger = condition.map(|condition| (*trigger, condition));
                if let Some(until) = until {
                    parts.until = self.checked_condition(until, parts);
                }
            }
            ClauseKind::Limit(limit) => {
                self.level = group;
                let facts = self.see_unseen(ast);
                parts.limit = self.limit(limit);
                self.see_again(facts);
                parts.faulty |= parts.limit.is_none();
            }
            ClauseKind::Emit(emit) | ClauseKind::Else(emit) => {
                self.level = group;
                self.fire_clause(clause, emit, ast, parts, events);
            }
            ClauseKind::Clear(emit) => {
                self.level = group;
                self.clear_clause(emit, ast, parts, events);
            }
        }
    }

    /// `emit` or `else`: what goes out where the condition holds.
    fn fire_clause(
        &mut self,
        clause: &ast::Clause,
        emit: &ast::Emit,
        ast: &ast::Rule,
        parts: &mut Parts,
        events: &mut Events,
    ) {
        let known = self.facts.len();
        if let Some((_, condition)) = &parts.trigger {
            where_true(condition, &mut self.facts);
        }
        self.when = has_edge(ast);
        let facts = self.see_unseen(ast);
        if matches!(clause.kind, ClauseKind::Else(_)) {
            self.else_clause(clause, emit, parts, events);
        } else {
            self.emit_clause(EmitKind::Fire, emit, parts, events);
            parts.taken = parts.emits.last().and_then(|emit| emit.condition.clone());
        }
        self.when = WhenState::Elsewhere;
        self.facts.truncate(known);
        self.see_again(facts);
    }

    /// `clear`: what goes out as the condition falls.
    fn clear_clause(
        &mut self,
        emit: &ast::Emit,
        ast: &ast::Rule,
        parts: &mut Parts,
        events: &mut Events,
    ) {
        // A sliding window may have run empty by then.
        let state = self.window;
        if matches!(parts.window, Some(WindowPlan { kind: WindowKind::Sliding { .. }, .. })) {
            self.window = WindowState::MayBeEmpty;
        }
        self.when = has_edge(ast);
        self.emit_clause(EmitKind::Clear, emit, parts, events);
        self.when = WhenState::Elsewhere;
        self.window = state;
    }

    /// `else`: what goes out where nothing before it did.
    fn else_clause(
        &mut self,
        clause: &ast::Clause,
        ast: &ast::Emit,
        parts: &mut Parts,
        events: &mut Events,
    ) {
        let Some(taken) = parts.taken.clone() else {
            if !parts.faulty {
                self.firing_place(
                    "the line before this `else` always goes out",
                    clause.keyword,
                    "",
                    "give the line before it a condition: `emit NAME { … } if CONDITION`",
                );
            }
            parts.faulty = true;
            events.unknown(&ast.event);
            return;
        };
        where_false(&taken, &mut self.facts);
        let before = parts.emits.len();
        self.emit_clause(EmitKind::Fire, ast, parts, events);
        let Some(emit) = parts.emits.get_mut(before) else { return };
        let bool_of = |kind| Expr::new(Type::Bool, kind);
        let not_taken = bool_of(ExprKind::Unary(UnaryOp::Not, Box::new(taken.clone())));
        // The right sides are not evaluated where the left ones decide, as in a chain of `if`s.
        let both = |op, a: Expr, b: Expr| bool_of(ExprKind::Binary(op, Box::new(a), Box::new(b)));
        let own = emit.condition.take();
        parts.taken = own.clone().map(|own| both(BinaryOp::Or, taken, own));
        emit.condition = Some(match own {
            Some(own) => both(BinaryOp::And, not_taken, own),
            None => not_taken,
        });
    }

    fn emit_clause(
        &mut self,
        kind: EmitKind,
        ast: &ast::Emit,
        parts: &mut Parts,
        events: &mut Events,
    ) {
        let emit = self.emit(kind, ast, events);
        parts.faulty |= emit.is_none();
        parts.emits.extend(emit);
    }

    fn checked_condition(&mut self, ast: &ast::Expr, parts: &mut Parts) -> Option<Expr> {
        let condition =
            self.condition(ast).filter(|expr| self.small_enough(expr, ast.span).is_some());
        parts.faulty |= condition.is_none();
        condition
    }

    /// Reports an expression that grows too large when its `let`s are put in place.
    pub(super) fn small_enough(&mut self, expr: &Expr, span: Span) -> Option<()> {
        let size = expr.measure(&self.measures);
        if size.nodes <= MAX_NODES && size.height <= MAX_LEVELS {
            return Some(());
        }
        self.out.push(
            Diagnostic::new(
                Code::NestedTooDeeply,
                "this is too large when every `let` it uses is put in place",
            )
            .label(span, format!("{} steps, at most {MAX_NODES} are allowed", size.nodes))
            .help("use fewer `let`s that repeat one another"),
        );
        None
    }
}
