//! Expressions as other languages write them: read whole, answered once with what to type, and
//! understood as what was meant, so that nothing more is said about them.

use super::cover;
use super::cursor::Cursor;
use super::operator::{ADDITIVE, COMPARISON, Infix, Operator};
use crate::ast::{BinaryOp, Expr, ExprKind, Ident, Literal, UnaryOp};
use crate::diagnostic::{Advice, Code, Diagnostic};
use crate::habits;
use crate::lex::Punct;
use crate::source::Span;

/// The longest text of the program, in bytes, that a help repeats.
const MAX_SHOWN: usize = 80;

impl Cursor<'_> {
    /// The text of a place as a help repeats it, if that is short and on one line.
    pub(super) fn shown(&self, span: Span) -> Option<&str> {
        let text = self.text_of(span);
        (text.len() <= MAX_SHOWN && !text.contains('\n')).then_some(text)
    }

    /// Reports what is written as in another language, with what to write in the place of all of it
    /// if that can be said, else in words.
    pub(super) fn write(&mut self, what: &str, span: Span, text: Option<String>, words: &str) {
        let help = match text {
            Some(text) => crate::diagnostic::write_instead(text),
            None => Advice::from(words),
        };
        let diagnostic = Diagnostic::new(Code::ForeignOperator, what).label(span, "").help(help);
        self.report(diagnostic);
    }

    /// Reports an operator of another language, and what to put in its place: a word with the spaces
    /// that it needs.
    pub(super) fn foreign_operator(&mut self, code: Code, span: Span, write: &str) {
        let found = self.text_of(span);
        let title = if code == Code::AssignInExpression {
            "`=` does not compare".to_owned()
        } else {
            format!("`{found}` is not an operator here")
        };
        let is_word = write.starts_with(char::is_alphabetic);
        let touches = |c: Option<char>| is_word && c.is_some_and(|c| !c.is_whitespace());
        let before = self.text.get(..span.start as usize).and_then(|text| text.chars().last());
        let after = self.text.get(span.end as usize..).and_then(|text| text.chars().next());
        let space = |needed: bool| if needed { " " } else { "" };
        let starts = touches(before.filter(|c| *c != '('));
        let replacement = format!("{}{write}{}", space(starts), space(touches(after)));
        let help = Advice { text: format!("write `{write}`"), replacement: Some(replacement) };
        self.report(Diagnostic::new(code, title).label(span, "").help(help));
    }

    /// After an operator that is none here: what it stands for.
    pub(super) fn foreign_infix(&mut self, left: Expr, operator: Operator, op: Span) -> Expr {
        let (height, first) = (self.height, left.span);
        let (text, kind) = match operator.infix {
            Infix::Like => self.like(left),
            Infix::Between => self.between(left),
            Infix::Is => self.is(left),
            Infix::In => {
                let (set, text) = if self.at_set_in_parentheses() {
                    self.set_text()
                } else {
                    let set = self.set();
                    let text = self.shown(set.span).map(str::to_owned);
                    (set, text)
                };
                let text = self.shown(first).zip(text).map(|(a, b)| format!("{a} in {b}"));
                (text, binary(BinaryOp::In, op, left, set))
            }
            Infix::Function(name, binding) => {
                let right = self.expr_above(binding + 1);
                let text = self.pair(first, right.span);
                let text = text.map(|(a, b)| format!("{name}({a}, {b})"));
                (text, call(name, op, vec![left, right]))
            }
            Infix::Operator(_) | Infix::Instead(..) => return left,
        };
        let span = cover(first, self.last_span());
        let fits = self.raise(height.max(self.height), span);
        let text = match (text, operator.negated, operator.infix) {
            (Some(text), true, Infix::Function(..) | Infix::Like) => Some(format!("not {text}")),
            (Some(text), true, _) => Some(format!("not ({text})")),
            (text, ..) => text,
        };
        let words = match operator.infix {
            Infix::Like => "write `starts_with(text, 'beginning')` or `matches(text, 'regex')`",
            Infix::Between => "write `x in a..b`",
            Infix::Is => "write `== null` or `!= null`",
            Infix::In => "write `not (x in …)`",
            Infix::Function("pow", _) => "write `pow(a, b)`",
            Infix::Function("matches", _) => "write `matches(text, 'regex')`",
            _ => "functions are called: `contains(text, 'part')`",
        };
        let what = format!("`{}` is not an operator here", self.text_of(op));
        self.write(&what, span, text, words);
        let expr = Expr { kind: if fits { kind } else { ExprKind::Error }, span };
        if operator.negated { not(expr) } else { expr }
    }

    /// Whether a value follows the word here; one with a sign or an index would be its own.
    pub(super) fn at_not(&self) -> bool {
        let own = self.nth_is(1, Punct::Minus) || self.nth_is(1, Punct::BracketOpen);
        self.begins_operand(1) && !own
    }

    pub(super) fn pair(&self, a: Span, b: Span) -> Option<(&str, &str)> {
        self.shown(a).zip(self.shown(b))
    }

    /// After `like`: the pattern.
    fn like(&mut self, left: Expr) -> (Option<String>, ExprKind) {
        let pattern = self.expr_above(COMPARISON + 1);
        let ExprKind::Literal(Literal::String(text)) = &pattern.kind else {
            return (None, ExprKind::Error);
        };
        let inner = text.trim_matches('%');
        let plain = !inner.is_empty() && !inner.contains(['%', '_', '\'', '\\']);
        let (function, wanted) = match (plain, text.starts_with('%'), text.ends_with('%')) {
            (true, false, false) => {
                let text = self.shown(left.span).map(|left| format!("{left} == '{inner}'"));
                return (text, binary(BinaryOp::Equal, left.span, left, pattern));
            }
            (true, false, true) => ("starts_with", inner.to_owned()),
            (true, true, false) => ("ends_with", inner.to_owned()),
            (true, true, true) => ("contains", inner.to_owned()),
            (false, ..) => ("matches", regex_of(text)),
        };
        let argument = ExprKind::Literal(Literal::String(wanted.clone()));
        let argument = Expr { kind: argument, span: pattern.span };
        let left_text = self.shown(left.span).filter(|_| !wanted.contains('\''));
        let text = left_text.map(|left| format!("{function}({left}, '{wanted}')"));
        (text, call(function, pattern.span, vec![left, argument]))
    }

    /// After `between`: `a and b`.
    fn between(&mut self, left: Expr) -> (Option<String>, ExprKind) {
        let low = self.expr_above(ADDITIVE);
        let height = self.height;
        if self.eat_word("and").or_else(|| self.eat_word("AND")).is_none() {
            return (None, ExprKind::Error);
        }
        let high = self.expr_above(ADDITIVE);
        self.height = self.height.max(height) + 1;
        let ends = self.pair(low.span, high.span);
        let text = self.shown(left.span).zip(ends);
        let text = text.map(|(left, (low, high))| format!("{left} in {low}..{high}"));
        let span = cover(low.span, high.span);
        let range = Expr { kind: ExprKind::Range(Box::new(low), Box::new(high)), span };
        (text, binary(BinaryOp::In, span, left, range))
    }

    /// After `is`: `[not] null`, or a value.
    fn is(&mut self, left: Expr) -> (Option<String>, ExprKind) {
        let negated = self.eat_word("not").or_else(|| self.eat_word("NOT")).is_some();
        let (op, sign) = if negated { (BinaryOp::NotEqual, "!=") } else { (BinaryOp::Equal, "==") };
        let token = self.peek();
        let right = if self.word().is_some_and(|word| word.eq_ignore_ascii_case("null")) {
            self.bump();
            self.leaf(ExprKind::Literal(Literal::Null), token.span)
        } else {
            self.expr_above(COMPARISON + 1)
        };
        let is_null = right.kind == ExprKind::Literal(Literal::Null);
        let shown = if is_null { Some("null") } else { self.shown(right.span) };
        let text = self.shown(left.span).zip(shown);
        let text = text.map(|(left, right)| format!("{left} {sign} {right}"));
        (text, binary(op, token.span, left, right))
    }

    /// After `base.name`, at a parenthesis: a function is called with what it is about.
    pub(super) fn method(&mut self, base: Expr, name: Ident) -> Expr {
        let (first, height) = (base.span, self.height);
        let open = self.peek().span;
        let known = habits::function(&name.name);
        let function = match known {
            Some(habits::Meant::Name(known)) => known,
            _ => name.name.as_str(),
        };
        let namespace =
            matches!(&base.kind, ExprKind::Name(name) if NAMESPACES.contains(&name.as_str()));
        let callee = Ident { name: function.to_owned(), span: name.span };
        let called = self.within(false, |inner| inner.call(callee));
        let span = cover(first, called.span);
        let fits = self.raise(self.height.max(height), span);
        let inner = Span { start: open.end, end: span.end.saturating_sub(1), ..span };
        let inner = self.shown(inner).map(str::trim);
        let (is_empty, base_text) = (inner.is_some_and(str::is_empty), self.shown(first));
        let is_edge = matches!(&base.kind, ExprKind::Name(of) if of == "window" || of == "when");
        let (text, expr) = match (&base.kind, called.kind) {
            (ExprKind::Name(of), _) if is_edge => {
                let kind = ExprKind::Member {
                    base: Box::new(base.clone()),
                    name: name.clone(),
                    access: crate::ast::Access::Plain,
                };
                (Some(format!("{of}.{}", name.name)), kind)
            }
            (_, kind) if namespace => (inner.map(|inner| format!("{function}({inner})")), kind),
            (_, ExprKind::Call { function: called, mut args, by, filter }) => {
                let text = base_text.zip(inner).map(|(base, inner)| match is_empty {
                    true => format!("{function}({base})"),
                    false => format!("{function}({base}, {inner})"),
                });
                args.insert(0, base);
                (text, ExprKind::Call { function: called, args, by, filter })
            }
            (_, kind) => (None, kind),
        };
        let exists = habits::is_function(function) || is_edge;
        let words = match known {
            Some(habits::Meant::Words(words)) => words.to_owned(),
            _ => format!("a function is called with the value first: `{function}(value, …)`"),
        };
        let text = text.filter(|_| exists);
        let expr = if exists && fits { expr } else { ExprKind::Error };
        let what = format!("values have no methods, as `.{}()` would be", name.name);
        self.write(&what, span, text, &words);
        Expr { kind: expr, span }
    }

    /// After a value, at `::`: the type that it is to have.
    pub(super) fn cast(&mut self, value: Expr) -> Expr {
        self.bump();
        self.bump();
        let ty = self.type_name();
        let span = cover(value.span, self.last_span());
        self.cast_to(value, &ty, span)
    }

    /// `value` as a type, written in another way over `span`.
    pub(super) fn cast_to(&mut self, value: Expr, ty: &crate::ast::TypeName, span: Span) -> Expr {
        let written = ty.name.as_ref().map(|name| name.name.as_str());
        let known = written.map(|name| habits::type_name(name).unwrap_or(name));
        let function = known.filter(|name| CONVERSIONS.contains(name));
        let text = function.zip(self.shown(value.span)).map(|(ty, value)| format!("{ty}({value})"));
        let words = "write the type as a function: `string(x)`, `int(x)`";
        self.write("a value is converted by calling its type", span, text, words);
        let fits = self.raise(self.height, span);
        let kind = match function.filter(|_| fits) {
            Some(function) => call(function, span, vec![value]),
            None => ExprKind::Error,
        };
        Expr { kind, span }
    }
}

