//! The lines written so far.

use super::token::Gap;

/// What is being written.
#[derive(Debug, Default)]
pub(super) struct Page {
    lines: Vec<Line>,
    /// Whether the last line is still being written.
    begun: bool,
    /// Whether a body was just opened, so that no empty line may follow.
    opened: bool,
}

#[derive(Debug, Default)]
struct Line {
    text: String,
    /// A comment at its end.
    behind: Option<String>,
    is_comment: bool,
}

/// Which empty lines a gap leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blanks {
    /// None.
    None,
    /// One where there were any.
    Kept,
    /// One to begin with, and one where there were any after that.
    One,
}

impl Page {
    /// Begins a line.
    pub fn start(&mut self, indent: usize) {
        self.lines.push(Line { text: " ".repeat(indent), ..Line::default() });
        self.begun = true;
        self.opened = false;
    }

    /// Adds to the line begun.
    pub fn push(&mut self, text: &str) {
        if !self.begun {
            self.start(0);
        }
        if let Some(line) = self.lines.last_mut() {
            line.text.push_str(text);
        }
    }

    /// Fills the line begun with spaces up to a column.
    pub fn pad(&mut self, column: usize) {
        self.push(&" ".repeat(column.saturating_sub(self.column())));
    }

    /// How many characters the line begun has.
    pub fn column(&self) -> usize {
        self.lines.last().filter(|_| self.begun).map_or(0, |line| line.text.chars().count())
    }

    /// Ends the line begun, if there is one.
    pub fn end(&mut self) {
        self.begun = false;
        if let Some(line) = self.lines.last_mut() {
            line.text.truncate(line.text.trim_end().len());
        }
    }

    /// Ends the line begun, after which a body begins.
    pub fn open(&mut self) {
        self.end();
        self.opened = true;
    }

    /// One empty line, but at the start of the text or a body.
    fn blank(&mut self) {
        if !self.opened && self.lines.last().is_some_and(|line| !line.text.is_empty()) {
            self.lines.push(Line::default());
        }
    }

    /// Writes the comments and empty lines before a token that begins a line or closes a body.
    pub fn gap(&mut self, gap: &Gap<'_>, indent: usize, blanks: Blanks) {
        self.behind(gap.behind, indent);
        self.end();
        if blanks == Blanks::One {
            self.blank();
        }
        let kept = blanks != Blanks::None;
        for comment in &gap.above {
            if kept && comment.blank {
                self.blank();
            }
            self.comment(comment.text, indent);
        }
        if kept && gap.blank {
            self.blank();
        }
    }

    /// The same before what closes a body: there is no empty line directly before it.
    pub fn last_gap(&mut self, gap: &Gap<'_>, indent: usize, blanks: Blanks) {
        self.gap(&Gap { blank: false, ..gap.clone() }, indent, blanks);
    }

    /// Puts a comment at the end of the last line, or on its own if that has one already.
    fn behind(&mut self, comment: Option<&str>, indent: usize) {
        let Some(comment) = comment else { return };
        match self.lines.last_mut() {
            Some(line) if line.behind.is_none() && !line.is_comment && !line.text.is_empty() => {
                line.behind = Some(comment.to_owned());
            }
            _ => self.comment(comment, indent),
        }
    }

    fn comment(&mut self, text: &str, indent: usize) {
        self.start(indent);
        self.push(text);
        self.end();
        if let Some(line) = self.lines.last_mut() {
            line.is_comment = true;
        }
    }

    /// The text, with the comments behind neighbouring lines one below the other.
    pub fn into_text(mut self) -> String {
        self.end();
        let mut text = String::new();
        for group in self.lines.chunk_by(|a, b| a.behind.is_some() && b.behind.is_some()) {
            let width = group.iter().map(|line| line.text.chars().count()).max().unwrap_or(0);
            for line in group {
                text.push_str(&line.text);
                if let Some(comment) = &line.behind {
                    let pad = width - line.text.chars().count() + 2;
                    text.extend([&" ".repeat(pad), comment.as_str()]);
                }
                text.push('\n');
            }
        }
        text
    }
}
