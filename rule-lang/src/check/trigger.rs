//! When a rule fires: `when`, `when each`, `clear`.

use super::rule::Parts;
use super::scope::Scope;
use crate::ast::{self, ClauseKind, Completeness};
use crate::diagnostic::{Code, Diagnostic};
use crate::typed::Trigger;

impl Scope<'_, '_> {
    pub(super) fn trigger(&mut self, ast: &ast::Rule, parts: &Parts) -> Option<Trigger> {
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
        let closing = parts.window.as_ref().is_some_and(|window| window.kind.closes());
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
}

fn has_clear(ast: &ast::Rule) -> Option<&ast::Clause> {
    ast.clauses.iter().find(|clause| matches!(clause.kind, ClauseKind::Clear(_)))
}
