//! In which order functions, rules and the tables of derived events are checked: each after what it
//! needs. A rule needs those that emit what it reads, and what its expressions call and look up; such
//! a table needs the rules that emit its events.

use super::clauses::emits_of;
use super::known::known_keys;
use super::{Declared, rules_of};
use crate::ast::{self, Ast, ClauseKind, Expr, ExprKind, Ident};
use crate::diagnostic::{Code, Diagnostic};
use std::collections::{BTreeMap, BTreeSet};

/// How many steps of a cycle its message names.
const SHOWN: usize = 12;

/// One thing to check.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    /// A function of this name.
    Function(&'a str),
    /// A table of the events of this name, which rules emit.
    Table(&'a ast::KeyedTable, &'a Ident),
    Rule(&'a ast::Rule),
}

/// The steps, and the rules that feed themselves through others.
pub(super) struct Order<'a> {
    /// What is checked, each after what it needs.
    pub steps: Vec<Step<'a>>,
    /// Rules on a cycle, which was reported.
    pub cyclic: Vec<&'a ast::Rule>,
}

/// The streams a rule reads, as written.
pub(crate) fn inputs(rule: &ast::Rule) -> &[Ident] {
    let from = rule.clauses.iter().find_map(|clause| match &clause.kind {
        ClauseKind::From { streams, .. } => Some(streams.as_slice()),
        _ => None,
    });
    from.unwrap_or_default()
}

/// The list whose items a rule reads one by one.
pub(super) fn each(rule: &ast::Rule) -> Option<&ast::Each> {
    rule.clauses.iter().find_map(|clause| match &clause.kind {
        ClauseKind::From { each, .. } => each.as_ref(),
        _ => None,
    })
}

/// The events a rule emits.
pub(super) fn outputs(rule: &ast::Rule) -> impl Iterator<Item = &Ident> {
    emits_of(rule).map(|emit| &emit.event)
}

/// Which steps feed which, by their places: functions, then tables, then rules.
struct Graph<'a> {
    steps: Vec<Step<'a>>,
    /// Where the rules begin.
    rules_from: usize,
    /// For each step those that it feeds; of a rule also the event.
    feeds: Vec<Vec<(usize, Option<&'a Ident>)>>,
    /// For each step how many feed it that are not done.
    waits: Vec<usize>,
    done: Vec<bool>,
}

/// Orders all steps of a program; rules that nothing orders keep the order in which they stand. Takes
/// time linear in the steps and what they name, but for sorting.
pub(super) fn producers_first<'a>(
    asts: &'a [Ast],
    functions: &[&'a str],
    declared: &Declared<'a>,
    out: &mut Vec<Diagnostic>,
) -> Order<'a> {
    let mut graph = Graph::of(asts, functions, declared);
    let mut ready: BTreeSet<usize> =
        (0..graph.steps.len()).filter(|at| graph.waits.get(*at) == Some(&0)).collect();
    let mut order = Order { steps: Vec::new(), cyclic: Vec::new() };
    // Where anything is left, a rule is: functions do not call themselves.
    let mut first_left = graph.rules_from;
    loop {
        while let Some(at) = ready.pop_first() {
            order.steps.extend(graph.steps.get(at));
            ready.extend(graph.finish(at));
        }
        while graph.done.get(first_left).copied().unwrap_or(false) {
            first_left += 1;
        }
        if first_left >= graph.steps.len() {
            return order;
        }
        let cycle = graph.cycle_before(first_left);
        graph.report(&cycle, out);
        for (at, _) in cycle {
            match graph.steps.get(at) {
                Some(Step::Rule(rule)) => order.cyclic.push(rule),
                other => order.steps.extend(other),
            }
            ready.extend(graph.finish(at));
        }
    }
}

