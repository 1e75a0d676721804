//! Layouts: how an earlier record was laid out, and reading a record by that.
//!
//! A layout is a row of segments: literal bytes, then a value that is passed by its kind. What
//! ends a value is not looked at but left to the next literal, which says it anyway.

use super::lanes::{LANES, Lanes, text_run};
use super::number;
use super::scan::{chunk, lanes, mask, padded, text_stop, word, words};
use super::token::{Kind, Token};
use super::walk::{Trail, value};
use std::ops::Range;

/// A record with more values than this is not worth a layout.
const MOST_VALUES: usize = 256;

/// What a layout says of its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// They are events of the stream.
    Ours,
    /// They are CloudEvents of another type, or changes of no row.
    OtherType,
    /// They only say that a row is gone.
    Tombstone,
    /// They delete a row of the table that the stream holds.
    Deletion,
}

/// The longest piece of a literal that is compared at once; longer literals are several pieces.
const PIECE: usize = LANES - 1;

/// How a value is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    /// There is none: the literal goes on in the next segment.
    Nothing,
    SkipNumber,
    ReadNumber,
    SkipText,
    ReadText,
    SkipBool,
    ReadBool,
    SkipNested,
}

/// A piece of literal bytes, of which the first `len` count.
#[derive(Clone, Copy, Debug)]
struct Literal {
    words: (u64, u64),
    masks: (u64, u64),
    len: u8,
}

impl Literal {
    /// The literal of at most [`PIECE`] bytes.
    fn new(bytes: &[u8]) -> Self {
        let masks = (mask(bytes.len()), mask(bytes.len().saturating_sub(8)));
        let (low, high) = words(lanes(&padded(bytes), 0));
        let len = u8::try_from(bytes.len()).unwrap_or(0);
        Self { words: (low & masks.0, high & masks.1), masks, len }
    }

    #[inline(always)]
    fn len(&self) -> usize {
        // What the mask keeps is all there is; it spares the bounds checks of what follows.
        usize::from(self.len) & PIECE
    }

    /// Whether bytes begin with the literal.
    #[inline(always)]
    fn begins(&self, lanes: &Lanes) -> bool {
        let (low, high) = words(lanes);
        ((low ^ self.words.0) & self.masks.0) | ((high ^ self.words.1) & self.masks.1) == 0
    }
}

/// Literal bytes and the value after them.
#[derive(Debug)]
struct Segment {
    literal: Literal,
    pass: Pass,
    slot: u16,
    /// How many objects the value stands in.
    depth: u32,
}

impl Segment {
    /// The index after the segment, if it stands at `at`. What the value ends at is not looked
    /// at: the next literal says that.
    #[inline(always)]
    fn pass(&self, bytes: &[u8], at: usize, found: &mut [Token]) -> Option<usize> {
        let chunk = chunk::<64>(bytes, at)?;
        if !self.literal.begins(chunk.first_chunk()?) {
            return None;
        }
        let len = self.literal.len();
        let lanes = chunk.get(len..)?.first_chunk::<LANES>()?;
        let start = at + len;
        Some(match self.pass {
            Pass::Nothing => start,
            Pass::SkipText => text_end(bytes, start, lanes),
            Pass::ReadText => {
                let end = text_end(bytes, start, lanes);
                found.get_mut(usize::from(self.slot))?.set(Kind::Text, start, end);
                end
            }
            Pass::SkipNumber => match number::usual(lanes) {
                Some((len, _)) => start + len,
                None => number::skip(bytes, start)?,
            },
            Pass::ReadNumber => {
                let token = found.get_mut(usize::from(self.slot))?;
                match number::usual(lanes) {
                    Some((len, whole)) if len == whole => {
                        number::set_usual_int(lanes, len, start, token);
                        start + len
                    }
                    Some((len, whole)) => {
                        number::set_usual_fraction(bytes, lanes, (len, whole), start, token);
                        start + len
                    }
                    None => number::read(bytes, start, token)?,
                }
            }
            Pass::SkipBool => truth(bytes, start)?.0,
            Pass::ReadBool => {
                let (end, kind) = truth(bytes, start)?;
                found.get_mut(usize::from(self.slot))?.set(kind, start, end);
                end
            }
            Pass::SkipNested => value(bytes, start, self.depth)?.0,
        })
    }
}

/// The end of a text without escapes, whose first sixteen bytes are known. The next literal
/// begins with its closing quote.
#[inline(always)]
fn text_end(bytes: &[u8], start: usize, lanes: &Lanes) -> usize {
    let run = text_run(lanes);
    if run < LANES { start + run } else { text_stop(bytes, start + LANES) }
}

#[inline(always)]
fn truth(bytes: &[u8], at: usize) -> Option<(usize, Kind)> {
    word(bytes, at).filter(|(_, kind)| *kind != Kind::Null)
}

