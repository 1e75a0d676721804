//! One canonical layout for rules: text in, text out.
//!
//! ```
//! let written = "rule low{from S by k window tumbling(10s) when sum(v)<3 // few\n emit Low{k,sum:sum(v)}}";
//! let formatted = rule_lang::format(written).expect("this can be read");
//! assert_eq!(
//!     formatted,
//!     "rule low {
//!     from   S
//!     by     k
//!     window tumbling(10s)
//!     when   sum(v) < 3  // few
//!     emit   Low { k, sum: sum(v) }
//! }
//! "
//! );
//! ```
//!
//! Layout works on tokens, not on the tree: a text is cut into declarations, members, clauses, test
//! lines and table rows, and each is written anew. Where each begins, the parser says, which alone
//! knows where a line end ends something. What stands between two tokens is a *gap*: its
//! comments go wherever its token goes, so none is lost, and the order of tokens never changes.
//! Only commas between members are dropped or added. Literals and comments keep their spelling.
//!
//! What was laid out is read again: a text that would not mean the same is not given out.
//!
//! The layout depends on the tokens, the comments and, between members, on where an empty line was
//! left; not on where lines were broken. So formatting twice is formatting once.
//!
//! In words: a *run* is tokens in a row on one line; a *hang* is the indentation of the lines that
//! continue it, where a comment or the width breaks it.

mod columns;
mod declaration;
mod emit;
mod fields;
mod page;
mod rule;
mod run;
mod space;
mod split;
mod test_block;
#[cfg(test)]
mod tests;
mod token;

use crate::ast::Declaration;
use crate::diagnostic::Diagnostic;
use crate::parse::{Parsed, parse};
use crate::source::{FileId, Span};
use page::Page;
use std::fmt;

/// The width in characters that lines keep to where they can be broken.
const WIDTH: usize = 120;

/// Indentation of what stands in braces.
const INDENT: usize = 4;

/// Why a text is not formatted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unformatted {
    /// What cannot be read.
    Unreadable(Vec<Diagnostic>),
    /// Laid out anew, what stands there would be read otherwise: a defect of the formatter.
    Defect(Span),
}

impl fmt::Display for Unformatted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(_) => f.write_str("what cannot be read is not formatted"),
            Self::Defect(_) => f.write_str(
                "formatted, this would mean something else: a defect of the formatter, please report it",
            ),
        }
    }
}

impl std::error::Error for Unformatted {}

/// Gives the text of one file in the canonical layout. Lines end with `\n`; a byte order mark is
/// dropped. Takes time linear in the text.
///
/// # Errors
/// Why it is not formatted. Spans are those of `source`, in the first file of a
/// [`SourceMap`](crate::SourceMap).
pub fn format(source: &str) -> Result<String, Unformatted> {
    let parsed = parse(FileId::default(), source);
    if parsed.diagnostics.iter().any(Diagnostic::is_error) {
        let errors = parsed.diagnostics.into_iter().filter(Diagnostic::is_error);
        return Err(Unformatted::Unreadable(errors.collect()));
    }
    let formatted = layout(source, &parsed);
    match difference(&parsed, &parse(FileId::default(), &formatted)) {
        None => Ok(formatted),
        Some(place) => Err(Unformatted::Defect(place)),
    }
}

/// The layout of a text that can be read.
fn layout(source: &str, parsed: &Parsed) -> String {
    let mut page = Page::default();
    declaration::file(&mut page, token::read(source, &parsed.parts));
    page.into_text()
}

/// Where a text begins to say something else than another one, if it does.
fn difference(parsed: &Parsed, again: &Parsed) -> Option<Span> {
    let codes = |of: &Parsed| of.allows.iter().map(|allow| allow.value).collect::<Vec<_>>();
    let whole = Span::new(FileId::default(), 0, 0);
    let readable = !again.diagnostics.iter().any(Diagnostic::is_error);
    let (before, after) = (&parsed.ast.declarations, &again.ast.declarations);
    let same = |(a, b): (&Declaration, &Declaration)| format!("{a:-?}") == format!("{b:-?}");
    let differs = |pair: &(&Declaration, &Declaration)| !same(*pair);
    if let Some((declaration, _)) = before.iter().zip(after).find(differs) {
        return Some(declaration.span());
    }
    let complete = readable && before.len() == after.len() && codes(parsed) == codes(again);
    (!complete).then_some(whole)
}
