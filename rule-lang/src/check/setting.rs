//! What some functions want written out and right: patterns, formats and time zones.

use super::scope::Scope;
use crate::ast;
use crate::diagnostic::{Advice, Code, Diagnostic, did_you_mean};
use crate::source::Span;
use crate::typed::Expr;
use cep_core::function::{Function, Takes};
use cep_core::pattern::{Pattern, PatternError};
use cep_core::value::Value;
use cep_core::written;
use cep_core::zone::Zone;

/// What a function is set to by its arguments.
pub(super) struct Settings {
    /// What it searches for.
    pub pattern: Option<Pattern>,
}

/// Reports a zone that does not exist.
pub(super) fn unknown_zone(name: &str, span: Span) -> Diagnostic {
    let help = did_you_mean(name, Zone::names()).map(|help| Advice {
        replacement: help.replacement.map(|name| format!("\"{name}\"")),
        ..help
    });
    let help = help.unwrap_or_else(|| {
        "zones have the names of the IANA database, such as `Europe/Paris`".into()
    });
    Diagnostic::new(Code::UnknownZone, format!("there is no time zone `{name}`"))
        .label(span, "")
        .help(help)
}

impl Scope<'_, '_> {
    /// The settings among a function's arguments, if they are right; reports those that are not.
    pub(super) fn settings(
        &mut self,
        function: Function,
        name: &ast::Ident,
        args: &[Expr],
        asts: &[ast::Expr],
    ) -> Option<Settings> {
        let parameters = function.info().parameters_for(args.len())?;
        let before = self.out.len();
        let mut pattern = None;
        for (at, ((parameter, arg), ast)) in parameters.into_iter().zip(args).zip(asts).enumerate()
        {
            if let Some(Err(error)) = arg.as_literal().map(|value| function.admits(at, value)) {
                self.out.push(
                    Diagnostic::new(Code::ArgumentConstant, error.to_string())
                        .label(ast.span, "")
                        .label(name.span, "would fail for every event"),
                );
            }
            let text = match arg.as_literal() {
                Some(Value::Text(text)) => Some(text.clone()),
                _ => None,
            };
            match (parameter, text) {
                (Takes::Pattern, Some(text)) => {
                    pattern = self.pattern(&text, ast.span);
                }
                (Takes::Format, Some(format)) => self.written_format(&format, ast.span),
                (Takes::Zone, Some(zone)) if Zone::named(&zone).is_none() => {
                    self.out.push(unknown_zone(&zone, ast.span));
                }
                (Takes::Pattern, None) => {
                    self.not_written_out(
                        "a regular expression is written out",
                        "matches(site, '^farm-[0-9]+$')",
                        name,
                        ast.span,
                    );
                }
                (Takes::Format, None) => {
                    self.not_written_out(
                        "a format is written out",
                        "format(at, \"%d.%m.%Y %H:%M\")",
                        name,
                        ast.span,
                    );
                }
                _ => {}
            }
        }
        if let (Function::Capture, Some(pattern), [_, _, group], [.., ast]) =
            (function, &pattern, args, asts)
        {
            self.group(pattern.groups(), group, ast.span);
        }
        (self.out.len() == before).then_some(Settings { pattern })
    }

    fn not_written_out(&mut self, title: &str, example: &str, name: &ast::Ident, span: Span) {
        self.out.push(
            Diagnostic::new(Code::ArgumentConstant, title)
                .label(span, "this is not a literal")
                .label(name.span, "")
                .help(format!("write it as in `{example}`")),
        );
    }

    fn pattern(&mut self, text: &str, span: Span) -> Option<Pattern> {
        match Pattern::new(text) {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                let help = pattern_help(text, &error);
                self.out.push(
                    Diagnostic::new(Code::BadPattern, format!("`{text}` is no regular expression"))
                        .label(self.inside(text, span, &error), error.why)
                        .help(help),
                );
                None
            }
        }
    }

    /// The place of a mistake in a pattern, if its text stands in the source as it is.
    fn inside(&self, text: &str, span: Span, error: &PatternError) -> Span {
        let source = self.declared.sources.text(span);
        let bare = source.get(1..source.len().saturating_sub(1));
        let offset = |at: usize| u32::try_from(at).ok()?.checked_add(span.start + 1);
        match (bare == Some(text), offset(error.at.start), offset(error.at.end)) {
            (true, Some(start), Some(end)) => Span::new(span.file, start, end.max(start + 1)),
            _ => span,
        }
    }

    fn written_format(&mut self, format: &str, span: Span) {
        if let Err(why) = written::check_written(format) {
            self.out.push(
                Diagnostic::new(Code::BadFormat, format!("the format `{format}` {why}"))
                    .label(span, "")
                    .help("write it as `strftime` does: `\"%Y-%m-%d %H:%M:%S\"`; a percent sign is `%%`"),
            );
        }
    }

    fn group(&mut self, groups: usize, group: &Expr, span: Span) {
        let Some(Value::Int(number)) = group.as_literal() else { return };
        if usize::try_from(*number).is_ok_and(|number| number <= groups) {
            return;
        }
        let has = match groups {
            0 => "no groups".to_owned(),
            1 => "one group".to_owned(),
            _ => format!("{groups} groups"),
        };
        self.out.push(
            Diagnostic::new(Code::ArgumentConstant, format!("the pattern has {has}"))
                .label(span, "there is none with this number")
                .help("groups are what stands in parentheses, counted from 1; group 0 is all that was found"),
        );
    }
}

/// What to type instead.
fn pattern_help(text: &str, error: &PatternError) -> String {
    if error.why.contains("look-around") {
        return "patterns read a text once and do not look around; write a second one, as in `matches(x, 'a') and not matches(x, 'b')`".into();
    }
    if error.why.contains("backreference") {
        return "patterns do not compare one part of a text with another; take the parts with `capture(x, '…', 1)` and compare them with `==`".into();
    }
    if error.why.contains("memory") {
        return "repeat fewer times: `\\w{20}` is twenty times as large as `\\w`".into();
    }
    let wrong = text.get(error.at.clone()).and_then(|wrong| wrong.chars().next());
    match wrong.filter(|c| "()[]{}*+?|^$.\\".contains(*c)) {
        Some(c) => format!("where `{c}` is meant as itself, write `\\{c}`"),
        None => "what is meant as itself has a backslash before it, such as `\\.` and `\\(`".into(),
    }
}
