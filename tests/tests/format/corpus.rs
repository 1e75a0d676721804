//! Every rules text of the repository.

use cep_tests::case::Case;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// All of them.
pub struct Corpus {
    texts: Vec<Text>,
}

/// One of them.
#[derive(Debug)]
pub struct Text {
    /// Its file and, in a page, the line of its block.
    pub name: String,
    /// The rules.
    pub text: String,
    from: From,
    readable: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum From {
    /// A `*.rules` file.
    File,
    /// A block of a page.
    Page,
    /// A golden case; those are written as briefly as may be.
    Case,
}

impl Text {
    fn new(name: String, text: String, from: From) -> Self {
        let readable = rule_lang::format(&text).is_ok();
        Self { name, text, from, readable }
    }

    /// Whether a user sees it as an example of how rules are written.
    pub fn is_shown(&self) -> bool {
        self.from != From::Case
    }
}

impl Corpus {
    /// Read once.
    pub fn get() -> &'static Self {
        static CORPUS: LazyLock<Corpus> = LazyLock::new(Corpus::read);
        &CORPUS
    }

    fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut corpus = Self { texts: Vec::new() };
        let mut waiting = vec![root.clone()];
        while let Some(folder) = waiting.pop() {
            for entry in std::fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                if path.is_dir() && name != "target" && !name.starts_with('.') {
                    waiting.push(path);
                } else if path.is_file() {
                    corpus.add(&root, path);
                }
            }
        }
        corpus.texts.sort_by(|a, b| a.name.cmp(&b.name));
        for (from, least) in [(From::File, 2), (From::Page, 50), (From::Case, 50)] {
            let count = corpus.texts.iter().filter(|text| text.from == from).count();
            assert!(count >= least, "{count} texts are too few to be all");
        }
        corpus
    }

    /// Those that can be read.
    pub fn readable(&self) -> impl Iterator<Item = &Text> {
        self.texts.iter().filter(|text| text.readable)
    }

    fn add(&mut self, root: &Path, path: PathBuf) {
        let name = path.strip_prefix(root).unwrap().display().to_string();
        let text = || std::fs::read_to_string(&path).unwrap();
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("rules") => self.texts.push(Text::new(name, text(), From::File)),
            Some("case") => {
                let text =
                    Case::parse(&text()).unwrap_or_else(|error| panic!("{name}, {error}")).rules;
                self.texts.push(Text::new(name, text, From::Case));
            }
            Some("md") => self.texts.extend(blocks(&name, &text())),
            _ => {}
        }
    }
}

/// The blocks of a page that open with three backticks and `rules`.
fn blocks(page: &str, text: &str) -> Vec<Text> {
    let mut found = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (line, words) in (1..).zip(text.lines()) {
        match &mut open {
            Some((_, rules)) if words != "```" => rules.extend([words, "\n"]),
            Some(_) => {
                let block = open.take();
                found.extend(
                    block.map(|(line, rules)| {
                        Text::new(format!("{page}:{line}"), rules, From::Page)
                    }),
                );
            }
            None if words.split(' ').next() == Some("```rules") => {
                open = Some((line, String::new()));
            }
            None => {}
        }
    }
    found
}
