// The grammar tokenises a sample as expected. Run by `npm test`; needs no editor.
"use strict";

const assert = require("node:assert");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const oniguruma = require("vscode-oniguruma");
const textmate = require("vscode-textmate");

const root = path.join(__dirname, "..");

async function tokenise(text) {
    const wasm = require.resolve("vscode-oniguruma/release/onig.wasm");
    await oniguruma.loadWASM(fs.readFileSync(wasm).buffer);
    const registry = new textmate.Registry({
        onigLib: Promise.resolve({
            createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
            createOnigString: (string) => new oniguruma.OnigString(string),
        }),
        loadGrammar: async () => {
            const file = path.join(root, "syntaxes/cep-rules.tmLanguage.json");
            return textmate.parseRawGrammar(fs.readFileSync(file, "utf8"), file);
        },
    });
    const grammar = await registry.loadGrammar("source.cep-rules");
    const found = [];
    let stack = textmate.INITIAL;
    for (const line of text.split("\n")) {
        const read = grammar.tokenizeLine(line, stack);
        stack = read.ruleStack;
        for (const { startIndex, endIndex, scopes } of read.tokens) {
            const word = line.slice(startIndex, endIndex).trim();
            if (word && scopes.length > 1) found.push([word, scopes.at(-1).replace(".cep-rules", "")]);
        }
    }
    return found;
}

const SAMPLE = `/// What a farm reports.
stream Harvest from kafka("costcenter") {
    count: int from "batchcnt" // a count
}
param floor: int = 1_50
rule disaster {
    from   Harvest
    window tumbling(10s) fill 5m
    when   sum(count) < floor and not abs(1.5) == 2
    emit   Disaster { text: "only {sum(count)} of \\"{floor}\\"", at: @2026-01-01T00:00:00Z }
}`;

test("a sample is tokenised", async () => {
    const found = await tokenise(SAMPLE);
    const has = (word, scope) =>
        assert.ok(
            found.some(([w, s]) => w === word && s === scope),
            `no ${scope} "${word}" in\n${found.map((pair) => pair.join("  ")).join("\n")}`,
        );
    has("/// What a farm reports.", "comment.line.documentation");
    has("// a count", "comment.line.double-slash");
    has("stream", "keyword.declaration");
    has("Harvest", "entity.name");
    has("count", "variable.other.member");
    has("int", "support.type");
    has("1_50", "constant.numeric");
    has("10s", "constant.numeric.duration");
    has("from", "keyword.control.clause");
    has("window", "keyword.control.clause");
    has("tumbling", "support.function.window");
    has("fill", "keyword.other");
    has("sum", "support.function.aggregate");
    has("abs", "support.function");
    has("and", "keyword.control");
    has("==", "keyword.operator");
    has("{", "punctuation.section.embedded.begin");
    has('\\"', "constant.character.escape");
    has("@2026-01-01T00:00:00Z", "constant.other.timestamp");
});
