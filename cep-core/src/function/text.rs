//! Functions on text.

use super::{EvalError, Function, FunctionInfo, Gives, MAX_TEXT_BYTES, Takes, made_text};
use crate::plan::Items;
use crate::value::{Type, Value};

/// `len(string)`.
pub static LEN: FunctionInfo = FunctionInfo {
    name: "len",
    parameters: &[Takes::One(Type::String)],
    result: Gives::Always(Type::Int),
    doc: "the number of characters (Unicode scalar values): `len(\"abc\") == 3`",
    apply: |arguments| match arguments {
        [Value::Text(text)] => i64::try_from(text.chars().count())
            .map(Value::Int)
            .map_err(|_| EvalError::IntegerOverflow),
        _ => Err(EvalError::WrongType),
    },
};

/// `lower(string)`.
pub static LOWER: FunctionInfo = FunctionInfo {
    name: "lower",
    parameters: &[Takes::One(Type::String)],
    result: Gives::Always(Type::String),
    doc: "the text in lower case: `lower(\"Ab\") == \"ab\"`",
    apply: |arguments| match arguments {
        [Value::Text(text)] => made_text(text.to_lowercase()),
        _ => Err(EvalError::WrongType),
    },
};

/// `upper(string)`.
pub static UPPER: FunctionInfo = FunctionInfo {
    name: "upper",
    parameters: &[Takes::One(Type::String)],
    result: Gives::Always(Type::String),
    doc: "the text in upper case: `upper(\"Ab\") == \"AB\"`",
    apply: |arguments| match arguments {
        [Value::Text(text)] => made_text(text.to_uppercase()),
        _ => Err(EvalError::WrongType),
    },
};

/// `trim(string)`.
pub static TRIM: FunctionInfo = FunctionInfo {
    name: "trim",
    parameters: &[Takes::One(Type::String)],
    result: Gives::Always(Type::String),
    doc: "the text without white space at its ends: `trim(\" a \") == \"a\"`",
    apply: |arguments| match arguments {
        [Value::Text(text)] => Ok(Value::text(text.trim())),
        _ => Err(EvalError::WrongType),
    },
};

/// `contains(string, string)`.
pub static CONTAINS: FunctionInfo = FunctionInfo {
    name: "contains",
    parameters: &[Takes::One(Type::String), Takes::One(Type::String)],
    result: Gives::Always(Type::Bool),
    doc: "whether the second text occurs in the first: `contains(\"farm 7\", \"7\") == true`",
    apply: |arguments| match arguments {
        [Value::Text(text), Value::Text(part)] => Ok(Value::Bool(text.contains(part.as_ref()))),
        _ => Err(EvalError::WrongType),
    },
};

/// `starts_with(string, string)`.
pub static STARTS_WITH: FunctionInfo = FunctionInfo {
    name: "starts_with",
    parameters: &[Takes::One(Type::String), Takes::One(Type::String)],
    result: Gives::Always(Type::Bool),
    doc: "whether the first text begins with the second: `starts_with(\"farm\", \"fa\") == true`",
    apply: |arguments| match arguments {
        [Value::Text(text), Value::Text(part)] => Ok(Value::Bool(text.starts_with(part.as_ref()))),
        _ => Err(EvalError::WrongType),
    },
};

/// `ends_with(string, string)`.
pub static ENDS_WITH: FunctionInfo = FunctionInfo {
    name: "ends_with",
    parameters: &[Takes::One(Type::String), Takes::One(Type::String)],
    result: Gives::Always(Type::Bool),
    doc: "whether the first text ends with the second: `ends_with(\"farm\", \"rm\") == true`",
    apply: |arguments| match arguments {
        [Value::Text(text), Value::Text(part)] => Ok(Value::Bool(text.ends_with(part.as_ref()))),
        _ => Err(EvalError::WrongType),
    },
};

