//! `changed(x)`: where it may stand, and what it may compare.

use super::scope::{Let, Level, Scope, Seen};
use crate::ast;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::typed::{Expr, ExprKind};
use cep_core::value::Type;

impl Scope<'_, '_> {
    /// `changed(argument)`
    pub(super) fn changed(&mut self, name: &ast::Ident, argument: &ast::Expr) -> Option<Expr> {
        if self.level == Level::Group {
            let value = match self.declared.sources.text(argument.span) {
                text if text.len() > 40 || text.contains('\n') => "x",
                text => text,
            };
            self.out.push(
                Diagnostic::new(
                    Code::BareField,
                    "after a window, `changed` is asked of many events",
                )
                .label(name.span, "of which one?")
                .help(format!(
                    "count the changes, `count(where changed({value}))`, or ask whether there was \
                         one, `any(changed({value}))`"
                )),
            );
            return None;
        }
        let nowhere = if self.function.is_some() {
            Some("take whether it changed as an argument, and ask where the function is called")
        } else if !self.elements.open.is_empty() {
            Some(
                "the elements of a list have no order in time; compare the whole list: `changed(xs)`",
            )
        } else if self.seen == Seen::Perhaps {
            Some("a key of a table may never have had an event; leave it out")
        } else {
            None
        };
        if let Some(help) = nowhere {
            self.firing_place("`changed` compares events, and here is none", name.span, "", help);
            return None;
        }
        let value = self.expr(argument)?;
        if value.is_null() {
            self.out.push(
                Diagnostic::new(Code::BareNull, "there is nothing to compare in `null`")
                    .label(argument.span, ""),
            );
            return None;
        }
        self.without_changes(&value, argument.span, "in another `changed`")?;
        self.change = self.change.or(Some(name.span));
        Some(Expr::new(Type::Bool, ExprKind::Changed(Box::new(value))))
    }

    /// Reports a `changed` in what is asked of an event before it is known which ones it follows.
    pub(super) fn without_changes(&mut self, expr: &Expr, span: Span, place: &str) -> Option<()> {
        if !reads_changes(expr, &self.lets) {
            return Some(());
        }
        self.firing_place(
            &format!("`changed` cannot stand {place}"),
            span,
            "which events are compared is not known yet",
            "ask it in `where`, in `when` or in what is emitted",
        );
        None
    }
}

/// Whether an expression asks what changed, itself or in its `let`s.
pub(super) fn reads_changes(expr: &Expr, lets: &[Let<'_>]) -> bool {
    let mut found = false;
    expr.visit(&mut |node| {
        found |= match &node.kind {
            ExprKind::Changed(_) => true,
            ExprKind::Let(at) => {
                let value = lets.get(*at as usize).and_then(|other| other.value.as_ref());
                value.is_some_and(|value| reads_changes(value, lets))
            }
            _ => false,
        };
    });
    found
}
