//! What those type who come from other languages, and what they are answered: for each a line with
//! what is wrong, what the help says, and what becomes of it when the fix that an editor offers is
//! carried out. A fix must make the program compile, and one mistake is answered once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use rule_lang::{Diagnostic, Source, compile};
use std::fmt::Write as _;

const STREAM: &str = r#"stream Harvest {
    farm:   int
    count:  int
    weight: decimal
    site:   string
    note:   string?
    ok:     bool
    at:     timestamp

    key  farm
    time at
}
"#;

/// What is said about a mistake, in `before` + mistake + `after`, and whether its fix compiles.
fn answer(out: &mut String, before: &str, mistake: &str, after: &str) {
    writeln!(out, "{mistake}").unwrap();
    let text = format!("{before}{mistake}{after}");
    let errors = errors(&text);
    if errors.is_empty() {
        writeln!(out, "    NOTHING IS SAID").unwrap();
    }
    if errors.len() > 1 {
        writeln!(out, "    {} MESSAGES", errors.len()).unwrap();
    }
    for error in &errors {
        let place = error.primary_span().unwrap();
        let marked = text.get(place.start as usize..place.end as usize).unwrap();
        writeln!(out, "    {} at `{marked}`: {}", error.code, error.title).unwrap();
        for help in &error.help {
            writeln!(out, "        {help}").unwrap();
        }
    }
    let mut fixed = text.clone();
    let mut left = errors;
    // As an editor does it: one fix, then the next.
    for _ in 0..5 {
        let Some(fix) = left.iter().find_map(|error| error.suggestions.first()) else { break };
        fixed.replace_range(fix.span.start as usize..fix.span.end as usize, &fix.replacement);
        left = self::errors(&fixed);
    }
    if fixed == text {
        return;
    }
    let shown = fixed.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    let shown = shown.unwrap_or(&fixed).trim().replace('\n', "\n       ");
    writeln!(out, "    -> {shown}").unwrap();
    for error in left {
        writeln!(out, "    THE FIX GIVES {}: {}", error.code, error.title).unwrap();
    }
}

fn errors(text: &str) -> Vec<Diagnostic> {
    let sources = [Source::new("farm.rules", text), Source::new("harvest.rules", STREAM)];
    let mut found = compile(&sources).diagnostics;
    found.retain(Diagnostic::is_error);
    found
}

/// Answers for every line of `mistakes`, each between `before` and `after`. Lines that begin with
/// spaces go on.
fn answers(before: &str, mistakes: &str, after: &str) -> String {
    let mut out = String::new();
    let mut mistake = String::new();
    for line in mistakes.trim_end().lines() {
        if !line.starts_with(' ') && !mistake.is_empty() {
            answer(&mut out, before, &mistake, after);
            mistake.clear();
        }
        if !mistake.is_empty() {
            mistake.push('\n');
        }
        mistake.push_str(line);
    }
    answer(&mut out, before, &mistake, after);
    out
}

const EVENT: &str = "rule r {\n    from Harvest\n    ";
const GROUP: &str = "rule r {\n    from Harvest\n    by farm\n    window tumbling(10s)\n    ";
const END: &str = "\n    emit B { farm }\n}\n";

#[test]
fn operators_of_other_languages() {
    insta::assert_snapshot!(answers(EVENT, include_str!("habits/operators.txt"), END));
}

#[test]
fn functions_of_other_languages() {
    let before = format!("{GROUP}emit B {{ x: ");
    insta::assert_snapshot!(answers(&before, include_str!("habits/functions.txt"), " }\n}\n"));
}

#[test]
fn clauses_of_other_languages() {
    insta::assert_snapshot!(answers(EVENT, include_str!("habits/clauses.txt"), END));
}

#[test]
fn windows_of_other_languages() {
    let before = "rule r {\n    from Harvest\n    by farm\n    ";
    let after = "\n    emit B { farm, n: count() }\n}\n";
    insta::assert_snapshot!(answers(before, include_str!("habits/windows.txt"), after));
}

#[test]
fn fields_of_events_as_in_other_languages() {
    insta::assert_snapshot!(answers(GROUP, include_str!("habits/emits.txt"), "\n}\n"));
}

#[test]
fn declarations_of_other_languages() {
    insta::assert_snapshot!(answers("", include_str!("habits/declarations.txt"), "\n"));
}

/// What is a word of another language may be the name of something here.
#[test]
fn words_of_other_languages_are_names() {
    let program = r#"
stream Odd {
    case: int, distinct: int, NOT: int, over: int, to: int, end: int, group: int, is: bool, like: bool
    at: timestamp
    time at
}
rule a {
    from Odd on distinct case within 1m by case when NOT - 1 > over
    emit new { distinct: distinct - 1, to, end: if is then end else to, like } if like
}
rule b { from Odd key each x in [1, 2] emit event { x, case } }
rule c { from Odd filter, where like emit with { is } if filter.is or not like }
rule d {
    from Odd by group window tumbling(10s)
    emit total { group, n: sum(distinct - 1), m: sum(distinct div 2), over: last(over) }
}
"#;
    assert_eq!(errors(program), Vec::new());
}
