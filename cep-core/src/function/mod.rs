//! Scalar functions and operators on single values.
//!
//! The one table of functions is [`Function`]; each is one file with its signature, its doc, its
//! examples and its implementation. The operators of the language stand in `operator.rs`.
//! The engine's columns and the reference interpreter both compute with these.

mod argument;
mod conversion;
mod digits;
mod extreme;
mod hash;
mod list;
mod number;
mod operator;
mod read;
mod search;
mod takes;
mod text;
mod time;

pub use list::{apply_fold, apply_index};
pub(crate) use operator::int_arithmetic;
pub use operator::{apply_binary, apply_unary};
pub use search::apply_search;
pub use takes::Takes;

use crate::value::{Type, Value};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why an expression has no value for an event. It goes to the rule's error stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EvalError {
    /// An integer result does not fit 64 bits.
    IntegerOverflow,
    /// A decimal result does not fit 96 bits.
    DecimalOverflow,
    /// A float result is infinite or not a number.
    NotFinite,
    /// A timestamp result is outside the supported years.
    TimeOverflow,
    /// Division by zero.
    DivisionByZero,
    /// A list has no element at an index.
    BadIndex {
        /// The index.
        index: i64,
        /// How many elements there are.
        len: u64,
    },
    /// `fail` was called, with this text.
    Failed(String),
    /// An operand had a type that the plan did not promise; a defect of whoever made the plan.
    WrongType,
    /// An argument has a value that the function does not take, such as a negative length.
    ArgumentOutOfRange,
    /// A list has more items than can be rows.
    TooManyItems,
    /// A text would be longer than [`MAX_TEXT_BYTES`].
    TextTooLong,
    /// There is no time zone of a name.
    UnknownZone,
    /// A duration result does not fit 64 bits of microseconds.
    DurationOverflow,
    /// `round` has a negative number of digits.
    NegativeDigits,
    /// `substr` has a negative start or length.
    NegativePart,
    /// `truncate` has a duration that is not longer than zero.
    EmptyWidth,
    /// `truncate` in a zone has a duration that no windows of the zone can have.
    UnevenWidth,
    /// `capture` has a number that its pattern has no group for.
    NoSuchGroup,
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadIndex { index, len: 0 } => {
                return write!(f, "there is no element {index} in an empty list");
            }
            Self::BadIndex { index, len } => {
                return write!(
                    f,
                    "there is no element {index} in a list of {len}, which are counted from 0"
                );
            }
            Self::Failed(why) => why,
            Self::IntegerOverflow => "the result does not fit a 64-bit integer",
            Self::DecimalOverflow => "the result does not fit a decimal, whose digits go up to 79228162514264337593543950335",
            Self::NotFinite => "the result is infinite or not a number",
            Self::TimeOverflow => "the time is outside the years 1 to 9999",
            Self::DivisionByZero => "division by zero",
            Self::WrongType => "an operand has a type that the plan did not promise",
            Self::ArgumentOutOfRange => "an argument is out of the range that the function takes",
            Self::TooManyItems => "the list has more than 65536 items",
            Self::TextTooLong => "the text is longer than a mebibyte",
            Self::DurationOverflow => "the duration is longer than 106751991 days",
            Self::NegativeDigits => "`round` takes no negative number of digits",
            Self::NegativePart => "`substr` takes no negative start or length",
            Self::EmptyWidth => "`truncate` takes a duration longer than 0s",
            Self::UnevenWidth => {
                "`truncate` in a zone takes a duration that divides a day, or whole days"
            }
            Self::NoSuchGroup => "the pattern of `capture` has no group of this number",
            Self::UnknownZone => "there is no time zone of this name",
        })
    }
}

impl std::error::Error for EvalError {}

/// The longest text that an expression makes, in bytes: a mebibyte, as much as a record of Kafka
/// holds unless it is told otherwise. Without a bound, texts made of texts grow exponentially.
pub const MAX_TEXT_BYTES: usize = 1 << 20;

/// A text that an expression has made.
///
/// # Errors
/// If it is longer than [`MAX_TEXT_BYTES`].
pub fn made_text(text: String) -> Result<Value, EvalError> {
    if text.len() <= MAX_TEXT_BYTES { Ok(Value::text(text)) } else { Err(EvalError::TextTooLong) }
}

macro_rules! functions {
    ($($variant:ident => $module:ident :: $item:ident),* $(,)?) => {
        /// The scalar functions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Function {
            $(#[doc = concat!("See [`FunctionInfo`] of `", stringify!($item), "`.")] $variant,)*
        }

        impl Function {
            /// All functions, in the order of the table.
            pub const ALL: &'static [Function] = &[$(Function::$variant),*];

            /// What the function is called, takes, gives and does.
            #[must_use]
            pub fn info(self) -> &'static FunctionInfo {
                match self { $(Function::$variant => &$module::$item,)* }
            }
        }
    };
}

