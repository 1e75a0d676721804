//! Lists and records: what they are made of, what is taken from them, and `try` and `fail`.

use super::convert::{is_number, is_ordered, meet, to};
use super::expected::{list_of, member_type};
use super::narrow::where_true;
use super::operand_help::json_help;
use super::operator::Operand;
use super::scope::{Element, Scope};
use crate::ast;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::source::Span;
use crate::typed::{Expr, ExprKind, Fold, TextPart};
use cep_core::plan::{BinaryOp, ListFold};
use cep_core::value::{Type, Value};

/// Functions that take lists, or that are no functions of values.
pub(crate) const LIST_FUNCTIONS: &[&str] =
    &["len", "contains", "sort", "try", "fail", "coalesce", "changed"];

/// How such a function is written.
pub(super) fn list_form(name: &str) -> Option<&'static str> {
    Some(match name {
        "len" => "`len([T])`",
        "contains" => "`contains([T], T)`",
        "sort" => "`sort([T])`",
        "try" => "`try(x)`",
        "changed" => "`changed(x)`",
        "fail" => "`fail(text)`",
        "coalesce" => "`coalesce(a, b, …)`",
        _ => return None,
    })
}

/// What can be made of a list's elements.
const FOLDS: &[(&str, ListFold)] = &[
    ("sum", ListFold::Sum),
    ("count", ListFold::Count),
    ("avg", ListFold::Avg),
    ("min", ListFold::Min),
    ("max", ListFold::Max),
    ("any", ListFold::Any),
    ("all", ListFold::All),
];

/// Whether `name(x for x in list)` makes something of a list's elements.
pub(super) fn is_fold(name: &str) -> bool {
    FOLDS.iter().any(|(known, _)| *known == name)
}

impl Scope<'_, '_> {
    /// The element of a list that has this name here.
    pub(super) fn element(&self, name: &str) -> Option<Expr> {
        let element = self.elements.open.iter().rev().find(|element| element.name == name)?;
        Some(Expr::new(element.ty.clone(), ExprKind::Item(element.number)))
    }

    fn fold(&mut self, function: ListFold, list: Expr, ty: Type) -> (Fold, Type) {
        let element = match list.ty.base() {
            Type::List(element) => element.as_ref().clone(),
            other => other.clone(),
        };
        let number = self.elements.count;
        self.elements.count += 1;
        let value = Expr::new(element, ExprKind::Item(number));
        (Fold { function, item: number, list, condition: None, value }, ty)
    }

    /// `len(list)`, `contains(list, x)` and `sort(list)`; `None` if this is not about a list.
    #[expect(clippy::option_option, reason = "not a list, or a list that was reported")]
    pub(super) fn list_function(
        &mut self,
        name: &str,
        args: &[Expr],
        asts: &[ast::Expr],
    ) -> Option<Option<Expr>> {
        let (list, rest) = args.split_first()?;
        let Type::List(element) = list.ty.base() else { return None };
        let (mut fold, ty) = match (name, rest) {
            ("len", []) => self.fold(ListFold::Count, list.clone(), Type::Int),
            ("sort", []) => self.fold(ListFold::Sort, list.clone(), element.base().clone().list()),
            ("contains", [_]) => self.fold(ListFold::Any, list.clone(), Type::Bool),
            _ => return None,
        };
        if name == "len" && element.is_optional() {
            // An element that is null is one too.
            fold.value = Expr::literal(Value::Bool(true), Type::Bool);
        }
        if let ([needle], [_, needle_ast]) = (rest, asts) {
            match self.equals_element(&fold, needle.clone(), needle_ast.span, list) {
                Some(equal) => fold.value = equal,
                None => return Some(None),
            }
        }
        Some(Some(Expr::new(ty, ExprKind::Fold(Box::new(fold)))))
    }

    fn equals_element(
        &mut self,
        fold: &Fold,
        needle: Expr,
        span: Span,
        list: &Expr,
    ) -> Option<Expr> {
        let element = (fold.value.clone(), span);
        if self.unknown_choice(&element, &(needle.clone(), span)) {
            return None;
        }
        let Some(base) = meet(&element.0, &needle) else {
            self.out.push(
                Diagnostic::new(
                    Code::ListTypes,
                    format!("{} is looked for in {}", needle.ty, list.ty),
                )
                .label(span, format!("this is {}", needle.ty)),
            );
            return None;
        };
        let sides = (Box::new(to(element.0, &base)?), Box::new(to(needle, &base)?));
        Some(Expr::new(Type::Bool, ExprKind::Binary(BinaryOp::Equal, sides.0, sides.1)))
    }

    /// `x in list`
    pub(super) fn in_list_value(&mut self, needle: &ast::Expr, set: &ast::Expr) -> Option<Expr> {
        let value = self.present(needle);
        let list = self.present(set);
        let (value, list) = (value?, self.require_list(list?, set.span)?);
        let (mut fold, ty) = self.fold(ListFold::Any, list.clone(), Type::Bool);
        fold.value = self.equals_element(&fold, value, needle.span, &list)?;
        Some(Expr::new(ty, ExprKind::Fold(Box::new(fold))))
    }