/// How a record was laid out.
#[derive(Debug)]
pub(super) struct Layout {
    segments: Vec<Segment>,
    /// The slots whose content is the same in all records of this layout: missing, null, objects.
    fixed: Vec<(u16, Token)>,
    /// What its records are.
    pub verdict: Verdict,
    /// How often a record agreed with it, the past counting less.
    pub hits: u32,
}

impl Layout {
    /// The layout of a record (without what is behind it) that the walk has passed, seeing `visits`
    /// and finding `found`; none of a record with very many values.
    pub fn of(bytes: &[u8], visits: &Visits, found: &[Token], lesson: Lesson) -> Option<Self> {
        if visits.0.len() > MOST_VALUES {
            return None;
        }
        let mut segments = Vec::with_capacity(visits.0.len());
        let mut literal_start = 0;
        let mut is_read = vec![false; found.len()];
        for visit in &visits.0 {
            if visit.slot.is_some() && visit.slot == lesson.kind_slot {
                continue;
            }
            let slot = visit.slot.filter(|_| lesson.verdict == Verdict::Ours);
            let (pass, quote) = match (visit.kind, slot) {
                // A null is part of the layout.
                (Kind::Null | Kind::Missing, _) => continue,
                (Kind::Text | Kind::EscapedText, None) => (Pass::SkipText, 1),
                (Kind::Text | Kind::EscapedText, Some(_)) => (Pass::ReadText, 1),
                (Kind::True | Kind::False, None) => (Pass::SkipBool, 0),
                (Kind::True | Kind::False, Some(_)) => (Pass::ReadBool, 0),
                (Kind::Int | Kind::Fraction | Kind::Number, None) => (Pass::SkipNumber, 0),
                (Kind::Int | Kind::Fraction | Kind::Number, Some(_)) => (Pass::ReadNumber, 0),
                (Kind::Object | Kind::List, None) => (Pass::SkipNested, 0),
                (Kind::Object | Kind::List, Some(_)) => return None,
            };
            let literal = pieces(bytes.get(literal_start..visit.start + quote)?, &mut segments)?;
            if let Some(mark) = slot.and_then(|slot| is_read.get_mut(usize::from(slot))) {
                *mark = true;
            }
            let slot = slot.unwrap_or(u16::MAX);
            segments.push(Segment { literal, pass, slot, depth: visit.depth });
            literal_start = visit.end - quote;
        }
        let fixed = found
            .iter()
            .zip(&is_read)
            .zip(0_u16..)
            .filter(|((_, is_read), _)| !**is_read)
            .map(|((token, _), slot)| (slot, Token::bare(token.kind)))
            .collect();
        let literal = pieces(bytes.get(literal_start..)?, &mut segments)?;
        segments.push(Segment { literal, pass: Pass::Nothing, slot: u16::MAX, depth: 0 });
        Some(Layout { segments, fixed, verdict: lesson.verdict, hits: 0 })
    }

    /// Reads the record of `len` bytes at the start of a window, if it is laid out like this.
    #[inline(always)]
    pub fn read(&self, bytes: &[u8], len: usize, found: &mut [Token]) -> Option<()> {
        let mut at = 0;
        for segment in &self.segments {
            at = segment.pass(bytes, at, found)?;
        }
        if at != len {
            return None;
        }
        for (slot, token) in &self.fixed {
            *found.get_mut(usize::from(*slot))? = *token;
        }
        Some(())
    }
}

/// One value that the walk saw.
#[derive(Clone, Copy, Debug)]
struct Visit {
    kind: Kind,
    start: usize,
    end: usize,
    depth: u32,
    slot: Option<u16>,
}

/// What the walk saw, to learn from.
#[derive(Debug, Default)]
pub(super) struct Visits(Vec<Visit>);

impl Visits {
    /// Forgets all.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

impl Trail for Visits {
    fn value(&mut self, kind: Kind, span: Range<usize>, depth: u32, slot: Option<u16>) {
        self.0.push(Visit { kind, start: span.start, end: span.end, depth, slot });
    }
}

/// Makes segments of all but the last piece of a literal, and gives that.
fn pieces(literal: &[u8], segments: &mut Vec<Segment>) -> Option<Literal> {
    let mut pieces = literal.chunks(PIECE).map(Literal::new);
    let last = pieces.next_back()?;
    segments.extend(pieces.map(|literal| Segment {
        literal,
        pass: Pass::Nothing,
        slot: u16::MAX,
        depth: 0,
    }));
    Some(last)
}

/// What a layout is learned with, apart from the record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lesson {
    /// What its records are.
    pub verdict: Verdict,
    /// The slot of a CloudEvent's type, which is part of the layout.
    pub kind_slot: Option<u16>,
}