/// `replace(string, string, string)`.
pub static REPLACE: FunctionInfo = FunctionInfo {
    name: "replace",
    parameters: &[Takes::One(Type::String), Takes::One(Type::String), Takes::One(Type::String)],
    result: Gives::Always(Type::String),
    doc: "the first text with the third wherever the second occurs; an empty second occurs nowhere: `replace(\"a-b-c\", \"-\", \"+\") == \"a+b+c\"`",
    apply: |arguments| match arguments {
        [Value::Text(text), Value::Text(part), Value::Text(_)] if part.is_empty() => {
            Ok(Value::Text(text.clone()))
        }
        [Value::Text(text), Value::Text(part), Value::Text(by)] => {
            // What would be too long is not made in the first place.
            let grown = by.len().saturating_sub(part.len());
            let growth = text.matches(part.as_ref()).count().saturating_mul(grown);
            if text.len().saturating_add(growth) > MAX_TEXT_BYTES {
                return Err(EvalError::TextTooLong);
            }
            made_text(text.replace(part.as_ref(), by))
        }
        _ => Err(EvalError::WrongType),
    },
};

/// `substr(string, int, int)`.
pub static SUBSTR: FunctionInfo = FunctionInfo {
    name: "substr",
    parameters: &[Takes::One(Type::String), Takes::One(Type::Int), Takes::One(Type::Int)],
    result: Gives::Always(Type::String),
    doc: "the text from a character on (the first is 0), so many characters or what is left of them; negative numbers are errors: `substr(\"farm 302\", 5, 2) == \"30\"`",
    apply: |arguments| match arguments {
        [Value::Text(text), Value::Int(from), Value::Int(count)] => {
            Function::Substr.admits_all(arguments)?;
            // What does not fit is beyond the end of any text.
            let number = |value: i64| usize::try_from(value).unwrap_or(usize::MAX);
            let part: String = text.chars().skip(number(*from)).take(number(*count)).collect();
            Ok(Value::text(part))
        }
        _ => Err(EvalError::WrongType),
    },
};

/// `split(string, string)`.
pub static SPLIT: FunctionInfo = FunctionInfo {
    name: "split",
    parameters: &[Takes::One(Type::String), Takes::One(Type::String)],
    result: Gives::ListOf(Type::String),
    doc: "the pieces of the first text between the places where the second occurs, at most 65536 of them; an empty second occurs nowhere: `split(\"a,b,,c\", \",\") == [\"a\", \"b\", \"\", \"c\"]`",
    apply: |arguments| match arguments {
        [Value::Text(text), Value::Text(by)] if by.is_empty() => {
            Ok(Value::List([Value::Text(text.clone())].into()))
        }
        [Value::Text(text), Value::Text(by)] => {
            let pieces = text.split(by.as_ref()).take(Items::MAX + 1).map(Value::text);
            let pieces: Vec<Value> = pieces.collect();
            if pieces.len() > Items::MAX {
                return Err(EvalError::TooManyItems);
            }
            Ok(Value::List(pieces.into()))
        }
        _ => Err(EvalError::WrongType),
    },
};