    fn require_list(&mut self, list: Expr, span: Span) -> Option<Expr> {
        if matches!(list.ty, Type::List(_)) {
            return Some(list);
        }
        self.out.push(
            Diagnostic::new(Code::NotAList, "this is not a list")
                .label(span, format!("this is {}", list.ty))
                .help("lists are fields such as `items: [Item]`, or written `[a, b]`"),
        );
        None
    }

    /// A list of which an element is asked for.
    fn indexed(&mut self, base: &ast::Expr, index: &ast::Expr) -> Option<Expr> {
        let found = self.expr(base)?;
        let help = match (found.ty.base(), &index.kind) {
            (Type::Json, _) => json_help(),
            (Type::String | Type::Enum(_), _) => {
                format!(
                    "write `substr({}, 0, 1)` for its first character",
                    self.declared.sources.text(base.span)
                )
            }
            (Type::Record(_), ast::ExprKind::Literal(ast::Literal::String(name))) => {
                format!("write `.{name}`")
            }
            _ => {
                let list = self.require_present(found, base.span)?;
                return self.require_list(list, base.span);
            }
        };
        self.out.push(
            Diagnostic::new(Code::NotAList, "this is not a list")
                .label(base.span, format!("this is {}", found.ty))
                .help(help),
        );
        None
    }

    /// `base[index]`
    pub(super) fn index(&mut self, base: &ast::Expr, indices: &[ast::Expr]) -> Option<Expr> {
        if let Some(table) = self.table_of(base) {
            return self.look_up(table, indices, base.span);
        }
        let (index, more) = indices.split_first()?;
        if let Some(second) = more.first() {
            let title = "an element of a list has one index";
            self.out.push(Diagnostic::new(Code::ArgumentCount, title).label(second.span, ""));
        }
        let list = self.indexed(base, index);
        let at = self.present(index)?;
        let list = list?;
        if at.ty != Type::Int {
            self.out.push(
                Diagnostic::new(Code::OperandTypes, format!("an index is int, this is {}", at.ty))
                    .label(index.span, "")
                    .help("elements are counted from 0"),
            );
            return None;
        }
        let Type::List(element) = list.ty.clone() else { return None };
        Some(Expr::new(*element, ExprKind::Index(Box::new(list), Box::new(at))))
    }

    /// `[a, b]`
    pub(super) fn list(&mut self, asts: &[ast::Expr], wanted: Option<&Type>) -> Option<Expr> {
        let element = match wanted.map(Type::base) {
            Some(Type::List(element)) => Some(element.as_ref()),
            _ => None,
        };
        let found: Vec<Option<Expr>> =
            asts.iter().map(|item| self.expr_expecting(item, element)).collect();
        let found: Option<Vec<Expr>> = found.into_iter().collect();
        let found = found?;
        if let Some(fitting) = element.and_then(|element| list_of(&found, element)) {
            return Some(fitting);
        }
        let Some(first) = found.iter().find(|item| !item.is_null()) else {
            if let Some(null) = asts.first() {
                self.bare_null(null.span);
                return None;
            }
            // What its elements are is said by what it meets.
            return Some(Expr::new(Type::Bool.list(), ExprKind::List(Vec::new())));
        };
        let mut sample = first.clone();
        for (item, ast) in found.iter().zip(asts) {
            match meet(&sample, item).and_then(|base| to(sample.clone(), &base)) {
                Some(wider) => sample = wider,
                None => {
                    self.out.push(
                        Diagnostic::new(Code::ListTypes, "a list holds values of one type")
                            .label(ast.span, format!("this is {}", item.ty))
                            .label(
                                asts.first().map_or(ast.span, |first| first.span),
                                format!("this is {}", sample.ty),
                            ),
                    );
                    return None;
                }
            }
        }
        let optional = found.iter().any(|item| item.ty.is_optional());
        let base = sample.ty.base().clone();
        let items: Option<Vec<Expr>> = found.into_iter().map(|item| to(item, &base)).collect();
        let element = if optional { base.optional() } else { base };
        Some(Expr::new(element.list(), ExprKind::List(items?)))
    }

    /// `{a: 1, b}`
    pub(super) fn record(
        &mut self,
        asts: &[(ast::Ident, ast::Expr)],
        wanted: Option<&Type>,
    ) -> Option<Expr> {
        let mut members: Vec<(String, Expr)> = Vec::new();
        let mut whole = true;
        for (at, (name, value)) in asts.iter().enumerate() {
            let earlier = asts.iter().take(at).find(|(other, _)| other.name == name.name);
            if let Some((first, _)) = earlier {
                super::declared_twice(self.out, "the member", &name.name, name.span, first.span);
                whole = false;
                continue;
            }
            let wanted = wanted.and_then(|ty| member_type(ty, &name.name));
            let may_be_null = wanted.is_some_and(Type::is_optional);
            match self.expr_expecting(value, wanted) {
                Some(found) if found.is_null() && !may_be_null => {
                    self.bare_null(value.span);
                    whole = false;
                }
                Some(found) => members.push((name.name.clone(), found)),
                None => whole = false,
            }
        }
        let types = members.iter().map(|(name, member)| (name.clone(), member.ty.clone()));
        let ty = Type::Record(types.collect());
        whole.then(|| Expr::new(ty, ExprKind::Record(members)))
    }

