//! The second tier: one pass over a record's bytes in any order and spacing of its members.
//!
//! The walk checks all of what it passes against JSON's grammar, nesting limited to
//! [`DEEPEST`], and notes the values of the members in the projection. It gives way (`None`) on
//! what is malformed and on escapes in the names of members it has to compare; the third tier
//! then judges the record and finds the words for what is wrong.

use super::number;
use super::projection::{Member, Node};
use super::scan::{byte, skip_space, text, text_stop, word};
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
    let mut walk = Walk { bytes, at: start + 1, found, trail };
    walk.object(root, 1)?;
    let rest = bytes.get(walk.at..len)?;
    rest.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).then_some(())
}

struct Walk<'a, T> {
    bytes: &'a [u8],
    at: usize,
    found: &'a mut [Token],
    trail: &'a mut T,
}

impl<T: Trail> Walk<'_, T> {
    /// Skips white space and gives the byte after it.
    #[inline(always)]
    fn next(&mut self) -> u8 {
        self.at = skip_space(self.bytes, self.at);
        byte(self.bytes, self.at)
    }

    /// The members of an object and its closing brace; its opening one has been passed.
    fn object(&mut self, node: &Node, depth: u32) -> Option<()> {
        if self.next() == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            if self.next() != b'"' {
                return None;
            }
            let start = self.at + 1;
            let end = text_stop(self.bytes, start);
            if byte(self.bytes, end) != b'"' {
                return None;
            }
            self.at = end + 1;
            if self.next() != b':' {
                return None;
            }
            self.at = skip_space(self.bytes, self.at + 1);
            match node.find(self.bytes, start, end) {
                Some(member) => self.read(member, depth)?,
                None => self.pass(depth)?,
            }
            match self.next() {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    /// The value of a member in the projection.
    #[inline(always)]
    fn read(&mut self, member: &Member, depth: u32) -> Option<()> {
        let token = self.found.get_mut(usize::from(member.slot))?;
        if token.kind != Kind::Missing {
            return self.pass(depth);
        }
        let start = self.at;
        self.at = match byte(self.bytes, start) {
            b'{' if !member.inner.members.is_empty() && depth < DEEPEST => {
                token.kind = Kind::Object;
                self.at += 1;
                return self.object(&member.inner, depth + 1);
            }
            b'"' => {
                let (end, kind) = text(self.bytes, start + 1)?;
                token.set(kind, start + 1, end);
                end + 1
            }
            b'-' | b'0'..=b'9' => number::read(self.bytes, start, token)?,
            _ => {
                let (end, kind) = value(self.bytes, start, depth)?;
                token.set(kind, start, end);
                end
            }
        };
        self.trail.value(token.kind, start..self.at, depth, Some(member.slot));
        Some(())
    }

    /// A value that nobody reads.
    #[inline(always)]
    fn pass(&mut self, depth: u32) -> Option<()> {
        let (end, kind) = value(self.bytes, self.at, depth)?;
        self.trail.value(kind, self.at..end, depth, None);
        self.at = end;
        Some(())
    }
}

/// Passes any value inside of `depth` objects and lists: the index after it and its kind.
#[inline(always)]
pub(super) fn value(bytes: &[u8], at: usize, depth: u32) -> Option<(usize, Kind)> {
    match byte(bytes, at) {
        b'"' => text(bytes, at + 1).map(|(end, kind)| (end + 1, kind)),
        b'{' => nested(bytes, at, depth).map(|end| (end, Kind::Object)),
        b'[' => nested(bytes, at, depth).map(|end| (end, Kind::List)),
        b't' | b'f' | b'n' => word(bytes, at),
        _ => number::skip(bytes, at).map(|end| (end, Kind::Number)),
    }
}

/// Passes an object or a list. Without recursion: one bit a level says which of the two it is.
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
