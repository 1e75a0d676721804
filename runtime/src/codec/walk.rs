//! The second tier: one pass over a record's bytes in any order and spacing of its members.
//!
//! The walk checks all of what it passes against JSON's grammar, nesting limited to
//! [`DEEPEST`], and notes the values of the members in the projection. It gives way (`None`) on
//! what is malformed and on escapes in the names of members it has to compare; the third tier
//! then judges the record and finds the words for what is wrong.

use super::lanes::text_run;
use super::number;
use super::projection::{Member, Node};
use super::scan::{byte, chunk, lanes, skip_space, text, text_stop, word};
use super::token::{Kind, Token};
use std::ops::Range;

/// How deep objects and lists may be nested, the record itself included.
pub(super) const DEEPEST: u32 = 128;

/// Sees every value that the walk passes, outermost only for what is not read.
pub(super) trait Trail {
    /// A value from its first byte (a text's quote) to after its last one, inside of `depth`
    /// objects.
    fn value(&mut self, kind: Kind, span: Range<usize>, depth: u32, slot: Option<u16>);
}

/// Sees nothing.
impl Trail for () {
    #[inline(always)]
    fn value(&mut self, _: Kind, _: Range<usize>, _: u32, _: Option<u16>) {}
}

/// Walks over the whole record of `len` bytes at the start of a window. `found` must be all missing; the first of duplicate members counts.
pub(super) fn walk<T: Trail>(
    bytes: &[u8],
    len: usize,
    root: &Node,
    found: &mut [Token],
    trail: &mut T,
) -> Option<()> {
    let start = skip_space(bytes, 0);
    if byte(bytes, start) != b'{' {
        return None;
    }
    let mut walk = Walk { bytes, found, trail };
    let end = walk.object(start + 1, root, 1)?;
    let rest = bytes.get(end..len)?;
    rest.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).then_some(())
}

struct Walk<'a, T> {
    bytes: &'a [u8],
    found: &'a mut [Token],
    trail: &'a mut T,
}

/// Every step takes where it starts and gives where it ends.
impl<T: Trail> Walk<'_, T> {
    /// The members of an object and its closing brace; its opening one has been passed.
    fn object(&mut self, start: usize, node: &Node, depth: u32) -> Option<usize> {
        let bytes = self.bytes;
        let mut at = skip_space(bytes, start);
        if byte(bytes, at) == b'}' {
            return Some(at + 1);
        }
        loop {
            let (name, value) = name(bytes, at)?;
            at = match node.find(bytes, name) {
                Some(member) => self.read(value, member, depth)?,
                None => self.pass(value, depth)?,
            };
            if byte(bytes, at) != b',' {
                at = skip_space(bytes, at);
            }
            match byte(bytes, at) {
                b',' => at += 1,
                b'}' => return Some(at + 1),
                _ => return None,
            }
        }
    }

    /// The value of a member in the projection.
    #[inline(always)]
    fn read(&mut self, start: usize, member: &Member, depth: u32) -> Option<usize> {
        let bytes = self.bytes;
        let token = self.found.get_mut(usize::from(member.slot))?;
        if token.kind != Kind::Missing {
            return self.pass(start, depth);
        }
        let lanes = lanes(bytes, start);
        let end = match lanes[0] {
            b'"' => {
                let (end, kind) = text(bytes, start + 1)?;
                token.set(kind, start + 1, end);
                end + 1
            }
            b'1'..=b'9' => match number::usual(lanes) {
                Some((len, whole))
                    if len == whole && !matches!(byte(bytes, start + len), b'e' | b'E') =>
                {
                    number::set_usual_int(lanes, len, start, token);
                    start + len
                }
                _ => number::read(bytes, start, token)?,
            },
            b'-' | b'0' => number::read(bytes, start, token)?,
            b'{' if !member.inner.members.is_empty() && depth < DEEPEST => {
                token.kind = Kind::Object;
                let end = self.object(start + 1, &member.inner, depth + 1)?;
                self.found.get_mut(usize::from(member.slot))?.set(Kind::Object, start, end);
                return Some(end);
            }
            _ => {
                let (end, kind) = value(bytes, start, depth)?;
                token.set(kind, start, end);
                end
            }
        };
        self.trail.value(token.kind, start..end, depth, Some(member.slot));
        Some(end)
    }

    /// A value that nobody reads.
    #[inline(always)]
    fn pass(&mut self, start: usize, depth: u32) -> Option<usize> {
        let (end, kind) = value(self.bytes, start, depth)?;
        self.trail.value(kind, start..end, depth, None);
        Some(end)
    }
}

