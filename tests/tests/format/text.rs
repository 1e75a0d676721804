//! What must stay of a text, and changes to it that mean nothing.

use proptest::sample::Index;
use rule_lang::lex::{TriviaKind, lex};
use rule_lang::parse::parse;
use rule_lang::source::FileId;

/// What is put between two tokens: first what holds neither comments nor empty lines.
pub const GAPS: &[&str] = &[
    "",
    " ",
    "   ",
    "\t",
    "\n",
    "\r\n",
    " \n  ",
    ",",
    " , ",
    ",\n",
    "\n,",
    "\n\n",
    "\r\n\r\n\r\n",
    " // c\n",
    "//c\n\n",
    "\n// c\n",
    "\n\n  // c\r\n\n// d\n",
    ", // c\n",
    "// c\n, // d\n// e\n,",
    " // cep: allow W0101\n",
];

/// How many of them hold neither.
pub const PLAIN_GAPS: usize = 11;

/// What is read, without places; nothing if something cannot be read.
pub fn tree(text: &str) -> Option<String> {
    let parsed = parse(FileId(0), text);
    if parsed.diagnostics.iter().any(|diagnostic| diagnostic.is_error()) {
        return None;
    }
    let written = format!("{:?}", parsed.ast);
    let mut parts = written.split("Span { file: FileId(0), start: ");
    let mut tree = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (_, rest) = part.split_once(" }").unwrap();
        tree.push_str(rest);
    }
    Some(tree)
}

/// The comments, in order of their text.
pub fn comments(text: &str) -> Vec<&str> {
    let lexed = lex(FileId(0), text);
    let of = lexed.trivia.iter().filter(|trivia| trivia.kind != TriviaKind::Space);
    let mut comments: Vec<_> = of.map(|trivia| trivia.span.text(text).trim_end()).collect();
    comments.sort_unstable();
    comments
}

/// The text with something else between two of its tokens, if it still means the same.
pub fn mutated(text: &str, place: &Index, gap: &str) -> Option<String> {
    changed(text, place, gap, |_| true)
}

/// The same where there is neither a comment nor an empty line.
pub fn plainly_mutated(text: &str, place: &Index, gap: &str) -> Option<String> {
    changed(text, place, gap, |before| !before.contains("//") && before.matches('\n').count() < 2)
}

fn changed(text: &str, place: &Index, gap: &str, fits: impl Fn(&str) -> bool) -> Option<String> {
    let tokens = lex(FileId(0), text).tokens;
    let at = place.index(tokens.len());
    let start = at.checked_sub(1).and_then(|before| tokens.get(before)).map_or(0, |t| t.span.end);
    let (before, rest) = text.split_at_checked(start as usize)?;
    let (old, after) = rest.split_at_checked((tokens[at].span.start - start) as usize)?;
    let changed = format!("{before}{gap}{after}");
    (fits(old) && tree(&changed)? == tree(text)?).then_some(changed)
}
