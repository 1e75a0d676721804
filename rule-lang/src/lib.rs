//! The rule language of cep: text in, diagnostics and a plan out.
//!
//! Pure: no file is opened and nothing is printed here. A program is given as its [`Source`]s (every
//! `*.rules` file of a folder, in any order); [`compile`] answers with everything that is wrong in
//! one run, and with a [`Plan`] if nothing is.
//!
//! ```
//! use rule_lang::diagnostic::render::{Colour, render_all};
//! use rule_lang::{Source, compile};
//!
//! let rules = r#"
//! stream Harvest from kafka("costcenter") {
//!     farm:  int       from "farmid"
//!     count: int       from "batchcnt"
//!     at:    timestamp from "batchtime"
//!
//!     key  farm
//!     time at, lateness 2s, idle 30s
//! }
//!
//! param floor: int = 150
//!
//! /// Harvest under 150 per 10 s means disaster.
//! rule disaster {
//!     from   Harvest
//!     by     farm
//!     window tumbling(10s) fill 5m
//!     when   sum(count) < floor
//!     emit   Disaster { farm, harvested: sum(count), since: window.start, until: window.end }
//! }
//!
//! test "two slow batches in one window are a disaster" {
//!     given Harvest
//!         | at | farm | count |
//!         | 1s | 302  | 21    |
//!         | 6s | 302  | 87    |
//!         | 12s| 302  | 163   |
//!     expect Disaster
//!         | farm | harvested | since | until |
//!         | 302  | 108       | 0s    | 10s   |
//! }
//! "#;
//! let compiled = compile(&[Source::new("farm.rules", rules)]);
//! assert_eq!(render_all(&compiled.diagnostics, &compiled.sources, Colour::Never), "");
//! let plan = compiled.plan.expect("a program without errors has a plan");
//! assert_eq!(plan.rules[0].name, "disaster");
//! assert_eq!(compiled.tests[0].given[0].events.len(), 3);
//!
//! // A mistake is answered with what to type.
//! let mistaken = compile(&[Source::new("farm.rules", rules.replace("sum(count) <", "sum(coutn) <"))]);
//! assert!(mistaken.plan.is_none());
//! let text = render_all(&mistaken.diagnostics, &mistaken.sources, Colour::Never);
//! assert!(text.contains("did you mean `count`?"), "{text}");
//! ```
//!
//! The way of a program: [`lex`] (tokens) → [`parse`](mod@parse) ([`ast`]) → checks of names, types
//! and bounds → [`Plan`]. Each stage goes on after mistakes and reports them as
//! [`diagnostic`] data.

pub mod ast;
mod check;
pub mod diagnostic;
mod format;
mod habits;
pub mod ide;
pub mod lex;
mod lint;
mod lower;
pub mod parse;
pub mod source;
pub mod test_case;
mod typed;

pub use diagnostic::{Code, Diagnostic, Severity};
pub use format::{Unformatted, format};
pub use source::{Source, SourceMap};
pub use test_case::TestCase;

use cep_core::plan::Plan;
use std::fmt;

/// What became of a program.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// The plan, if there is no error.
    pub plan: Option<Plan>,
    /// The rules that `@off` keeps out of the plan.
    pub off: Vec<OffRule>,
    /// The tests that could be understood, in the order of the sources.
    pub tests: Vec<TestCase>,
    /// Errors and warnings, in the order of the sources.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that diagnostics and tests point into.
    pub sources: SourceMap,
}

/// A rule that is switched off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OffRule {
    /// Its name.
    pub name: String,
    /// What it would emit.
    pub events: Vec<String>,
}

impl Compiled {
    /// Whether the program cannot run.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Where a table says that its rows stand, if it does.
    #[must_use]
    pub fn connector_of_table(&self, name: &str) -> Option<source::Span> {
        let asts = self.sources.files().map(|(id, file)| parse::parse(id, &file.text).ast);
        let mut declarations = asts.flat_map(|ast| ast.declarations);
        declarations.find_map(|declaration| match declaration {
            ast::Declaration::Table(table) if table.name.name == name => {
                Some(table.connector?.span)
            }
            _ => None,
        })
    }

    /// Adds what was found by someone who can open files, in its place.
    pub fn add(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
        diagnostic::sort(&mut self.diagnostics);
    }
}

