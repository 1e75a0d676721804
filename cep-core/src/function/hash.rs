//! A number from a text, the same on every machine and in every version.

use super::{EvalError, FunctionInfo, Gives, Takes};
use crate::value::{Type, Value};

/// `hash(string)`: XXH3 with 64 bits and seed 0 over the UTF-8 bytes, its bits read as a signed number.
pub static HASH: FunctionInfo = FunctionInfo {
    name: "hash",
    parameters: &[Takes::One(Type::String)],
    result: Gives::Always(Type::Int),
    doc: "a number that looks random and is always the same for the same text (XXH3, 64 bits), such as for taking every tenth key with `hash(k) % 10 == 0`; of another value, take `string(x)`: `hash(\"\") == 3244421341483603138`",
    apply: |arguments| match arguments {
        [Value::Text(text)] => {
            Ok(Value::Int(xxhash_rust::xxh3::xxh3_64(text.as_bytes()).cast_signed()))
        }
        _ => Err(EvalError::WrongType),
    },
};
