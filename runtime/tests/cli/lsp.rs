//! `cep lsp`, by a client that reads its lines from `lsp/session.jsonl`: the transcript, what was asked
//! and what was answered, is the snapshot.

use crate::room::Room;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// What the client says, a message a line; `ROOM` is the folder's URI. Lines that begin with `//` are
/// kept in the transcript.
const SESSION: &str = include_str!("lsp/session.jsonl");

const OTHER: &str = "/// The least that is enough.\nparam floor: int = 150\n";

struct Client {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    root: String,
}

impl Client {
    fn start(room: &Room) -> Self {
        let mut command = room.command(&["lsp"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        let root = format!("file://{}", room.path("").display());
        Self { child, input, output, root: root.trim_end_matches('/').to_owned() }
    }

    fn send(&mut self, message: &str) {
        let message = message.replace("ROOM", &self.root);
        let input = self.input.as_mut().unwrap();
        write!(input, "Content-Length: {}\r\n\r\n{message}", message.len()).unwrap();
        input.flush().unwrap();
    }

    /// The next message, with the folder's URI as `ROOM`.
    fn receive(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut header = String::new();
            assert!(self.output.read_line(&mut header).unwrap() > 0, "the server has gone");
            match header.trim_end() {
                "" => break,
                header => {
                    if let Some(bytes) = header.strip_prefix("Content-Length: ") {
                        length = bytes.parse().unwrap();
                    }
                }
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).unwrap();
        let body = String::from_utf8(body).unwrap().replace(&self.root, "ROOM");
        serde_json::from_str(&body).unwrap()
    }

    /// Sends a request and gives all that came up to its answer.
    fn ask(&mut self, request: &str) -> Vec<Value> {
        let id = serde_json::from_str::<Value>(request).unwrap()["id"].clone();
        self.send(request);
        let mut came = Vec::new();
        loop {
            let message = self.receive();
            let answers = message["id"] == id;
            came.push(message);
            if answers {
                return came;
            }
        }
    }

    fn end(mut self) -> Option<i32> {
        self.input = None;
        let mut left = String::new();
        self.output.read_to_string(&mut left).unwrap();
        assert_eq!(left, "", "said after the end");
        self.child.wait().unwrap().code()
    }
}

/// A message, short where it is long: places as `line:column`, members that are plain left out.
fn shown(message: &Value) -> String {
    match message {
        Value::Object(members) if members.contains_key("start") && members.contains_key("end") => {
            let place = |place: &Value| format!("{}:{}", place["line"], place["character"]);
            format!("{}-{}", place(&message["start"]), place(&message["end"]))
        }
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .filter(|(name, _)| *name != "jsonrpc")
                .map(|(name, value)| format!("{name}: {}", shown(value)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Array(items) => {
            let long = message.to_string().len() > 100;
            let items: Vec<String> = items.iter().filter(is_steady).map(shown).collect();
            if long {
                format!("[\n    {}]", items.join(",\n    "))
            } else {
                format!("[{}]", items.join(", "))
            }
        }
        other => other.to_string(),
    }
}

/// Whether an item stays when the language gets more functions and words: of those that are proposed
/// only two are shown.
fn is_steady(item: &&Value) -> bool {
    let is_word = [3, 14].iter().any(|kind| item["kind"] == *kind);
    let described = item["documentation"].is_object();
    !(is_word && described) || item["label"] == "sum" || item["label"] == "abs"
}

#[test]
fn an_editor_gets_answers_while_rules_are_typed() {
    let room = Room::empty();
    room.write("other.rules", OTHER);
    let mut client = Client::start(&room);
    let mut transcript = format!("-- other.rules, on disk\n{OTHER}\n");
    for line in SESSION.lines().filter(|line| !line.is_empty()) {
        if line.starts_with("//") {
            transcript += &format!("\n{line}\n");
            continue;
        }
        transcript += &format!("> {line}\n");
        let message: Value = serde_json::from_str(line).unwrap();
        if message["id"].is_null() {
            client.send(line);
        } else {
            for came in client.ask(line) {
                transcript += &format!("< {}\n", shown(&came));
            }
        }
    }
    transcript += &format!("exit code: {:?}\n", client.end());
    insta::assert_snapshot!(transcript);
}

#[test]
fn an_editor_that_leaves_without_a_word_is_an_exit_code_of_1() {
    let room = Room::empty();
    assert_eq!(Client::start(&room).end(), Some(1));
    let mut client = Client::start(&room);
    client.ask(r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}"#);
    client.send(r#"{"jsonrpc":"2.0","method":"initialized","params":{}}"#);
    client.send(r#"{"jsonrpc":"2.0","method":"exit"}"#);
    assert_eq!(client.end(), Some(1));
}

/// Every edit of a rename, as the client would make it, leaves a program without errors.
#[test]
fn a_rename_over_two_files_is_carried_out() {
    let room = Room::empty();
    room.write("other.rules", OTHER);
    let rules = "stream S { n: int, t: timestamp, time t }\n// cep: allow W0108\nrule low { from S where n < floor emit Low { n } }\n";
    room.write("low.rules", rules);
    let mut client = Client::start(&room);
    client.ask(r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}"#);
    client.send(r#"{"jsonrpc":"2.0","method":"initialized","params":{}}"#);
    let ask = json!({ "jsonrpc": "2.0", "id": 2, "method": "textDocument/rename", "params": {
        "textDocument": { "uri": "ROOM/other.rules" },
        "position": { "line": 1, "character": 7 },
        "newName": "least",
    } });
    let answer = client.ask(&ask.to_string()).pop().unwrap();
    for (uri, edits) in answer["result"]["changes"].as_object().unwrap() {
        let name = uri.strip_prefix("ROOM/").unwrap();
        let mut lines: Vec<String> = room.read(name).lines().map(str::to_owned).collect();
        for edit in edits.as_array().unwrap().iter().rev() {
            let at =
                |place: &Value, part: &str| usize::try_from(place[part].as_u64().unwrap()).unwrap();
            let (start, end) = (&edit["range"]["start"], &edit["range"]["end"]);
            let line = &mut lines[at(start, "line")];
            line.replace_range(
                at(start, "character")..at(end, "character"),
                edit["newText"].as_str().unwrap(),
            );
        }
        room.write(name, lines.join("\n") + "\n");
    }
    assert!(!room.read("low.rules").contains("floor"));
    let ran = room.cep("check .");
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), "no errors in .\n"));
    drop(client.child.kill());
    let _ = client.child.wait();
}
