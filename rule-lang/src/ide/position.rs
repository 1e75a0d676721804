//! Places as editors count them: lines from 0, and columns in UTF-16 units.

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from 0.
    pub line: u32,
    /// The column in UTF-16 units, from 0.
    pub column: u32,
}

/// Where the lines of a text begin. Lines end with `\n`; of `\r\n`, the `\r` is the line's last
/// character.
#[derive(Debug, Clone)]
pub struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    /// The lines of a text.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self { text, starts: std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect() }
    }

    /// The place of a byte; the last place if it is beyond the text.
    #[must_use]
    pub fn position(&self, byte: u32) -> Position {
        let mut byte = (byte as usize).min(self.text.len());
        while !self.text.is_char_boundary(byte) {
            byte -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= byte).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or_default();
        let before = self.text.get(start..byte).unwrap_or_default();
        let column = before.chars().map(char::len_utf16).sum();
        Position { line: narrow(line), column: narrow(column) }
    }

    /// The byte at a place; a column beyond its line is the line's end.
    #[must_use]
    pub fn byte(&self, position: Position) -> u32 {
        let Some(start) = self.starts.get(position.line as usize).copied() else {
            return narrow(self.text.len());
        };
        let rest = self.text.get(start..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        let mut left = position.column as usize;
        let mut byte = start;
        for c in line.chars() {
            if left < c.len_utf16() {
                break;
            }
            left -= c.len_utf16();
            byte += c.len_utf8();
        }
        narrow(byte)
    }
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_utf_16_and_lines_may_end_with_crlf() {
        let text = "aé𝄞b\r\nx\n";
        let lines = Lines::new(text);
        for (byte, line, column) in
            [(0, 0, 0), (1, 0, 1), (3, 0, 2), (7, 0, 4), (8, 0, 5), (10, 1, 0), (12, 2, 0)]
        {
            let position = Position { line, column };
            assert_eq!(lines.position(byte), position, "byte {byte}");
            assert_eq!(lines.byte(position), byte, "{position:?}");
        }
        assert_eq!(lines.byte(Position { line: 0, column: 99 }), 8);
        assert_eq!(lines.byte(Position { line: 0, column: 3 }), 3);
        assert_eq!(lines.byte(Position { line: 9, column: 0 }), 12);
        assert_eq!(lines.position(99), Position { line: 2, column: 0 });
    }
}
