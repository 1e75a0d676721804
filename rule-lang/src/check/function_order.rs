//! In which order functions are checked: each after those that it calls.

use super::declare::Declared;
use crate::ast::{ExprKind, Ident};
use crate::diagnostic::{Code, Diagnostic};
use std::collections::{BTreeMap, BTreeSet};

/// The names of all functions but those that call themselves, which are reported and broken.
pub(super) fn callees_first<'a>(
    declared: &mut Declared<'a>,
    out: &mut Vec<Diagnostic>,
) -> Vec<&'a str> {
    let mut graph = Graph::of(declared);
    let mut ready: BTreeSet<&str> =
        graph.calls.iter().filter(|(_, calls)| calls.is_empty()).map(|(name, _)| *name).collect();
    let mut ordered = Vec::new();
    loop {
        while let Some(name) = ready.pop_first() {
            ordered.push(name);
            ready.extend(graph.finish(name));
        }
        let Some(first) = graph.calls.keys().next().copied() else { return ordered };
        let cycle = graph.cycle_from(first);
        report(&cycle, out);
        for (name, _) in cycle {
            declared.functions.remove(name);
            declared.broken.insert(name);
            ready.extend(graph.finish(name));
        }
    }
}

/// Which functions call which.
struct Graph<'a> {
    /// For each function that is not done those it calls that are not done, and one place.
    calls: BTreeMap<&'a str, BTreeMap<&'a str, &'a Ident>>,
    callers: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> Graph<'a> {
    fn of(declared: &Declared<'a>) -> Self {
        let mut graph = Self { calls: BTreeMap::new(), callers: BTreeMap::new() };
        for (name, function) in &declared.functions {
            let name: &'a str = name;
            let mut calls = BTreeMap::new();
            let ast: &'a crate::ast::Function = function.ast;
            ast.value.visit(&mut |node| {
                if let ExprKind::Call { function: call, .. } = &node.kind
                    && declared.functions.contains_key(call.name.as_str())
                {
                    calls.entry(call.name.as_str()).or_insert(call);
                    graph.callers.entry(call.name.as_str()).or_default().insert(name);
                }
            });
            graph.calls.insert(name, calls);
        }
        graph
    }

    /// Marks a function as done and gives those that wait for no other any more.
    fn finish(&mut self, name: &'a str) -> Vec<&'a str> {
        self.calls.remove(name);
        let mut freed = Vec::new();
        for caller in self.callers.remove(name).unwrap_or_default() {
            if let Some(calls) = self.calls.get_mut(caller)
                && calls.remove(name).is_some()
                && calls.is_empty()
            {
                freed.push(caller);
            }
        }
        freed
    }

    /// A cycle that is reached from a function that is not done: functions, each with the place
    /// where it calls the next one, the last one calling the first.
    fn cycle_from(&self, first: &'a str) -> Vec<(&'a str, &'a Ident)> {
        let mut path: Vec<(&'a str, &'a Ident)> = Vec::new();
        let mut seen = BTreeMap::new();
        let mut at = first;
        // Every function that is left calls one that is left, so going on ends in a cycle.
        while !seen.contains_key(at) {
            seen.insert(at, path.len());
            let calls = self.calls.get(at).and_then(BTreeMap::first_key_value);
            let Some((next, place)) = calls else { break };
            path.push((at, place));
            at = next;
        }
        path.split_off(seen.get(at).copied().unwrap_or(0).min(path.len()))
    }
}

fn report(cycle: &[(&str, &Ident)], out: &mut Vec<Diagnostic>) {
    let Some((first, place)) = cycle.first() else { return };
    let mut path: String = cycle.iter().map(|(name, _)| format!("`{name}` -> ")).collect();
    path.push_str(&format!("`{first}`"));
    let title = match cycle {
        [_] => format!("the function `{first}` calls itself"),
        _ => format!("{} functions call each other", cycle.len()),
    };
    let mut diagnostic = Diagnostic::new(Code::FunctionCycle, title)
        .label(place.span, format!("in the value of `{first}`"));
    for (_, place) in cycle.iter().skip(1) {
        diagnostic = diagnostic.label(place.span, "and so on");
    }
    out.push(diagnostic.help(format!("break this cycle: {path}")));
}
