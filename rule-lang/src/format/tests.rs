//! Snapshots of layouts, each with its input above it.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests")]

use super::{Unformatted, difference, format, parse};
use crate::source::FileId;

/// What is written and what becomes of it. Formatted again it stays the same.
fn shown(text: &str) -> String {
    let formatted = format(text).unwrap();
    assert_eq!(format(&formatted).unwrap(), formatted, "formatting again changes it");
    format!("{text}\n=>\n{formatted}")
}

macro_rules! layouts {
    ($($name:ident: $text:expr;)*) => {
        $(#[test] fn $name() { insta::assert_snapshot!(shown($text)); })*
    };
}

layouts! {
    a_stream_on_one_line_becomes_a_line_for_each_member:
        "stream S{k:string,v:int?from \"value\",at:timestamp from \"batchtime\"as millis,key k,time at lateness 2s,idle 30s}";
    members_stay_in_their_order_with_one_empty_line_before_key_and_time:
        "stream S {\n  key k\n\n  time at\n  k: string\n\n\n  at: timestamp\n  /// How many.\n  v: int\n}";
    clauses_are_aligned_and_commas_between_them_dropped:
        "rule low{from S s,where s.v>-floor and not(s.k in[\"a\",\"b\",]or s.v in -1..5),let d=-s.v by k,s.v window hopping(10s,every 1s)fill 5m when each sum(v)<3 emit Low{k,..s,sum:sum(v)}if count(where v==1)>3 clear Over{}}";
    a_long_emit_has_a_field_on_each_line:
        "rule a {\n from S\n emit Disaster { farm, limit, harvested: sum(count), since: window.start, until: window.end, average: avg(count), largest: max(count) } if sum(count) > 3\n}";
    a_long_condition_is_broken_at_or_and_and:
        "rule a {\n from S\n where first_condition == 1 and second_condition == 2 and third_condition == 3 and fourth_condition == 4 and fifth == 5\n let x = first_condition == 1 and second_condition == 2 and third_condition == 3 and fourth_condition == 4 and fifth == 5 or sixth == 6 or (seventh == 7 and eighth == 8)\n emit D { v }\n}";
    comments_stay_where_they_are:
        "// first\n\n\n/// doc of S\nstream S { // behind the brace\n  // above k\n  k: string // behind k\n  , /// doc of v\n  v: int // behind v\n  , // behind the comma\n  at: timestamp // behind at\n\n  // above time\n  time at // behind time\n  // the last\n\n}// behind S\n// below S\n\n// cep: allow W0106\n@off // behind off\n// above rule\nrule a { from S // behind from\n\n  // above where\n  where v // behind v\n  // inside\n  > 3 // behind 3\n  emit // behind emit\n  D { v // behind v\n, w: 1 // behind w\n // last\n } // behind emit\n // end of rule\n}\n\n\n// end";
    tables_are_aligned_with_their_comments:
        "test \"t\" { set floor=-1,base @2026-01-01 given S | at |  farm|\n\n|-1s|\"a b\"| // one\n// between\n |100ms|-|\n\nuntil 30s expect no D expect late S\n|at|\n|1s|// late\n\n\nexpect error }";
    files_snapshots_and_errors_of_tests: "test \"t\" { given S from file( \"s.jsonl\" ) expect D matches   snapshot expect no error expect error \"division\" |rule|row|\n|\"a\"|1|\n}";
    what_goes_on_after_a_line_end_or_a_comma_keeps_its_place:
        "rule a {\n from S\n,limit 3 per 1h\n emit D { k }\n}\ntest \"t\" { given S\n from file(\"s.jsonl\")\n expect D\nmatches\nsnapshot,expect no error\n}";
    declarations_have_one_empty_line_between_them:
        "param a: int = 1\nparam longer: duration = 10s // ten\n\n\nparam c: string = \"x\" param d: int=-1\nsink A to kafka(\"a\" format:json),log(\"b\",)\nsink Longer to kafka(\"longer\")\nstream S { k: int }\nrule a { from S emit D { k } }\n// about b\nrule b { from S emit D { k } }\n\n\n\n";
    windows_line_ends_and_a_byte_order_mark_become_plain:
        "\u{feff}param a: int = 1 // one\r\n// two\r\n\tparam b: int = 2\r\n";
    names_that_are_clause_words_elsewhere_stay_names:
        "rule a {\n from S limit\n where limit.next > 3 and\n next < 4\n emit D { distinct: 1,\n limit }\n}";

    every_clause: "rule a {\n from S s each item,i in s.items\n where if x then y\n else z\n distinct s.id within 1m by k window session(gap 30s,max 1h) early allow 1m\n when x>1 for 30s until x<1 limit 3 per 1h\n by k forget 1d emit A{k} if a else B{k} }";
    other_declarations: "type T { a:[int], b:\"x\"|\"y\"?, c:U? }\nevent E { a:int\n /// doc\n b:int }\ntable Factor{farm:int,factor:decimal}key farm from file(\"f.csv\")\ntable Latest from S key k\nfn f(a:int,b:[int])->\nstring=\"x\"";
    expressions: "rule a { from S where a[0]?.b??-1>x.y[1][2] and any(i.ok for i in items if i.price>0) let r={a:1,b} let l=[1,-2,- x,] let m=f(a,b,{c,}) let t=@2026-01-01T00:00:00Z -5s emit A{top:top(3,k by sum(v)),f:Factor[farm]?.factor ?? 0,r:{a:1}} }";
}

layouts! {
    members_of_records_are_separated_by_line_ends_too:
        "type T {\n a: int\n d: { w: int // wide\n h: [\n int\n]? }\n}\nrule r { from S let x = {a: 1\n b: {c\n d}} emit B { x: {\n // one\n a: 1\n b: [{c: 2\n d: 3}] }\n y: f({farm\n s}) } }";
    a_parenthesis_at_the_start_of_a_line_is_a_member_in_braces_and_a_call_elsewhere:
        "rule r { from S when sum\n(v)>3 emit B { x: hour\n (at), y: (hour\n (at)), z: list\n [0]\n w: a\n - b } }";
}

#[test]
fn what_cannot_be_read_is_not_formatted() {
    let Err(Unformatted::Unreadable(problems)) = format("rule a {\n    from S where\n}\n") else {
        panic!("this is formatted");
    };
    let titles: Vec<_> = problems.iter().map(|problem| problem.title.as_str()).collect();
    insta::assert_debug_snapshot!(titles);
}

/// What a formatter might do wrong, and where it would be noticed.
#[test]
fn a_text_that_is_read_otherwise_is_not_given_out() {
    let written = "param a: int = 1\nrule r { from S emit B { x: hour, (at) } }\n";
    let read = |text: &str| parse(FileId::default(), text);
    let noticed = |text: &str| difference(&read(written), &read(text)).map(|at| at.text(written));
    assert_eq!(noticed(&written.replace(", ", "\n")), None);
    let rule = written.lines().last();
    assert_eq!(noticed(&written.replace(", (", "(")), rule);
    assert_eq!(noticed(&written.replace(", (", " (")), rule);
    assert_eq!(noticed(&written.replace(", ", " ")), rule);
    assert_eq!(noticed("param a: int = 1\n"), Some(""));
    assert_eq!(noticed(&format!("// cep: allow W0101\n{written}")), Some(""));
}

#[test]
fn nothing_stays_nothing() {
    assert_eq!(format("").unwrap(), "");
    assert_eq!(format("\n \n").unwrap(), "");
    assert_eq!(format(" // a\n\n\n// b").unwrap(), "// a\n\n// b\n");
}
