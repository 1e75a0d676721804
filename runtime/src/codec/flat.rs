//! The second tier's quick way: a record that is one flat object, written without spaces.
//!
//! Such a record's quotes tell where all its names and texts are. They are found for the whole
//! record beforehand, so that no step has to wait for where the one before it ended. The walk
//! does the same for every record, and this gives way to it at anything it does not expect: a
//! space, an escape, a nested value, a number with an exponent, a record of more than
//! [`LONGEST`] bytes, and whatever is not JSON.

use super::lanes::{LANES, marks};
use super::number;
use super::projection::Node;
use super::scan::{byte, chunk, lanes, word};
use super::token::{Kind, Token};

const BLOCK: usize = 64;
const BLOCKS: usize = 8;
/// The longest record that is read this way, in bytes.
const LONGEST: usize = BLOCK * BLOCKS;

/// Where the quotes of a record are, from the first on.
struct Quotes {
    blocks: [u64; BLOCKS],
    block: usize,
    /// What is left of the block at hand.
    rest: u64,
}

impl Quotes {
    /// The quotes of the first `len` bytes; `None` when there are backslashes or control
    /// characters among these.
    #[inline(always)]
    fn of(bytes: &[u8], len: usize) -> Option<Self> {
        if len > LONGEST {
            return None;
        }
        let mut blocks = [0; BLOCKS];
        for (number, quotes) in blocks.iter_mut().enumerate().take(len.div_ceil(BLOCK)) {
            let start = number * BLOCK;
            let chunk = chunk::<BLOCK>(bytes, start)?;
            let mut others = 0;
            for (at, lanes) in chunk.as_chunks::<LANES>().0.iter().enumerate() {
                let marks = marks(lanes);
                *quotes |= u64::from(marks.quotes) << (LANES * at);
                others |= u64::from(marks.others) << (LANES * at);
            }
            let inside = u64::MAX >> (BLOCK - (len - start).min(BLOCK));
            *quotes &= inside;
            if others & inside != 0 {
                return None;
            }
        }
        Some(Self { rest: blocks[0], blocks, block: 0 })
    }

    /// Moves to the block that has the next quote; `None` when there is none.
    #[inline(always)]
    fn seek(&mut self) -> Option<()> {
        while self.rest == 0 {
            self.block += 1;
            self.rest = *self.blocks.get(self.block)?;
        }
        Some(())
    }

    /// The next quote.
    #[inline(always)]
    fn peek(&mut self) -> Option<usize> {
        self.seek()?;
        Some(self.block * BLOCK + self.rest.trailing_zeros() as usize)
    }

    /// The next quote, which is then passed.
    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        let at = self.peek()?;
        self.rest &= self.rest - 1;
        Some(at)
    }
}

/// Reads the record of `len` bytes at the start of a window, if it is as said above. `found` must
/// be all missing; after a `None` it holds nothing of worth.
pub(super) fn read(bytes: &[u8], len: usize, root: &Node, found: &mut [Token]) -> Option<()> {
    let mut quotes = Quotes::of(bytes, len)?;
    if byte(bytes, 0) != b'{' {
        return None;
    }
    let mut at = 1;
    loop {
        // A comma or the opening brace has been passed: here is a name.
        if quotes.next()? != at {
            return None;
        }
        let name = at + 1..quotes.next()?;
        if byte(bytes, name.end + 1) != b':' {
            return None;
        }
        let start = name.end + 2;
        let member = root.find(bytes, name);
        let token = member.and_then(|member| found.get_mut(usize::from(member.slot)));
        let token = token.filter(|token| token.kind == Kind::Missing);
        at = if byte(bytes, start) == b'"' {
            quotes.next()?;
            let end = quotes.next()?;
            if let Some(token) = token {
                token.set(Kind::Text, start + 1, end);
            }
            end + 1
        } else {
            // Before the next name is a comma, and after the last value a brace.
            let end = quotes.peek().unwrap_or(len) - 1;
            scalar(bytes, start, end, token)?;
            end
        };
        match byte(bytes, at) {
            b',' => at += 1,
            b'}' => return (at + 1 == len).then_some(()),
            _ => return None,
        }
    }
}

/// Reads a number or a word that must end at `end`.
#[inline(always)]
fn scalar(bytes: &[u8], start: usize, end: usize, token: Option<&mut Token>) -> Option<()> {
    let lanes = lanes(bytes, start);
    if let Some((len, whole)) = number::usual(lanes) {
        return match token {
            _ if start + len != end => None,
            None => Some(()),
            Some(token) if len == whole => {
                number::set_usual_int(lanes, len, start, token);
                Some(())
            }
            Some(token) => {
                number::set_usual_fraction(bytes, lanes, (len, whole), start, token);
                Some(())
            }
        };
    }
    if matches!(lanes[0], b'-' | b'0'..=b'9') {
        let read = match token {
            Some(token) => number::read(bytes, start, token)?,
            None => number::skip(bytes, start)?,
        };
        return (read == end).then_some(());
    }
    let (read, kind) = word(bytes, start)?;
    if let Some(token) = token {
        token.set(kind, start, end);
    }
    (read == end).then_some(())
}
