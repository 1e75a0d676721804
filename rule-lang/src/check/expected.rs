//! An expression where a type is expected: the argument of a function, its value, a field of a declared
//! event.
//!
//! What is expected flows into the expression, to where its parts have a type of their own choice:
//! through `if` and `??` into their values, into the elements of lists and the members of records, and
//! to literals. So `if x > 0 then "hi" else "lo"` is one of those two texts where an enum is expected,
//! `null` has the type of what is null there, and a member that may be null may be left out.

use super::convert::{part_to, to};
use super::scope::Scope;
use crate::ast;
use crate::typed::{Expr, ExprKind};
use cep_core::value::Type;

impl Scope<'_, '_> {
    /// The expression as a value of the type expected, which may be null only if that type may; `None`
    /// if it was reported.
    ///
    /// What is of another type comes back as it is, for the caller to report in its words.
    pub(super) fn value_for(
        &mut self,
        ast: &ast::Expr,
        wanted: &Type,
    ) -> Option<Result<Expr, Type>> {
        let mut found = self.expr_expecting(ast, Some(wanted))?;
        if !wanted.is_optional() {
            found = self.require_present(found, ast.span)?;
        }
        let ty = found.ty.clone();
        Some(to(found, wanted.base()).ok_or(ty))
    }
}

/// Two values of which one is taken, in the type expected if both are of it; as they are otherwise.
pub(super) fn as_expected(a: Expr, b: Expr, wanted: Option<&Type>) -> (Expr, Expr) {
    let both = wanted.and_then(|ty| to(a.clone(), ty.base()).zip(to(b.clone(), ty.base())));
    both.unwrap_or((a, b))
}

/// The list of these elements, if each is of the type expected.
pub(super) fn list_of(found: &[Expr], element: &Type) -> Option<Expr> {
    let items: Option<Vec<Expr>> =
        found.iter().map(|item| part_to(item.clone(), element)).collect();
    Some(Expr::new(element.clone().list(), ExprKind::List(items?)))
}

/// The type of a record's member.
pub(super) fn member_type<'a>(record: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Record(fields) = record.base() else { return None };
    fields.iter().find(|(known, _)| known == name).map(|(_, ty)| ty)
}
