// Starts `cep lsp` for `.rules` files and lets it answer. All that is known of the language is in
// `cep`; this file only starts and stops it.
"use strict";

const { commands, window, workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

async function start() {
    const command = workspace.getConfiguration("cep").get("command", "cep");
    client = new LanguageClient(
        "cep",
        "cep rules",
        { command, args: ["lsp"] },
        {
            documentSelector: [{ scheme: "file", language: "cep-rules" }],
            synchronize: { fileEvents: workspace.createFileSystemWatcher("**/*.rules") },
        },
    );
    try {
        await client.start();
    } catch (error) {
        client = undefined;
        window.showErrorMessage(
            `cep: cannot start \`${command} lsp\`: ${error}. Install cep, or set "cep.command" to its path.`,
        );
    }
}

async function stop() {
    const stopped = client;
    client = undefined;
    await stopped?.stop();
}

async function restart() {
    await stop();
    await start();
}

async function activate(context) {
    context.subscriptions.push(
        commands.registerCommand("cep.restart", restart),
        workspace.onDidChangeConfiguration((event) => {
            if (event.affectsConfiguration("cep.command")) restart();
        }),
        workspace.onDidGrantWorkspaceTrust(() => { if (!client) start(); }),
    );
    if (workspace.isTrusted) await start();
}

module.exports = { activate, deactivate: stop };
