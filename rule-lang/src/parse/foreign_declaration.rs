//! Declarations as other languages write them: answered with what to type, and read as what was meant.

use super::DECLARATIONS;
use super::cover;
use super::cursor::Cursor;
use crate::ast::{Expr, Ident, Literal, Spanned, TypeName};
use crate::diagnostic::{Code, Diagnostic, did_you_mean, removed, write_instead};
use crate::habits;
use crate::lex::{Punct, TokenKind};
use crate::source::Span;

/// Words that begin a declaration elsewhere, in lower case, and the word that begins it here.
const FOREIGN: &[(&str, &str)] = &[
    ("func", "fn"),
    ("fun", "fn"),
    ("function", "fn"),
    ("def", "fn"),
    ("let", "param"),
    ("const", "param"),
    ("var", "param"),
    ("val", "param"),
    ("struct", "type"),
    ("record", "type"),
    ("class", "type"),
    ("query", "rule"),
    ("pattern", "rule"),
];

/// What to type for words that begin things elsewhere and cannot be read as one of here.
pub(super) fn words(word: &str) -> Option<&'static str> {
    Some(match word.to_lowercase().as_str() {
        "import" | "use" | "include" | "package" | "module" | "namespace" => {
            "all `*.rules` files of a folder are one program; no imports are needed"
        }
        "select" | "insert" | "create" | "define" => {
            "rules are written `rule NAME { from STREAM … emit NAME { field: value, … } }`"
        }
        "let" | "const" | "var" | "val" => {
            "a value for all rules is `param NAME: TYPE = LITERAL`; `let` stands inside a rule"
        }
        "enum" => "the values are a field's type: `kind: \"a\" | \"b\"`",
        "from" | "where" | "by" | "window" | "when" | "emit" | "clear" => {
            "clauses stand inside `rule NAME { … }`; is a `}` too many above?"
        }
        _ => return None,
    })
}

