use super::render::{Colour, MAX_DRAWN, render, render_all};
use super::{Code, Diagnostic, Severity, closest};
use crate::source::{FileId, Source, SourceMap, Span};

#[test]
fn the_closest_word_begins_alike_if_two_are_equally_far() {
    assert_eq!(closest("wher", ["when", "where"]), Some("where"));
    assert_eq!(closest("Harvset", ["Harvest", "Hamster"]), Some("Harvest"));
    assert_eq!(closest("ab", ["cd", "xyz"]), None);
    assert_eq!(closest("a", ["b"]), None);
}

#[test]
fn warnings_are_told_by_their_number() {
    for code in Code::ALL {
        let warning = code.number().starts_with('W');
        assert_eq!(code.severity() == Severity::Warning, warning, "{code}");
    }
}

/// A diagnostic far down in a file is drawn from its own lines, with their numbers.
#[test]
fn lines_keep_their_numbers() {
    let text = "// first\n".repeat(4_000) + "param ü: int = x\nparam y: int = 1\n";
    let start = u32::try_from(text.find('ü').unwrap_or(0)).unwrap_or(0);
    let (sources, _) = SourceMap::load(&[Source::new("a.rules", text)]);
    let span = Span::new(FileId(0), start, start + 2);
    let second = Span::new(FileId(0), start + 12, start + 17);
    let diagnostic =
        Diagnostic::new(Code::UnknownName, "a title").label(span, "here").label(second, "there");
    insta::assert_snapshot!(render(&diagnostic, &sources, Colour::Never), @r"
    error[E0202]: a title
        --> a.rules:4001:7
         |
    4001 | param ü: int = x
         |       ^ here
    4002 | param y: int = 1
         | ----- there
    ");
}

/// A line can be as long as the file, so drawing it for each of its mistakes would take for ever.
#[test]
fn of_a_very_long_line_only_the_place_is_named() {
    let text = format!("param y: int = {}x\n", " ".repeat(5_000));
    let start = u32::try_from(text.find('x').unwrap_or(0)).unwrap_or(0);
    let (sources, _) = SourceMap::load(&[Source::new("a.rules", text)]);
    let span = Span::new(FileId(0), start, start + 1);
    let diagnostic = Diagnostic::new(Code::UnknownName, "a title").label(span, "here");
    insta::assert_snapshot!(render(&diagnostic, &sources, Colour::Never), @r"
    error[E0202]: a title
    --> a.rules:1:5016
    ");
}

#[test]
fn diagnostics_beyond_the_limit_are_counted() {
    let (sources, _) = SourceMap::load(&[Source::new("a.rules", "x\n")]);
    let diagnostic =
        Diagnostic::new(Code::UnknownName, "a title").label(Span::new(FileId(0), 0, 1), "");
    let text = render_all(&vec![diagnostic; MAX_DRAWN + 7], &sources, Colour::Never);
    assert_eq!(text.matches("a title").count(), MAX_DRAWN);
    assert!(text.ends_with("\n… and 7 more\n"));
}

#[test]
fn colour_is_chosen_by_the_caller() {
    let (sources, _) = SourceMap::load(&[Source::new("a.rules", "x\n")]);
    let diagnostic =
        Diagnostic::new(Code::UnknownName, "a title").label(Span::new(FileId(0), 0, 1), "");
    let plain = render_all(std::slice::from_ref(&diagnostic), &sources, Colour::Never);
    let styled = render_all(&[diagnostic], &sources, Colour::Always);
    assert!(!plain.contains('\u{1b}'));
    assert!(styled.contains('\u{1b}'));
}

/// A place outside the text (which no check makes) is drawn at its end rather than panicking.
#[test]
fn places_outside_the_text_are_drawn_inside() {
    let (sources, _) = SourceMap::load(&[Source::new("a.rules", "é\n")]);
    for (start, end) in [(0, 1), (1, 1), (1, 99), (99, 100), (2, 1)] {
        let diagnostic =
            Diagnostic::new(Code::UnknownName, "t").label(Span::new(FileId(0), start, end), "l");
        assert!(render(&diagnostic, &sources, Colour::Never).contains("E0202"));
    }
}
