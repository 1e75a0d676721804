//! Functions that search a text for a pattern.
//!
//! A plan holds the pattern prepared ([`ExprKind::Search`](crate::plan::ExprKind::Search)); what
//! stands here for a call prepares it anew.

use super::{EvalError, Function, FunctionInfo, Gives, Takes};
use crate::pattern::Pattern;
use crate::value::{Type, Value};

/// `matches(string, regex)`.
pub static MATCHES: FunctionInfo = FunctionInfo {
    name: "matches",
    parameters: &[Takes::One(Type::String), Takes::Pattern],
    result: Gives::Always(Type::Bool),
    doc: "whether the regular expression is found anywhere in the text; `^` and `$` stand for its ends: `matches(\"farm-302\", '^farm-[0-9]+$') == true`",
    apply: |arguments| match arguments {
        [text, pattern] => {
            apply_search(Function::Matches, &prepared(pattern)?, std::slice::from_ref(text))
        }
        _ => Err(EvalError::WrongType),
    },
};

/// `capture(string, regex, int)`.
pub static CAPTURE: FunctionInfo = FunctionInfo {
    name: "capture",
    parameters: &[Takes::One(Type::String), Takes::Pattern, Takes::One(Type::Int)],
    result: Gives::Maybe(Type::String),
    doc: "what a group has of the first place where the regular expression is found, group 0 all of it; null if it is not found, or without the group: `capture(\"farm-302\", '([a-z]+)-([0-9]+)', 2) == \"302\"`",
    apply: |arguments| match arguments {
        [text, pattern, group] => {
            apply_search(Function::Capture, &prepared(pattern)?, &[text.clone(), group.clone()])
        }
        _ => Err(EvalError::WrongType),
    },
};

fn prepared(pattern: &Value) -> Result<Pattern, EvalError> {
    match pattern {
        Value::Text(text) => Pattern::new(text).map_err(|_| EvalError::ArgumentOutOfRange),
        _ => Err(EvalError::WrongType),
    }
}

/// The value of a search: of `function` with this pattern and the other arguments.
///
/// # Errors
/// If the pattern does not have the group.
pub fn apply_search(
    function: Function,
    pattern: &Pattern,
    arguments: &[Value],
) -> Result<Value, EvalError> {
    match (function, arguments) {
        (Function::Matches, [Value::Text(text)]) => Ok(Value::Bool(pattern.is_in(text))),
        (Function::Capture, [Value::Text(text), Value::Int(group)]) => {
            let group = usize::try_from(*group).ok().filter(|group| *group <= pattern.groups());
            let found = pattern.group(text, group.ok_or(EvalError::NoSuchGroup)?);
            Ok(found.map_or(Value::Null, Value::text))
        }
        _ => Err(EvalError::WrongType),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_that_the_pattern_does_not_have_is_an_error() {
        let group = |group| {
            (CAPTURE.apply)(&[Value::text("ab"), Value::text("(a)(x)?"), Value::Int(group)])
        };
        assert_eq!(group(0), Ok(Value::text("a")));
        assert_eq!(group(2), Ok(Value::Null));
        assert_eq!(group(3), Err(EvalError::NoSuchGroup));
        assert_eq!(group(-1), Err(EvalError::NoSuchGroup));
    }

    #[test]
    fn empty_texts_and_patterns_are_ones_too() {
        let matches =
            |text: &str, pattern: &str| (MATCHES.apply)(&[Value::text(text), Value::text(pattern)]);
        assert_eq!(matches("", ""), Ok(Value::Bool(true)));
        assert_eq!(matches("", "^$"), Ok(Value::Bool(true)));
        assert_eq!(matches("a\nb", "^b"), Ok(Value::Bool(false)), "lines do not count");
        assert_eq!(matches("a", "("), Err(EvalError::ArgumentOutOfRange));
    }
}
