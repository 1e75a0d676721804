//! Types: what their names stand for.

use super::declared_twice;
use super::stream::no_bounds;
use crate::ast::{Ast, Declaration, Ident, TypeDeclaration, TypeName, TypeShape};
use crate::diagnostic::{Code, Diagnostic, did_you_mean, write_instead};
use crate::habits;
use cep_core::value::Type;
use std::collections::{BTreeMap, BTreeSet};

/// The most parts a type may have, and the most levels.
const MAX_PARTS: usize = 2_000;
const MAX_LEVELS: usize = 64;

/// The types that have names in the program.
#[derive(Default)]
pub(crate) struct Types {
    known: BTreeMap<String, Type>,
    /// Names of types that were reported.
    broken: BTreeSet<String>,
}

impl Types {
    /// All `type` declarations: each after those that it is made of.
    pub(super) fn collect(asts: &[Ast], out: &mut Vec<Diagnostic>) -> Self {
        let mut declared: BTreeMap<&str, &TypeDeclaration> = BTreeMap::new();
        for declaration in asts.iter().flat_map(|ast| &ast.declarations) {
            let Declaration::Type(ast) = declaration else { continue };
            if BUILT_IN.iter().any(|(known, _)| *known == ast.name.name) {
                let title = format!("`{}` is a type already", ast.name.name);
                out.push(Diagnostic::new(Code::DuplicateName, title).label(ast.name.span, ""));
                continue;
            }
            let first = *declared.entry(&ast.name.name).or_insert(ast);
            if !std::ptr::eq(first, ast) {
                let spans = (ast.name.span, first.name.span);
                declared_twice(out, "the type", &ast.name.name, spans.0, spans.1);
            }
        }
        let mut types = Self::default();
        // How many types each still waits for, and who waits for it.
        let mut waits: BTreeMap<&str, usize> = BTreeMap::new();
        let mut waiters: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, ast) in &declared {
            let mut mentioned = BTreeSet::new();
            ast.fields.iter().for_each(|field| mentions(&field.ty, &mut mentioned));
            mentioned.retain(|other| declared.contains_key(other));
            waits.insert(name, mentioned.len());
            for other in mentioned {
                waiters.entry(other).or_default().push(name);
            }
        }
        let mut ready: Vec<&str> =
            waits.iter().filter(|(_, count)| **count == 0).map(|(name, _)| *name).collect();
        while let Some(name) = ready.pop() {
            waits.remove(name);
            if let Some(ast) = declared.get(name) {
                types.declare(ast, out);
            }
            for waiter in waiters.get(name).into_iter().flatten() {
                if let Some(count) = waits.get_mut(waiter) {
                    *count -= 1;
                    if *count == 0 {
                        ready.push(waiter);
                    }
                }
            }
        }
        for ast in waits.keys().filter_map(|name| declared.get(name)) {
            out.push(
                Diagnostic::new(
                    Code::TypeCycle,
                    format!("the type `{}` contains itself", ast.name.name),
                )
                .label(ast.name.span, "so its values would have no end")
                .help("declare the inner part as `json`, which is passed through whole"),
            );
            types.broken.insert(ast.name.name.clone());
        }
        types
    }

    fn declare(&mut self, ast: &TypeDeclaration, out: &mut Vec<Diagnostic>) {
        no_bounds(&ast.fields, out);
        let fields: Vec<(&Ident, &TypeName)> =
            ast.fields.iter().map(|field| (&field.name, &field.ty)).collect();
        match record(&fields, self, out).filter(|ty| small_enough(ty, &ast.name, out)) {
            Some(ty) => {
                self.known.insert(ast.name.name.clone(), ty);
            }
            None => {
                self.broken.insert(ast.name.name.clone());
            }
        }
    }
}

fn small_enough(ty: &Type, name: &Ident, out: &mut Vec<Diagnostic>) -> bool {
    let (parts, levels) = size(ty);
    let fits = parts <= MAX_PARTS && levels <= MAX_LEVELS;
    if !fits {
        let title = format!("the type `{}` is too large", name.name);
        out.push(
            Diagnostic::new(Code::NestedTooDeeply, title)
                .label(name.span, format!("{parts} parts in {levels} levels"))
                .help(format!("at most {MAX_PARTS} parts in {MAX_LEVELS} levels are allowed")),
        );
    }
    fits
}

