//! Tables of literals: a head, then rows, each on its own line between `|`.

use super::cover;
use super::cursor::Cursor;
use crate::ast::{Ident, Literal, Row, Spanned, Table};
use crate::diagnostic::{Code, Diagnostic};
use crate::lex::{Punct, Token, TokenKind};
use crate::source::Span;
use cep_core::value::compact_json;
use serde_json::value::RawValue;

impl Cursor<'_> {
    /// A table, if one begins here.
    pub(super) fn table(&mut self) -> Option<Table> {
        if !self.at(Punct::Pipe) {
            return None;
        }
        let first = self.peek().span;
        let columns = self.table_head();
        let mut rows = Vec::new();
        while self.at(Punct::Pipe) && self.peek().line_start {
            rows.extend(self.table_row(columns.as_deref().map(<[Ident]>::len)));
        }
        let span = cover(first, self.last_span());
        columns.map(|columns| Table { columns, rows, span })
    }

    /// The tokens of the row at the cursor, cell by cell.
    fn row_tokens(&mut self) -> (Vec<Vec<Token>>, Span) {
        let start = self.position();
        let first = self.bump().span;
        let mut cells = Vec::new();
        let mut cell = Vec::new();
        let mut closed = true;
        while !self.at_end() && !self.peek().line_start {
            let token = self.bump();
            closed = token.kind == TokenKind::Punct(Punct::Pipe);
            if closed {
                cells.push(std::mem::take(&mut cell));
            } else {
                cell.push(token);
            }
        }
        self.end_row(start);
        let span = cover(first, self.last_span());
        if !closed {
            self.report(
                Diagnostic::new(Code::Unexpected, "this row is not closed")
                    .label(span.after(), "expected `|`")
                    .help("a row begins and ends with `|`"),
            );
            cells.push(cell);
        }
        (cells, span)
    }

    fn table_head(&mut self) -> Option<Vec<Ident>> {
        let (cells, span) = self.row_tokens();
        let mut columns = Vec::new();
        for cell in &cells {
            match cell.as_slice() {
                [token] if matches!(token.kind, TokenKind::Word | TokenKind::QuotedWord) => {
                    let name = self.text_of(token.span).trim_matches('`').to_owned();
                    columns.push(Ident { name, span: token.span });
                }
                tokens => {
                    let span = tokens.first().map_or(span, |first| {
                        cover(first.span, tokens.last().map_or(first.span, |t| t.span))
                    });
                    self.report(
                        Diagnostic::new(
                            Code::BadCell,
                            "a table's first row holds the names of its columns",
                        )
                        .label(span, "this is not a name"),
                    );
                    return None;
                }
            }
        }
        Some(columns)
    }

    fn table_row(&mut self, width: Option<usize>) -> Option<Row> {
        let (cells, span) = self.row_tokens();
        let width = width?;
        if cells.len() != width {
            self.report(
                Diagnostic::new(Code::RowLength, "this row does not fit its table's head")
                    .label(span, format!("cells: {}, columns: {width}", cells.len()))
                    .help("write `-` for a value that is null"),
            );
            return None;
        }
        let cells = cells.iter().map(|cell| self.cell(cell, span)).collect();
        Some(Row { cells, span })
    }

    fn cell(&mut self, tokens: &[Token], row: Span) -> Spanned<Option<Literal>> {
        let span = match (tokens.first(), tokens.last()) {
            (Some(first), Some(last)) => cover(first.span, last.span),
            _ => row,
        };
        let value = match tokens {
            [token] => self.cell_literal(*token),
            [first, ..] if opens(first.kind) => Some(Literal::Json(json(self.text_of(span)))),
            [minus, number] if minus.kind == TokenKind::Punct(Punct::Minus) => {
                Literal::negated(number.kind)
            }
            _ => None,
        };
        let reported = tokens.iter().any(|token| token.kind == TokenKind::Bad);
        if value.is_none() && !reported {
            self.bad_cell(tokens, span);
        }
        Spanned { value, span }
    }

    fn cell_literal(&mut self, token: Token) -> Option<Literal> {
        Some(match token.kind {
            TokenKind::Punct(Punct::Minus) => Literal::Null,
            TokenKind::Int(value) => Literal::whole(value),
            TokenKind::Decimal(value) => Literal::Decimal(value),
            TokenKind::Float(bits) => Literal::Float(bits),
            TokenKind::Duration(value) => Literal::Duration(value),
            TokenKind::Timestamp(value) => Literal::Timestamp(value),
            TokenKind::Str | TokenKind::RawStr => Literal::String(self.string_of(token)),
            TokenKind::Word => match self.text_of(token.span) {
                "true" => Literal::Bool(true),
                "false" => Literal::Bool(false),
                "null" => Literal::Null,
                _ => return None,
            },
            _ => return None,
        })
    }

    fn bad_cell(&mut self, tokens: &[Token], span: Span) {
        let first = tokens.first().map(|token| token.kind);
        let diagnostic = match first {
            None => Diagnostic::new(Code::BadCell, "this row has an empty cell")
                .label(span, "")
                .help("write `-` for null or `\"\"` for an empty text"),
            _ => {
                Diagnostic::new(Code::BadCell, format!("`{}` is not a literal", self.text_of(span)))
                    .label(span, "a cell holds a literal")
                    .help(format!("write text in quotes: `\"{}\"`", self.text_of(span)))
            }
        };
        self.report(diagnostic);
    }
}

/// JSON without the space that says nothing; what is none as it is.
fn json(text: &str) -> String {
    match serde_json::from_str::<&RawValue>(text) {
        Ok(_) => compact_json(text),
        Err(_) => text.to_owned(),
    }
}

fn opens(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Punct(Punct::BracketOpen | Punct::BraceOpen))
}
