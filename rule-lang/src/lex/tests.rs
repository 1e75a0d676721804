#![allow(clippy::unwrap_used, reason = "tests")]

use super::{Punct, TokenKind, lex};
use crate::diagnostic::Code;
use crate::source::FileId;
use rust_decimal::Decimal;

fn kinds(text: &str) -> Vec<TokenKind> {
    let lexed = lex(FileId(0), text);
    assert_eq!(lexed.diagnostics, vec![], "{text}");
    lexed.tokens.iter().map(|token| token.kind).filter(|kind| *kind != TokenKind::End).collect()
}

fn codes(text: &str) -> Vec<(Code, String)> {
    let lexed = lex(FileId(0), text);
    lexed.diagnostics.iter().map(|d| (d.code, d.help.join(" "))).collect()
}

#[test]
fn durations_add_up_in_microseconds() {
    assert_eq!(kinds("1h30m"), [TokenKind::Duration(5_400_000_000)]);
    assert_eq!(kinds("250ms"), [TokenKind::Duration(250_000)]);
    assert_eq!(kinds("7d"), [TokenKind::Duration(604_800_000_000)]);
    assert_eq!(kinds("1_000us"), [TokenKind::Duration(1_000)]);
}

#[test]
fn a_number_with_a_point_is_a_decimal_and_a_range_is_not() {
    assert_eq!(kinds("1.50"), [TokenKind::Decimal(Decimal::new(150, 2))]);
    assert_eq!(kinds("1e3"), [TokenKind::Decimal(Decimal::from(1000))]);
    assert_eq!(kinds("10_000"), [TokenKind::Int(10_000)]);
    let large = Decimal::from(u64::MAX);
    assert_eq!(kinds("18446744073709551615"), [TokenKind::Decimal(large)]);
    assert_eq!(kinds("-1e30").pop(), Some(TokenKind::Float(1e30_f64.to_bits())));
    assert_eq!(kinds("1.5e-40"), [TokenKind::Float(1.5e-40_f64.to_bits())]);
    assert_eq!(
        kinds("1..5"),
        [TokenKind::Int(1), TokenKind::Punct(Punct::DotDot), TokenKind::Int(5)]
    );
}

#[test]
fn timestamps_keep_their_offset() {
    assert_eq!(kinds("@1970-01-01T00:00:01Z"), [TokenKind::Timestamp(1_000_000)]);
    assert_eq!(kinds("@1970-01-01T01:00:00.5+01:00"), [TokenKind::Timestamp(500_000)]);
    assert_eq!(kinds("@1970-01-02"), [TokenKind::Timestamp(86_400_000_000)]);
}

#[test]
fn attributes_are_no_timestamps() {
    assert_eq!(kinds("@off"), [TokenKind::Punct(Punct::At), TokenKind::Word]);
}

#[test]
fn what_cannot_be_read_says_what_to_type() {
    let help = |text: &str| codes(text).pop().unwrap();
    assert_eq!(help("10sec"), (Code::BadDuration, "write `10s`".to_owned()));
    assert_eq!(help("1.5s"), (Code::BadDuration, "write `1500ms`".to_owned()));
    assert_eq!(help("2.5d").1, "write `60h`");
    assert_eq!(codes("0.0001us + 1").len(), 1);
    assert_eq!(help("79228162514264337593543950336").0, Code::BadNumber);
    assert_eq!(help("1e999").0, Code::BadNumber);
    assert_eq!(help("99999999999d").0, Code::BadDuration);
    assert_eq!(help("@2026-13-01").0, Code::BadTimestamp);
    assert_eq!(help("“").1, "write `\"`");
    assert_eq!(help("\"abc\n").0, Code::UnterminatedString);
    assert_eq!(help("/* a\nb */ x").0, Code::ForeignComment);
}

#[test]
fn every_byte_is_in_one_token_or_one_piece_of_trivia() {
    let texts = [
        "rule a { // note\r\n\twhen sum(x) >= 1.5 }\n/// doc\n",
        "\u{feff}a“b”\u{1F980}'x\n\"y{z}\\\" \u{a0}@2026-01-01T00:00:00Z..`q`# no\n/* un",
        "",
    ];
    for text in texts {
        let lexed = lex(FileId(0), text);
        let mut spans: Vec<_> = lexed.tokens.iter().map(|t| t.span).collect();
        spans.extend(lexed.trivia.iter().map(|t| t.span));
        spans.sort();
        let whole: String = spans.iter().map(|span| span.text(text)).collect();
        assert_eq!(whole, text);
    }
}

mod strings {
    use crate::lex::string::{Braces, Piece, pieces};
    use crate::source::{FileId, Span};

    fn read(text: &str, braces: Braces) -> (Vec<Piece>, usize) {
        let span = Span::new(FileId(0), 0, u32::try_from(text.len()).unwrap_or(0));
        let (pieces, problems) = pieces(span, text, braces);
        (pieces, problems.len())
    }

    fn text(text: &str) -> Piece {
        Piece::Text(text.to_owned())
    }

    #[test]
    fn escapes_are_those_of_json_and_braces() {
        let (found, problems) = read(r#""a\n\"\\\u00e9\ud83e\udd80\{x\}""#, Braces::Interpolate);
        assert_eq!((found, problems), (vec![text("a\n\"\\é🦀{x}")], 0));
        assert_eq!(read(r#""\q \u12 \ud800""#, Braces::Interpolate).1, 3);
    }

    #[test]
    fn braces_hold_expressions_in_rules_and_are_text_in_tables() {
        let (found, _) = read(r#""farm {farm}!""#, Braces::Interpolate);
        let inner = Piece::Expression(Span::new(FileId(0), 7, 11));
        assert_eq!(found, vec![text("farm "), inner, text("!")]);
        assert_eq!(read(r#""farm {farm}!""#, Braces::Plain).0, vec![text("farm {farm}!")]);
    }

    #[test]
    fn a_brace_without_its_partner_or_content_is_reported() {
        assert_eq!(read(r#""a {b""#, Braces::Interpolate).1, 1);
        assert_eq!(read(r#""a { } b""#, Braces::Interpolate).1, 1);
    }
}
