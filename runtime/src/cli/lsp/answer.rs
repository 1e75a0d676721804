//! Answers to requests.

use super::message::{About, Place, Range, range, read};
use super::publish::shown;
use super::workspace::Workspace;
use rule_lang::Unformatted;
use rule_lang::ide::position::Lines;
use rule_lang::ide::{Completion, CompletionKind, Edit, Ide, NameKind, Symbol};
use rule_lang::source::{FileId, Span};
use serde_json::{Map, Value, json};

/// The answer; `None` if the request is not known or has parameters of another shape.
pub(super) fn answer(
    workspace: &mut Workspace,
    method: &str,
    params: Value,
) -> Option<Result<Value, String>> {
    let about: About = read(params)?;
    let known = [
        "textDocument/hover",
        "textDocument/completion",
        "textDocument/definition",
        "textDocument/references",
        "textDocument/documentSymbol",
        "textDocument/formatting",
        "textDocument/prepareRename",
        "textDocument/rename",
        "textDocument/codeAction",
    ];
    if !known.contains(&method) {
        return None;
    }
    // Of a document that is not there nothing is known.
    let Some((ide, file)) = workspace.document(&about.text_document.uri) else {
        return Some(Ok(Value::Null));
    };
    let lines = Lines::new(ide.text(file));
    let byte = lines.byte(about.position.into());
    Some(Ok(match method {
        "textDocument/hover" => ide
            .hover(file, byte)
            .map(|hover| {
                let contents = json!({ "kind": "markdown", "value": hover.markdown });
                json!({ "contents": contents, "range": range(hover.span, &lines) })
            })
            .unwrap_or_default(),
        "textDocument/completion" => {
            let found = ide.complete(file, byte);
            Value::Array(found.iter().zip(0..).map(|(found, at)| completion(found, at)).collect())
        }
        "textDocument/definition" => {
            ide.definition(file, byte).map(|span| location(ide, span)).unwrap_or_default()
        }
        "textDocument/references" => {
            let found = ide.references(file, byte);
            Value::Array(found.into_iter().map(|span| location(ide, span)).collect())
        }
        "textDocument/documentSymbol" => {
            Value::Array(ide.symbols(file).iter().map(|found| symbol(found, &lines)).collect())
        }
        "textDocument/formatting" => match formatting(ide.text(file), &lines) {
            Ok(edits) => edits,
            Err(defect) => return Some(Err(defect.to_string())),
        },
        "textDocument/codeAction" => {
            code_actions(ide, file, about.range.unwrap_or(NOWHERE), &about.text_document.uri)
        }
        "textDocument/prepareRename" => match ide.can_rename(file, byte) {
            Ok(span) => range(span, &lines),
            Err(refusal) => return Some(Err(refusal.to_string())),
        },
        _ => match ide.rename(file, byte, &about.new_name) {
            Ok(edits) => json!({ "changes": changes(ide, &edits) }),
            Err(refusal) => return Some(Err(refusal.to_string())),
        },
    }))
}

const NOWHERE: Range =
    Range { start: Place { line: 0, character: 0 }, end: Place { line: 0, character: 0 } };

fn location(ide: &Ide, span: Span) -> Value {
    let uri = ide.compiled().sources.file(span.file).map_or("", |file| file.name.as_str());
    json!({ "uri": uri, "range": range(span, &Lines::new(ide.text(span.file))) })
}

/// Edits by document.
fn changes(ide: &Ide, edits: &[Edit]) -> Value {
    let mut changes = Map::new();
    for (id, file) in ide.compiled().sources.files() {
        let lines = Lines::new(&file.text);
        let here: Vec<Value> = edits
            .iter()
            .filter(|edit| edit.span.file == id)
            .map(|edit| json!({ "range": range(edit.span, &lines), "newText": edit.text }))
            .collect();
        if !here.is_empty() {
            changes.insert(file.name.clone(), Value::Array(here));
        }
    }
    Value::Object(changes)
}

