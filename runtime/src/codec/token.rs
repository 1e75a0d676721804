//! Tokens: where in a record a value stands and what kind it is, before it is fitted to a type.

/// The longest record, in bytes, so that places in it fit into 32 bits.
pub(super) const LONGEST_RECORD: usize = u32::MAX as usize;

/// What a JSON value is, as far as reading a field of it needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The record has no such member.
    Missing,
    /// `null`.
    Null,
    /// `true`.
    True,
    /// `false`.
    False,
    /// A whole number of at most 18 digits without exponent, in [`Token::int`]; not `-0`.
    Int,
    /// A number with a point and at most 18 digits: [`Token::int`] tenths, hundredths … by
    /// [`Token::scale`]; not a negative zero.
    Fraction,
    /// Any other number; only its text tells its value.
    Number,
    /// A text without escapes; the span is between the quotes.
    Text,
    /// A text with escapes; the span is between the quotes.
    EscapedText,
    /// An object.
    Object,
    /// A list.
    List,
}

/// One value of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// What it is.
    pub kind: Kind,
    /// How many of the digits of [`Token::int`] stand after the point.
    pub scale: u8,
    /// Where it starts in the record.
    pub start: u32,
    /// Where it ends, exclusive.
    pub end: u32,
    /// The digits of a plain number, with its sign.
    pub int: i64,
}

impl Token {
    /// The value of a member that is not there.
    pub const MISSING: Self = Self::bare(Kind::Missing);

    /// A value that its kind says all about.
    pub const fn bare(kind: Kind) -> Self {
        Self { kind, scale: 0, start: 0, end: 0, int: 0 }
    }

    /// A value known by its kind and its text.
    #[expect(clippy::cast_possible_truncation, reason = "records are shorter than LONGEST_RECORD")]
    pub fn spanning(kind: Kind, start: usize, end: usize) -> Self {
        Self { kind, scale: 0, start: start as u32, end: end as u32, int: 0 }
    }

    /// Makes this a value known by its kind and its text.
    #[expect(clippy::cast_possible_truncation, reason = "records are shorter than LONGEST_RECORD")]
    #[inline(always)]
    pub fn set(&mut self, kind: Kind, start: usize, end: usize) {
        self.kind = kind;
        self.start = start as u32;
        self.end = end as u32;
    }

    /// The text of the value in its record, between the quotes for a text.
    #[inline(always)]
    pub fn text<'a>(&self, record: &'a str) -> &'a str {
        record.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// The text of the value with its escapes resolved, if all of them mean characters.
    pub fn unescaped(&self, record: &str) -> Option<String> {
        serde_json::from_str(&format!("\"{}\"", self.text(record))).ok()
    }
}