/// The name of the member at `at`, and where its value starts.
#[inline(always)]
fn name(bytes: &[u8], at: usize) -> Option<(Range<usize>, usize)> {
    // Short names without spaces around are found in one look.
    let chunk = chunk::<32>(bytes, at)?;
    let len = text_run(chunk.get(1..)?.first_chunk()?);
    if let Some([b'"', b':', value]) = chunk.get(len + 1..).and_then(<[u8]>::first_chunk)
        && chunk[0] == b'"'
        && *value > b' '
    {
        return Some((at + 1..at + 1 + len, at + len + 3));
    }
    odd_name(bytes, at)
}

#[inline(never)]
fn odd_name(bytes: &[u8], at: usize) -> Option<(Range<usize>, usize)> {
    let quote = skip_space(bytes, at);
    if byte(bytes, quote) != b'"' {
        return None;
    }
    let end = text_stop(bytes, quote + 1);
    if byte(bytes, end) != b'"' {
        return None;
    }
    let colon = skip_space(bytes, end + 1);
    (byte(bytes, colon) == b':').then(|| (quote + 1..end, skip_space(bytes, colon + 1)))
}

/// Passes any value inside of `depth` objects and lists: the index after it and its kind.
#[inline(always)]
pub(super) fn value(bytes: &[u8], at: usize, depth: u32) -> Option<(usize, Kind)> {
    let lanes = lanes(bytes, at);
    match lanes[0] {
        b'"' => text(bytes, at + 1).map(|(end, kind)| (end + 1, kind)),
        b'0'..=b'9' => match number::usual(lanes) {
            Some((len, _)) if !matches!(byte(bytes, at + len), b'e' | b'E') => {
                Some((at + len, Kind::Number))
            }
            _ => number::skip(bytes, at).map(|end| (end, Kind::Number)),
        },
        b't' | b'f' | b'n' => word(bytes, at),
        b'{' => nested(bytes, at, depth).map(|end| (end, Kind::Object)),
        b'[' => nested(bytes, at, depth).map(|end| (end, Kind::List)),
        _ => number::skip(bytes, at).map(|end| (end, Kind::Number)),
    }
}

/// Passes an object or a list. Without recursion: one bit a level says which of the two it is.
#[inline(never)]
fn nested(bytes: &[u8], mut at: usize, outer: u32) -> Option<usize> {
    let mut depth = outer;
    let mut objects = 0_u128;
    'value: loop {
        let opening = byte(bytes, at);
        if matches!(opening, b'{' | b'[') {
            depth += 1;
            if depth > DEEPEST {
                return None;
            }
            objects = objects << 1 | u128::from(opening == b'{');
            at = skip_space(bytes, at + 1);
            let is_empty = byte(bytes, at) == if opening == b'{' { b'}' } else { b']' };
            if !is_empty {
                at = before_value(bytes, at, objects)?;
                continue 'value;
            }
        } else {
            at = scalar(bytes, at)?;
        }
        loop {
            if depth == outer {
                return Some(at);
            }
            at = skip_space(bytes, at);
            match (byte(bytes, at), objects & 1) {
                (b',', _) => {
                    at = before_value(bytes, skip_space(bytes, at + 1), objects)?;
                    continue 'value;
                }
                (b'}', 1) | (b']', 0) => {
                    objects >>= 1;
                    depth -= 1;
                    at += 1;
                }
                _ => return None,
            }
        }
    }
}

/// The index of the next value: in an object after the member's name and colon.
#[inline(always)]
fn before_value(bytes: &[u8], at: usize, objects: u128) -> Option<usize> {
    if objects & 1 == 0 {
        return Some(at);
    }
    if byte(bytes, at) != b'"' {
        return None;
    }
    let (end, _) = text(bytes, at + 1)?;
    let colon = skip_space(bytes, end + 1);
    (byte(bytes, colon) == b':').then(|| skip_space(bytes, colon + 1))
}

#[inline(always)]
fn scalar(bytes: &[u8], at: usize) -> Option<usize> {
    match byte(bytes, at) {
        b'"' => text(bytes, at + 1).map(|(end, _)| end + 1),
        b't' | b'f' | b'n' => word(bytes, at).map(|(end, _)| end),
        _ => number::skip(bytes, at),
    }
}