/// The whole text anew if it is to be laid out otherwise; nothing if it cannot be read.
fn formatting(text: &str, lines: &Lines<'_>) -> Result<Value, Unformatted> {
    Ok(match rule_lang::format(text) {
        Err(Unformatted::Unreadable(_)) => Value::Null,
        Err(defect) => return Err(defect),
        Ok(formatted) if formatted == text => json!([]),
        Ok(formatted) => {
            let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
            let whole = Span::new(FileId::default(), 0, end);
            json!([{ "range": range(whole, lines), "newText": formatted }])
        }
    })
}

/// The helps of diagnostics in a range that can be carried out.
fn code_actions(ide: &Ide, file: FileId, asked: Range, uri: &str) -> Value {
    let lines: Vec<Lines<'_>> =
        ide.compiled().sources.files().map(|(_, file)| Lines::new(&file.text)).collect();
    let Some(here) = lines.get(file.0 as usize) else { return json!([]) };
    let (start, end) = (here.byte(asked.start.into()), here.byte(asked.end.into()));
    let mut actions = Vec::new();
    for diagnostic in &ide.compiled().diagnostics {
        let Some(span) = diagnostic.primary_span() else { continue };
        if span.file != file || span.end < start || end < span.start {
            continue;
        }
        for suggestion in &diagnostic.suggestions {
            let text = suggestion.replacement.trim();
            let inserts = suggestion.span.start == suggestion.span.end;
            let verb = if inserts { "insert" } else { "replace with" };
            let edit = Edit { span: suggestion.span, text: suggestion.replacement.clone() };
            actions.push(json!({
                "title": format!("{verb} `{text}`"),
                "kind": "quickfix",
                "isPreferred": diagnostic.suggestions.len() == 1,
                "diagnostics": [shown(diagnostic, ide, &lines)],
                "edit": { "changes": { uri: [
                    { "range": range(edit.span, here), "newText": edit.text }
                ] } },
            }));
        }
    }
    Value::Array(actions)
}

/// `CompletionItem`, with its `CompletionItemKind` and its place in the list.
fn completion(found: &Completion, place: u32) -> Value {
    let kind = match found.kind {
        CompletionKind::Name(kind) => match kind {
            NameKind::Stream | NameKind::Table => 9,
            NameKind::Type => 22,
            NameKind::Event => 23,
            NameKind::Param => 21,
            NameKind::Field | NameKind::EventField => 5,
            NameKind::Function => 3,
            NameKind::Rule | NameKind::Scenario => 7,
            NameKind::Let | NameKind::Alias | NameKind::Key | NameKind::Item => 6,
        },
        CompletionKind::Member => 10,
        CompletionKind::Function | CompletionKind::Aggregate => 3,
        CompletionKind::Type => 25,
        CompletionKind::Word => 14,
    };
    let mut item = json!({ "label": found.label, "kind": kind, "sortText": format!("{place:04}") });
    if let Some(members) = item.as_object_mut() {
        if !found.detail.is_empty() {
            members.insert("detail".to_owned(), json!(found.detail));
        }
        if !found.doc.is_empty() {
            let doc = json!({ "kind": "markdown", "value": found.doc });
            members.insert("documentation".to_owned(), doc);
        }
    }
    item
}

/// `DocumentSymbol`, with its `SymbolKind`.
fn symbol(found: &Symbol, lines: &Lines<'_>) -> Value {
    let kind = match found.kind {
        None => 6,
        Some(kind) => match kind {
            NameKind::Stream | NameKind::Table => 11,
            NameKind::Type => 23,
            NameKind::Event => 24,
            NameKind::Param => 14,
            NameKind::Field | NameKind::EventField => 8,
            NameKind::Function => 12,
            NameKind::Rule | NameKind::Scenario => 5,
            NameKind::Let | NameKind::Alias | NameKind::Key | NameKind::Item => 13,
        },
    };
    let children: Vec<Value> = found.children.iter().map(|child| symbol(child, lines)).collect();
    json!({
        "name": found.name,
        "kind": kind,
        "range": range(found.whole, lines),
        "selectionRange": range(found.span, lines),
        "children": children,
    })
}
