//! Rules, clause by clause.

use super::expr::is_false;
use super::name::{Key, Let, Level, Reads, Scope, Used, WindowState, reads};
use super::narrow::where_true;
use super::{Declared, Events, Usage};
use crate::ast::{self, ClauseKind, Completeness, Literal};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::typed::{Emit, Expr, Rule, RuleState, Trigger};
use cep_core::plan::{Attribute, EmitKind, WindowKind, WindowPlan};
use cep_core::time::Span as Length;

/// The most windows one event may fall into.
const MAX_OVERLAP: i64 = 100_000;
/// The most nodes and levels an expression may have when its `let`s are put in place.
const MAX_NODES: usize = 20_000;
const MAX_LEVELS: usize = 400;

/// What is collected while the clauses are read.
#[derive(Default)]
struct Parts {
    faulty: bool,
    filter: Option<Expr>,
    window: Option<WindowPlan>,
    trigger: Option<(ast::Trigger, Expr)>,
    emits: Vec<Emit>,
}

/// The typed rule, if everything in it could be understood.
pub(super) fn check<'p, 'a: 'p>(
    ast: &'a ast::Rule,
    declared: &'p Declared<'a>,
    events: &mut Events,
    usage: &'p mut Usage,
    out: &'p mut Vec<Diagnostic>,
) -> Option<Rule> {
    let from = ast.clauses.iter().find_map(|clause| match &clause.kind {
        ClauseKind::From { stream, alias } => Some((stream, alias.as_ref())),
        _ => None,
    });
    let (Some((stream_name, alias)), true) = (from, ast.completeness != Completeness::Skipped)
    else {
        emits_of(ast).for_each(|emit| events.unknown(&emit.event));
        return None;
    };
    let stream = declared.stream_named(&stream_name.name);
    match &stream {
        Some((id, _)) => {
            usage.streams.insert(*id);
        }
        None if declared.emitted.contains_key(stream_name.name.as_str()) => out.push(
            Diagnostic::new(
                Code::NoChainedRules,
                "rules over derived events are not supported in this version",
            )
            .label(stream_name.span, "this event is emitted by a rule")
            .help("read the stream itself, with a longer window or a stricter condition"),
        ),
        None => declared.unknown_stream(stream_name, out),
    }
    let (attributes, state) = attributes(ast, out);
    let mut scope = Scope {
        declared,
        usage,
        out,
        stream,
        alias,
        lets: Vec::new(),
        measures: Vec::new(),
        keys: Vec::new(),
        window: window_state(ast),
        level: Level::Row,
        facts: Vec::new(),
    };
    let mut parts = Parts::default();
    for clause in &ast.clauses {
        scope.clause(clause, ast, &mut parts, events);
    }
    scope.unused_lets(ast);
    scope.window_without_key(ast, &parts);
    let trigger = scope.trigger(ast, &parts);
    let (input, _) = scope.stream?;
    let key: Option<Vec<_>> =
        scope.keys.into_iter().map(|key| Some((key.name, key.value?))).collect();
    let lets: Option<Vec<_>> = scope.lets.into_iter().map(|other| other.value).collect();
    if parts.faulty || ast.completeness != Completeness::Whole {
        return None;
    }
    Some(Rule {
        name: ast.name.name.clone(),
        doc: ast.doc.clone(),
        attributes,
        state,
        input,
        filter: parts.filter,
        key: key?,
        window: parts.window,
        lets: lets?,
        trigger: trigger?,
        emits: parts.emits,
    })
}

fn emits_of(ast: &ast::Rule) -> impl Iterator<Item = &ast::Emit> {
    ast.clauses.iter().filter_map(|clause| match &clause.kind {
        ClauseKind::Emit(emit) | ClauseKind::Clear(emit) => Some(emit),
        _ => None,
    })
}

fn has_clear(ast: &ast::Rule) -> Option<&ast::Clause> {
    ast.clauses.iter().find(|clause| matches!(clause.kind, ClauseKind::Clear(_)))
}

fn window_state(ast: &ast::Rule) -> WindowState {
    let window = ast.clauses.iter().find_map(|clause| match &clause.kind {
        ClauseKind::Window(window) => Some(window),
        _ => None,
    });
    match window {
        None => WindowState::Without,
        Some(window) if window.fill_us.is_some() => WindowState::MayBeEmpty,
        Some(_) => WindowState::NeverEmpty,
    }
}

