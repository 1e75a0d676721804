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
//! lines and table rows, and each is written anew. What stands between two tokens is a *gap*: its
//! comments go wherever its token goes, so none is lost, and the order of tokens never changes.
//! Only commas between members are dropped or added. Literals and comments keep their spelling.
//!
//! A new clause or declaration is told by its first word: the clauses' are those of the parser
//! (`parse::recover`), the declarations' stand in `split::file`.
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

use crate::diagnostic::Diagnostic;
use crate::parse::parse;
use crate::source::FileId;
use page::Page;

/// The width in characters that lines keep to where they can be broken.
const WIDTH: usize = 120;

/// Indentation of what stands in braces.
const INDENT: usize = 4;

/// Gives the text of one file in the canonical layout. Lines end with `\n`; a byte order mark is
/// dropped. Takes time linear in the text.
///
/// # Errors
/// What cannot be read, if anything: such a text is not formatted. Spans are those of `source`, in
/// the first file of a [`SourceMap`](crate::SourceMap).
pub fn format(source: &str) -> Result<String, Vec<Diagnostic>> {
    let parsed = parse(FileId::default(), source);
    let errors: Vec<_> = parsed.diagnostics.into_iter().filter(Diagnostic::is_error).collect();
    if errors.is_empty() { Ok(layout(source)) } else { Err(errors) }
}

/// The layout of a text that can be read.
fn layout(source: &str) -> String {
    let mut page = Page::default();
    declaration::file(&mut page, token::read(source));
    page.into_text()
}