impl<'a> Graph<'a> {
    fn of(asts: &'a [Ast], functions: &[&'a str], declared: &Declared<'a>) -> Self {
        let tables =
            declared.awaited_tables().filter_map(|it| Some(Step::Table(it, it.of.as_ref()?)));
        let functions = functions.iter().map(|name| Step::Function(name));
        let mut steps: Vec<Step<'a>> = functions.chain(tables).collect();
        let mut named = BTreeMap::new();
        for (at, step) in steps.iter().enumerate() {
            named.extend(step.mentioned().map(|name| (name, at)));
        }
        let rules_from = steps.len();
        steps.extend(rules_of(asts).map(Step::Rule));
        let mut emitters: BTreeMap<&str, Vec<(usize, &Ident)>> = BTreeMap::new();
        for (at, step) in steps.iter().enumerate() {
            let Step::Rule(rule) = step else { continue };
            for event in outputs(rule) {
                let known = emitters.entry(&event.name).or_default();
                if known.last().is_none_or(|(other, _)| *other != at) {
                    known.push((at, event));
                }
            }
        }
        let mut graph = Self {
            feeds: vec![Vec::new(); steps.len()],
            waits: vec![0; steps.len()],
            done: vec![false; steps.len()],
            rules_from,
            steps,
        };
        for at in 0..graph.steps.len() {
            let Some(step) = graph.steps.get(at).copied() else { continue };
            for event in step.reads(declared) {
                for (from, event) in emitters.get(event).into_iter().flatten() {
                    graph.feed(*from, at, Some(event));
                }
            }
            let mentions = step.mentions(declared);
            for from in mentions.iter().filter_map(|name| named.get(name)) {
                graph.feed(*from, at, None);
            }
        }
        graph
    }

    fn feed(&mut self, from: usize, at: usize, event: Option<&'a Ident>) {
        self.feeds.get_mut(from).into_iter().for_each(|list| list.push((at, event)));
        self.waits.get_mut(at).into_iter().for_each(|count| *count += 1);
    }

    /// Marks a step as done and gives those that wait for no other any more.
    fn finish(&mut self, at: usize) -> Vec<usize> {
        if self.done.get(at).copied().unwrap_or(true) {
            return Vec::new();
        }
        self.done.get_mut(at).into_iter().for_each(|done| *done = true);
        let mut freed = Vec::new();
        for (fed, _) in self.feeds.get(at).into_iter().flatten() {
            let Some(count) = self.waits.get_mut(*fed) else { continue };
            *count = count.saturating_sub(1);
            if *count == 0 && !self.done.get(*fed).copied().unwrap_or(true) {
                freed.push(*fed);
            }
        }
        freed
    }

    /// A cycle that a rule which is not done lies on or behind: steps, the first one a rule, each with
    /// the event by which it feeds the next one, the last one feeding the first.
    fn cycle_before(&self, start: usize) -> Vec<(usize, Option<&'a Ident>)> {
        let mut feeder: BTreeMap<usize, (usize, Option<&'a Ident>)> = BTreeMap::new();
        for (from, feeds) in self.feeds.iter().enumerate() {
            let left = |at: usize| !self.done.get(at).copied().unwrap_or(true);
            for (at, event) in feeds.iter().filter(|(at, _)| left(from) && left(*at)) {
                feeder.entry(*at).or_insert((from, *event));
            }
        }
        // Every step that is left is fed by one that is left, so going back ends in a cycle.
        let mut path = Vec::new();
        let mut seen = BTreeMap::new();
        let mut at = start;
        while !seen.contains_key(&at) {
            seen.insert(at, path.len());
            let Some((from, event)) = feeder.get(&at) else { break };
            path.push((*from, *event));
            at = *from;
        }
        let mut cycle = path.split_off(seen.get(&at).copied().unwrap_or(0).min(path.len()));
        cycle.reverse();
        let rule = cycle.iter().position(|(at, _)| *at >= self.rules_from);
        cycle.rotate_left(rule.unwrap_or(0));
        cycle
    }

    fn report(&self, cycle: &[(usize, Option<&'a Ident>)], out: &mut Vec<Diagnostic>) {
        let step = |at: usize| self.steps.get(at).map_or_else(String::new, Step::shown);
        let Some((first, Some(event))) = cycle.first() else { return };
        let arrow = |(at, event): &(usize, Option<&Ident>)| match event {
            Some(event) => format!("{} -> {} -> ", step(*at), event.name),
            None => format!("{} -> ", step(*at)),
        };
        let mut path: String = cycle.iter().take(SHOWN).map(arrow).collect();
        if let Some(more) = cycle.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            path.push_str(&format!("{more} more -> "));
        }
        path.push_str(&step(*first));
        let rules = cycle.iter().filter(|(at, _)| *at >= self.rules_from).count();
        let title = match (rules, cycle.len()) {
            (1, 1) => format!("the rule {} reads what it emits", step(*first)),
            (1, _) => format!("the rule {} looks up what it emits", step(*first)),
            _ => format!("{rules} rules read what they emit through each other"),
        };
        let mut diagnostic = Diagnostic::new(Code::RuleCycle, title)
            .label(event.span, format!("{} emits this", step(*first)));
        for (at, event) in cycle.iter().take(SHOWN).skip(1) {
            diagnostic = match (self.steps.get(*at), event) {
                (_, Some(event)) => diagnostic.label(event.span, "and so on"),
                (Some(Step::Table(_, of)), _) => diagnostic.label(of.span, "this table holds them"),
                _ => diagnostic,
            };
        }
        out.push(diagnostic.help(format!("break this cycle: {path}")));
    }
}

impl<'a> Step<'a> {
    /// The name by which expressions mention it.
    fn mentioned(&self) -> Option<&'a str> {
        match self {
            Self::Function(name) => Some(name),
            Self::Table(table, _) => Some(&table.name.name),
            Self::Rule(_) => None,
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Function(name) => format!("`{name}(…)`"),
            Self::Table(table, _) => format!("`{}[…]`", table.name.name),
            Self::Rule(rule) => format!("`{}`", rule.name.name),
        }
    }

    /// The derived events that it reads as they are.
    fn reads(&self, declared: &Declared<'a>) -> Vec<&'a str> {
        match self {
            Self::Function(_) => Vec::new(),
            Self::Table(_, of) => vec![&of.name],
            Self::Rule(rule) => {
                let names = inputs(rule).iter().map(|input| input.name.as_str());
                names.filter(|name| declared.stream_named(name).is_none()).collect()
            }
        }
    }

    /// What its expressions call and look up, but for what a name of its own hides.
    fn mentions(&self, declared: &Declared<'a>) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut see = |expr: &'a Expr| {
            expr.visit(&mut |node| match &node.kind {
                ExprKind::Call { function, .. } => {
                    found.insert(function.name.as_str());
                }
                ExprKind::Name(name) if declared.is_table(name) => {
                    found.insert(name);
                }
                _ => {}
            });
        };
        match self {
            Self::Table(..) => {}
            Self::Function(name) => {
                let Some(function) = declared.functions.get(name) else { return found };
                see(&function.ast.value);
                for parameter in &function.ast.parameters {
                    found.remove(parameter.name.name.as_str());
                }
            }
            Self::Rule(rule) => {
                rule.expressions().into_iter().for_each(see);
                found.extend(known_keys(rule).map(|table| table.name.as_str()));
                for name in rule.clauses.iter().flat_map(|clause| clause.kind.names()) {
                    found.remove(name.name.as_str());
                }
            }
        }
        found
    }
}
