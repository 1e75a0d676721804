//! Functions that a program declares: their values, and their calls.
//!
//! The value of a function is checked once, with its arguments as [`ExprKind::Argument`]; a call is
//! that value with what it is called with in their places, so that the plan knows no functions. An
//! argument is computed where the value reads it. Calls in functions are put in place first, which
//! is why no function may call itself.

use super::aggregate::aggregate_names;
use super::declare::Declared;
use super::rule::{MAX_LEVELS, MAX_NODES};
use super::scope::{
    Before, Elements, Length, Level, Numbered, RowClause, Scope, Seen, Silence, WhenState,
    WindowState,
};
use super::structure::LIST_FUNCTIONS;
use super::types::type_of;
use super::{Usage, declared_twice, index};
use crate::ast;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::source::Span;
use crate::typed::{Expr, ExprKind, Measure};
use cep_core::function::Function;
use cep_core::value::Type;

/// The most nodes that all calls of a program's functions become together.
const MAX_PUT_IN_PLACE: usize = 2_000_000;

/// A function and where it is declared.
pub(crate) struct DeclaredFunction<'a> {
    pub ast: &'a ast::Function,
    /// The types of its arguments.
    parameters: Vec<Type>,
    result: Type,
    /// Its value; `None` if it was reported, or not looked at yet.
    value: Option<Expr>,
    /// How many folds the value has.
    folds: u32,
}

impl DeclaredFunction<'_> {
    /// How it is called.
    fn signature(&self) -> String {
        let parameters = self.ast.parameters.iter().zip(&self.parameters);
        let parameters: Vec<String> =
            parameters.map(|(parameter, ty)| format!("{}: {ty}", parameter.name.name)).collect();
        format!("`{}({}) -> {}`", self.ast.name.name, parameters.join(", "), self.result)
    }
}

impl<'a> Declared<'a> {
    /// Notes a function; its value is checked when all names are known.
    pub(super) fn function(&mut self, ast: &'a ast::Function, out: &mut Vec<Diagnostic>) {
        let name = ast.name.name.as_str();
        if let Some(first) = self.functions.get(name) {
            declared_twice(out, "the function", name, ast.name.span, first.ast.name.span);
            return;
        }
        let built_in = Function::ALL.iter().any(|known| known.info().name == name);
        let form = name == "rate" || LIST_FUNCTIONS.contains(&name);
        if built_in || form || aggregate_names().any(|known| known == name) {
            out.push(
                Diagnostic::new(
                    Code::DuplicateName,
                    format!("`{name}` is a function of the language already"),
                )
                .label(ast.name.span, "")
                .help("choose another name"),
            );
            return;
        }
        let mut parameters = Vec::new();
        for (at, parameter) in ast.parameters.iter().enumerate() {
            let name = &parameter.name;
            let earlier = ast.parameters.iter().take(at);
            if let Some(first) = earlier.map(|other| &other.name).find(|it| it.name == name.name) {
                declared_twice(out, "the argument", &name.name, name.span, first.span);
            }
            parameters.push(type_of(&parameter.ty, &self.types, out));
        }
        let result = type_of(&ast.result, &self.types, out);
        match (parameters.into_iter().collect(), result) {
            (Some(parameters), Some(result)) => {
                self.functions.insert(
                    name,
                    DeclaredFunction { ast, parameters, result, value: None, folds: 0 },
                );
            }
            _ => {
                self.broken.insert(name);
            }
        }
    }
}

/// Checks the value of a function, after those that it calls and the tables that it looks up.
pub(super) fn check(
    name: &str,
    declared: &mut Declared<'_>,
    usage: &mut Usage,
    out: &mut Vec<Diagnostic>,
) {
    let Some(function) = declared.functions.get(name) else { return };
    let mut scope = Scope {
        declared,
        usage,
        out,
        stream: None,
        alias: None,
        rule: None,
        function: Some(function),
        lets: Vec::new(),
        measures: Vec::new(),
        keys: Vec::new(),
        window: WindowState::Without,
        numbered: Numbered::No,
        length: Length::Given,
        before: Before::Known,
        silence: Silence::Not,
        seen: Seen::Yes,
        level: Level::Row,
        row: RowClause::Let,
        when: WhenState::Without,
        change: None,
        facts: Vec::new(),
        elements: Elements::default(),
    };
    let value = scope.value_of(function);
    let folds = scope.elements.count;
    if let Some(function) = declared.functions.get_mut(name) {
        function.value = value;
        function.folds = folds;
    }
}

impl Scope<'_, '_> {
    /// The value of a function, of the type declared.
    fn value_of(&mut self, function: &DeclaredFunction<'_>) -> Option<Expr> {
        let DeclaredFunction { ast, result, .. } = function;
        ast.parameters.iter().for_each(|it| self.shadowing(&it.name, "this argument"));
        let value = match self.value_for(&ast.value, result)? {
            Ok(value) => value,
            Err(ty) => {
                self.out.push(
                    Diagnostic::new(
                        Code::FunctionResult,
                        format!("the value of `{}` is not {result}", ast.name.name),
                    )
                    .label(ast.value.span, format!("this is {ty}"))
                    .label(ast.result.span, "its type")
                    .maybe_help(conversion_help(
                        &ty,
                        result.base(),
                        "the value",
                    )),
                );
                return None;
            }
        };
        let size = value.measure(&[]);
        if size.nodes > MAX_NODES || size.height > MAX_LEVELS {
            self.too_large(ast.value.span, size);
            return None;
        }
        Some(if value.is_null() { value } else { Expr { ty: result.clone(), ..value } })
    }

