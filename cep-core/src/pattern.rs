//! Regular expressions: what a text is searched for.
//!
//! A pattern is found in time linear in the text, whatever the pattern: there is no backtracking,
//! and so no look-around and no back-reference. It is prepared once, as the plan is made or read;
//! written down it is its text.
//!
//! ```
//! use cep_core::pattern::Pattern;
//!
//! let farm = Pattern::new(r"^farm-(\d+)$").unwrap();
//! assert!(farm.is_in("farm-302"));
//! assert_eq!(farm.group("farm-302", 1), Some("302"));
//! assert_eq!(Pattern::new("farm-(").unwrap_err().at, 5..6);
//! ```

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::ops::Range;

/// The most memory, in bytes, that a prepared pattern may need: a mebibyte.
pub const MAX_PREPARED_BYTES: usize = 1 << 20;
/// The most memory, in bytes, that searching for a pattern may keep between texts.
const MAX_SEARCH_BYTES: usize = 1 << 20;

/// A regular expression, ready to search with.
#[derive(Clone)]
pub struct Pattern(Regex);

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// What is wrong, to follow on the pattern's name.
    pub why: String,
    /// Where, in bytes of the text.
    pub at: Range<usize>,
}

impl Pattern {
    /// The pattern of a text.
    ///
    /// # Errors
    /// If the text is no regular expression, or one that needs more than [`MAX_PREPARED_BYTES`].
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let prepared = RegexBuilder::new(text)
            .size_limit(MAX_PREPARED_BYTES)
            .dfa_size_limit(MAX_SEARCH_BYTES)
            .build();
        prepared.map(Self).map_err(|_| {
            wrong(text).unwrap_or_else(|| PatternError {
                why: "needs more than a mebibyte of memory".into(),
                at: 0..text.len(),
            })
        })
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.as_str()
    }

    /// Whether it is found anywhere in a text.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// How many groups it has, without the whole of what is found, which is group 0.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.0.captures_len().saturating_sub(1)
    }

    /// What a group has of the first place where the pattern is found; `None` if it is not found, or
    /// without this group.
    #[must_use]
    pub fn group<'t>(&self, text: &'t str, group: usize) -> Option<&'t str> {
        if group == 0 {
            return self.0.find(text).map(|found| found.as_str());
        }
        self.0.captures(text)?.get(group).map(|found| found.as_str())
    }
}

/// What the parser has against a text.
fn wrong(text: &str) -> Option<PatternError> {
    let found = |why: String, span: &regex_syntax::ast::Span| {
        let start = span.start.offset;
        // What stands at a place is shown with it.
        let next = text.get(start..).and_then(|rest| rest.chars().next());
        let end = span.end.offset.max(start + next.map_or(0, char::len_utf8));
        PatternError { why, at: start..end }
    };
    match regex_syntax::parse(text).err()? {
        regex_syntax::Error::Parse(error) => Some(found(error.kind().to_string(), error.span())),
        regex_syntax::Error::Translate(error) => {
            Some(found(error.kind().to_string(), error.span()))
        }
        _ => None,
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.text())
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).map_err(|error| serde::de::Error::custom(error.why))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let wrong = |text: &str| Pattern::new(text).unwrap_err();
        assert_eq!(wrong("a(b").at, 1..2);
        assert_eq!(wrong("*a").at, 0..1);
        assert_eq!(wrong("ab[z-a]").at, 3..6);
        assert!(wrong("(?=a)").why.contains("look-around"), "{}", wrong("(?=a)").why);
        assert!(wrong(r"(a)\1").why.contains("backreferences"), "{}", wrong(r"(a)\1").why);
        assert_eq!(wrong(r"\w{4000}").why, "needs more than a mebibyte of memory");
    }

    #[test]
    fn groups_are_counted_from_the_whole() {
        let pattern = Pattern::new("(a)(x)?(b+)").unwrap();
        assert_eq!(pattern.groups(), 3);
        let groups = (0..5).map(|at| pattern.group("--abb-ab", at));
        let expected = [Some("abb"), Some("a"), None, Some("bb"), None];
        assert_eq!(groups.collect::<Vec<_>>(), expected);
        assert_eq!(pattern.group("ba", 0), None);
    }

    #[test]
    fn a_search_that_backtracking_would_not_end_does_end() {
        let pattern = Pattern::new("(a*)*b").unwrap();
        assert!(!pattern.is_in(&"a".repeat(100_000)));
    }
}