    /// `sum(value for item in list if condition)` and `[value for item in list if condition]`
    pub(super) fn comprehension(&mut self, ast: &ast::Comprehension) -> Option<Expr> {
        let function = match &ast.function {
            None => ListFold::Collect,
            Some(name) => match FOLDS.iter().find(|(known, _)| *known == name.name) {
                Some((_, function)) => *function,
                None => {
                    let names = FOLDS.iter().map(|(known, _)| *known);
                    let help = did_you_mean(&name.name, names).unwrap_or_else(|| {
                        "`… for x in list` stands in `sum count avg min max any all`, or in brackets".into()
                    });
                    self.out.push(
                        Diagnostic::new(
                            Code::UnknownFunction,
                            format!("`{}` takes no `for`", name.name),
                        )
                        .label(name.span, "")
                        .help(help),
                    );
                    return None;
                }
            },
        };
        let list = self.present(&ast.list)?;
        let list = self.require_list(list, ast.list.span)?;
        let (mut fold, _) = self.fold(function, list, Type::Bool);
        self.hidden_by_item(&ast.item);
        let name = ast.item.name.clone();
        let ty = fold.value.ty.clone();
        self.elements.open.push(Element { name, number: fold.item, ty });
        let known = self.facts.len();
        let condition = ast.condition.as_ref().map(|condition| self.condition(condition));
        if let Some(Some(condition)) = &condition {
            let mut facts = Vec::new();
            where_true(condition, &mut facts);
            self.facts.extend(facts);
        }
        let value = match function {
            ListFold::Any | ListFold::All => self.condition(&ast.value),
            _ => self.expr(&ast.value),
        };
        self.facts.truncate(known);
        self.elements.open.pop();
        if let Some(condition) = condition {
            fold.condition = Some(condition?);
        }
        fold.value = value?;
        let ty = self.fold_type(function, &fold.value, ast)?;
        Some(Expr::new(ty, ExprKind::Fold(Box::new(fold))))
    }

    fn fold_type(
        &mut self,
        function: ListFold,
        value: &Expr,
        ast: &ast::Comprehension,
    ) -> Option<Type> {
        if value.is_null() {
            self.bare_null(ast.value.span);
            return None;
        }
        let base = value.ty.base();
        Some(match function {
            ListFold::Collect | ListFold::Sort => value.ty.clone().list(),
            ListFold::Count => Type::Int,
            ListFold::Any | ListFold::All => Type::Bool,
            ListFold::Sum if is_number(base) || base == &Type::Duration => base.clone(),
            ListFold::Avg if base == &Type::Int => Type::Decimal.optional(),
            ListFold::Avg if is_number(base) || base == &Type::Duration => base.clone().optional(),
            ListFold::Min | ListFold::Max if is_ordered(base) => base.clone().optional(),
            _ => {
                let name = ast.function.as_ref().map_or("", |name| name.name.as_str());
                self.out.push(
                    Diagnostic::new(Code::ArgumentType, format!("`{name}` does not take {base}"))
                        .label(ast.value.span, format!("this is {}", value.ty)),
                );
                return None;
            }
        })
    }

    /// `try(value)` and `fail(text)`
    pub(super) fn failure(&mut self, name: &str, argument: &ast::Expr) -> Option<Expr> {
        if name == "fail" {
            let why = self.present(argument)?;
            let why = match why.ty.base() {
                Type::String => why,
                _ => Expr::new(Type::String, ExprKind::Text(vec![TextPart::Value(why)])),
            };
            return Some(Expr::new(Type::Bool, ExprKind::Fail(Box::new(why))));
        }
        let inner = self.expr(argument)?;
        if inner.is_null() || inner.is_never() {
            self.bare_null(argument.span);
            return None;
        }
        Some(Expr::new(inner.ty.clone().optional(), ExprKind::Try(Box::new(inner))))
    }

    /// Reports a text that is compared with an enum and is none of its.
    pub(super) fn unknown_choice(&mut self, choice: &Operand, literal: &Operand) -> bool {
        let (Type::Enum(texts), Some(Value::Text(text))) =
            (choice.0.ty.base(), literal.0.as_literal())
        else {
            return false;
        };
        if texts.iter().any(|known| **known == **text) {
            return false;
        }
        let help = did_you_mean(text, texts.iter().map(String::as_str));
        let all = choice.0.ty.base().to_string();
        self.out.push(
            Diagnostic::new(Code::UnknownChoice, format!("`{text}` is none of the texts of {all}"))
                .label(literal.1, "")
                .help(
                    help.unwrap_or_else(|| {
                        format!("it can be {}", all.replace(" | ", " or ")).into()
                    }),
                ),
        );
        true
    }
}
