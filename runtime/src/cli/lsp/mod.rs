//! `cep lsp`: the language server, on standard input and output.
//!
//! One thread reads a message, answers it, reads the next. What rules mean is asked of
//! [`rule_lang::ide`]; here is the protocol: [`message`] its shapes, [`workspace`] the programs,
//! [`answer`] the answers to requests, [`publish`] the diagnostics.

mod answer;
mod message;
mod publish;
mod workspace;

use super::{Exit, Failure};
use clap::Args;
use lsp_server::{Connection, ErrorCode, Message, Notification, ProtocolError, Request, Response};
use message::{Changed, Closed, Opened, WatchedFiles};
use serde_json::{Value, json};
use workspace::Workspace;

/// Answer an editor (a language server on standard input and output).
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cep lsp                          started by an editor, see the README for how

Exit codes: 0 shut down as agreed, 1 the editor left without a word, 3 it spoke no LSP.")]
pub(super) struct LspArgs {
    /// Accepted for editors that add it; standard input and output are the only way.
    #[arg(long, hide = true)]
    stdio: bool,
}

pub(super) fn run(_args: &LspArgs) -> Result<Exit, Failure> {
    let (connection, threads) = Connection::stdio();
    let exit = serve(&connection).map_err(|error| Failure::new(Exit::Outside, error.to_string()));
    // The writing thread ends when nobody can send any more.
    drop(connection);
    let exit = exit?;
    threads.join().map_err(|error| Failure::new(Exit::Outside, error.to_string()))?;
    Ok(exit)
}

fn capabilities() -> Value {
    json!({
        "positionEncoding": "utf-16",
        "textDocumentSync": { "openClose": true, "change": 1 },
        "hoverProvider": true,
        "completionProvider": { "triggerCharacters": ["."] },
        "definitionProvider": true,
        "referencesProvider": true,
        "documentSymbolProvider": true,
        "documentFormattingProvider": true,
        "renameProvider": { "prepareProvider": true },
        "codeActionProvider": { "codeActionKinds": ["quickfix"] },
    })
}

fn serve(connection: &Connection) -> Result<Exit, ProtocolError> {
    let (id, _) = match connection.initialize_start() {
        Err(error) if error.channel_is_disconnected() => return Ok(Exit::Wrong),
        started => started?,
    };
    let about = json!({
        "capabilities": capabilities(),
        "serverInfo": { "name": "cep", "version": env!("CARGO_PKG_VERSION") },
    });
    connection.initialize_finish(id, about)?;
    let mut workspace = Workspace::default();
    for message in &connection.receiver {
        match message {
            Message::Request(request) => {
                if connection.handle_shutdown(&request)? {
                    return Ok(Exit::Fine);
                }
                // What is said of a text comes before what is asked about it.
                publish::changes(&mut workspace, connection);
                let response = respond(&mut workspace, request);
                let _ = connection.sender.send(Message::Response(response));
            }
            Message::Notification(notification) if notification.method == "exit" => {
                return Ok(Exit::Wrong);
            }
            Message::Notification(notification) => {
                note(&mut workspace, notification);
                // While more is being typed, diagnostics wait.
                if connection.receiver.is_empty() {
                    publish::changes(&mut workspace, connection);
                }
            }
            Message::Response(_) => {}
        }
    }
    Ok(Exit::Wrong)
}

fn note(workspace: &mut Workspace, notification: Notification) {
    let params = notification.params;
    match notification.method.as_str() {
        "textDocument/didOpen" => {
            if let Some(Opened { text_document }) = message::read(params) {
                workspace.open(&text_document.uri, text_document.text);
            }
        }
        "textDocument/didChange" => {
            if let Some(Changed { text_document, content_changes }) = message::read(params)
                && let Some(change) = content_changes.into_iter().next_back()
            {
                workspace.open(&text_document.uri, change.text);
            }
        }
        "textDocument/didClose" => {
            if let Some(Closed { text_document }) = message::read(params) {
                workspace.close(&text_document.uri);
            }
        }
        "workspace/didChangeWatchedFiles" => {
            if let Some(WatchedFiles { changes }) = message::read(params) {
                changes.iter().for_each(|change| workspace.changed_on_disk(&change.uri));
            }
        }
        _ => {}
    }
}

fn respond(workspace: &mut Workspace, request: Request) -> Response {
    let Request { id, method, params } = request;
    match answer::answer(workspace, &method, params) {
        Some(Ok(result)) => Response::new_ok(id, result),
        Some(Err(refusal)) => Response::new_err(id, ErrorCode::RequestFailed as i32, refusal),
        None => {
            let words = format!("`{method}` is not known, or not so");
            Response::new_err(id, ErrorCode::MethodNotFound as i32, words)
        }
    }
}
