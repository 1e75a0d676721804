//! The words of the language: what a token is, and what stands between tokens.

use crate::source::Span;
use rust_decimal::Decimal;

/// What kind of token, with its value where it is a literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A word: keyword or identifier. Which of the two, the grammar decides.
    Word,
    /// An identifier in backticks, never a keyword. The span includes the backticks.
    QuotedWord,
    /// A whole number, at most 2^63 (so that the smallest integer can be written with a minus).
    Int(u64),
    /// A number with a point or an exponent, or a whole one that is larger.
    Decimal(Decimal),
    /// A number with an exponent that no decimal holds, as the bits of the nearest float.
    Float(u64),
    /// A duration in microseconds.
    Duration(i64),
    /// A timestamp in microseconds since 1970-01-01T00:00:00Z.
    Timestamp(i64),
    /// A string in double quotes, quotes included; escapes and `{}` are read by [`super::string`].
    Str,
    /// A raw string in single quotes, quotes included.
    RawStr,
    /// An operator or bracket.
    Punct(Punct),
    /// Something that was already reported; the parser stays silent about it.
    Bad,
    /// The end of the file, an empty span. Always the last token.
    End,
}

/// Operators and brackets, also those of other languages that are only recognised to be explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the name of each is its meaning")]
pub enum Punct {
    BraceOpen,
    BraceClose,
    ParenOpen,
    ParenClose,
    BracketOpen,
    BracketClose,
    Comma,
    Colon,
    Semicolon,
    Dot,
    DotDot,
    QuestionDot,
    QuestionQuestion,
    Question,
    EqualEqual,
    Equal,
    BangEqual,
    Bang,
    LessEqual,
    Less,
    GreaterEqual,
    Greater,
    Arrow,
    Minus,
    Plus,
    Star,
    Slash,
    Percent,
    Pipe,
    AndAnd,
    And,
    At,
    Caret,
    Tilde,
}

/// Spellings, longest first where one begins with another.
pub(super) const PUNCTS: &[(&str, Punct)] = &[
    ("..", Punct::DotDot),
    ("?.", Punct::QuestionDot),
    ("??", Punct::QuestionQuestion),
    ("==", Punct::EqualEqual),
    ("!=", Punct::BangEqual),
    ("<=", Punct::LessEqual),
    (">=", Punct::GreaterEqual),
    ("->", Punct::Arrow),
    ("&&", Punct::AndAnd),
    ("{", Punct::BraceOpen),
    ("}", Punct::BraceClose),
    ("(", Punct::ParenOpen),
    (")", Punct::ParenClose),
    ("[", Punct::BracketOpen),
    ("]", Punct::BracketClose),
    (",", Punct::Comma),
    (":", Punct::Colon),
    (";", Punct::Semicolon),
    (".", Punct::Dot),
    ("?", Punct::Question),
    ("=", Punct::Equal),
    ("!", Punct::Bang),
    ("<", Punct::Less),
    (">", Punct::Greater),
    ("-", Punct::Minus),
    ("+", Punct::Plus),
    ("*", Punct::Star),
    ("/", Punct::Slash),
    ("%", Punct::Percent),
    ("|", Punct::Pipe),
    ("&", Punct::And),
    ("@", Punct::At),
    ("^", Punct::Caret),
    ("~", Punct::Tilde),
];

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it is.
    pub span: Span,
    /// Whether it is the first token of its line, but for commas.
    pub line_start: bool,
    /// Index in [`super::Lexed::trivia`] of the first piece between the token before and this one.
    pub trivia_start: u32,
    /// One past the last such piece.
    pub trivia_end: u32,
}

/// What stands between tokens and means nothing to the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trivia {
    /// Space or comment.
    pub kind: TriviaKind,
    /// Where; a comment's span ends before its line end.
    pub span: Span,
}

/// Kinds of [`Trivia`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TriviaKind {
    /// Spaces, tabs and line ends.
    Space,
    /// `// …`
    Comment,
    /// `/// …`, the documentation of what follows.
    Doc,
}
