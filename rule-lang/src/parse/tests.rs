//! What each slip of the keyboard is answered with. Each snapshot shows the text, then the answer.

#![allow(clippy::unwrap_used, reason = "tests")]

use super::parse;
use crate::diagnostic::render::{Colour, render_all};
use crate::source::{FileId, Source, SourceMap};

/// The text and what the parser says about it.
fn answer(text: &str) -> String {
    let (sources, mut diagnostics) = SourceMap::load(&[Source::new("farm.rules", text)]);
    let parsed = parse(FileId(0), &sources.file(FileId(0)).unwrap().text);
    diagnostics.extend(parsed.diagnostics);
    let rendered = render_all(&diagnostics, &sources, Colour::Never);
    format!("{}\n=====\n{rendered}", text.trim_end())
}

/// A rule with this body.
fn rule(body: &str) -> String {
    answer(&format!("rule disaster {{\n{body}\n}}\n"))
}

macro_rules! answers {
    ($($name:ident: $text:expr;)*) => {
        $(#[test] fn $name() { insta::assert_snapshot!($text); })*
    };
}

const HEAD: &str = "    from   Harvest\n    by     farm\n";

answers! {
    the_seed_program_reads_clean: answer(include_str!("seed.rules"));

    a_missing_brace_points_at_the_open_one: answer(
        "rule a {\n    from Harvest\n    emit Disaster { farm }\n\nrule b {\n    from Harvest\n    emit Disaster { farm }\n}\n"
    );
    a_missing_parenthesis_points_at_the_open_one: rule("    from Harvest\n    window tumbling(10s)\n    when sum(count < 3\n    emit D { n: count() }");
    missing_commas_before_key_and_time_hide_neither: answer("stream S { a: int, at: timestamp key a time at, lateness 5s }\n");
    one_equals_sign_does_not_compare: rule("    from Harvest\n    where farm = 302\n    emit Disaster { farm }");
    a_number_is_not_a_duration: rule(&format!("{HEAD}    window tumbling(10)\n    emit Disaster {{ n: count() }}"));
    a_wrong_unit_gets_the_right_one: rule(&format!("{HEAD}    window tumbling(10sec)\n    emit Disaster {{ n: count() }}"));
    a_reserved_word_is_offered_in_backticks: answer("stream Route {\n    from: string\n    `by`: string\n    to: string\n}\n");
    a_field_has_a_least_value_and_no_other_bound: answer("stream A {\n    a: int >= -3 from \"x\"\n    b: int > 0\n    c: decimal? >= \"x\" from \"y\"\n    d: int >=\n    at: timestamp\n}\n");
    a_misspelt_clause_is_guessed: rule("    from Harvest\n    wher count > 3\n    emit Disaster { farm }");
    a_clause_of_another_language_is_translated: rule("    from Harvest\n    group by farm\n    having count > 3\n    emit Disaster { farm }");
    a_misspelt_declaration_is_guessed: answer("strem Harvest {\n    farm: int\n}\nrule a { from Harvest emit B { farm } }\n");
    operators_of_other_languages_are_translated: rule("    from Harvest\n    where !ok && a || b <> c\n    emit D { a }");
    comparisons_do_not_chain: rule("    from Harvest\n    where 1 < count < 5\n    emit D { count }");
    clauses_have_an_order: rule("    from Harvest\n    window tumbling(1s)\n    where count > 1\n    emit D { n: count() }");
    a_clause_stands_once: rule("    from Harvest\n    where a\n    where b\n    emit D { a }");
    a_rule_needs_from_and_emit: answer("rule a {\n    emit B { c }\n}\nrule d {\n    from E\n}\n");
    a_value_in_emit_needs_a_name: rule(&format!("{HEAD}    window tumbling(1s)\n    emit D {{ sum(count), \"farm\": farm }}"));
    fields_are_separated: rule("    from Harvest\n    emit D { a: 1 b: 2; c: 3 }");
    a_field_needs_its_colon: answer("stream Harvest {\n    farm int\n    count\n    at: timestamp\n}\n");
    an_option_of_time_is_guessed: answer("stream H {\n    at: timestamp as milis\n    time at, latenes 2s, idle 30\n}\n");
    quotes_must_close: rule("    from Harvest\n    where name == \"abc\n    emit D { name }");
    braces_in_strings_must_close: rule("    from Harvest\n    emit D { text: \"farm {farm\", other: \"{1 +}\" }");
    comments_begin_with_two_slashes: answer("# a farm\nparam floor: int = 150 /* why */\n");
    a_hopping_window_needs_every: rule(&format!("{HEAD}    window hopping(10s)\n    emit D {{ n: count() }}"));
    a_window_kind_is_guessed: rule(&format!("{HEAD}    window tumblin(10s)\n    emit D {{ n: count() }}"));
    window_options_belong_to_kinds: rule(&format!("{HEAD}    window tumbling(10s, every 1s)\n    emit D {{ n: count() }}"));
    a_window_size_is_a_literal: rule(&format!("{HEAD}    window tumbling(size)\n    emit D {{ n: count() }}"));
    an_if_needs_its_else: rule("    from Harvest\n    emit D { a: if ok then 1, b: 2 }");
    tables_have_even_rows_of_literals: answer(
        "test \"t\" {\n    given Harvest\n        | at | farm |\n        | 1s | a |\n        | 2s |\n        | 3s | |\n        | 4s | 1\n    expect D\n}\n"
    );
    test_lines_are_guessed: answer("test \"t\" {\n    givn Harvest\n        | at |\n        | 1s |\n    expects no D\n    expect no D\n}\n");
    a_params_parts_are_all_needed: answer("param a = 1\nparam b: int\nparam : int = 3\nparam c: int = 4\n");
    a_connector_names_its_target_in_quotes: answer("stream A from kafka(costcenter) {\n    a: int\n}\nsink B kafka(\"b\")\nsink C to kafka(\"c\", format: json)\n");
    semicolons_are_not_needed: answer("param a: int = 1;\nrule b {\n    from A;\n    emit C { a };\n}\n");
    a_brace_too_many_is_named: answer("rule a { from B emit C { d } }\n}\nparam e: int = 1\n");
    curly_quotes_are_explained: rule("    from Harvest\n    where name == “abc”\n    emit D { name }");
}

answers! {
    declarations_to_come_are_named: answer(
        "table Factor { farm: int } key farm from file(\"f.csv\")\nfn f(a: int) -> string = \"x\"\nevent E { a: int }\nscenario dearer { set floor = 1 }\nparam a: int = 1\n"
    );
    a_pattern_is_named_once: rule("    match small: Payment where small.amount < 5\n    then big: Payment where big.amount > 100\n    by card\n    within 1m\n    emit Fraud { card }");
    a_join_is_named_once: rule("    join o: Order, i: Invoice where i.order == o.id within 1m\n    emit Paid { o }");
    clauses_to_come_are_named: rule(&format!(
        "{HEAD}    window tumbling(10s) fill 5m for Farms early allow 1m\n    when sum(count) < 3 for 30s\n    limit 3 per 1h by farm\n    forget 1d\n    emit A {{ farm }} if sum(count) > 1\n    else B {{ farm }}\n    timeout C {{ farm }}"
    ));
    windows_of_other_kinds_say_what_they_need: answer(
        "rule a { from A window session(gap 30s) emit B { n: count() } }\nrule c { from A window session(30s, max 1h) emit B { n: count() } }\nrule d { from A window session(max 1h) emit B { n: count() } }\nrule e { from A window last(10s) emit D { n: count() } }\nrule f { from A window every(0) emit F { n: count() } }\nrule g { from A window every() emit F { n: count() } }\nrule h { from A window last emit F { n: count() } }\nrule i { from A window tumbling(1h, gap 3s) emit F { n: count() } }\n"
    );
    forms_of_from_and_when_to_come_are_named: answer(
        "rule a { from A, B emit C { x } }\nrule d { from A each item in items emit C { x } }\nrule e { from A by k when silent for 5m emit C { k } }\nrule f { from A when x > 1 until x < 1 emit C { x } }\n"
    );
    sources_of_fields_that_are_none_are_answered: answer(
        "stream A {\n    a: int from header\n    b: int from header(h)\n    c: int from headr(\"h\")\n    d: int from order.id\n    e: string from key\n    f: int from header(\"h\")\n    g: timestamp as \"%Y\"\n    h: timestamp as days\n}\n"
    );
    test_lines_to_come_are_named: answer("test \"t\" {\n    given A from file(\"a.jsonl\")\n    given A \"a.jsonl\"\n    given A from kafka(\"a\")\n    given A from file()\n    expect B matches it\n    expect no C\n}\n");
}

#[test]
fn what_a_string_without_an_end_takes_with_it_is_not_missed() {
    let text = "rule a {\n from B\n where any(c == 'x)\n emit D { e }\n}\nrule f {\n from B\n emit G { e: (1 }\n}\n";
    let found = parse(FileId(0), text).diagnostics;
    let mut codes: Vec<&str> = found.iter().map(|said| said.code.number()).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["E0102", "E0103"]);
}

