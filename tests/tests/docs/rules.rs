//! Blocks of rules compile, or are answered as the page says; every message has its page.

use crate::blocks::{Block, all_blocks, pages, repository};
use rule_lang::diagnostic::render::{Colour, render_all};
use rule_lang::{Code, Compiled, Severity, Source, compile};
use std::collections::BTreeMap;

/// Messages that no page can show an example of, and why.
const WITHOUT_EXAMPLE: [(Code, &str); 3] = [
    (Code::InvalidUtf8, "a page is UTF-8 itself"),
    (Code::FileTooLarge, "the example would be longer than all of the docs"),
    (Code::TableFile, "whether a file is there is not in the text"),
];

/// The blocks of rules, and those that have a name.
struct Rules {
    blocks: Vec<Block>,
    named: BTreeMap<String, Block>,
}

impl Rules {
    fn read() -> Self {
        let blocks: Vec<Block> =
            all_blocks().into_iter().filter(|block| block.language == "rules").collect();
        let mut named = BTreeMap::new();
        for block in &blocks {
            if let Some(name) = block.mark("name") {
                let other = named.insert(name.to_owned(), block.clone());
                assert!(other.is_none(), "{}: the name is used twice", block.place());
            }
        }
        Self { blocks, named }
    }

    /// Compiles a block together with the one it is marked to go with.
    fn compiled(&self, block: &Block) -> Compiled {
        let mut sources = Vec::new();
        if let Some(name) = block.mark("with") {
            let other = self.named.get(name);
            let other = other.unwrap_or_else(|| panic!("{}: no block `{name}`", block.place()));
            sources.push(Source::new(other.place(), other.text.as_str()));
        }
        sources.push(Source::new(block.place(), block.text.as_str()));
        compile(&sources)
    }
}

fn has(compiled: &Compiled, code: &str) -> bool {
    compiled.diagnostics.iter().any(|diagnostic| diagnostic.code.number() == code)
}

fn verdict(block: &Block, compiled: &Compiled) -> Result<(), String> {
    let errors = || compiled.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    let (expected, holds) = match (block.mark("error"), block.mark("warning")) {
        // What follows from a mistake may be reported after it.
        (Some(code), _) => (code, errors().next().is_some_and(|e| e.code.number() == code)),
        (None, Some(code)) => (code, !compiled.has_errors() && has(compiled, code)),
        (None, None) => ("no error", !compiled.has_errors()),
    };
    if holds {
        return Ok(());
    }
    let said = render_all(&compiled.diagnostics, &compiled.sources, Colour::Never);
    Err(format!("{}: expected {expected}, got:\n{said}", block.place()))
}

#[test]
fn blocks_of_rules_compile_or_are_answered_as_the_page_says() {
    let rules = Rules::read();
    let verdicts = rules.blocks.iter().map(|block| verdict(block, &rules.compiled(block)));
    let wrong: Vec<String> = verdicts.filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(rules.blocks.len() > Code::ALL.len(), "blocks were not found");
}

#[test]
fn every_message_has_a_page_with_a_wrong_and_a_right_program() {
    let (rules, pages) = (Rules::read(), BTreeMap::from_iter(pages()));
    let index = pages.get("docs/errors/README.md").unwrap();
    for code in Code::ALL {
        let name = format!("docs/errors/{code}.md");
        let page = pages.get(&name).unwrap_or_else(|| panic!("{name} is missing"));
        let title = format!("# {code}: {}\n", code.summary());
        assert!(page.starts_with(&title), "{name} does not begin with {title}");
        let row = format!("| [{code}]({code}.md) | {} |\n", code.summary());
        assert!(index.contains(&row), "docs/errors/README.md has no row {row}");
        if WITHOUT_EXAMPLE.iter().any(|(without, _)| without == code) {
            continue;
        }
        let mark = match code.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let blocks = || rules.blocks.iter().filter(|block| block.page == name);
        let wrong = blocks().any(|block| block.mark(mark) == Some(code.number()));
        assert!(wrong, "{name} shows no program that is answered with {code}");
        let mut right = blocks().filter(|block| block.mark(mark).is_none()).peekable();
        assert!(right.peek().is_some(), "{name} shows no program that is right");
        assert!(right.all(|block| !has(&rules.compiled(block), code.number())), "{name}");
    }
    let documented = pages.keys().filter(|page| page.starts_with("docs/errors/")).count();
    assert_eq!(documented, Code::ALL.len() + 1, "a page of no message, or none");
}

#[test]
fn the_example_is_free_of_errors_and_warnings() {
    let path = repository().join("rules/harvest/harvest.rules");
    let compiled = compile(&[Source::new("harvest.rules", std::fs::read(path).unwrap())]);
    let said = render_all(&compiled.diagnostics, &compiled.sources, Colour::Never);
    assert_eq!(said, "");
    assert!(compiled.tests.len() >= 6);
}
