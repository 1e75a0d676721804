//! In which order rules are checked: each after those that emit what it reads.

use super::{Declared, rules_of};
use crate::ast::{self, Ast, ClauseKind, Ident};
use crate::diagnostic::{Code, Diagnostic};
use std::collections::{BTreeMap, BTreeSet};

/// How many rules of a cycle its message names.
const SHOWN: usize = 12;

/// The rules, and those that feed themselves through others.
pub(super) struct Order<'a> {
    /// Rules, each after those that emit what it reads.
    pub ordered: Vec<&'a ast::Rule>,
    /// Rules on a cycle, which was reported.
    pub cyclic: Vec<&'a ast::Rule>,
}

/// The streams a rule reads, as written.
pub(super) fn inputs(rule: &ast::Rule) -> &[Ident] {
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
    rule.clauses.iter().filter_map(|clause| match &clause.kind {
        ClauseKind::Emit(emit) | ClauseKind::Clear(emit) => Some(&emit.event),
        _ => None,
    })
}

/// Which rules feed which, by their places in the program.
struct Graph<'a> {
    rules: Vec<&'a ast::Rule>,
    /// For each rule the rules that it feeds, and the event.
    feeds: Vec<Vec<(usize, &'a Ident)>>,
    /// For each rule how many feed it that are not done.
    waits: Vec<usize>,
    done: Vec<bool>,
}

/// Orders all rules of a program; rules that nothing orders keep the order in which they stand.
/// Takes time linear in the rules and what they name, but for sorting.
pub(super) fn producers_first<'a>(
    asts: &'a [Ast],
    declared: &Declared<'a>,
    out: &mut Vec<Diagnostic>,
) -> Order<'a> {
    let mut graph = Graph::of(asts, declared);
    let mut ready: BTreeSet<usize> =
        (0..graph.rules.len()).filter(|at| graph.waits.get(*at) == Some(&0)).collect();
    let mut order = Order { ordered: Vec::new(), cyclic: Vec::new() };
    let mut first_left = 0;
    loop {
        while let Some(at) = ready.pop_first() {
            order.ordered.extend(graph.rules.get(at));
            ready.extend(graph.finish(at));
        }
        while graph.done.get(first_left).copied().unwrap_or(false) {
            first_left += 1;
        }
        if first_left >= graph.rules.len() {
            return order;
        }
        let cycle = graph.cycle_before(first_left);
        graph.report(&cycle, out);
        for (at, _) in cycle {
            order.cyclic.extend(graph.rules.get(at));
            ready.extend(graph.finish(at));
        }
    }
}

impl<'a> Graph<'a> {
    fn of(asts: &'a [Ast], declared: &Declared<'a>) -> Self {
        let rules: Vec<&ast::Rule> = rules_of(asts).collect();
        let mut emitters: BTreeMap<&str, Vec<(usize, &Ident)>> = BTreeMap::new();
        for (at, rule) in rules.iter().enumerate() {
            for event in outputs(rule) {
                let known = emitters.entry(&event.name).or_default();
                if known.last().is_none_or(|(other, _)| *other != at) {
                    known.push((at, event));
                }
            }
        }
        let mut feeds = vec![Vec::new(); rules.len()];
        let mut waits = vec![0; rules.len()];
        for (at, rule) in rules.iter().enumerate() {
            let derived = |input: &&Ident| declared.stream_named(&input.name).is_none();
            for input in inputs(rule).iter().filter(derived) {
                for (from, event) in emitters.get(input.name.as_str()).into_iter().flatten() {
                    feeds.get_mut(*from).into_iter().for_each(|list| list.push((at, *event)));
                    waits.get_mut(at).into_iter().for_each(|count| *count += 1);
                }
            }
        }
        Self { done: vec![false; rules.len()], rules, feeds, waits }
    }

    /// Marks a rule as done and gives those that wait for no other any more.
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

    /// A cycle that a rule which is not done lies on or behind: rules, each with the event by which
    /// it feeds the next one, the last one feeding the first.
    fn cycle_before(&self, start: usize) -> Vec<(usize, &'a Ident)> {
        let mut feeder: BTreeMap<usize, (usize, &'a Ident)> = BTreeMap::new();
        for (from, feeds) in self.feeds.iter().enumerate() {
            let left = |at: usize| !self.done.get(at).copied().unwrap_or(true);
            for (at, event) in feeds.iter().filter(|(at, _)| left(from) && left(*at)) {
                feeder.entry(*at).or_insert((from, *event));
            }
        }
        // Every rule that is left is fed by one that is left, so going back ends in a cycle.
        let mut path: Vec<(usize, &'a Ident)> = Vec::new();
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
        cycle
    }

    fn report(&self, cycle: &[(usize, &'a Ident)], out: &mut Vec<Diagnostic>) {
        let rule = |at: usize| self.rules.get(at).map_or("", |rule| rule.name.name.as_str());
        let Some((first, event)) = cycle.first() else { return };
        let step = |(at, event): &(usize, &Ident)| format!("`{}` -> {} -> ", rule(*at), event.name);
        let mut path: String = cycle.iter().take(SHOWN).map(step).collect();
        if let Some(more) = cycle.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            path.push_str(&format!("{more} more -> "));
        }
        path.push_str(&format!("`{}`", rule(*first)));
        let title = match cycle {
            [_] => format!("the rule `{}` reads what it emits", rule(*first)),
            _ => format!("{} rules read what they emit through each other", cycle.len()),
        };
        let mut diagnostic = Diagnostic::new(Code::RuleCycle, title)
            .label(event.span, format!("`{}` emits this", rule(*first)));
        for (_, event) in cycle.iter().take(SHOWN).skip(1) {
            diagnostic = diagnostic.label(event.span, "and so on");
        }
        out.push(diagnostic.help(format!("break this cycle: {path}")));
    }
}
