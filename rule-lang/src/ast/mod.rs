//! The tree that is read from text: what was written, where, before anything is known about names
//! and types. Positions are kept on everything a message may point at. What is read but not yet
//! supported was already reported by the parser and is kept only by name, so that one missing
//! feature does not turn into ten unknown names.

mod expr;
mod rule;
mod stream;
mod table;
mod test_block;

pub use expr::*;
pub use rule::*;
pub use stream::*;
pub use table::*;
pub use test_block::*;

use crate::source::Span;

/// A name as written, without backticks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ident {
    /// The name.
    pub name: String,
    /// Where, backticks included.
    pub span: Span,
}

/// A value with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it is written.
    pub span: Span,
}

/// One file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ast {
    /// Its declarations in order.
    pub declarations: Vec<Declaration>,
}

/// A declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declaration {
    /// `stream Name { … }`
    Stream(Stream),
    /// `type Name { … }`
    Type(TypeDeclaration),
    /// `param name: type = literal`
    Param(Param),
    /// `table Name { … } key f from connector`
    Table(KeyedTable),
    /// `event Name { … }`
    Event(Event),
    /// `fn name(a: type) -> type = expr`
    Function(Function),
    /// `sink Name to connector`
    Sink(Sink),
    /// `rule name { … }`
    Rule(Rule),
    /// `test "…" { … }`
    Test(Test),
    /// A declaration that this version does not run; already reported.
    Unsupported(Unsupported),
}

impl Declaration {
    /// All of it.
    #[must_use]
    pub const fn span(&self) -> Span {
        match self {
            Self::Stream(it) => it.span,
            Self::Type(it) => it.span,
            Self::Param(it) => it.span,
            Self::Table(it) => it.span,
            Self::Event(it) => it.span,
            Self::Function(it) => it.span,
            Self::Sink(it) => it.span,
            Self::Rule(it) => it.span,
            Self::Test(it) => it.span,
            Self::Unsupported(it) => it.span,
        }
    }
}

/// A declaration that was skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported {
    /// Its first word, such as `table`.
    pub keyword: &'static str,
    /// The name it would have declared.
    pub name: Option<Ident>,
    /// All of it.
    pub span: Span,
}

/// A knob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// Lines of `///` above it.
    pub doc: String,
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: TypeName,
    /// Its value if nothing sets it.
    pub default: Option<Expr>,
    /// All of it.
    pub span: Span,
}

/// The fields of a derived event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Lines of `///` above it.
    pub doc: String,
    /// Its name.
    pub name: Ident,
    /// Its fields; they have no source.
    pub fields: Vec<Field>,
    /// All of it.
    pub span: Span,
}

/// A function of values that the program declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Lines of `///` above it.
    pub doc: String,
    /// Its name.
    pub name: Ident,
    /// What it takes, in order.
    pub parameters: Vec<Parameter>,
    /// The type of its value.
    pub result: TypeName,
    /// Its value.
    pub value: Expr,
    /// All of it.
    pub span: Span,
}

/// What a function takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in the function.
    pub name: Ident,
    /// Its type.
    pub ty: TypeName,
}

/// Where a derived event goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sink {
    /// The event's name.
    pub event: Ident,
    /// The places, in order.
    pub connectors: Vec<Connector>,
    /// All of it.
    pub span: Span,
}
