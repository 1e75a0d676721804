//! Draws diagnostics with their source lines, in the look of rustc.

use super::{Diagnostic, Label, Severity};
use crate::source::{FileId, SourceMap, Span};
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use std::ops::Range;

/// Whether the text carries terminal colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Colour {
    /// Plain text, for files, pipes and tests.
    #[default]
    Never,
    /// ANSI colours, for a terminal.
    Always,
}

/// One diagnostic as text, without a line end after it.
#[must_use]
pub fn render(diagnostic: &Diagnostic, sources: &SourceMap, colour: Colour) -> String {
    let renderer = match colour {
        Colour::Never => Renderer::plain(),
        Colour::Always => Renderer::styled(),
    };
    renderer.render(&[group(diagnostic, sources)])
}

/// How many diagnostics are drawn at most; nobody reads more, and the rest is counted.
pub const MAX_DRAWN: usize = 1_000;
/// The longest line that is drawn, in bytes; of a longer one only the place is named. The renderer
/// looks at all of a line, and a line can be as long as the file.
const MAX_DRAWN_LINE: usize = 4_096;

/// All diagnostics as text, an empty line between two, and a line end at the end if there is any.
/// Beyond [`MAX_DRAWN`] they are only counted.
#[must_use]
pub fn render_all(diagnostics: &[Diagnostic], sources: &SourceMap, colour: Colour) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics.iter().take(MAX_DRAWN) {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&render(diagnostic, sources, colour));
        text.push('\n');
    }
    if let Some(more) = diagnostics.len().checked_sub(MAX_DRAWN).filter(|more| *more > 0) {
        text.push_str(&format!("\n… and {more} more\n"));
    }
    text
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> Group<'a> {
    let level = match diagnostic.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.title.as_str()).id(diagnostic.code.number());
    let mut group = Group::with_title(title);
    let mut drawn: Vec<FileId> = Vec::new();
    for (position, label) in diagnostic.labels.iter().enumerate() {
        if drawn.contains(&label.span.file) {
            continue;
        }
        drawn.push(label.span.file);
        let labels = diagnostic
            .labels
            .iter()
            .enumerate()
            .skip(position)
            .filter(|(_, other)| other.span.file == label.span.file);
        group = if is_on_a_long_line(label, sources) {
            group.elements(origin(label, sources))
        } else {
            group.elements(snippet(labels, label.span.file, sources))
        };
    }
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    group
}

fn snippet<'a>(
    labels: impl Iterator<Item = (usize, &'a Label)> + Clone,
    file: FileId,
    sources: &'a SourceMap,
) -> Option<Snippet<'a, annotate_snippets::Annotation<'a>>> {
    let source = sources.file(file)?;
    let spans = labels.clone().map(|(_, label)| range(label.span, &source.text));
    let part = lines_around(spans, &source.text);
    let (first_line, _) = sources.line_column(file, u32::try_from(part.start).unwrap_or(u32::MAX));
    let mut snippet = Snippet::source(source.text.get(part.clone())?)
        .line_start(first_line)
        .path(source.name.as_str());
    for (position, label) in labels {
        let kind = if position == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let span = range(label.span, &source.text);
        let annotation = kind.span(span.start - part.start..span.end - part.start);
        snippet = snippet.annotation(if label.text.is_empty() {
            annotation
        } else {
            annotation.label(label.text.as_str())
        });
    }
    Some(snippet)
}

/// The place of a label, where its line is too long to be drawn.
fn origin<'a>(label: &Label, sources: &'a SourceMap) -> Option<Origin<'a>> {
    let source = sources.file(label.span.file)?;
    let (line, column) = sources.line_column(label.span.file, label.span.start);
    Some(Origin::path(source.name.as_str()).line(line).char_column(column))
}

fn is_on_a_long_line(label: &Label, sources: &SourceMap) -> bool {
    let text = sources.file(label.span.file).map_or("", |source| source.text.as_str());
    let start = range(label.span, text).start;
    lines_around(std::iter::once(start..start), text).len() > MAX_DRAWN_LINE
}

/// The bytes of all lines from the first to the last that one of the ranges touches. The renderer
/// looks at all it is given, so a diagnostic costs by its lines and not by its file.
fn lines_around(spans: impl Iterator<Item = Range<usize>>, text: &str) -> Range<usize> {
    let whole = spans.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end)).unwrap_or(0..0);
    let before = text.get(..whole.start).unwrap_or_default();
    let after = text.get(whole.end..).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let end = after.find('\n').map_or(text.len(), |at| whole.end + at + 1);
    start..end
}

/// The span as a range that the renderer can draw: inside the text and on character boundaries.
fn range(span: Span, text: &str) -> Range<usize> {
    let clamp = |at: u32| {
        let mut at = (at as usize).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let (start, end) = (clamp(span.start), clamp(span.end));
    start..end.max(start)
}