/// `join([string], string)`.
pub static JOIN: FunctionInfo = FunctionInfo {
    name: "join",
    parameters: &[Takes::ListOf(Type::String), Takes::One(Type::String)],
    result: Gives::Always(Type::String),
    doc: "the texts of the list one after another, with the second between each two: `join([\"a\", \"b\"], \"-\") == \"a-b\"`",
    apply: |arguments| match arguments {
        [Value::List(texts), Value::Text(between)] => {
            let mut joined = String::new();
            for (index, text) in texts.iter().enumerate() {
                let Value::Text(text) = text else { return Err(EvalError::WrongType) };
                let between: &str = if index == 0 { "" } else { between };
                // What would be too long is not made in the first place.
                if joined.len() + between.len() + text.len() > MAX_TEXT_BYTES {
                    return Err(EvalError::TextTooLong);
                }
                joined.push_str(between);
                joined.push_str(text);
            }
            made_text(joined)
        }
        _ => Err(EvalError::WrongType),
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replace_goes_once_from_left_to_right_and_an_empty_part_occurs_nowhere() {
        for (text, part, by, result) in [
            ("aaa", "aa", "a", "aa"),
            ("abc", "", "-", "abc"),
            ("", "", "-", ""),
            ("abc", "b", "", "ac"),
            ("äöä", "ä", "ae", "aeöae"),
        ] {
            let arguments = [text, part, by].map(Value::text);
            assert_eq!((REPLACE.apply)(&arguments), Ok(Value::text(result)));
        }
    }

    #[test]
    fn a_text_that_would_be_too_long_is_not_made() {
        let replaced = |count: usize, by: usize| {
            let arguments = ["a".repeat(count), "a".to_owned(), "b".repeat(by)].map(Value::text);
            (REPLACE.apply)(&arguments)
        };
        assert_eq!(replaced(1024, 1024), Ok(Value::text("b".repeat(MAX_TEXT_BYTES))));
        assert_eq!(replaced(1024, 1025), Err(EvalError::TextTooLong));
        // Two to the power of 40 bytes would not fit.
        assert_eq!(replaced(MAX_TEXT_BYTES, MAX_TEXT_BYTES), Err(EvalError::TextTooLong));
        let long = [Value::text("ﬃ".repeat(MAX_TEXT_BYTES / 3))];
        assert_eq!((UPPER.apply)(&long).map(|_| ()), Ok(()), "FFI is as long as its ligature");
        let grows = [Value::text("ΐ".repeat(MAX_TEXT_BYTES / 2))];
        assert_eq!((UPPER.apply)(&grows), Err(EvalError::TextTooLong));
    }

    #[test]
    fn what_was_split_is_joined_again() {
        for (text, by, pieces) in [
            ("a,b", ",", vec!["a", "b"]),
            (",a,", ",", vec!["", "a", ""]),
            ("", ",", vec![""]),
            ("aaa", "aa", vec!["", "a"]),
            ("abc", "", vec!["abc"]),
            ("ä–ö–", "–", vec!["ä", "ö", ""]),
        ] {
            let list = Value::List(pieces.into_iter().map(Value::text).collect());
            assert_eq!((SPLIT.apply)(&[Value::text(text), Value::text(by)]), Ok(list.clone()));
            assert_eq!((JOIN.apply)(&[list, Value::text(by)]), Ok(Value::text(text)));
        }
        assert_eq!((JOIN.apply)(&[Value::List([].into()), Value::text("-")]), Ok(Value::text("")));
    }

    #[test]
    fn lists_and_texts_that_would_be_too_long_are_not_made() {
        let commas = |count: usize| [",".repeat(count), ",".to_owned()].map(Value::text);
        assert!((SPLIT.apply)(&commas(Items::MAX - 1)).is_ok());
        assert_eq!((SPLIT.apply)(&commas(Items::MAX)), Err(EvalError::TooManyItems));
        let joined = |between: usize| {
            let list = Value::List([Value::text(""), Value::text(""), Value::text("")].into());
            (JOIN.apply)(&[list, Value::text("b".repeat(between))]).map(|_| ())
        };
        assert_eq!(joined(MAX_TEXT_BYTES / 2), Ok(()));
        assert_eq!(joined(MAX_TEXT_BYTES / 2 + 1), Err(EvalError::TextTooLong));
    }

    #[test]
    fn substr_counts_characters_and_ends_with_the_text() {
        let part = |from, count| {
            (SUBSTR.apply)(&[Value::text("äöü"), Value::Int(from), Value::Int(count)])
        };
        assert_eq!(part(0, 1), Ok(Value::text("ä")));
        assert_eq!(part(1, 5), Ok(Value::text("öü")));
        assert_eq!(part(1, 0), Ok(Value::text("")));
        assert_eq!(part(3, 1), Ok(Value::text("")));
        assert_eq!(part(i64::MAX, i64::MAX), Ok(Value::text("")));
        assert_eq!(part(-1, 1), Err(EvalError::NegativePart));
        assert_eq!(part(0, -1), Err(EvalError::NegativePart));
    }
}
