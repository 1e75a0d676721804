//! What the compiler has to say, as data.
//!
//! A [`Diagnostic`] is a numbered [`Code`], one lower-case sentence in the user's own names (their
//! words in backticks), labels that point into the source, and `help` lines that say what to type.
//! Nothing is printed here: [`render`](mod@render) draws one with its source lines, [`json`] writes
//! it for other programs, and every caller decides where the text goes.

mod advice;
mod codes;
pub mod json;
pub mod render;
#[cfg(test)]
mod tests;

pub use advice::{Advice, Suggestion, closest};
pub(crate) use advice::{did_you_mean, field_meant, fields_of, removed, write_instead};
pub use codes::{Code, Severity};

use crate::source::Span;

/// One error or warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its number; also says whether it is an error or a warning.
    pub code: Code,
    /// One sentence, lower case, without a full stop.
    pub title: String,
    /// Places in the source. The first is the one the message is about.
    pub labels: Vec<Label>,
    /// What to type instead, most useful first.
    pub help: Vec<String>,
    /// The helps that an editor can carry out, most useful first.
    pub suggestions: Vec<Suggestion>,
}

/// A place and what to say there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What; may be empty, then the place is only underlined.
    pub text: String,
}

impl Diagnostic {
    /// A diagnostic without labels or help yet.
    #[must_use]
    pub fn new(code: Code, title: impl Into<String>) -> Self {
        Self {
            code,
            title: title.into(),
            labels: Vec::new(),
            help: Vec::new(),
            suggestions: Vec::new(),
        }
    }

    /// Adds a label; the first added is the primary one.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds a line of advice. What it would have put in place stands at the primary label, which is
    /// added before.
    #[must_use]
    pub fn help(mut self, advice: impl Into<Advice>) -> Self {
        let advice = advice.into();
        if let (Some(replacement), Some(span)) = (advice.replacement, self.primary_span()) {
            self.suggestions.push(Suggestion { span, replacement });
        }
        self.help.push(advice.text);
        self
    }

    /// Adds an edit for the help before it where that is not about the primary label.
    #[must_use]
    pub fn suggest(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.suggestions.push(Suggestion { span, replacement: replacement.into() });
        self
    }

    /// Adds a line of advice if there is one.
    #[must_use]
    pub fn maybe_help(self, advice: Option<impl Into<Advice>>) -> Self {
        match advice {
            Some(advice) => self.help(advice),
            None => self,
        }
    }

    /// Error or warning.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// Whether the program cannot run because of this.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity() == Severity::Error
    }

    /// The place the message is about.
    #[must_use]
    pub fn primary_span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }
}

/// Sorts by place and drops exact repetitions, so that the order in which checks run never shows.
pub(crate) fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| {
        (a.primary_span(), a.code, &a.title).cmp(&(b.primary_span(), b.code, &b.title))
    });
    diagnostics.dedup();
}
