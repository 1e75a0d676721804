//! Names in test blocks.

use super::{DefId, File, NameKind, Names};
use crate::lex::Punct;
use std::ops::Range;

impl Names {
    pub(super) fn test(&mut self, file: &File<'_>, declaration: &Range<usize>) {
        let tokens = &file.tokens;
        let Some(body) = file.body(declaration) else { return };
        let mut table_of = None;
        for at in body {
            match tokens
                .word(at)
                .filter(|_| tokens.line_start(at) || !tokens.is(at - 1, Punct::Pipe))
            {
                Some("given") if tokens.line_start(at) => {
                    table_of = self.table_of(file, at + 1, &[NameKind::Stream, NameKind::Table]);
                }
                Some("expect") => {
                    let second = matches!(tokens.word(at + 1), Some("some" | "no" | "late"))
                        && tokens.name(at + 2).is_some()
                        && !tokens.line_start(at + 2);
                    let stream = second && tokens.is_word(at + 1, "late");
                    let kind = if stream { NameKind::Stream } else { NameKind::Event };
                    table_of = self.table_of(file, at + 1 + usize::from(second), &[kind]);
                }
                Some("set") if tokens.line_start(at) => {
                    self.global_mention(file, at + 1, &[NameKind::Param]);
                }
                _ => {}
            }
            // The head of a table: the first line that begins with `|`.
            if let Some(owner) = table_of
                && tokens.line_start(at)
                && tokens.is(at, Punct::Pipe)
            {
                self.columns(file, at, owner);
                table_of = None;
            }
        }
    }

    fn table_of(&mut self, file: &File<'_>, at: usize, kinds: &[NameKind]) -> Option<DefId> {
        self.global_mention(file, at, kinds);
        self.global(file.tokens.name(at)?, kinds)
    }

    fn columns(&mut self, file: &File<'_>, head: usize, owner: DefId) {
        let mut at = head;
        while at == head || (at < file.tokens.len() && !file.tokens.line_start(at)) {
            self.field_mention(file, at, owner);
            at += 1;
        }
    }
}
