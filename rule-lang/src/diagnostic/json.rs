//! Diagnostics for other programs: one JSON object each.
//!
//! ```json
//! {"code":"E0109","severity":"error","message":"…","file":"a.rules","line":7,"column":15,
//!  "labels":[{"file":"a.rules","start":120,"end":121,"line":7,"column":15,"text":"…"}],"help":["…"]}
//! ```
//! `start` and `end` are byte offsets, `line` and `column` count from 1 (columns in characters).

use super::{Diagnostic, Label, Severity};
use crate::source::SourceMap;
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
        push_place(&mut out, label, sources);
    }
    out.push_str(",\"labels\":[");
    for (i, label) in diagnostic.labels.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        out.push('{');
        push_place(&mut out, label, sources);
        let _ = write!(out, ",\"start\":{},\"end\":{},\"text\":", label.span.start, label.span.end);
        push_string(&mut out, &label.text);
        out.push('}');
    }
    out.push_str("],\"help\":[");
    for (i, help) in diagnostic.help.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        push_string(&mut out, help);
    }
    out.push_str("]}");
    out
}

fn push_place(out: &mut String, label: &Label, sources: &SourceMap) {
    out.push_str("\"file\":");
    push_string(out, sources.file(label.span.file).map_or("", |file| file.name.as_str()));
    let (line, column) = sources.line_column(label.span.file, label.span.start);
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
