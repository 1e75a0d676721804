//! The tree that is read from text: what was written, where, before anything is known about names
//! and types. Positions are kept on everything a message may point at. What is read but not yet
//! supported was already reported by the parser and is kept only by name, so that one missing
//! feature does not turn into ten unknown names.

use crate::source::Span;
use rust_decimal::Decimal;

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
    /// `param name: type = literal`
    Param(Param),
    /// `sink Name to connector`
    Sink(Sink),
    /// `rule name { … }`
    Rule(Rule),
    /// `test "…" { … }`
    Test(Test),
    /// A declaration that this version does not run; already reported.
    Unsupported(Unsupported),
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

/// An input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// Lines of `///` above it, joined by line ends.
    pub doc: String,
    /// Its name.
    pub name: Ident,
    /// Where events come from if the deployment does not say otherwise.
    pub connector: Option<Connector>,
    /// Its fields.
    pub fields: Vec<Field>,
    /// The field the input is partitioned by.
    pub key: Option<Ident>,
    /// Where event time comes from.
    pub time: Option<TimeClause>,
    /// All of it.
    pub span: Span,
}

/// A field of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Lines of `///` above it.
    pub doc: String,
    /// Its name in rules.
    pub name: Ident,
    /// Its type.
    pub ty: TypeName,
    /// The path in the JSON object, if it is not the name.
    pub path: Option<Spanned<String>>,
    /// `as millis|micros|seconds`.
    pub unit: Option<Spanned<TimeUnit>>,
}

/// A type as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeName {
    /// Its name; `None` for a form that this version does not support, already reported.
    pub name: Option<Ident>,
    /// Whether a `?` follows.
    pub optional: bool,
    /// All of it.
    pub span: Span,
}

/// Units of numeric timestamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeUnit {
    /// `as seconds`
    Seconds,
    /// `as millis`
    Millis,
    /// `as micros`
    Micros,
}

/// `time FIELD|record[, lateness D][, idle D][, ahead D]`, durations in microseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeClause {
    /// The field, or `None` for `time record`.
    pub field: Option<Ident>,
    /// How far events may come out of order.
    pub lateness_us: Option<Spanned<i64>>,
    /// After how much silence time goes on without a partition.
    pub idle_us: Option<Spanned<i64>>,
    /// How far an event may be stamped ahead of its record.
    pub ahead_us: Option<Spanned<i64>>,
    /// All of it.
    pub span: Span,
}

/// `kafka("topic", format: json)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connector {
    /// Its kind, such as `kafka`.
    pub kind: Ident,
    /// The quoted argument.
    pub target: Option<Spanned<String>>,
    /// `name: value` options.
    pub options: Vec<(Ident, Spanned<String>)>,
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

/// `@severity("high")`, `@off`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: Ident,
    /// Its argument.
    pub value: Option<Spanned<Literal>>,
    /// All of it.
    pub span: Span,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Lines of `///` above it.
    pub doc: String,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
    /// Its name.
    pub name: Ident,
    /// Its clauses in the order written.
    pub clauses: Vec<Clause>,
    /// Events it would emit, for a rule whose body was skipped as unsupported.
    pub skipped_events: Vec<Ident>,
    /// Whether a clause or the whole body was skipped as unsupported or unreadable; then what is
    /// missing is not reported again.
    pub completeness: Completeness,
    /// All of it.
    pub span: Span,
}

/// Whether everything written in a rule is in its tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// Everything was read.
    Whole,
    /// Some clause could not be read or is not supported; already reported.
    Partial,
    /// The rule as a whole is of a kind not supported (`match`, `join`); already reported.
    Skipped,
}

/// A clause of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// What it says.
    pub kind: ClauseKind,
    /// Its first word.
    pub keyword: Span,
    /// All of it.
    pub span: Span,
}

/// Kinds of clauses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClauseKind {
    /// `from STREAM [alias]`
    From {
        /// The stream.
        stream: Ident,
        /// A second name for its events.
        alias: Option<Ident>,
    },
    /// `where EXPR`
    Where(Expr),
    /// `let name = EXPR`
    Let {
        /// The name.
        name: Ident,
        /// Its value.
        value: Expr,
    },
    /// `by [name:] EXPR, …`
    By(Vec<KeyPart>),
    /// `window …`
    Window(Window),
    /// `when [each] EXPR`
    When {
        /// Whether it is judged by edges.
        trigger: Trigger,
        /// The condition.
        condition: Expr,
    },
    /// `emit NAME { … } [if EXPR]`
    Emit(Emit),
    /// `clear NAME { … }`
    Clear(Emit),
}

/// How `when` fires where it is not a closing window that asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// `when C`: as it becomes true.
    Rise,
    /// `when each C`: at every evaluation that holds.
    Each,
}

/// One part of a rule's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPart {
    /// Its name, if written.
    pub name: Option<Ident>,
    /// Its value.
    pub value: Expr,
}

/// A window clause, durations in microseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Its kind; `None` if not readable or not supported, already reported.
    pub kind: Option<WindowKind>,
    /// `tumbling`, `hopping`, …
    pub kind_span: Span,
    /// `fill D`.
    pub fill_us: Option<Spanned<i64>>,
}