/// The rule's attributes; `@off` is none of them but switches it off.
fn attributes(ast: &ast::Rule, out: &mut Vec<Diagnostic>) -> (Vec<Attribute>, RuleState) {
    const TAKEN: &[&str] = &[
        "id",
        "source",
        "specversion",
        "type",
        "time",
        "data",
        "subject",
        "key",
        "rule",
        "revision",
        "causes",
    ];
    let mut attributes = Vec::new();
    let mut state = RuleState::On;
    for attribute in &ast.attributes {
        let name = attribute.name.name.as_str();
        if name == "off" && attribute.value.is_none() {
            state = RuleState::Off;
            continue;
        }
        let fits =
            name.len() <= 20 && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if !fits || TAKEN.contains(&name) {
            let title = if fits {
                format!("`{name}` is an attribute of every event already")
            } else {
                format!("`{name}` cannot be an attribute")
            };
            out.push(
                Diagnostic::new(Code::BadAttribute, title)
                    .label(attribute.name.span, "")
                    .help("attributes travel with events; their names are up to 20 lower-case letters and digits"),
            );
            continue;
        }
        let value = match attribute.value.as_ref().map(|value| &value.value) {
            None => "true".to_owned(),
            Some(Literal::String(text)) => text.clone(),
            Some(other) => super::convert::literal(other)
                .as_literal()
                .map(ToString::to_string)
                .unwrap_or_default(),
        };
        attributes.push(Attribute { name: name.to_owned(), value });
    }
    (attributes, state)
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
        match &clause.kind {
            ClauseKind::From { .. } => {}
            ClauseKind::Where(condition) => {
                self.level = Level::Row;
                let filter = self.checked_condition(condition, parts);
                if let Some(filter) = &filter {
                    where_true(filter, &mut self.facts);
                }
                parts.filter = filter.or(parts.filter.take());
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
            ClauseKind::When { trigger, condition } => {
                self.level = group;
                let condition = self.checked_condition(condition, parts);
                parts.trigger = condition.map(|condition| (*trigger, condition));
            }
            ClauseKind::Emit(emit) => {
                self.level = group;
                let known = self.facts.len();
                if let Some((_, condition)) = &parts.trigger {
                    where_true(condition, &mut self.facts);
                }
                self.emit_clause(EmitKind::Fire, emit, parts, events);
                self.facts.truncate(known);
            }
            ClauseKind::Clear(emit) => {
                self.level = group;
                // A sliding window may have run empty as its condition falls.
                let state = self.window;
                if matches!(parts.window, Some(WindowPlan { kind: WindowKind::Sliding { .. }, .. }))
                {
                    self.window = WindowState::MayBeEmpty;
                }
                self.emit_clause(EmitKind::Clear, emit, parts, events);
                self.window = state;
            }
        }
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
        if condition.as_ref().is_some_and(is_false) {
            self.out.push(
                Diagnostic::new(Code::AlwaysFalse, "this condition is always false")
                    .label(ast.span, "")
                    .help("the rule never fires; switch it off with `@off` if that is meant"),
            );
        }
        condition
    }

    fn key_part(&mut self, part: &ast::KeyPart, parts: &mut Parts) {
        let value = self
            .expr(&part.value)
            .filter(|expr| self.small_enough(expr, part.value.span).is_some());
        let name = match (&part.name, &part.value.kind) {
            (Some(name), _) | (None, ast::ExprKind::Member { name, .. }) => Some(name.name.clone()),
            (None, ast::ExprKind::Name(name)) => Some(name.clone()),
            _ => None,
        };
        let Some(name) = name else {
            if value.is_some() {
                let text = self.declared.sources.text(part.value.span);
                self.out.push(
                    Diagnostic::new(Code::KeyWithoutName, "this part of the key has no name")
                        .label(part.value.span, "")
                        .help(format!("write `by name: {text}`")),
                );
            }
            parts.faulty = true;
            return;
        };
        if self.keys.iter().any(|key| key.name == name) {
            self.out.push(
                Diagnostic::new(Code::DuplicateName, format!("`{name}` is part of the key twice"))
                    .label(part.value.span, "again here"),
            );
        }
        let itself = self.field(&name).is_some_and(|field| value.as_ref() == Some(&field));
        if let Some(ident) = part.name.as_ref().filter(|_| !itself) {
            self.shadowing(ident, "this part of the key");
        }
        parts.faulty |= value.is_none();
        self.keys.push(Key { name, value });
    }

    fn let_clause(&mut self, name: &'p ast::Ident, ast: &ast::Expr, parts: &mut Parts) {
        let value = self.expr(ast);
        if value.as_ref().is_some_and(Expr::is_null) {
            self.out.push(
                Diagnostic::new(Code::BareNull, "the type of this `null` is not known")
                    .label(ast.span, ""),
            );
        }
        let value =
            value.filter(|expr| !expr.is_null() && self.small_enough(expr, ast.span).is_some());
        if let Some(first) = self.lets.iter().find(|other| other.name == name.name) {
            super::declared_twice(self.out, "the `let`", &name.name, name.span, first.span);
        } else {
            self.shadowing(name, "this `let`");
        }
        parts.faulty |= value.is_none();
        let reads =
            value.as_ref().map_or(Reads::Nothing, |value| reads(value, &self.lets, self.window));
        let measure = value.as_ref().map(|value| value.measure(&self.measures)).unwrap_or_default();
        self.measures.push(measure);
        self.lets.push(Let { name: &name.name, span: name.span, value, reads, used: Used::No });
    }

    /// Warns of a name that hides a field or a param.
    fn shadowing(&mut self, name: &ast::Ident, what: &str) {
        let hidden = if let Some((_, stream)) = self.stream
            && let Some(field) = stream.ast.fields.iter().find(|field| field.name.name == name.name)
        {
            Some(("a field", field.name.span))
        } else {
            self.declared.param_named(&name.name).map(|(_, param)| ("a param", param.ast.name.span))
        };
        if let Some((kind, span)) = hidden {
            self.out.push(
                Diagnostic::new(Code::Shadowed, format!("{what} hides {kind} of the same name"))
                    .label(name.span, "")
                    .label(span, "hidden by it")
                    .help("choose another name"),
            );
        }
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

    fn window(&mut self, ast: &ast::Window) -> Option<WindowPlan> {
        let fill = ast.fill_us.as_ref().map(|fill| Length(fill.value));
        let (kind, sizes) = match ast.kind.as_ref()? {
            ast::WindowKind::Tumbling { size_us, align_us } => {
                (self.steps(size_us, size_us, align_us.as_ref()), [Some(size_us), None])
            }
            ast::WindowKind::Hopping { size_us, every_us, align_us } => {
                (self.steps(size_us, every_us, align_us.as_ref()), [Some(size_us), Some(every_us)])
            }
            ast::WindowKind::Sliding { size_us } => {
                (Some(WindowKind::Sliding { size: Length(size_us.value) }), [Some(size_us), None])
            }
        };
        if let Some(zero) = sizes.into_iter().flatten().find(|size| size.value <= 0) {
            self.out.push(
                Diagnostic::new(Code::WindowSize, "a window cannot be empty")
                    .label(zero.span, "expected more than nothing")
                    .help("the shortest window is `1us`"),
            );
            return None;
        }
        if let (Some(WindowKind::Sliding { .. }), Some(fill)) = (kind, &ast.fill_us) {
            self.out.push(
                Diagnostic::new(Code::FillPlace, "a sliding window has no empty windows to fill")
                    .label(fill.span, "")
                    .label(ast.kind_span, "judged as events come and go")
                    .help("remove `fill`, or write `tumbling(…)`"),
            );
            return None;
        }
        Some(WindowPlan { kind: kind?, fill })
    }

    /// A window whose starts are `every` apart.
    fn steps(
        &mut self,
        size: &ast::Spanned<i64>,
        every: &ast::Spanned<i64>,
        align: Option<&ast::Spanned<i64>>,
    ) -> Option<WindowKind> {
        if every.value > size.value {
            let (step, length) = (Length(every.value), Length(size.value));
            self.out.push(
                Diagnostic::new(Code::WindowSize, "events between two windows would be in none")
                    .label(every.span, format!("a window begins every {step}"))
                    .label(size.span, format!("and is {length} long"))
                    .help(format!("write `hopping({step}, every {length})` or `tumbling({step})`")),
            );
            return None;
        }
        if size.value / every.value.max(1) > MAX_OVERLAP {
            self.out.push(
                Diagnostic::new(Code::WindowSize, "each event would be in too many windows")
                    .label(every.span, format!("at most {MAX_OVERLAP} windows may overlap"))
                    .help("choose a larger step, or `sliding(…)`"),
            );
            return None;
        }
        let align = align.map_or(0, |align| align.value.rem_euclid(every.value.max(1)));
        Some(WindowKind::Hopping {
            size: Length(size.value),
            every: Length(every.value),
            align: Length(align),
        })
    }

    fn trigger(&mut self, ast: &ast::Rule, parts: &Parts) -> Option<Trigger> {
        let clear = has_clear(ast);
        let written =
            ast.clauses.iter().any(|clause| matches!(clause.kind, ClauseKind::When { .. }));
        let Some((trigger, condition)) = &parts.trigger else {
            if let Some(clear) =
                clear.filter(|_| !written && ast.completeness == Completeness::Whole)
            {
                self.out.push(
                    Diagnostic::new(
                        Code::ClearPlace,
                        "`clear` needs a condition that can become false",
                    )
                    .label(clear.keyword, "")
                    .help("add `when CONDITION` above `emit`"),
                );
                return None;
            }
            return (!written).then_some(Trigger::Always);
        };
        let closing =
            matches!(parts.window, Some(WindowPlan { kind: WindowKind::Hopping { .. }, .. }));
        match (trigger, clear) {
            (ast::Trigger::Each, Some(clear)) => {
                self.out.push(
                    Diagnostic::new(Code::ClearPlace, "`when each` and `clear` do not go together")
                        .label(clear.keyword, "goes out as the condition becomes false")
                        .help(
                            "write `when` without `each`: it fires as the condition becomes true",
                        ),
                );
                None
            }
            (ast::Trigger::Each, None) => Some(Trigger::Each(condition.clone())),
            (ast::Trigger::Rise, None) if closing => Some(Trigger::Each(condition.clone())),
            (ast::Trigger::Rise, _) => Some(Trigger::Edge(condition.clone())),
        }
    }

    fn unused_lets(&mut self, ast: &ast::Rule) {
        if ast.completeness != Completeness::Whole {
            return;
        }
        for other in
            self.lets.iter().filter(|other| other.used == Used::No && other.value.is_some())
        {
            self.out.push(
                Diagnostic::new(Code::UnusedLet, format!("nothing reads `{}`", other.name))
                    .label(other.span, "")
                    .help("remove this `let`"),
            );
        }
    }

    /// Warnings about the window: no `by` over a keyed stream, a below-threshold on a sliding one.
    fn window_without_key(&mut self, ast: &ast::Rule, parts: &Parts) {
        let by = ast.clauses.iter().any(|clause| matches!(clause.kind, ClauseKind::By(_)));
        if let (Some(window), Some((_, stream)), false) = (window_span(ast), self.stream, by)
            && let Some(key) = stream.plan.key.and_then(|key| stream.plan.fields.get(key as usize))
        {
            self.out.push(
                Diagnostic::new(
                    Code::WindowWithoutBy,
                    format!("this window is over all of `{}` together", stream.plan.name),
                )
                .label(window, "")
                .help(format!(
                    "write `by {}` above it for a window of each `{}`",
                    key.name, key.name
                )),
            );
        }
        if let (Some(WindowPlan { kind: WindowKind::Sliding { size }, .. }), Some((_, condition))) =
            (&parts.window, &parts.trigger)
            && crate::lint::holds_while_filling(
                condition,
                &self.lets.iter().map(|other| other.value.as_ref()).collect::<Vec<_>>(),
            )
            && let Some(clause) =
                ast.clauses.iter().find(|clause| matches!(clause.kind, ClauseKind::When { .. }))
        {
            self.out.push(
                Diagnostic::new(Code::BelowOnSliding, "this fires while the window fills")
                    .label(clause.span, "true for a key's first events, before there were many")
                    .help(format!(
                        "write `window tumbling({size})`, which is judged when it is complete"
                    )),
            );
        }
    }
}

fn window_span(ast: &ast::Rule) -> Option<Span> {
    ast.clauses
        .iter()
        .find_map(|clause| matches!(clause.kind, ClauseKind::Window(_)).then_some(clause.span))
}