functions! {
    DecimalOfInt => conversion::DECIMAL_OF_INT,
    FloatOfInt => conversion::FLOAT_OF_INT,
    FloatOfDecimal => conversion::FLOAT_OF_DECIMAL,
    DecimalOfFloat => conversion::DECIMAL_OF_FLOAT,
    TextOf => conversion::TEXT_OF,
    AbsInt => number::ABS_INT,
    AbsFloat => number::ABS_FLOAT,
    AbsDecimal => number::ABS_DECIMAL,
    FloorDecimal => number::FLOOR_DECIMAL,
    CeilDecimal => number::CEIL_DECIMAL,
    RoundDecimal => number::ROUND_DECIMAL,
    Len => text::LEN,
    Lower => text::LOWER,
    Upper => text::UPPER,
    Trim => text::TRIM,
    Contains => text::CONTAINS,
    StartsWith => text::STARTS_WITH,
    EndsWith => text::ENDS_WITH,
    Replace => text::REPLACE,
    Substr => text::SUBSTR,
    Pow => number::POW,
    Sqrt => number::SQRT,
    Ln => number::LN,
    Exp => number::EXP,
    LeastInt => extreme::LEAST_INT,
    LeastDecimal => extreme::LEAST_DECIMAL,
    LeastFloat => extreme::LEAST_FLOAT,
    GreatestInt => extreme::GREATEST_INT,
    GreatestDecimal => extreme::GREATEST_DECIMAL,
    GreatestFloat => extreme::GREATEST_FLOAT,
    Hour => time::HOUR,
    Day => time::DAY,
    Weekday => time::WEEKDAY,
    Truncate => time::TRUNCATE,
    Minute => time::MINUTE,
    Month => time::MONTH,
    Year => time::YEAR,
    FloorFloat => number::FLOOR_FLOAT,
    CeilFloat => number::CEIL_FLOAT,
    RoundFloat => number::ROUND_FLOAT,
    RoundDigits => number::ROUND_DIGITS,
    SignInt => number::SIGN_INT,
    SignDecimal => number::SIGN_DECIMAL,
    SignFloat => number::SIGN_FLOAT,
    IntOfText => read::INT_OF_TEXT,
    DecimalOfText => read::DECIMAL_OF_TEXT,
    FloatOfText => read::FLOAT_OF_TEXT,
    TimestampOfText => read::TIMESTAMP_OF_TEXT,
    TimestampOfMillis => read::TIMESTAMP_OF_MILLIS,
    MillisOfTimestamp => conversion::MILLIS_OF_TIMESTAMP,
    HashText => hash::HASH,
    LeastText => extreme::LEAST_TEXT,
    LeastTime => extreme::LEAST_TIME,
    LeastSpan => extreme::LEAST_SPAN,
    GreatestText => extreme::GREATEST_TEXT,
    GreatestTime => extreme::GREATEST_TIME,
    GreatestSpan => extreme::GREATEST_SPAN,
    IntOfDecimal => read::INT_OF_DECIMAL,
    IntOfFloat => read::INT_OF_FLOAT,
    Matches => search::MATCHES,
    Capture => search::CAPTURE,
    Split => text::SPLIT,
    Join => text::JOIN,
    HourIn => time::HOUR_IN,
    DayIn => time::DAY_IN,
    WeekdayIn => time::WEEKDAY_IN,
    MinuteIn => time::MINUTE_IN,
    MonthIn => time::MONTH_IN,
    YearIn => time::YEAR_IN,
    TruncateIn => time::TRUNCATE_IN,
    Format => time::FORMAT,
    FormatIn => time::FORMAT_IN,
}

/// The type of a function's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gives {
    /// A value of this type.
    Always(Type),
    /// A value of this type, or null where the arguments have none.
    Maybe(Type),
    /// A list of values of this type.
    ListOf(Type),
}

impl Gives {
    /// The type in the language; one with a `?` if there may be no result.
    #[must_use]
    pub fn to_type(&self) -> Type {
        match self {
            Self::Always(ty) => ty.clone(),
            Self::Maybe(ty) => ty.clone().optional(),
            Self::ListOf(ty) => ty.clone().list(),
        }
    }
}

/// One function: its name and types in the language, its doc, and how it is computed.
///
/// Several functions may share a name and differ in their parameters.
pub struct FunctionInfo {
    /// The name in the language.
    pub name: &'static str,
    /// What it takes; none of it may be null.
    pub parameters: &'static [Takes],
    /// The type of its result.
    pub result: Gives,
    /// One sentence, and an example as `call == result`.
    pub doc: &'static str,
    /// The implementation; arguments have the types of `parameters`.
    pub apply: fn(&[Value]) -> Result<Value, EvalError>,
}
