//! What a function takes.

use super::FunctionInfo;
use crate::value::Type;
use std::fmt;

/// What one argument of a function is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Takes {
    /// A value of this type.
    One(Type),
    /// One or more values of this type; only as the last one.
    More(Type),
    /// A list of values of this type.
    ListOf(Type),
    /// The text of a [`Pattern`](crate::pattern::Pattern), written out.
    Pattern,
    /// A format as [`written::write`](crate::written::write) reads it, written out.
    Format,
    /// The name of a [`Zone`](crate::zone::Zone).
    Zone,
}

impl Takes {
    /// The type of the argument.
    #[must_use]
    pub fn to_type(&self) -> Type {
        match self {
            Self::One(ty) | Self::More(ty) => ty.clone(),
            Self::ListOf(ty) => ty.clone().list(),
            Self::Pattern | Self::Format | Self::Zone => Type::String,
        }
    }
}

impl fmt::Display for Takes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(ty) => ty.fmt(f),
            Self::More(ty) => write!(f, "{ty}, …"),
            Self::ListOf(ty) => write!(f, "[{ty}]"),
            Self::Pattern => f.write_str("regex"),
            Self::Format => f.write_str("format"),
            Self::Zone => f.write_str("zone"),
        }
    }
}

impl FunctionInfo {
    /// The parameters of a call with so many arguments, one for each; `None` if there is no such call.
    #[must_use]
    pub fn parameters_for(&self, count: usize) -> Option<Vec<&'static Takes>> {
        let last = self.parameters.last();
        let more = matches!(last, Some(Takes::More(_)));
        if count < self.parameters.len() || (count > self.parameters.len() && !more) {
            return None;
        }
        Some(self.parameters.iter().chain(last.into_iter().cycle()).take(count).collect())
    }

    /// How it is called and what it gives, such as `abs(int) -> int`.
    #[must_use]
    pub fn signature(&self) -> String {
        format!("{} -> {}", self.form(), self.result.to_type())
    }

    /// How it is called, such as `abs(int)`.
    #[must_use]
    pub fn form(&self) -> String {
        let parameters: Vec<String> = self.parameters.iter().map(ToString::to_string).collect();
        format!("{}({})", self.name, parameters.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use crate::function::Function;

    #[test]
    fn only_the_last_parameter_repeats() {
        let counted = |function: Function, count| {
            let parameters = function.info().parameters_for(count);
            parameters.map(|parameters| parameters.len())
        };
        let counts = |function| [0, 1, 2, 3, 4].map(|count| counted(function, count));
        assert_eq!(counts(Function::LeastInt), [None, None, Some(2), Some(3), Some(4)]);
        assert_eq!(counts(Function::Split), [None, None, Some(2), None, None]);
        assert_eq!(Function::LeastInt.info().signature(), "least(int, int, …) -> int");
        assert_eq!(Function::Capture.info().signature(), "capture(string, regex, int) -> string?");
        assert_eq!(Function::Join.info().form(), "join([string], string)");
    }
}
