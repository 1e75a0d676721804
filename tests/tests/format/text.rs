//! What must stay of a text, and changes to it that mean nothing.

use proptest::prelude::*;
use proptest::sample::Index;
use rule_lang::lex::{Punct, TokenKind, TriviaKind, lex};
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

/// A change of what stands between two tokens.
#[derive(Debug, Clone)]
pub struct Change {
    place: Index,
    gap: usize,
    /// Whether it takes the place of a comma.
    over_comma: bool,
}

/// A change to one of so many kinds of gaps; one in three takes a comma away.
pub fn change(gaps: usize) -> impl Strategy<Value = Change> {
    (any::<Index>(), 0..gaps, 0..3).prop_map(|(place, gap, kind)| Change {
        place,
        gap,
        over_comma: kind == 0,
    })
}

/// The text with those of the changes that leave it the meaning it had.
pub fn mutated(text: &str, changes: &[Change]) -> String {
    kept(text, changes, |_| true)
}

/// The same where there is neither a comment nor an empty line.
pub fn plainly_mutated(text: &str, changes: &[Change]) -> String {
    kept(text, changes, |before| !before.contains("//") && before.matches('\n').count() < 2)
}

fn kept(text: &str, changes: &[Change], fits: impl Fn(&str) -> bool) -> String {
    let meant = tree(text);
    let mut kept = text.to_owned();
    for change in changes {
        if let Some(changed) = changed(&kept, change, &fits)
            && tree(&changed) == meant
        {
            kept = changed;
        }
    }
    kept
}

fn changed(text: &str, change: &Change, fits: impl Fn(&str) -> bool) -> Option<String> {
    let tokens = lex(FileId(0), text).tokens;
    let is_comma = |at: &usize| tokens[*at].kind == TokenKind::Punct(Punct::Comma);
    let commas: Vec<usize> = (0..tokens.len()).filter(is_comma).collect();
    // The tokens before and after what is replaced.
    let after = if change.over_comma && !commas.is_empty() {
        change.place.get(&commas) + 1
    } else {
        change.place.index(tokens.len())
    };
    let before = after.checked_sub(if change.over_comma && !commas.is_empty() { 2 } else { 1 });
    let start = before.map_or(0, |before| tokens[before].span.end) as usize;
    let end = tokens[after].span.start as usize;
    let (old, gap) = (text.get(start..end)?, GAPS[change.gap]);
    fits(old).then(|| format!("{}{gap}{}", &text[..start], &text[end..]))
}

/// The text with a line end at each place of a line where a space may stand and `chosen` says so, but
/// behind `from` on its line, where a second name of a stream may stand.
pub fn broken(text: &str, chosen: impl Fn(usize) -> bool) -> String {
    let tokens = lex(FileId(0), text).tokens;
    let mut out = String::new();
    let (mut end, mut after_from) = (0, false);
    for (at, token) in tokens.iter().enumerate() {
        let gap = text.get(end..token.span.start as usize).unwrap_or_default();
        after_from &= !token.line_start;
        out.push_str(if gap == " " && !after_from && chosen(at) { "\n" } else { gap });
        out.push_str(token.span.text(text));
        after_from |= token.span.text(text) == "from";
        end = token.span.end as usize;
    }
    out
}

/// The text with a space for each line end before a clause where `chosen` says so.
pub fn joined(text: &str, chosen: impl Fn(usize) -> bool) -> String {
    let mut out = String::new();
    let mut before = "";
    let mut in_rule = false;
    for (at, line) in text.lines().enumerate() {
        let joins = in_rule && ![before, line].iter().any(|line| line.contains("//"));
        out.push(if joins && chosen(at) { ' ' } else { '\n' });
        out.push_str(line);
        in_rule = line.starts_with("rule ") || (in_rule && line != "}");
        before = line;
    }
    out
}