/// The types that have a function of their name.
const CONVERSIONS: [&str; 5] = ["string", "int", "float", "decimal", "timestamp"];

/// What functions belong to in other languages.
const NAMESPACES: [&str; 7] = ["Math", "math", "String", "strings", "str", "Objects", "functions"];

fn binary(op: BinaryOp, op_span: Span, left: Expr, right: Expr) -> ExprKind {
    ExprKind::Binary { op, op_span, left: Box::new(left), right: Box::new(right) }
}

fn call(name: &str, span: Span, args: Vec<Expr>) -> ExprKind {
    let function = Ident { name: name.to_owned(), span };
    ExprKind::Call { function, args, by: None, filter: None }
}

fn not(operand: Expr) -> Expr {
    let span = operand.span;
    Expr { kind: ExprKind::Unary { op: UnaryOp::Not, operand: Box::new(operand) }, span }
}

/// The regular expression that finds what a pattern of `like` does.
fn regex_of(like: &str) -> String {
    let mut regex = String::from("^");
    for c in like.chars() {
        match c {
            '%' => regex.push_str(".*"),
            '_' => regex.push('.'),
            c if c.is_alphanumeric() || c == ' ' => regex.push(c),
            c => regex.extend(['\\', c]),
        }
    }
    regex.push('$');
    regex
}
