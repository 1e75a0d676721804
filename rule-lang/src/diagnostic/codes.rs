//! The one numbered table of diagnostics. A number is never reused and never changes its meaning.
//!
//! `E01xx` syntax · `E02xx` names · `E03xx` types · `E04xx` time and windows · `E05xx` words of the
//! language that this version does not run yet · `W01xx` warnings, which never fail a program.

use std::fmt;

/// How serious a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The program cannot run.
    Error,
    /// It runs, and probably does not do what was meant.
    Warning,
}

macro_rules! codes {
    ($($name:ident = $number:literal, $summary:literal;)*) => {
        /// The number of a diagnostic, with what it stands for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $summary] $name,)*
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The number as shown, such as `E0101`.
            #[must_use]
            pub const fn number(self) -> &'static str {
                match self { $(Code::$name => $number,)* }
            }

            /// What it stands for, in one line.
            #[must_use]
            pub const fn summary(self) -> &'static str {
                match self { $(Code::$name => $summary,)* }
            }
        }
    };
}

codes! {
    // Syntax.
    Unexpected = "E0101", "something else was expected here";
    Unclosed = "E0102", "a brace, bracket or parenthesis is not closed";
    UnterminatedString = "E0103", "a string has no closing quote on its line";
    ReservedWord = "E0104", "a reserved word stands where a name is expected";
    BadNumber = "E0105", "a number that cannot be read or is too large";
    BadDuration = "E0106", "a duration with a unit that does not exist, or too long";
    BadTimestamp = "E0107", "a timestamp that cannot be read";
    UnknownCharacter = "E0108", "a character that means nothing here";
    AssignInExpression = "E0109", "`=` where `==` was meant";
    UnknownDeclaration = "E0110", "a word that does not begin a declaration";
    UnknownClause = "E0111", "a word that does not begin a clause";
    NestedTooDeeply = "E0112", "an expression is nested too deeply";
    ChainedComparison = "E0113", "comparisons cannot be chained";
    BadEscape = "E0114", "an escape that does not exist in strings";
    InvalidUtf8 = "E0115", "a file that is not UTF-8";
    BadInterpolation = "E0116", "a `{` in a string that is not closed or holds no expression";
    RowLength = "E0117", "a table row with more or fewer cells than its head";
    BadCell = "E0118", "a table cell that is not a literal";
    ForeignOperator = "E0119", "an operator of another language";
    ForeignComment = "E0120", "a comment of another language";
    MissingClause = "E0121", "a clause that every rule needs is missing";
    DuplicateClause = "E0122", "a clause that may stand once stands twice";
    ClauseOrder = "E0123", "a clause stands before one that must come first";
    FileTooLarge = "E0124", "a file too large to be rules";
    UnknownWindow = "E0125", "a window kind or window option that does not exist";
    UnknownOption = "E0126", "an option that does not exist here";

    // Names.
    UnknownStream = "E0201", "a stream that is not declared";
    UnknownName = "E0202", "a name that is not in scope";
    UnknownFunction = "E0203", "a function that does not exist";
    UnknownType = "E0204", "a type that does not exist";
    DuplicateName = "E0205", "a name that is declared twice";
    UnknownConnector = "E0206", "a connector that does not exist";
    UnknownEvent = "E0207", "an event that no rule emits";
    UnknownParam = "E0208", "a param that is not declared";
    UnknownColumn = "E0209", "a table column that is not a field";
    UnknownMember = "E0210", "a member that does not exist";
    BareField = "E0211", "a field stands alone after a window";
    UnknownKeyOrTime = "E0212", "`key` or `time` names something that is not a field";
    KeyWithoutName = "E0213", "a part of the key that is not a field has no name";
    BadAttribute = "E0214", "an attribute that cannot travel with events";
    RuleCycle = "E0215", "rules that read what they emit, directly or through each other";
    NoCommonField = "E0216", "streams read together without a field in common";
    FunctionCycle = "E0217", "functions that call themselves, directly or through each other";
    TypeCycle = "E0230", "a type that contains itself";

    // Types.
    OperandTypes = "E0301", "an operator does not take these types";
    FloatWithDecimal = "E0302", "float and decimal do not mix by themselves";
    OptionalUsed = "E0303", "a value that may be null is used as if it could not";
    NotBool = "E0304", "a condition that is not bool";
    ArgumentCount = "E0305", "too few or too many arguments";
    ArgumentType = "E0306", "an argument of the wrong type";
    AggregateOutside = "E0307", "an aggregate where there is no window to aggregate";
    AggregateNested = "E0308", "an aggregate inside an aggregate";
    BranchTypes = "E0309", "the two sides of `if` or `??` have different types";
    ParamDefault = "E0310", "a param's value does not fit its type";
    CellType = "E0311", "a table cell does not fit its column's type";
    ListTypes = "E0312", "list items of different types";
    BareNull = "E0313", "`null` stands where its type cannot be known";
    EventShape = "E0314", "an event is emitted with different fields";
    ConstantFails = "E0315", "an expression of literals that always fails";
    MissingColumn = "E0316", "a table row leaves out a field that must be there";
    ArgumentConstant = "E0317", "an argument that must be a literal in its range";
    FunctionResult = "E0318", "a function's value is not of its declared type";
    UnknownChoice = "E0330", "a text that is not one of an enum's";
    NotAList = "E0331", "something that is not a list where one is needed";
    TableKey = "E0340", "a table whose rows cannot be found by its key";
    SameKey = "E0341", "two rows of a table with the same key and time";
    KnownKeys = "E0342", "a table whose keys are not the rule's, or an event that a known key never had";
    GivenEvents = "E0343", "rows given to a table that holds events";
    TableFile = "E0344", "the file of a table cannot be read or holds no table";
    BadPattern = "E0350", "a pattern that is no regular expression";

    // Time and windows.
    UnitMissing = "E0401", "a number where a duration with a unit is needed";
    WindowSize = "E0402", "a window size or step that cannot be";
    NoTime = "E0403", "a stream without `time`";
    TimeField = "E0404", "the field after `time` is not a timestamp that is always there";
    FillPlace = "E0405", "`fill` where no empty window can be";
    ClearPlace = "E0406", "`clear` where nothing can fall";
    TimeUnit = "E0407", "`as` on a field that is not a timestamp";
    DurationNotLiteral = "E0408", "a duration that must be a literal";
    FiringPlace = "E0420", "a word about firing where it means nothing";
    UnknownZone = "E0430", "a time zone that does not exist";
    AllowPlace = "E0431", "`allow` where a window cannot be revised";
    FieldBound = "E0432", "a bound where a field cannot have one";
    EarlyPlace = "E0433", "`early` where a window cannot fire before it closes";
    NotCertain = "E0434", "an `early` condition that may become false again";
    PrevPlace = "E0435", "`prev` where there are no windows before";
    TimeFormat = "E0440", "a timestamp format that tells no instant";
    BadFormat = "E0441", "a format that cannot be written";

    // Words of the language that this version does not run yet.
    NoPatterns = "E0501", "`match` patterns are not supported in this version";
    NoJoins = "E0502", "`join` is not supported in this version";
    NoTimeout = "E0517", "`timeout` is not supported in this version";
    NoScenarios = "E0524", "`scenario` is not supported in this version";
    NoSuchFunctionYet = "E0528", "this function is not supported in this version";
    NoConnectorYet = "E0531", "this connector or format is not supported in this version";
    NoReuse = "E0538", "`reuse` and `skip` are not supported in this version";

    // Warnings.
    UnusedParam = "W0101", "a param that nothing reads";
    UnusedStream = "W0102", "a stream that no rule reads";
    UnusedLet = "W0103", "a `let` that nothing reads";
    Shadowed = "W0104", "a name that hides another";
    AlwaysFalse = "W0105", "a condition that is always false";
    WindowWithoutBy = "W0106", "a window without `by` over a keyed stream";
    BelowOnSliding = "W0107", "a below-threshold on a sliding window, which fires while it fills";
    Untested = "W0108", "a rule that no test expects anything of";
    PercentFraction = "W0109", "a percentile below 1, where percent are counted from 0 to 100";
    UnusedFunction = "W0110", "a function that nothing calls";
    EdgeOnChange = "W0111", "an edge on `changed`, which does not fire at two changes in a row";
    Unforgotten = "W0112", "a rule that remembers keys without number and without `forget`";
    FillsNothing = "W0113", "a `fill` so short that it makes no window";
    ReadsWhatIsOff = "W0114", "a rule or test of what only rules that are off emit";
    IdleTest = "W0115", "a test that expects nothing, or has the title of another";
    CountsConditions = "W0116", "a count of a condition, whether it holds or not";
}

impl Code {
    /// Error or warning, by the number's first letter.
    #[must_use]
    pub fn severity(self) -> Severity {
        if self.number().starts_with('W') { Severity::Warning } else { Severity::Error }
    }

    /// The code with this number.
    #[must_use]
    pub fn from_number(number: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.number() == number)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.number())
    }
}
