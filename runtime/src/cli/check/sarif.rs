//! Diagnostics as SARIF 2.1.0, the format in which code hosts and editors take what a checker found.
//!
//! One run for all programs. Columns count characters (`unicodeCodePoints`), as everywhere in cep.
//! A help that can be carried out is a `fix`; where a code is explained is its rule's `helpUri`,
//! relative to the documentation's folder.

use super::super::file_uri::reference_of;
use super::title_says;
use rule_lang::source::Span;
use rule_lang::{Code, Compiled, Diagnostic, Severity, SourceMap};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Everything found in these programs, as one SARIF document.
pub(super) fn document(programs: &[Compiled]) -> String {
    let all = || {
        programs.iter().flat_map(|program| {
            program.diagnostics.iter().map(move |diagnostic| (diagnostic, &program.sources))
        })
    };
    let codes: BTreeSet<Code> = all().map(|(diagnostic, _)| diagnostic.code).collect();
    let codes: Vec<Code> = codes.into_iter().collect();
    let results: Vec<Value> =
        all().map(|(diagnostic, sources)| result(diagnostic, sources, &codes)).collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "cep",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{document:#}\n")
}

/// What a code stands for.
fn rule(code: Code) -> Value {
    json!({
        "id": code.number(),
        "name": format!("{code:?}"),
        "shortDescription": { "text": code.summary() },
        "helpUri": format!("docs/errors/{code}.md"),
        "defaultConfiguration": { "level": level(code.severity()) },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn result(diagnostic: &Diagnostic, sources: &SourceMap, codes: &[Code]) -> Value {
    let mut labels = diagnostic.labels.iter();
    let primary = labels.next();
    let mut text = diagnostic.title.clone();
    if let Some(label) = primary.filter(|label| !title_says(diagnostic, &label.text)) {
        text = format!("{text}: {}", label.text);
    }
    for help in &diagnostic.help {
        text = format!("{text}\nhelp: {help}");
    }
    let mut result = json!({
        "ruleId": diagnostic.code.number(),
        "level": level(diagnostic.severity()),
        "message": { "text": text },
        "locations": primary.map(|label| json!({ "physicalLocation": place(label.span, sources) }))
            .into_iter().collect::<Vec<_>>(),
    });
    let Some(members) = result.as_object_mut() else { return result };
    if let Ok(index) = codes.binary_search(&diagnostic.code) {
        members.insert("ruleIndex".to_owned(), json!(index));
    }
    let related: Vec<Value> = labels
        .map(|label| {
            let mut location = json!({ "physicalLocation": place(label.span, sources) });
            if let (false, Some(members)) = (label.text.is_empty(), location.as_object_mut()) {
                members.insert("message".to_owned(), json!({ "text": label.text }));
            }
            location
        })
        .collect();
    if !related.is_empty() {
        members.insert("relatedLocations".to_owned(), Value::Array(related));
    }
    let fixes: Vec<Value> = diagnostic
        .suggestions
        .iter()
        .map(|fix| fix_of(fix.span, &fix.replacement, sources))
        .collect();
    if !fixes.is_empty() {
        members.insert("fixes".to_owned(), Value::Array(fixes));
    }
    result
}

fn fix_of(span: Span, replacement: &str, sources: &SourceMap) -> Value {
    json!({
        "description": { "text": format!("write `{}`", replacement.trim()) },
        "artifactChanges": [{
            "artifactLocation": artifact(span, sources),
            "replacements": [{
                "deletedRegion": region(span, sources),
                "insertedContent": { "text": replacement },
            }],
        }],
    })
}

fn place(span: Span, sources: &SourceMap) -> Value {
    json!({ "artifactLocation": artifact(span, sources), "region": region(span, sources) })
}

fn artifact(span: Span, sources: &SourceMap) -> Value {
    json!({ "uri": reference_of(sources.file(span.file).map_or("", |file| file.name.as_str())) })
}

fn region(span: Span, sources: &SourceMap) -> Value {
    let (line, column) = sources.line_column(span.file, span.start);
    let (end_line, end_column) = sources.line_column(span.file, span.end);
    json!({ "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column })
}
