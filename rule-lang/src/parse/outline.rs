//! Where declarations and clauses begin, told by the parser's own tests. For readers that want a
//! text's parts without its tree, also while it is being typed.

use super::cursor::Cursor;
use crate::lex::{Lexed, Punct, TokenKind};
use crate::source::FileId;

/// The beginning of a part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Start {
    /// Index of its first token.
    pub token: usize,
    /// What begins.
    pub begins: Begins,
}

/// What begins at a [`Start`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begins {
    Declaration,
    Clause,
}

/// Every beginning, in order. Clauses are those of rules.
pub(crate) fn outline(file: FileId, text: &str, lexed: &Lexed) -> Vec<Start> {
    let mut cursor = Cursor::new(file, text, lexed);
    let (mut starts, mut depth, mut in_rule) = (Vec::new(), 0_usize, false);
    while !cursor.at_end() {
        let token = cursor.position();
        if cursor.at_declaration() {
            starts.push(Start { token, begins: Begins::Declaration });
            in_rule = cursor.at_word("rule");
            depth = 0;
        } else if in_rule && cursor.at_clause() && (depth == 1 || cursor.peek().line_start) {
            starts.push(Start { token, begins: Begins::Clause });
            depth = 1;
        }
        match cursor.bump().kind {
            TokenKind::Punct(Punct::BraceOpen | Punct::ParenOpen | Punct::BracketOpen) => {
                depth += 1
            }
            TokenKind::Punct(Punct::BraceClose | Punct::ParenClose | Punct::BracketClose) => {
                depth = depth.saturating_sub(1);
                in_rule &= depth > 0;
            }
            _ => {}
        }
    }
    starts
}
