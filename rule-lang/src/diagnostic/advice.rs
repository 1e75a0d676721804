//! Advice: what to type instead, in words and, where it is exact, as an edit.

use crate::source::Span;

/// A line of help, and what to put in the place of the primary label if that is all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// The words.
    pub text: String,
    /// The text that replaces what the primary label underlines.
    pub replacement: Option<String>,
}

/// An edit that follows a help, for editors and other programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// What is replaced.
    pub span: Span,
    /// The text in its place.
    pub replacement: String,
}

impl From<String> for Advice {
    fn from(text: String) -> Self {
        Self { text, replacement: None }
    }
}

impl From<&str> for Advice {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

/// ``write `…` ``, which replaces what is underlined.
pub(crate) fn write_instead(replacement: impl Into<String>) -> Advice {
    let replacement = replacement.into();
    Advice { text: format!("write `{replacement}`"), replacement: Some(replacement) }
}

/// `remove this`, and why; which takes away what is underlined.
pub(crate) fn removed(why: &str) -> Advice {
    let text = if why.is_empty() { "remove it".to_owned() } else { format!("remove it: {why}") };
    Advice { text, replacement: Some(String::new()) }
}

/// ``did you mean `…`?`` for the closest of `candidates`.
pub(crate) fn did_you_mean<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<Advice> {
    closest(word, candidates).map(|found| Advice {
        text: format!("did you mean `{found}`?"),
        replacement: Some(found.to_owned()),
    })
}

/// What to write for a word that is none of the fields: the closest, or else which there are.
pub(crate) fn field_meant<'c>(
    word: &str,
    of: &str,
    fields: impl Iterator<Item = &'c str> + Clone,
) -> Option<Advice> {
    did_you_mean(word, fields.clone()).or_else(|| fields_of(of, fields).map(Into::into))
}

/// The first fields of what has some.
pub(crate) fn fields_of<'c>(of: &str, mut names: impl Iterator<Item = &'c str>) -> Option<String> {
    let first: Vec<String> = names.by_ref().take(8).map(|name| format!("`{name}`")).collect();
    let more = if names.next().is_some() { " …" } else { "" };
    let plural = if first.len() == 1 { "" } else { "s" };
    (!first.is_empty()).then(|| format!("`{of}` has the field{plural} {}{more}", first.join(" ")))
}

/// The closest of `candidates` to `word`, if it is close enough to have been meant.
#[must_use]
pub fn closest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .filter(|candidate| *candidate != word)
        .map(|candidate| {
            let distance = strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
            (distance, candidate)
        })
        .filter(|(distance, candidate)| {
            let length = word.chars().count().max(candidate.chars().count());
            *distance <= (length / 3).max(1) && *distance < length
        })
        .min_by_key(|(distance, candidate)| {
            // Of two equally far, the one that begins alike.
            let common = lower.chars().zip(candidate.chars()).take_while(|(a, b)| a == b).count();
            (*distance, std::cmp::Reverse(common), *candidate)
        })
        .map(|(_, candidate)| candidate)
}
