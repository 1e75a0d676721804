//! Windows: sizes that can be.

use super::scope::Scope;
use crate::ast;
use crate::diagnostic::{Code, Diagnostic};
use cep_core::plan::{WindowKind, WindowPlan};
use cep_core::time::Span as Length;

impl Scope<'_, '_> {
    pub(super) fn window(&mut self, ast: &ast::Window) -> Option<WindowPlan> {
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
}

/// The most windows one event may fall into.
const MAX_OVERLAP: i64 = 100_000;
