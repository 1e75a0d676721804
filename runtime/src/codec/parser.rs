//! The third tier: serde_json reads the record, and what it says holds.
//!
//! This is the slow and sure road: the judge of what is JSON, for records that the other tiers
//! give way on, and the source of the words for what is wrong. Values are taken as the text they
//! stand as, so that no number passes through a float.

use super::number;
use super::projection::Node;
use super::reason::Reason;
use super::scan::{byte, padded, word};
use super::token::{Kind, Token};
use super::walk::DEEPEST;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Reads a whole record. `found` must be all missing; the first of duplicate members counts.
pub(super) fn parse(record: &str, root: &Node, found: &mut [Token]) -> Result<(), Reason> {
    check_depth(record.as_bytes())?;
    if !record.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('{') {
        return match serde_json::from_str::<IgnoredAny>(record) {
            Ok(_) => Err(Reason::not_an_object(record)),
            Err(error) => Err(Reason::not_json(record, &error)),
        };
    }
    let origin = record.as_ptr().addr();
    let mut json = serde_json::Deserializer::from_str(record);
    Members { node: root, origin, found }
        .deserialize(&mut json)
        .and_then(|()| json.end())
        .map_err(|error| Reason::not_json(record, &error))
}

/// Refuses nesting deeper than [`DEEPEST`]. Brackets are balanced in what is JSON, so this may
/// count them without looking further; what is not JSON is bad in any case.
fn check_depth(bytes: &[u8]) -> Result<(), Reason> {
    let (mut depth, mut at) = (0_u32, 0);
    while at < bytes.len() {
        match byte(bytes, at) {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                at += 1;
                while at < bytes.len() && byte(bytes, at) != b'"' {
                    at += if byte(bytes, at) == b'\\' { 2 } else { 1 };
                }
            }
            _ => {}
        }
        if depth > DEEPEST {
            return Err(Reason::too_deep(at));
        }
        at += 1;
    }
    Ok(())
}

/// Reads the members of an object into their slots.
struct Members<'a> {
    node: &'a Node,
    /// The address of the record's first byte.
    origin: usize,
    found: &'a mut [Token],
}

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(Name)? {
            let Some(member) = self.node.named(&name) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let raw = map.next_value::<&'de RawValue>()?.get();
            let Some(place) = self.found.get_mut(usize::from(member.slot)) else { continue };
            if place.kind != Kind::Missing {
                continue;
            }
            *place = token(raw, raw.as_ptr().addr() - self.origin);
            if place.kind == Kind::Object && !member.inner.members.is_empty() {
                let found = &mut *self.found;
                Members { node: &member.inner, origin: self.origin, found }
                    .deserialize(&mut serde_json::Deserializer::from_str(raw))
                    .map_err(A::Error::custom)?;
            }
        }
        Ok(())
    }
}

/// Reads a member's name with its escapes resolved.
pub(super) struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = std::borrow::Cow<'de, str>;

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = std::borrow::Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(name.into())
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(name.to_owned().into())
    }
}

/// The token of a value that is known to be JSON and starts at `start` in its record.
pub(super) fn token(raw: &str, start: usize) -> Token {
    let bytes = raw.as_bytes();
    let end = start + raw.len();
    match byte(bytes, 0) {
        b'"' => {
            let is_plain = !raw.contains('\\');
            let kind = if is_plain { Kind::Text } else { Kind::EscapedText };
            Token::spanning(kind, start + 1, end - 1)
        }
        b'{' => Token::spanning(Kind::Object, start, end),
        b'[' => Token::spanning(Kind::List, start, end),
        b't' | b'f' | b'n' => Token::spanning(
            word(&padded(bytes), 0).map_or(Kind::Null, |(_, kind)| kind),
            start,
            end,
        ),
        _ => {
            let mut token = Token::bare(Kind::Number);
            let _ = number::read(&padded(bytes), 0, &mut token);
            token.set(token.kind, start, end);
            token
        }
    }
}
