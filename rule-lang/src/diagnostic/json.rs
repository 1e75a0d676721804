//! Diagnostics for other programs: one JSON object each.
//!
//! ```json
//! {"code":"E0109","severity":"error","message":"…","file":"a.rules","line":7,"column":15,
//!  "labels":[{"file":"a.rules","start":120,"end":121,"line":7,"column":15,"text":"…"}],"help":["…"],
//!  "suggestions":[{"file":"a.rules","line":7,"column":15,"start":120,"end":121,"text":"=="}]}
//! ```
//! `start` and `end` are byte offsets in the file, its byte order mark counted, `line` and `column` count from 1 (columns in characters).
//! Each of `suggestions` carries out a help: `text` in the place of the bytes.

use super::{Diagnostic, Severity};
use crate::source::{SourceMap, Span};
use std::fmt::Write as _;

/// One diagnostic as a JSON object on one line, without a line end.
#[must_use]
pub fn to_json(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let severity = match diagnostic.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut out =
        format!("{{\"code\":\"{}\",\"severity\":\"{severity}\",\"message\":", diagnostic.code);
    push_string(&mut out, &diagnostic.title);
    if let Some(label) = diagnostic.labels.first() {
        out.push(',');
        push_place(&mut out, label.span, sources);
    }
    out.push_str(",\"labels\":[");
    for (i, label) in diagnostic.labels.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        out.push('{');
        push_range(&mut out, label.span, &label.text, sources);
        out.push('}');
    }
    out.push_str("],\"help\":[");
    for (i, help) in diagnostic.help.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        push_string(&mut out, help);
    }
    out.push_str("],\"suggestions\":[");
    for (i, suggestion) in diagnostic.suggestions.iter().enumerate() {
        out.push_str(if i > 0 { ",{" } else { "{" });
        push_range(&mut out, suggestion.span, &suggestion.replacement, sources);
        out.push('}');
    }
    out.push_str("]}");
    out
}

fn push_range(out: &mut String, span: Span, text: &str, sources: &SourceMap) {
    push_place(out, span, sources);
    let before = sources.file(span.file).map_or(0, |file| file.offset);
    let (start, end) = (before.saturating_add(span.start), before.saturating_add(span.end));
    let _ = write!(out, ",\"start\":{start},\"end\":{end},\"text\":");
    push_string(out, text);
}

fn push_place(out: &mut String, span: Span, sources: &SourceMap) {
    out.push_str("\"file\":");
    push_string(out, sources.file(span.file).map_or("", |file| file.name.as_str()));
    let (line, column) = sources.line_column(span.file, span.start);
    let _ = write!(out, ",\"line\":{line},\"column\":{column}");
}

/// Appends a JSON string literal (RFC 8259: quote, backslash and control characters escaped).
fn push_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