/// Kinds of windows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WindowKind {
    /// `tumbling(size[, align D])`
    Tumbling {
        /// Its length.
        size_us: Spanned<i64>,
        /// Offset from the epoch.
        align_us: Option<Spanned<i64>>,
    },
    /// `hopping(size, every D[, align D])`
    Hopping {
        /// Its length.
        size_us: Spanned<i64>,
        /// Distance of two starts.
        every_us: Spanned<i64>,
        /// Offset from the epoch.
        align_us: Option<Spanned<i64>>,
    },
    /// `sliding(size)`
    Sliding {
        /// Its length.
        size_us: Spanned<i64>,
    },
}

/// `NAME { field: expr, field, ..alias } [if EXPR]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emit {
    /// The event's name.
    pub event: Ident,
    /// Its fields.
    pub fields: Vec<EmitField>,
    /// The condition after `if`.
    pub condition: Option<Expr>,
}

/// One entry between an emit's braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmitField {
    /// `name: value`, or `name` alone for `name: name`.
    Field {
        /// The field's name.
        name: Ident,
        /// Its value.
        value: Expr,
    },
    /// `..alias`: all fields of the event.
    Spread(Ident),
}

/// An expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it is.
    pub span: Span,
}

/// Kinds of expressions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExprKind {
    /// Could not be read; already reported.
    Error,
    /// A literal.
    Literal(Literal),
    /// A string with expressions in it.
    Interpolated(Vec<StringPart>),
    /// A name.
    Name(String),
    /// `base.name` or `base?.name`.
    Member {
        /// Left of the point.
        base: Box<Expr>,
        /// Right of it.
        name: Ident,
    },
    /// `[a, b]`, right of `in`.
    List(Vec<Expr>),
    /// `a..b`, right of `in`; both ends included.
    Range(Box<Expr>, Box<Expr>),
    /// `not x` or `-x`.
    Unary {
        /// The operator.
        op: UnaryOp,
        /// What it applies to.
        operand: Box<Expr>,
    },
    /// `a op b`.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Where the operator is.
        op_span: Span,
        /// Left.
        left: Box<Expr>,
        /// Right.
        right: Box<Expr>,
    },
    /// `if c then a else b`.
    If {
        /// The condition.
        condition: Box<Expr>,
        /// Its value if it holds.
        then: Box<Expr>,
        /// Its value if not.
        otherwise: Box<Expr>,
    },
    /// `name(args [where filter])`.
    Call {
        /// The function or aggregate.
        function: Ident,
        /// Its arguments.
        args: Vec<Expr>,
        /// The condition after `where`.
        filter: Option<Box<Expr>>,
    },
}

/// A piece of an interpolated string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StringPart {
    /// Text as it is.
    Text(String),
    /// A value to be written out.
    Value(Expr),
}

/// A literal value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// `150`
    Int(i64),
    /// `1.50`
    Decimal(Decimal),
    /// `10s`, in microseconds.
    Duration(i64),
    /// `@2026-01-01T00:00:00Z`, in microseconds since 1970.
    Timestamp(i64),
    /// `"text"` or `'text'`
    String(String),
}

/// Operators before a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    /// `not`
    Not,
    /// `-`
    Negate,
}

/// Operators between two values, loosest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the name of each is its meaning; `symbol` shows it")]
pub enum BinaryOp {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    IntDivide,
    Modulo,
    Coalesce,
}

impl BinaryOp {
    /// How it is written.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::In => "in",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::IntDivide => "div",
            Self::Modulo => "%",
            Self::Coalesce => "??",
        }
    }
}

/// A test block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// Its title.
    pub title: Spanned<String>,
    /// `base @…`: what the offsets of its tables count from.
    pub base_us: Option<Spanned<i64>>,
    /// `until T`: an offset from the base or a timestamp.
    pub until: Option<Spanned<Literal>>,
    /// `set param = literal`.
    pub sets: Vec<(Ident, Expr)>,
    /// `given STREAM …`.
    pub givens: Vec<Given>,
    /// `expect …`.
    pub expects: Vec<Expect>,
    /// All of it.
    pub span: Span,
}

/// `given STREAM` and its table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The stream.
    pub stream: Ident,
    /// Its events.
    pub table: Table,
}

/// `expect …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expect {
    /// What is expected.
    pub kind: ExpectKind,
    /// The event or stream; `None` for `expect error`.
    pub name: Option<Ident>,
    /// The rows, if a table follows.
    pub table: Option<Table>,
    /// Its first line.
    pub span: Span,
}

/// Kinds of expectations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectKind {
    /// `expect NAME`: exactly these rows, in order of time.
    All,
    /// `expect some NAME`: at least these rows.
    Some,
    /// `expect no NAME`: none, or none like these rows.
    None,
    /// `expect late STREAM`
    Late,
    /// `expect error`
    Error,
}

/// A table of cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The head.
    pub columns: Vec<Ident>,
    /// The rows, each as long as the head.
    pub rows: Vec<Row>,
    /// All of it.
    pub span: Span,
}

/// One row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its cells; `None` for a cell that could not be read, already reported.
    pub cells: Vec<Spanned<Option<Literal>>>,
    /// All of it.
    pub span: Span,
}
