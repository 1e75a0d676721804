//! What a page points at is there: other pages, their headings, tests, and the functions of the language.

use crate::blocks::{pages, repository};
use cep_core::function::Function;
use cep_core::plan::AggregateFunction;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// The parts of a text between two marks.
fn between<'a>(text: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(open).skip(1).filter_map(move |rest| rest.split(close).next())
}

/// The page without its blocks.
fn words(text: &str) -> String {
    let mut is_block = false;
    let lines = text.lines().filter(|line| {
        let is_fence = line.starts_with("```");
        is_block ^= is_fence;
        !(is_block || is_fence)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The anchor that a heading gets when the page is shown.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().replace(' ', "-");
    kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
}

/// `a/../b` is `b`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                assert!(plain.pop(), "{} leaves the repository", path.display())
            }
            other => plain.push(other),
        }
    }
    plain
}

#[test]
fn links_lead_somewhere() {
    let pages = BTreeMap::from_iter(pages());
    let mut found = 0;
    for (page, text) in &pages {
        let words = words(text);
        for link in between(&words, "](", ")").filter(|link| !link.contains("://")) {
            found += 1;
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => PathBuf::from(page),
                file => plain(&Path::new(page).parent().unwrap().join(file)),
            };
            let exists = repository().join(&target).exists();
            assert!(exists, "{page} points at {link}, which is not there");
            if heading.is_empty() {
                continue;
            }
            let target = &pages[&target.display().to_string()];
            let mut headings = target.lines().filter_map(|line| line.strip_prefix('#'));
            let is_there =
                headings.any(|line| anchor(line.trim_start_matches('#').trim()) == heading);
            assert!(is_there, "{page} points at {link}, and there is no such heading");
        }
    }
    assert!(found > 100, "links were not found");
}

#[test]
fn tests_and_files_that_are_named_exist() {
    let mut found = 0;
    for (page, text) in pages() {
        let words = words(&text);
        for name in words.split('`').skip(1).step_by(2).filter(|name| name.contains(".rs::")) {
            found += 1;
            let (file, item) = name.split_once("::").unwrap();
            let source = std::fs::read_to_string(repository().join(file))
                .unwrap_or_else(|error| panic!("{page} names {file}: {error}"));
            let is_there =
                source.contains(&format!("fn {item}")) || source.contains(&format!("{item}:"));
            assert!(is_there, "{page} names {name}, which is not there");
        }
    }
    assert!(found > 5, "names of tests were not found");
}

#[test]
fn golden_cases_that_are_named_exist() {
    let mut found = 0;
    for (page, text) in pages() {
        let words = words(&text);
        let names = words.split('`').skip(1).step_by(2);
        for name in names.filter(|it| it.ends_with(".case") && !it.contains("/AREA/")) {
            found += 1;
            assert!(repository().join(name).is_file(), "{page} names {name}, which is not there");
        }
    }
    assert!(found > 10, "names of cases were not found");
}

/// The rows of the reference of functions, by name.
fn rows_of_functions() -> String {
    let mut infos: Vec<_> = Function::ALL.iter().map(|function| function.info()).collect();
    infos.sort_by_key(|info| info.name);
    let rows = infos.into_iter().map(|info| {
        // `string` takes a value of any type.
        let signature = match info.name {
            "string" => "string(value) -> string".to_owned(),
            _ => info.signature(),
        };
        format!("| `{signature}` | {} |\n", info.doc)
    });
    rows.collect()
}

#[test]
fn the_reference_of_functions_is_that_of_the_table() {
    const HEAD: &str = "| function | what it gives |\n|---|---|\n";
    let page = BTreeMap::from_iter(pages()).remove("docs/language.md").unwrap();
    let (before, rest) = page.split_once(HEAD).unwrap();
    let end = rest.find("\n\n").unwrap() + 1;
    let rows = rows_of_functions();
    if std::env::var_os("DOCS").is_some_and(|wish| wish == "accept") {
        let page = format!("{before}{HEAD}{rows}{}", &rest[end..]);
        std::fs::write(repository().join("docs/language.md"), page).unwrap();
    } else {
        assert_eq!(&rest[..end], rows, "`DOCS=accept` writes the reference of functions anew");
    }
}

#[test]
fn every_aggregate_is_in_the_language_reference() {
    let page = BTreeMap::from_iter(pages()).remove("docs/language.md").unwrap();
    for function in AggregateFunction::ALL {
        let info = function.info();
        let row = format!(
            "| `{}` | {} | {} | {} | {} |",
            info.signature, info.result, info.of_nothing, info.doc, info.error
        );
        assert!(page.contains(&row), "docs/language.md has no row\n{row}");
    }
}

#[test]
fn the_readme_names_the_versions_that_are_used() {
    let readme = BTreeMap::from_iter(pages()).remove("README.md").unwrap();
    let rust = format!("Rust {} or newer", env!("CARGO_PKG_RUST_VERSION"));
    let kafka = format!("apache/kafka:{}", cep_tests::broker::version());
    for words in [rust, kafka] {
        assert!(readme.contains(&words), "README.md does not say `{words}`");
    }
}

#[test]
fn the_gate_runs_the_commands_of_the_readme() {
    let readme = BTreeMap::from_iter(pages()).remove("README.md").unwrap();
    let section = readme.split("## Two commands\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let commands: Vec<&str> = section.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
    // `.ci/run` takes them from there.
    let two = ["cargo run --release -- run rules/harvest", "cargo test --workspace --locked"];
    assert_eq!(commands, two);
}
