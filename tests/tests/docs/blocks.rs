//! The fenced blocks of a page, with the marks that say how each is tried.
//!
//! A fence opens with three backticks, a language and marks, such as `rules error=E0203`:
//!
//! | language | marks | what is tried |
//! |---|---|---|
//! | `rules` | | compiles without an error |
//! | | `name=N`, `with=N` | give it a name; compile it together with the block of that name |
//! | | `error=CODE`, `warning=CODE` | it is answered with this code |
//! | | `file=PATH` | it is also written there, for the commands of the page |
//! | `console` | | `$ command` lines and what they print |
//! | | `needs=kafka`, `topics=a,b` | a broker that has these topics stands in for `localhost:9092` |
//! | | `needs=setup` | not run: it installs, clones or starts what a test machine has |
//! | `jsonl`, `toml` | `file=PATH` | written for the commands of the page |
//! | `text` | | nothing |

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where the repository is.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// One fenced block.
#[derive(Clone, Debug)]
pub struct Block {
    /// The page, from the repository's folder.
    pub page: String,
    /// The line of its opening fence, from 1.
    pub line: usize,
    /// The first word after the fence.
    pub language: String,
    /// The words after it.
    pub marks: BTreeMap<String, String>,
    /// What stands between the fences.
    pub text: String,
}

impl Block {
    /// `docs/language.md:40`.
    pub fn place(&self) -> String {
        format!("{}:{}", self.page, self.line)
    }

    /// The value of a mark.
    pub fn mark(&self, name: &str) -> Option<&str> {
        self.marks.get(name).map(String::as_str)
    }
}

/// Every page, by its path from the repository's folder, in order.
pub fn pages() -> Vec<(String, String)> {
    let root = repository();
    let mut waiting = vec![root.join("docs")];
    let beside = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "tests/cases/README.md"];
    let mut files: Vec<PathBuf> = beside.iter().map(|page| root.join(page)).collect();
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                // Packages of the editor's extension have pages of their own.
                waiting.extend(Some(path).filter(|path| !path.ends_with("node_modules")));
            } else if path.extension().is_some_and(|ending| ending == "md") {
                files.push(path);
            }
        }
    }
    files.sort();
    let named = files.into_iter().map(|path| {
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        (name, text)
    });
    named.collect()
}

/// The blocks of a page.
pub fn blocks(page: &str, text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (line, words) in (1..).zip(text.lines()) {
        match (&mut open, words.strip_prefix("```")) {
            (None, Some(fence)) => open = Some(opened(page, line, fence)),
            (Some(_), Some("")) => found.extend(open.take()),
            (Some(block), _) => {
                block.text.push_str(words);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{page}: a block is not closed: {open:?}");
    found
}

fn opened(page: &str, line: usize, fence: &str) -> Block {
    let mut words = fence.split_whitespace().map(str::to_owned);
    let language = words.next().unwrap_or_default();
    let marks = words.map(|word| match word.split_once('=') {
        Some((name, value)) => (name.to_owned(), value.to_owned()),
        None => (word, String::new()),
    });
    Block { page: page.to_owned(), line, language, marks: marks.collect(), text: String::new() }
}

/// Every block of every page.
pub fn all_blocks() -> Vec<Block> {
    pages().iter().flat_map(|(page, text)| blocks(page, text)).collect()
}

#[test]
fn a_block_has_a_language_marks_and_a_text() {
    let fence = "```";
    let page = format!("Words\n{fence}rules error=E0101 with=a\nrule x\n{fence}\nmore\n");
    let found = blocks("a.md", &page);
    assert_eq!(found.len(), 1);
    let block = &found[0];
    assert_eq!((block.place().as_str(), block.language.as_str()), ("a.md:2", "rules"));
    assert_eq!((block.mark("error"), block.mark("with")), (Some("E0101"), Some("a")));
    assert_eq!(block.text, "rule x\n");
}

#[test]
fn every_block_has_a_language_and_marks_that_are_known() {
    let known: [(&str, &[&str]); 6] = [
        ("rules", &["name", "with", "error", "warning", "file"]),
        ("console", &["needs", "topics"]),
        ("jsonl", &["file"]),
        ("toml", &["file"]),
        ("lua", &[]),
        ("text", &[]),
    ];
    for block in all_blocks() {
        let marks = known.iter().find(|(language, _)| *language == block.language);
        let (_, marks) = marks.unwrap_or_else(|| {
            panic!("{}: `{}` is no language of the docs", block.place(), block.language)
        });
        for mark in block.marks.keys() {
            assert!(marks.contains(&mark.as_str()), "{}: what is `{mark}`?", block.place());
        }
    }
}
