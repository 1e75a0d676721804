//! What functions, types and literals are called in other languages, and what to type here. One table
//! each, read wherever such a word may stand.

use crate::check::{LIST_FUNCTIONS, aggregate_names};
use crate::diagnostic::{Advice, write_instead};
use cep_core::function::Function;

/// Whether the language has a function or aggregate of this name.
pub(crate) fn is_function(name: &str) -> bool {
    let scalar = || Function::ALL.iter().any(|known| known.info().name == name);
    LIST_FUNCTIONS.contains(&name) || aggregate_names().any(|known| known == name) || scalar()
}

/// What to type for a function of another language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meant {
    /// The same function by another name, with the same arguments.
    Name(&'static str),
    /// Something else, in words.
    Words(&'static str),
}

impl Meant {
    pub(crate) fn advice(self) -> Advice {
        match self {
            Self::Name(name) => write_instead(name),
            Self::Words(words) => words.into(),
        }
    }
}

/// The function that is called so elsewhere. `startsWith`, `STARTS_WITH` and `startswith` are one.
pub(crate) fn function(name: &str) -> Option<Meant> {
    let key: String = name.to_lowercase().chars().filter(|c| *c != '_').collect();
    let found = FUNCTIONS.iter().find(|(names, _)| names.split(' ').any(|known| known == key));
    found
        .map(|(_, meant)| *meant)
        .filter(|meant| !matches!(meant, Meant::Name(known) if *known == name))
}

use Meant::{Name, Words};

const FUNCTIONS: &[(&str, Meant)] = &[
    // Aggregates.
    ("average mean", Name("avg")),
    ("total", Name("sum")),
    ("minimum", Name("min")),
    ("maximum", Name("max")),
    ("stdev std stddevpop stddevsamp", Name("stddev")),
    ("var varpop varsamp", Name("variance")),
    ("quantile percentilecont percentiledisc approxpercentile", Name("percentile")),
    ("distinct distinctcount countdistinct approxcountdistinct nunique", Name("count_distinct")),
    ("topk topn approxtopk", Name("top")),
    ("lag previous", Words("write `prev(1, …)`: the value of the window before")),
    ("argmax maxby", Name("max_by")),
    ("argmin minby", Name("min_by")),
    ("firstvalue", Name("first")),
    ("lastvalue latest", Name("last")),
    ("collectlist collectset arrayagg grouparray", Name("collect")),
    ("nthvalue", Name("nth")),
    ("boolor some", Name("any")),
    ("booland every", Name("all")),
    ("correlation", Name("corr")),
    ("regrslope trend", Name("slope")),
    ("ewma expavg", Name("ema")),
    // Texts.
    ("size length charlength strlen sizeof", Name("len")),
    ("tolower tolowercase lcase", Name("lower")),
    ("toupper touppercase ucase", Name("upper")),
    ("strip btrim", Name("trim")),
    ("startswith hasprefix", Name("starts_with")),
    ("endswith hassuffix", Name("ends_with")),
    ("includes strcontains", Name("contains")),
    ("regexp regexplike regexpmatches regexmatch rlike ismatch", Name("matches")),
    ("regexpreplace replaceall", Name("replace")),
    (
        "regexpextract regexpsubstr regexextract",
        Words("write `capture(text, 'regex', n)`: the nth group"),
    ),
    (
        "substring mid substringindex",
        Words("write `substr(text, from, count)`, where the first character is 0"),
    ),
    ("concat concatws strcat", Words("put text together in a string: `\"{a} {b}\"`")),
    ("str tostring tochar totext text", Name("string")),
    // Numbers, nulls and choices.
    ("toint integer parseint", Name("int")),
    ("todouble tofloat double parsefloat", Name("float")),
    ("todecimal tonumber numeric", Name("decimal")),
    ("power", Name("pow")),
    ("ceiling", Name("ceil")),
    ("log", Name("ln")),
    ("mod", Words("write `a % b`")),
    ("md5 sha1 sha256 crc32 hashcode", Name("hash")),
    ("ifnull nvl", Name("coalesce")),
    ("isnull isempty isnone", Words("write `x == null`")),
    ("isnotnull exists isset", Words("write `x != null`")),
    ("nullif", Words("write `if a == b then null else a`")),
    ("iif iff", Words("write `if condition then a else b`")),
    ("cast trycast convert", Words("write the type as a function: `string(x)`, `int(x)`")),
    // Times.
    ("datediff timestampdiff timediff", Words("times are subtracted: `later - earlier`")),
    ("dateadd timestampadd adddate datesub", Words("durations are added: `at + 1h`")),
    ("datetrunc timetrunc", Words("write `truncate(at, 1h)`")),
    ("dayofweek", Name("weekday")),
    ("dateformat strftime formatdate", Name("format")),
    ("extract datepart", Words("write `hour(at)`, `day(at)`, `weekday(at)`")),
    ("totimestamp todatetime fromunixtime", Name("timestamp")),
];

/// Why there is no function or name of this kind: nothing but the events says what comes out.
pub(crate) fn clock(name: &str) -> Option<&'static str> {
    let key: String = name.to_lowercase().chars().filter(|c| *c != '_').collect();
    let known = [
        "now",
        "today",
        "currenttimestamp",
        "currenttime",
        "currentdate",
        "sysdate",
        "systime",
        "getdate",
        "localtimestamp",
        "unixtimestamp",
        "proctime",
        "rand",
        "random",
        "uuid",
    ];
    known.contains(&key.as_str()).then_some(
        "rules read no clock and no random numbers, so that the same input gives the same output; the time of an event is its time field",
    )
}

