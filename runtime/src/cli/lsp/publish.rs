//! Diagnostics as the protocol has them, told whenever a text changed.

use super::message::range;
use super::workspace::{Folder, Workspace};
use crate::cli::check::title_says;
use lsp_server::{Connection, Message, Notification};
use rule_lang::ide::Ide;
use rule_lang::ide::position::Lines;
use rule_lang::source::FileId;
use rule_lang::{Diagnostic, Severity};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Tells the diagnostics of every document whose diagnostics are others than were told last.
pub(super) fn changes(workspace: &mut Workspace, connection: &Connection) {
    while let Some(folder) = workspace.changed.pop_first() {
        let mut found = BTreeMap::new();
        if workspace.is_open(&folder) {
            found = all(workspace.program(&folder));
        }
        let told = workspace.told.remove(&folder).unwrap_or_default();
        for uri in told.keys().filter(|uri| !found.contains_key(*uri)) {
            tell(connection, uri, &json!([]));
        }
        let mut now = BTreeMap::new();
        for (uri, diagnostics) in found {
            let text = diagnostics.to_string();
            if told.get(&uri) != Some(&text) {
                tell(connection, &uri, &diagnostics);
            }
            now.insert(uri, text);
        }
        remember(workspace, folder, now);
    }
}

fn remember(workspace: &mut Workspace, folder: Folder, told: BTreeMap<String, String>) {
    if !told.is_empty() {
        workspace.told.insert(folder, told);
    }
}

fn tell(connection: &Connection, uri: &str, diagnostics: &Value) {
    let params = json!({ "uri": uri, "diagnostics": diagnostics });
    let method = "textDocument/publishDiagnostics".to_owned();
    // An editor that has gone away hears nothing.
    let _ = connection.sender.send(Message::Notification(Notification::new(method, params)));
}

/// The diagnostics of each document of a program.
fn all(ide: &Ide) -> BTreeMap<String, Value> {
    let sources = &ide.compiled().sources;
    let lines: Vec<Lines<'_>> = sources.files().map(|(_, file)| Lines::new(&file.text)).collect();
    let mut found: BTreeMap<FileId, Vec<Value>> =
        sources.files().map(|(id, _)| (id, Vec::new())).collect();
    for diagnostic in &ide.compiled().diagnostics {
        let file = diagnostic.primary_span().map(|span| span.file).unwrap_or_default();
        found.entry(file).or_default().push(shown(diagnostic, ide, &lines));
    }
    let named = |(id, list)| Some((sources.file(id)?.name.clone(), Value::Array(list)));
    found.into_iter().filter_map(named).collect()
}

/// One diagnostic.
pub(super) fn shown(diagnostic: &Diagnostic, ide: &Ide, lines: &[Lines<'_>]) -> Value {
    let sources = &ide.compiled().sources;
    let place = |span: rule_lang::source::Span| {
        lines.get(span.file.0 as usize).map(|lines| range(span, lines)).unwrap_or_default()
    };
    let mut labels = diagnostic.labels.iter();
    let primary = labels.next();
    let mut message = diagnostic.title.clone();
    if let Some(label) = primary.filter(|label| !title_says(diagnostic, &label.text)) {
        message = format!("{message}: {}", label.text);
    }
    for help in &diagnostic.help {
        message = format!("{message}\nhelp: {help}");
    }
    let related: Vec<Value> = labels
        .filter_map(|label| {
            let uri = &sources.file(label.span.file)?.name;
            let location = json!({ "uri": uri, "range": place(label.span) });
            Some(json!({ "location": location, "message": label.text }))
        })
        .collect();
    json!({
        "range": place(primary.map(|label| label.span).unwrap_or_default()),
        "severity": match diagnostic.severity() { Severity::Error => 1, Severity::Warning => 2 },
        "code": diagnostic.code.number(),
        "source": "cep",
        "message": message,
        "relatedInformation": related,
    })
}
