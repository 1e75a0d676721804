//! What the clauses of a rule say about it as a whole, before they are checked.

use super::scope::{Before, Length, Numbered, WindowState};
use crate::ast::{self, ClauseKind};

pub(super) fn emits_of(ast: &ast::Rule) -> impl Iterator<Item = &ast::Emit> {
    ast.clauses.iter().filter_map(|clause| match &clause.kind {
        ClauseKind::Emit(emit) | ClauseKind::Else(emit) | ClauseKind::Clear(emit) => Some(emit),
        _ => None,
    })
}

pub(super) fn window_of(ast: &ast::Rule) -> Option<&ast::Window> {
    ast.clauses.iter().find_map(|clause| match &clause.kind {
        ClauseKind::Window(window) => Some(window),
        _ => None,
    })
}

pub(super) fn numbered(ast: &ast::Rule) -> Numbered {
    match window_of(ast).map(|window| &window.kind) {
        Some(Some(ast::WindowKind::Every(_)) | None) => Numbered::Yes,
        _ => Numbered::No,
    }
}

pub(super) fn length(ast: &ast::Rule) -> Length {
    match window_of(ast).and_then(|window| window.kind.as_ref()) {
        Some(ast::WindowKind::Every(_) | ast::WindowKind::Last(_) | ast::WindowKind::Forever) => {
            Length::FirstToLast
        }
        _ => Length::Given,
    }
}

/// What is known of the windows before; of a rule without a window, that aggregates cannot stand in
/// it is said anyway.
pub(super) fn before(ast: &ast::Rule) -> Before {
    let Some(window) = window_of(ast) else { return Before::Known };
    if let Some(early) = window.early {
        return Before::Open(early);
    }
    match (&window.kind, &window.allow_us) {
        (Some(_), Some(allow)) => Before::Revised(allow.span),
        (
            Some(
                ast::WindowKind::Sliding { .. }
                | ast::WindowKind::Session { .. }
                | ast::WindowKind::Last(_)
                | ast::WindowKind::Forever,
            ),
            None,
        ) => Before::None(window.kind_span),
        _ => Before::Known,
    }
}

pub(super) fn window_state(ast: &ast::Rule) -> WindowState {
    match window_of(ast) {
        None => WindowState::Without,
        Some(window) if window.fill_us.is_some() => WindowState::MayBeEmpty,
        Some(_) => WindowState::NeverEmpty,
    }
}