/// The type that is called so elsewhere.
pub(crate) fn type_name(name: &str) -> Option<&'static str> {
    Some(match name.to_lowercase().as_str() {
        "integer" | "long" | "short" | "i32" | "i64" | "u32" | "u64" | "int32" | "int64"
        | "number" | "bigint" | "smallint" | "serial" => "int",
        "double" | "f32" | "f64" | "real" => "float",
        "str" | "text" | "varchar" | "char" | "uuid" => "string",
        "boolean" => "bool",
        "numeric" | "money" | "bigdecimal" => "decimal",
        "time" | "datetime" | "date" | "instant" | "timestamptz" => "timestamp",
        "interval" | "timedelta" => "duration",
        "object" | "any" | "map" | "dict" => "json",
        other => BUILT_IN.iter().find(|known| **known == other && **known != name)?,
    })
}

/// The types that have names in the language.
pub(crate) const BUILT_IN: [&str; 8] =
    ["bool", "int", "float", "decimal", "string", "timestamp", "duration", "json"];

/// Whether this is the name of a type, here or elsewhere.
pub(crate) fn is_type(name: &str) -> bool {
    BUILT_IN.contains(&name) || type_name(name).is_some()
}

/// The literal that is written so elsewhere.
pub(crate) fn literal(word: &str) -> Option<&'static str> {
    match word {
        "True" | "TRUE" => Some("true"),
        "False" | "FALSE" => Some("false"),
        "NULL" | "Null" | "None" | "nil" | "undefined" => Some("null"),
        _ => None,
    }
}

/// The duration that so many of a unit of another language are: `10` and `sec` are `10s`.
pub(crate) fn duration(count: &str, unit: &str) -> Option<String> {
    let unit = match unit.to_lowercase().as_str() {
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "m" | "min" | "mins" | "minute" | "minutes" => "m",
        "h" | "hr" | "hrs" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        "w" | "week" | "weeks" => {
            let weeks: u32 = count.replace('_', "").parse().ok()?;
            return Some(format!("{}d", u64::from(weeks) * 7));
        }
        "ms" | "msec" | "millis" | "milli" | "millisecond" | "milliseconds" => "ms",
        "us" | "usec" | "micros" | "µs" | "microsecond" | "microseconds" => "us",
        _ => return None,
    };
    Some(format!("{count}{unit}"))
}