#[test]
fn ten_mistakes_get_ten_answers() {
    let text = include_str!("ten_mistakes.rules");
    let parsed = parse(FileId(0), text);
    insta::assert_snapshot!(answer(text));
    assert_eq!(parsed.diagnostics.len(), 10);
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_change_nothing() {
    let text = "rule a {\n    from Harvest\n    where farm = 302\n    emit D { farm }\n}\n";
    let plain = parse(FileId(0), text);
    let source = Source::new("a", format!("\u{feff}{}", text.replace('\n', "\r\n")));
    let (sources, _) = SourceMap::load(&[source]);
    let windows = parse(FileId(0), &sources.file(FileId(0)).unwrap().text);
    assert_eq!(plain.diagnostics.len(), 1);
    assert_eq!(plain.diagnostics[0].title, windows.diagnostics[0].title);
    let place = |text: &str| sources.line_column(FileId(0), u32::try_from(text.len()).unwrap());
    assert_eq!(place("rule a {\r\n    fr"), (2, 7));
}

#[test]
fn bytes_that_are_not_utf8_are_placed() {
    let mut bytes = b"param a: int = 1\nparam b: string = \"".to_vec();
    bytes.extend([0xff, b'"', b'\n']);
    let (sources, diagnostics) = SourceMap::load(&[Source::new("bad.rules", bytes)]);
    insta::assert_snapshot!(render_all(&diagnostics, &sources, Colour::Never));
}

#[test]
fn a_file_of_data_is_refused() {
    let big = vec![b' '; crate::source::MAX_FILE_BYTES + 1];
    let (_, diagnostics) = SourceMap::load(&[Source::new("events.rules", big)]);
    assert_eq!(diagnostics[0].code, crate::diagnostic::Code::FileTooLarge);
}

mod limits {
    use super::parse;
    use crate::diagnostic::Code;
    use crate::source::FileId;

    fn codes(expression: &str) -> Vec<Code> {
        let text = format!(
            "rule a {{\n from B\n where {expression}\n emit C {{ d }}\n}}\nparam e: int = \n"
        );
        parse(FileId(0), &text).diagnostics.iter().map(|d| d.code).collect()
    }

    #[test]
    fn deep_nesting_is_one_diagnostic_and_reading_goes_on() {
        let deep = [Code::NestedTooDeeply, Code::Unexpected];
        let n = 100_000;
        assert_eq!(codes(&format!("{}x{}", "(".repeat(n), ")".repeat(n))), deep);
        assert_eq!(codes(&format!("{}x", "not ".repeat(n))), deep);
        assert_eq!(codes(&format!("{}x", "- ".repeat(n))), deep);
        assert_eq!(codes(&format!("{}x{}", "f(".repeat(n), ")".repeat(n))), deep);
        assert_eq!(codes(&format!("{}x", "if a then b else ".repeat(n))), deep);
    }

    #[test]
    fn long_chains_are_refused_before_they_grow_tall() {
        assert!(codes(&format!("x{}", " + x".repeat(100_000))).contains(&Code::NestedTooDeeply));
        assert!(codes(&format!("x{}", ".y".repeat(100_000))).contains(&Code::NestedTooDeeply));
        for more in [".len()", "::int", " like x", " ^ x", " is x", " between x and x"] {
            let found = codes(&format!("x{}", more.repeat(20_000)));
            assert!(found.len() < 1000, "{more}: {}", found.len());
        }
        assert_eq!(codes(&format!("x{}", " or x".repeat(150))), [Code::Unexpected]);
    }

    /// The cursor only moves forward, so what is read is read once, and each piece is answered with
    /// few diagnostics; were one of this quadratic, this test would not end.
    #[test]
    fn rubbish_is_read_to_its_end() {
        let pieces = [
            "rule a { from B emit C { ",
            "( ",
            "x = ",
            "} ",
            "| a |\n",
            "test \"t\" {\n",
            "\"{",
            "where ",
            "\n@off ",
            "given ",
            "stream S { a: ",
            "rule a { from B emit C { ) ",
            "rule a { from B window tumbling( ] ",
            "rule a { from B by ) ",
            "rule a { ) ",
            "stream S { ) ",
            "stream S from kafka( ] ",
            "test \"t\" { ) ",
            "param p: [ } ",
            "sink S to ) ",
            "rule a {\nfrom B\njoin c\n",
            "rule a {\nfrom B\nleft ) ",
            "rule a {\nthen } ",
            "rule a { from B when { ",
            "func f(int ",
            "create rule ",
            "fn f() -> list<int { ",
            "case when ",
            "f(x) over ( ",
            "f() filter (where ",
            "x ? ",
            "a-",
            "x || \"a\" ",
            "emit A b ",
            "@2026-01-01 1",
        ];
        for piece in pieces {
            let n = 10_000;
            let parsed = parse(FileId(0), &piece.repeat(n));
            assert!(parsed.diagnostics.len() <= 4 * n, "{piece:?}");
        }
    }
}

#[test]
fn allowed_warnings_are_found() {
    let parsed = parse(
        FileId(0),
        "// cep: allow W0107, W0106\nparam a: int = 1 // cep:allow W0101\n// allow W0108\n",
    );
    let codes: Vec<_> = parsed.allows.iter().map(|allow| allow.value.number()).collect();
    assert_eq!(codes, ["W0107", "W0106", "W0101"]);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(1_000))]

    /// Whatever the text, reading ends without a panic and spans stay inside the text.
    #[test]
    fn any_text_is_read(words in proptest::collection::vec(0usize..WORDS.len(), 0..120)) {
        let text: String = words.iter().filter_map(|word| WORDS.get(*word)).copied().collect();
        let parsed = parse(FileId(0), &text);
        for diagnostic in &parsed.diagnostics {
            for label in &diagnostic.labels {
                proptest::prop_assert!(text.get(label.span.start as usize..label.span.end as usize).is_some());
            }
        }
    }
}

const WORDS: &[&str] = &[
    "rule ",
    "a ",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\n",
    "from ",
    "where ",
    "by ",
    "window ",
    "tumbling(",
    "10s",
    "10 ",
    "when ",
    "emit ",
    "clear ",
    "let ",
    "= ",
    "== ",
    "| ",
    "test ",
    "\"t\" ",
    "\"{",
    "stream ",
    "param ",
    ": ",
    "int ",
    "? ",
    "@off ",
    "-",
    "+ ",
    "if ",
    "then ",
    "else ",
    ", ",
    ".. ",
    "in ",
    "not ",
    "given ",
    "expect ",
    "sink ",
    "to ",
    "match ",
    "é",
    "“",
    "'",
    "`",
    "// c\n",
    "@2026-01-01 ",
    "1.5",
    "time ",
    "key ",
    "fill ",
    "for ",
    ";",
    "\njoin ",
    "\nleft ",
    "\nwithin ",
    "\nelse ",
    "each ",
    "..",
    "?? ",
    "table ",
];