/// Reads, checks and lowers a program. Never fails: what is wrong is in the diagnostics. Takes time
/// linear in the text but for sorting, and no more stack than a few hundred nested expressions.
#[must_use]
pub fn compile(sources: &[Source]) -> Compiled {
    compile_and(sources, check::Record::Nothing).0
}

/// The same, with the types of expressions by their places if they are asked for.
fn compile_and(sources: &[Source], record: check::Record) -> (Compiled, Known) {
    let (sources, mut diagnostics) = SourceMap::load(sources);
    let mut asts = Vec::new();
    let mut allows = Vec::new();
    for (id, file) in sources.files() {
        let parsed = parse::parse(id, &file.text);
        diagnostics.extend(parsed.diagnostics);
        allows.extend(parsed.allows);
        asts.push(parsed.ast);
    }
    let checked = check::check(&sources, &asts, record, &mut diagnostics);
    let failed = diagnostics.iter().any(Diagnostic::is_error);
    if !failed {
        lint::program(&checked, &mut diagnostics);
        lint::idle_tests(&asts, &mut diagnostics);
    }
    lint::silence(&mut diagnostics, &asts, &allows);
    let plan = (!failed).then(|| lower::lower(&checked));
    let off = checked.rules.iter().filter(|(rule, _)| rule.state == typed::RuleState::Off);
    let off = off.map(|(rule, _)| OffRule {
        name: rule.name.clone(),
        events: rule.emits.iter().map(|emit| emit.event.clone()).collect(),
    });
    let off = off.collect();
    let events = checked.events.shapes();
    let known = Known { types: checked.usage.types.unwrap_or_default(), events };
    let tests = checked.tests;
    diagnostic::sort(&mut diagnostics);
    (Compiled { plan, off, tests, diagnostics, sources }, known)
}

/// What an editor also wants to know of a program.
#[derive(Debug, Clone, Default)]
struct Known {
    /// The types of expressions by their places.
    types: Vec<(source::Span, cep_core::value::Type)>,
    /// The fields of derived events.
    events: std::collections::BTreeMap<String, Vec<(String, cep_core::value::Type)>>,
}

/// Why a param could not be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetError {
    /// There is no param of this name; the closest one, if any is close.
    Unknown {
        /// The name asked for.
        name: String,
        /// The closest name.
        meant: Option<String>,
    },
    /// The text is not a literal of the param's type.
    WrongType {
        /// The param.
        name: String,
        /// Its type, as written in rules.
        ty: String,
        /// The text.
        text: String,
    },
}

impl fmt::Display for SetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, meant: Some(meant) } => {
                write!(f, "there is no param `{name}`; did you mean `{meant}`?")
            }
            Self::Unknown { name, meant: None } => write!(f, "there is no param `{name}`"),
            Self::WrongType { name, ty, text } => {
                write!(f, "`{text}` is not a value of `{name}`, which is {ty}")?;
                match ty.trim_end_matches('?') {
                    "duration" => f.write_str(", such as `10s`"),
                    "timestamp" => f.write_str(", such as `@2026-01-31T08:30:00Z`"),
                    "bool" => f.write_str(", `true` or `false`"),
                    _ => Ok(()),
                }
            }
        }
    }
}

impl std::error::Error for SetError {}

/// Sets a param of a plan from text, as `--set NAME=TEXT` does: a literal of the param's type, such
/// as `120`, `1.5`, `10s` or `null`; a text may stand with or without quotes, of an enum too.
///
/// # Errors
/// If there is no such param or the text is not of its type.
pub fn set_param(plan: &mut Plan, name: &str, text: &str) -> Result<(), SetError> {
    let Some(at) = plan.params.iter().position(|param| param.name == name) else {
        let names = plan.params.iter().map(|param| param.name.as_str());
        let meant = diagnostic::closest(name, names).map(str::to_owned);
        return Err(SetError::Unknown { name: name.to_owned(), meant });
    };
    let Some(param) = plan.params.get_mut(at) else { return Ok(()) };
    match check::value_from_text(text, &param.ty) {
        Some(value) => {
            param.value = value;
            Ok(())
        }
        None => Err(SetError::WrongType {
            name: name.to_owned(),
            ty: param.ty.to_string(),
            text: text.to_owned(),
        }),
    }
}