impl<'t> Cursor<'t> {
    /// The word that begins the declaration here; for one of another language, what it stands for.
    pub(super) fn declaration_word(&mut self) -> &'t str {
        let word = self.word().unwrap_or_default();
        if matches!(word.to_lowercase().as_str(), "create" | "define")
            && self.meant_declaration(1).is_some()
        {
            let span = self.bump().span;
            let title = format!("no `{word}` stands before a declaration");
            let span = Span { end: self.peek().span.start, ..span };
            self.correct(title, span, removed(""));
            return self.declaration_word();
        }
        let Some(meant) = self.meant_declaration(0).filter(|meant| *meant != word) else {
            return word;
        };
        let title = format!("`{word}` does not begin a declaration");
        self.report(
            Diagnostic::new(Code::UnknownDeclaration, title)
                .label(self.peek().span, "")
                .help(write_instead(meant)),
        );
        meant
    }

    /// The word that was meant at the nth token, if what follows it fits.
    fn meant_declaration(&self, n: usize) -> Option<&'static str> {
        let word = self.word_of(self.nth(n))?.to_lowercase();
        let foreign = FOREIGN.iter().find(|(known, _)| *known == word);
        let known = DECLARATIONS.iter().copied().find(|known| *known == word);
        let meant = known.or(foreign.map(|(_, meant)| *meant))?;
        let next = matches!(self.nth(n + 1).kind, TokenKind::Word | TokenKind::QuotedWord);
        let behind = |puncts: &[Punct]| puncts.iter().any(|punct| self.nth_is(n + 2, *punct));
        let fits = match meant {
            "fn" => behind(&[Punct::ParenOpen]),
            "param" => behind(&[Punct::Colon, Punct::Equal]),
            "type" | "rule" => behind(&[Punct::BraceOpen]),
            _ => true,
        };
        (next && fits || known.is_some()).then_some(meant)
    }

    /// `int x`, where `x: int` is written: reported, and the type taken.
    pub(super) fn type_before_name(&mut self) -> Option<TypeName> {
        let next = self.nth(1);
        let typed = self.word().is_some_and(habits::is_type) && self.word_of(next).is_some();
        if !typed || next.line_start {
            return None;
        }
        let ty = self.type_name();
        let (first, name) = (ty.span, self.peek().span);
        let text = format!("{}: {}", self.text_of(name), self.text_of(first));
        self.correct("a name stands before its type", cover(first, name), write_instead(text));
        Some(ty)
    }

    /// `=`, also as `:=` or `=>`.
    pub(super) fn assignment(&mut self) -> bool {
        let signs = [[Punct::Colon, Punct::Equal], [Punct::Equal, Punct::Greater]];
        let foreign = signs.iter().any(|signs| self.touching(signs));
        if !foreign {
            return self.eat(Punct::Equal).is_some();
        }
        let span = self.bump().span;
        let span = cover(span, self.bump().span);
        self.correct("a value is given by `=`", span, write_instead("="));
        true
    }

    /// `{ return x }` in the place of a function's `= x`.
    pub(super) fn function_block(&mut self) -> Option<Expr> {
        let open = self.eat(Punct::BraceOpen)?;
        self.eat_word("return");
        let value = self.within(false, Self::expr);
        self.eat(Punct::Semicolon);
        if !self.close(Punct::BraceClose, open) {
            return Some(value);
        }
        let span = cover(open, self.last_span());
        let title = "a function has no body";
        let text = self.shown(value.span).map(|value| format!("= {value}"));
        match text {
            Some(text) => self.correct(title, span, write_instead(text)),
            None => self.correct(title, span, "write `= EXPRESSION` after the type"),
        }
        Some(value)
    }

    /// `list<int>` and `int[]`, which are `[int]` here.
    pub(super) fn foreign_list_type(&mut self, element: &Ident) -> Option<Ident> {
        let generic = matches!(
            element.name.to_lowercase().as_str(),
            "list" | "array" | "set" | "vec" | "seq"
        );
        let inner = if generic && self.at(Punct::Less) {
            self.bump();
            let inner = self.name("a type")?;
            self.eat(Punct::Greater);
            inner
        } else if self.touching(&[Punct::BracketOpen, Punct::BracketClose]) {
            self.bump();
            self.bump();
            element.clone()
        } else {
            return None;
        };
        let span = cover(element.span, self.last_span());
        let text = habits::type_name(&inner.name).unwrap_or(&inner.name);
        let text = format!("[{text}]");
        self.correct("the type of a list stands in brackets", span, write_instead(text));
        Some(inner)
    }

    /// The brace behind the name of a declaration, or what is to be typed for it.
    pub(super) fn opening(&mut self, name: &Ident) -> Option<Span> {
        let open = self.eat(Punct::BraceOpen);
        if open.is_none() {
            let title = format!("the body of `{}` stands in braces", name.name);
            let span =
                if self.peek().line_start { self.last_span().after() } else { self.peek().span };
            let diagnostic = Diagnostic::new(Code::Unexpected, title).label(span, "expected `{`");
            let diagnostic = match self.at_clause() {
                true => diagnostic
                    .help("write `{` here, and `}` at its end")
                    .suggest(self.last_span().after(), " {"),
                false => diagnostic,
            };
            self.report(diagnostic);
        }
        open
    }

    /// The text that names what is read or written, without the kind of connector around it.
    pub(super) fn bare_target(&mut self, kind: Option<&Ident>) -> Option<Spanned<String>> {
        if !matches!(self.peek().kind, TokenKind::Str | TokenKind::RawStr) {
            return None;
        }
        let target = self.plain_string("a quoted name")?;
        let (span, name) = match kind {
            Some(kind) => (cover(kind.span, target.span), kind.name.as_str()),
            None if target.value.contains(['.', '/']) => (target.span, "file"),
            None => (target.span, "kafka"),
        };
        let text = format!("{name}(\"{}\")", target.value);
        let title = "a connector is written with its kind and parentheses";
        self.correct(title, span, write_instead(text));
        Some(target)
    }

    /// What stands at the place of a declaration and begins none.
    pub(super) fn unknown_declaration(&mut self) {
        let token = self.peek();
        let title = format!("{} does not begin a declaration", self.describe(token));
        let word = self.word().unwrap_or_default();
        let assigned = self.nth_is(1, Punct::Equal) || self.nth_is(1, Punct::Colon);
        let param = || format!("a value for all rules is `param {word}: TYPE = LITERAL`").into();
        let help = words(word)
            .map(Into::into)
            .or_else(|| did_you_mean(word, DECLARATIONS.iter().copied()))
            .or_else(|| assigned.then(param));
        self.report(
            Diagnostic::new(Code::UnknownDeclaration, title)
                .label(token.span, "expected `stream`, `param`, `rule`, `sink` or `test`")
                .maybe_help(help),
        );
    }
}

/// What the type of a literal is called.
pub(super) fn type_of(literal: &Literal) -> Option<&'static str> {
    Some(match literal {
        Literal::Bool(_) => "bool",
        Literal::Int(_) => "int",
        Literal::Decimal(_) => "decimal",
        Literal::String(_) => "string",
        Literal::Duration(_) => "duration",
        Literal::Timestamp(_) => "timestamp",
        _ => return None,
    })
}
