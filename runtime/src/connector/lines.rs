//! Cuts a flow of bytes into lines without copying them.
//!
//! The caller appends what it has read to a buffer, [`Lines::cut`] says where whole lines stand in
//! it, and keeps what follows the last of them for the next buffer. A line longer than the limit
//! is never held whole: its first bytes are kept, the rest is counted and forgotten.

use super::BadRecord;
use memchr::memchr;

/// A line in a buffer, its end not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Its number, counted from 0 over the whole flow.
    pub number: u64,
    /// Where it begins in the buffer.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// A line that is longer than the limit.
#[derive(Debug)]
struct LongLine {
    number: u64,
    kept: Vec<u8>,
    length: u64,
}

/// The state between two buffers.
#[derive(Debug)]
pub(super) struct Lines {
    limit: usize,
    number: u64,
    rest: Vec<u8>,
    /// How much of the rest is known to hold no line end.
    searched: usize,
    long: Option<LongLine>,
    /// Lines found by the last cut.
    pub found: Vec<Line>,
    /// Lines over the limit found by the last cut, as bad records of partition 0.
    pub too_long: Vec<BadRecord>,
}

impl Lines {
    /// A flow from its beginning, whose lines are read up to `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self::resume(0, Vec::new(), limit)
    }

    /// A flow whose next line has the number `number` and whose bytes begin with `rest`.
    pub fn resume(number: u64, rest: Vec<u8>, limit: usize) -> Self {
        Self {
            limit,
            number,
            rest,
            searched: 0,
            long: None,
            found: Vec::new(),
            too_long: Vec::new(),
        }
    }

    /// The number of the next line to be found.
    pub fn next_number(&self) -> u64 {
        self.number
    }

    /// Forgets a line whose end has not come yet, and says how many bytes of it have been read:
    /// who follows a file reads them again, since a writer that comes back after a crash cuts
    /// off what it had left half-written.
    pub fn give_back(&mut self) -> u64 {
        self.searched = 0;
        let rest = std::mem::take(&mut self.rest).len() as u64;
        match self.long.take() {
            Some(long) => {
                self.number = long.number;
                rest + long.length
            }
            None => rest,
        }
    }

    /// Puts what was left over at the beginning of an empty buffer. Call it before reading.
    pub fn begin(&mut self, buffer: &mut Vec<u8>) {
        self.found.clear();
        self.too_long.clear();
        buffer.append(&mut self.rest);
    }

    /// Finds up to `most` whole lines and takes what follows the last one out of the buffer.
    /// Says whether anything was found.
    pub fn cut(&mut self, buffer: &mut Vec<u8>, most: usize) -> bool {
        let mut start = self.skip_long(buffer);
        let mut from = self.searched.max(start);
        while self.found.len() < most
            && let Some(length) = buffer.get(from..).and_then(|rest| memchr(b'\n', rest))
        {
            self.take_line(buffer, start, from + length);
            start = from + length + 1;
            from = start;
        }
        let is_whole = self.found.len() == most;
        self.rest.extend_from_slice(buffer.get(start..).unwrap_or_default());
        // Without lines nothing refers to the buffer: blank and overlong ones are done with.
        buffer.truncate(if self.found.is_empty() { 0 } else { start });
        // Lines beyond `most` have not been looked at.
        self.searched = if is_whole { 0 } else { self.rest.len() };
        if !is_whole && self.rest.len() > self.limit {
            self.begin_long();
        }
        !self.found.is_empty() || !self.too_long.is_empty()
    }

    /// Takes what is left as the last line, which has no end. Says whether there is one.
    pub fn finish(&mut self, buffer: &[u8]) -> bool {
        self.searched = 0;
        self.end_long();
        if !buffer.is_empty() {
            self.take_line(buffer, 0, buffer.len());
        }
        !self.found.is_empty() || !self.too_long.is_empty()
    }

    /// Continues a line that is over the limit; says where the next one begins.
    fn skip_long(&mut self, buffer: &[u8]) -> usize {
        let Some(long) = &mut self.long else { return 0 };
        let end = memchr(b'\n', buffer);
        long.length += end.unwrap_or(buffer.len()) as u64;
        match end {
            Some(end) => {
                self.end_long();
                end + 1
            }
            None => buffer.len(),
        }
    }

    fn begin_long(&mut self) {
        let length = self.rest.len() as u64;
        let kept = self.rest.get(..BadRecord::KEPT_BYTES).unwrap_or(&self.rest).to_vec();
        self.long = Some(LongLine { number: self.number, kept, length });
        self.number += 1;
        self.rest = Vec::new();
        self.searched = 0;
    }

    fn end_long(&mut self) {
        if let Some(long) = self.long.take() {
            let LongLine { number, kept, length } = long;
            self.push_too_long(number, &kept, length);
        }
    }

    fn push_too_long(&mut self, number: u64, bytes: &[u8], length: u64) {
        let reason = format!("it has {length} bytes, more than the limit of {}", self.limit);
        self.too_long.push(BadRecord { length, ..BadRecord::new(0, number, reason, bytes) });
    }

    fn take_line(&mut self, buffer: &[u8], mut start: usize, mut end: usize) {
        const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
        let number = self.number;
        self.number += 1;
        let line = buffer.get(start..end).unwrap_or_default();
        if line.ends_with(b"\r") {
            end -= 1;
        }
        if number == 0 && line.starts_with(BYTE_ORDER_MARK) {
            start += BYTE_ORDER_MARK.len();
        }
        if line.len() > self.limit {
            self.push_too_long(number, line, line.len() as u64);
        } else if !line.iter().all(u8::is_ascii_whitespace) {
            self.found.push(Line { number, start, end });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Cuts `text`, given in pieces of `piece` bytes, into (number, line); long ones as
    /// (number, "N bytes").
    fn cut(text: &[u8], piece: usize, most: usize, limit: usize) -> Vec<(u64, String)> {
        let mut lines = Lines::new(limit);
        let mut all = Vec::new();
        let mut pieces = text.chunks(piece);
        loop {
            let mut buffer = Vec::new();
            lines.begin(&mut buffer);
            let mut ended = false;
            while !lines.cut(&mut buffer, most) {
                lines.begin(&mut buffer);
                match pieces.next() {
                    Some(piece) => buffer.extend_from_slice(piece),
                    None => {
                        ended = true;
                        lines.finish(&buffer);
                        break;
                    }
                }
            }
            let text = |line: &Line| String::from_utf8_lossy(&buffer[line.start..line.end]).into();
            all.extend(lines.found.iter().map(|line| (line.number, text(line))));
            let long = |bad: &BadRecord| (bad.offset, format!("{} bytes", bad.length));
            all.extend(lines.too_long.iter().map(long));
            if ended {
                all.sort();
                return all;
            }
        }
    }

    #[test]
    fn blank_lines_count_but_are_not_records() {
        let lines = cut(b"\xef\xbb\xbfa\r\n\n  \nb", 4, 10, 100);
        assert_eq!(lines, [(0, "a".to_owned()), (3, "b".to_owned())]);
    }

    #[test]
    fn a_line_over_the_limit_is_counted_and_not_kept() {
        let mut text = b"a\n".to_vec();
        text.extend(vec![b'x'; 1_000_000]);
        text.extend(b"\nb\n");
        for piece in [100, 70_000, 2_000_000] {
            let lines = cut(&text, piece, 10, 1000);
            let expected =
                [(0, "a".to_owned()), (1, "1000000 bytes".to_owned()), (2, "b".to_owned())];
            assert_eq!(lines, expected, "in pieces of {piece}");
        }
        let mut lines = Lines::new(1000);
        let mut buffer = Vec::new();
        for piece in text.chunks(5000) {
            buffer.clear();
            lines.begin(&mut buffer);
            buffer.extend_from_slice(piece);
            lines.cut(&mut buffer, 10);
            assert!(lines.rest.capacity() < 20_000, "memory grew with the line");
        }
    }

    #[test]
    fn a_line_that_is_given_back_is_read_again() {
        let mut lines = Lines::new(5);
        let mut buffer = b"ab\ncd".to_vec();
        lines.begin(&mut buffer);
        assert!(lines.cut(&mut buffer, 10));
        assert_eq!((lines.give_back(), lines.next_number()), (2, 1));
        let mut buffer = b"longer than five".to_vec();
        lines.begin(&mut buffer);
        lines.cut(&mut buffer, 10);
        assert_eq!((lines.give_back(), lines.next_number()), (16, 1));
        let mut buffer = b"xy\n".to_vec();
        lines.begin(&mut buffer);
        assert!(lines.cut(&mut buffer, 10));
        assert_eq!(lines.found, [Line { number: 1, start: 0, end: 2 }]);
    }

    proptest! {
        #[test]
        fn how_the_bytes_come_does_not_matter(
            words in proptest::collection::vec("[a-z\r ]{0,12}", 0..40),
            piece in 1_usize..50,
            most in 1_usize..6,
            limit in 5_usize..13,
        ) {
            let text = words.join("\n");
            let whole = cut(text.as_bytes(), usize::MAX, usize::MAX, limit);
            prop_assert_eq!(cut(text.as_bytes(), piece, most, limit), whole);
        }
    }
}