/// How many parts a type has, and levels.
fn size(ty: &Type) -> (usize, usize) {
    let inner: Vec<(usize, usize)> = match ty {
        Type::List(inner) | Type::Optional(inner) => vec![size(inner)],
        Type::Record(fields) => fields.iter().map(|(_, ty)| size(ty)).collect(),
        _ => Vec::new(),
    };
    let parts = inner.iter().map(|(parts, _)| parts).sum::<usize>();
    (parts + 1, inner.iter().map(|(_, levels)| levels).max().copied().unwrap_or(0) + 1)
}

/// The names that a type mentions.
fn mentions<'a>(ast: &'a TypeName, found: &mut BTreeSet<&'a str>) {
    found.extend(ast.name.as_ref().map(|name| name.name.as_str()));
    match &ast.shape {
        Some(TypeShape::List(inner) | TypeShape::Group(inner)) => mentions(inner, found),
        Some(TypeShape::Record(fields)) => {
            fields.iter().for_each(|(_, ty)| mentions(ty, found));
        }
        Some(TypeShape::Enum(_)) | None => {}
    }
}

/// The types of the language, in the order messages list them.
const BUILT_IN: &[(&str, Type)] = &[
    ("bool", Type::Bool),
    ("int", Type::Int),
    ("float", Type::Float),
    ("decimal", Type::Decimal),
    ("string", Type::String),
    ("timestamp", Type::Timestamp),
    ("duration", Type::Duration),
    ("json", Type::Json),
];

/// The type that is written; reports what is none.
pub(super) fn type_of(ast: &TypeName, types: &Types, out: &mut Vec<Diagnostic>) -> Option<Type> {
    let ty = match (&ast.name, &ast.shape) {
        (Some(name), _) => named(name, types, out)?,
        (None, Some(TypeShape::List(element))) => type_of(element, types, out)?.list(),
        (None, Some(TypeShape::Group(inner))) => type_of(inner, types, out)?,
        (None, Some(TypeShape::Record(fields))) => {
            let fields: Vec<(&Ident, &TypeName)> =
                fields.iter().map(|(name, ty)| (name, ty)).collect();
            record(&fields, types, out)?
        }
        (None, Some(TypeShape::Enum(texts))) => {
            Type::one_of(texts.iter().map(|text| text.value.clone()))
        }
        (None, None) => return None,
    };
    Some(if ast.optional { ty.optional() } else { ty })
}

fn record(
    fields: &[(&Ident, &TypeName)],
    types: &Types,
    out: &mut Vec<Diagnostic>,
) -> Option<Type> {
    let mut first: BTreeMap<&str, &Ident> = BTreeMap::new();
    let mut whole = true;
    let mut found = Vec::with_capacity(fields.len());
    for (name, ty) in fields {
        if let Some(first) = first.insert(&name.name, name) {
            declared_twice(out, "the field", &name.name, name.span, first.span);
            whole = false;
        }
        match type_of(ty, types, out) {
            Some(ty) => found.push((name.name.clone(), ty)),
            None => whole = false,
        }
    }
    whole.then_some(Type::Record(found))
}

fn named(name: &Ident, types: &Types, out: &mut Vec<Diagnostic>) -> Option<Type> {
    let built_in = BUILT_IN.iter().find(|(known, _)| *known == name.name).map(|(_, ty)| ty);
    if let Some(ty) = built_in.or_else(|| types.known.get(&name.name)) {
        return Some(ty.clone());
    }
    if types.broken.contains(&name.name) {
        return None;
    }
    let meant = habits::type_name(&name.name);
    let names = BUILT_IN.iter().map(|(known, _)| *known);
    let names = names.chain(types.known.keys().map(String::as_str));
    let help = match meant {
        Some(meant) => write_instead(meant),
        None => did_you_mean(&name.name, names).unwrap_or_else(|| {
            format!(
                "types are `bool int float decimal string timestamp duration json`; declare others: `type {} {{ … }}`",
                name.name
            )
            .into()
        }),
    };
    out.push(
        Diagnostic::new(Code::UnknownType, format!("there is no type `{}`", name.name))
            .label(name.span, "")
            .help(help),
    );
    None
}
