//! Blocks of commands print what the page says.
//!
//! A page has one working folder, with a copy of `rules/` and the files its blocks are marked to write; its blocks run in order.
//! A block holds `$ command` lines (`> ` continues one), each with what it prints on both streams. `? 1` before that says the exit
//! code, where it is not 0. `[..]` stands for any part of a line, a line `...` for any lines.

use crate::blocks::{Block, blocks, pages, repository};
use cep_tests::broker::Broker;
use cep_tests::command::cep;
use snapbox::assert::Assert;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// The address that pages give the reader's own broker.
const BROKER_OF_THE_PAGE: &str = "localhost:9092";
/// How the README builds and calls `cep` from the sources.
const BUILD_AND_CALL: &str = "cargo run --release -- ";

static BROKER: LazyLock<Broker> =
    LazyLock::new(|| Broker::start().unwrap_or_else(|error| panic!("{error}")));

/// A command and what the page says of it.
struct Step {
    command: String,
    code: i32,
    output: String,
}

fn steps(block: &Block) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in block.text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step { command: command.to_owned(), code: 0, output: String::new() });
            continue;
        }
        let step = steps.last_mut();
        let step = step.unwrap_or_else(|| panic!("{}: no `$ command` first", block.place()));
        if let Some(more) = line.strip_prefix("> ").filter(|_| step.output.is_empty()) {
            let _ = write!(step.command, "\n{more}");
        } else if let Some(code) = line.strip_prefix("? ").filter(|_| step.output.is_empty()) {
            step.code = code.parse().unwrap();
        } else {
            let _ = writeln!(step.output, "{line}");
        }
    }
    steps
}

/// What the command really prints and ends with.
fn run(step: &Step, folder: &Path, needs: Option<&str>) -> (String, i32) {
    let mut command = step.command.replace(BUILD_AND_CALL, "cep ");
    if needs == Some("kafka") {
        command = command.replace(BROKER_OF_THE_PAGE, &BROKER.address());
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-c", &format!("{{ {command}\n}} 2>&1")])
        .current_dir(folder)
        // The pages are read at a desk.
        .env_remove("CI")
        .env("PATH", format!("{}:{path}", cep().parent().unwrap().display()))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    let printed = if needs == Some("kafka") {
        printed.replace(&BROKER.address(), BROKER_OF_THE_PAGE)
    } else {
        printed.into_owned()
    };
    (printed, output.status.code().unwrap_or(-1))
}

/// Runs the block. The answer is its text with what its commands really print, where that differs.
fn tried(block: &Block, folder: &Path) -> (Vec<String>, String) {
    let (mut wrong, mut text) = (Vec::new(), String::new());
    for step in steps(block) {
        let (printed, code) = run(&step, folder, block.mark("needs"));
        let comparison = Assert::new().normalize_paths(false);
        let compared =
            comparison.try_eq(None, printed.as_str().into(), step.output.as_str().into());
        let fits = compared.is_ok() && code == step.code;
        let _ = writeln!(text, "$ {}", step.command.replace('\n', "\n> "));
        if code != 0 {
            let _ = writeln!(text, "? {code}");
        }
        text.push_str(if fits { &step.output } else { &printed });
        if !fits {
            let difference = compared.err().map(|error| error.to_string()).unwrap_or_default();
            wrong.push(format!(
                "{}: `{}` ended with {code}, the page says {}\n{difference}",
                block.place(),
                step.command,
                step.code
            ));
        }
    }
    (wrong, text)
}

fn write_file(block: &Block, folder: &Path) {
    if let Some(file) = block.mark("file") {
        let path = folder.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &block.text).unwrap();
    }
}

/// Tries every command of a page: what is wrong, and the page with what its commands really print.
fn try_page(page: &str, text: &str) -> (Vec<String>, String) {
    let blocks = blocks(page, text);
    if !blocks.iter().any(|block| block.language == "console") {
        return (Vec::new(), text.to_owned());
    }
    let folder = tempfile::tempdir().unwrap();
    copy_folder(&repository().join("rules"), &folder.path().join("rules"));
    let (mut wrong, mut changed) = (Vec::new(), Vec::new());
    for block in &blocks {
        write_file(block, folder.path());
        if block.language != "console" || block.mark("needs") == Some("setup") {
            continue;
        }
        for topic in block.mark("topics").into_iter().flat_map(|topics| topics.split(',')) {
            BROKER.create_topic(topic, 3).unwrap();
        }
        let (differences, now) = tried(block, folder.path());
        if !differences.is_empty() {
            changed.push((block, now));
        }
        wrong.extend(differences);
    }
    let mut lines: Vec<&str> = text.lines().collect();
    // From the last to the first, so that line numbers hold.
    for (block, now) in changed.iter().rev() {
        lines.splice(block.line..block.line + block.text.lines().count(), now.lines());
    }
    (wrong, lines.join("\n") + "\n")
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn commands_print_what_the_pages_say() {
    let is_accepted = std::env::var_os("DOCS").is_some_and(|wish| wish == "accept");
    let mut wrong = Vec::new();
    for (page, text) in pages() {
        let (differences, now) = try_page(&page, &text);
        if is_accepted && !differences.is_empty() {
            std::fs::write(repository().join(page), now).unwrap();
        } else {
            wrong.extend(differences);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_page_that_says_something_else_is_caught() {
    let fence = "```";
    let page = |body: &str| format!("{fence}console\n{body}{fence}\n");
    let right = |body: &str| try_page("a.md", &page(body)).0.is_empty();
    assert!(right("$ echo a; echo b >&2\na\nb\n$ (exit 3)\n? 3\n"));
    assert!(right("$ printf 'a 12 b\\nc\\nd\\n'\na [..] b\n...\nd\n"));
    assert!(right("$ ls rules/harvest/harvest.rules\nrules/harvest/harvest.rules\n"));
    for wrong in ["$ echo a\nb\n", "$ (exit 3)\n", "$ echo a\n", "$ true\na\n"] {
        assert!(!right(wrong), "{wrong}");
    }
    let (_, accepted) = try_page("a.md", &page("$ echo a\nb\n$ (exit 3)\n"));
    assert_eq!(accepted, page("$ echo a\na\n$ (exit 3)\n? 3\n"));
}