    /// An argument of the function whose value this is.
    pub(super) fn argument(&self, name: &str) -> Option<Expr> {
        let function = self.function?;
        let mut parameters = function.ast.parameters.iter();
        let at = parameters.position(|parameter| parameter.name.name == name)?;
        Some(Expr::new(function.parameters.get(at)?.clone(), ExprKind::Argument(index(at))))
    }

    /// Reports a name that a function cannot see.
    pub(super) fn not_in_function(&mut self, name: &str, span: Span) {
        let Some(function) = self.function.filter(|_| !self.declared.broken.contains(name)) else {
            return;
        };
        let arguments = function.ast.parameters.iter().map(|it| it.name.name.as_str());
        let params = self.declared.params.iter().map(|param| param.plan.name.as_str());
        let help = did_you_mean(name, arguments.chain(params)).unwrap_or_else(|| {
            format!("take it as an argument, as in `fn {}({name}: int, …)`", function.ast.name.name)
                .into()
        });
        self.out.push(
            Diagnostic::new(Code::UnknownName, format!("there is no `{name}` in a function"))
                .label(span, "not one of its arguments or a param")
                .help(help),
        );
    }

    /// A call of a function that the program declares.
    pub(super) fn declared_call(
        &mut self,
        function: &DeclaredFunction<'_>,
        name: &ast::Ident,
        args: &[ast::Expr],
        span: Span,
    ) -> Option<Expr> {
        self.usage.functions.insert(name.name.clone());
        let wanted = &function.parameters;
        if wanted.len() != args.len() {
            args.iter().for_each(|arg| drop(self.expr(arg)));
            let few = if args.len() < wanted.len() { "too few" } else { "too many" };
            self.out.push(
                Diagnostic::new(
                    Code::ArgumentCount,
                    format!("{few} arguments for `{}`", name.name),
                )
                .label(name.span, format!("{} here", args.len()))
                .label(function.ast.name.span, format!("it takes {}", wanted.len()))
                .help(format!("it is {}", function.signature())),
            );
            return None;
        }
        let found: Vec<Option<Expr>> =
            args.iter().zip(wanted).map(|(arg, ty)| self.argument_of(function, arg, ty)).collect();
        let found: Vec<Expr> = found.into_iter().collect::<Option<_>>()?;
        let value = function.value.as_ref()?;
        let sizes: Vec<Measure> = found.iter().map(|arg| arg.measure(&self.measures)).collect();
        let size = value.measure_with(&[], &sizes);
        let before = self.usage.put_in_place;
        self.usage.put_in_place = before.saturating_add(size.nodes);
        if size.nodes > MAX_NODES || size.height > MAX_LEVELS {
            self.too_large(span, size);
            return None;
        }
        if self.usage.put_in_place > MAX_PUT_IN_PLACE {
            if before <= MAX_PUT_IN_PLACE {
                self.out.push(
                    Diagnostic::new(
                        Code::NestedTooDeeply,
                        "the program is too large when every function it calls is put in place",
                    )
                    .label(span, format!("more than {MAX_PUT_IN_PLACE} steps up to here"))
                    .help("name what repeats with a `let`"),
                );
            }
            return None;
        }
        let mut value = value.clone();
        let first_fold = self.elements.count;
        self.elements.count = first_fold.saturating_add(function.folds);
        value.put_in_place(&found, first_fold);
        Some(value)
    }

    fn argument_of(
        &mut self,
        function: &DeclaredFunction<'_>,
        ast: &ast::Expr,
        wanted: &Type,
    ) -> Option<Expr> {
        let found = self.value_for(ast, wanted)?;
        if let Err(ty) = &found {
            let name = &function.ast.name.name;
            self.out.push(
                Diagnostic::new(
                    Code::ArgumentType,
                    format!("`{name}` takes {wanted} here, not {ty}"),
                )
                .label(ast.span, format!("this is {ty}"))
                .help(
                    conversion_help(ty, wanted.base(), &self.shown(ast.span))
                        .unwrap_or_else(|| format!("it is {}", function.signature())),
                ),
            );
        }
        found.ok()
    }

    fn too_large(&mut self, span: Span, size: Measure) {
        self.out.push(
            Diagnostic::new(
                Code::NestedTooDeeply,
                "this is too large when every function it calls is put in place",
            )
            .label(
                span,
                format!(
                    "{} steps on {} levels, at most {MAX_NODES} on {MAX_LEVELS} are allowed",
                    size.nodes, size.height
                ),
            )
            .help("use fewer functions that repeat one another"),
        );
    }
}

/// What to type for a value of nearly the right type.
pub(super) fn conversion_help(found: &Type, wanted: &Type, value: &str) -> Option<String> {
    let function = match (found.base(), wanted) {
        (Type::Float, Type::Decimal) => "decimal",
        (Type::Decimal, Type::Float) => "float",
        (_, Type::String) => "string",
        _ => return None,
    };
    Some(match value.trim_matches('`') {
        text if text.contains(' ') => format!("convert it with `{function}(…)`"),
        text => format!("write `{function}({text})`"),
    })
}
