//! Source files and places in them.
//!
//! A program is every `*.rules` file of a folder. [`SourceMap`] holds their names and texts; a
//! [`Span`] is a byte range in one of them. Reading tolerates what editors on other machines leave
//! behind: a byte order mark is stripped, `\r\n` ends a line, and bytes that are not UTF-8 become
//! `U+FFFD` with a diagnostic that says where.

use crate::diagnostic::{Code, Diagnostic};
use std::fmt;

/// The largest file that is read, in bytes. Rules are written by people; a larger file is a mistake
/// (a data file with the wrong ending), and the limit keeps every offset within 32 bits.
pub const MAX_FILE_BYTES: usize = 16 * 1024 * 1024;

/// Which file of a [`SourceMap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct FileId(pub u32);

/// A half-open byte range `[start, end)` in one file's text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// With `{:-?}` nothing: so two trees are written alike that differ in places only.
impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.sign_minus() {
            return Ok(());
        }
        let Self { file, start, end } = self;
        f.debug_struct("Span").field("file", file).field("start", start).field("end", end).finish()
    }
}

impl Span {
    /// The span of `file` from byte `start` to before byte `end`.
    #[must_use]
    pub const fn new(file: FileId, start: u32, end: u32) -> Self {
        Self { file, start, end }
    }

    /// The smallest span holding both. Both are in the same file.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Whether `other` lies within this span.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }

    /// The empty span just after this one.
    #[must_use]
    pub const fn after(self) -> Self {
        Self { file: self.file, start: self.end, end: self.end }
    }

    /// The text this span covers, or the empty text if it is not of this text.
    #[must_use]
    pub fn text(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// One file as given by the caller: a name for messages and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The name shown in diagnostics, usually the path as the user typed it.
    pub name: String,
    /// The file's content, as read.
    pub bytes: Vec<u8>,
}

impl Source {
    /// A source from text or bytes.
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }
}

/// One file's name and decoded text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// The name shown in diagnostics.
    pub name: String,
    /// The text without a byte order mark.
    pub text: String,
    /// How many bytes stand before the text in the file.
    pub offset: u32,
}

/// All files of a program. Spans point into it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// Decodes the sources. Never fails: what cannot be decoded is replaced and reported.
    #[must_use]
    pub fn load(sources: &[Source]) -> (Self, Vec<Diagnostic>) {
        let mut map = Self::default();
        let mut diagnostics = Vec::new();
        for source in sources {
            map.add(source, &mut diagnostics);
        }
        (map, diagnostics)
    }

    fn add(&mut self, source: &Source, diagnostics: &mut Vec<Diagnostic>) {
        let file = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
        let unmarked = source.bytes.strip_prefix(BYTE_ORDER_MARK);
        let offset = if unmarked.is_some() { 3 } else { 0 };
        let bytes = unmarked.unwrap_or(&source.bytes);
        let text = if bytes.len() > MAX_FILE_BYTES {
            diagnostics.push(
                Diagnostic::new(Code::FileTooLarge, format!("`{}` is too large for a rules file", source.name))
                    .label(Span::new(file, 0, 0), format!("{} bytes, at most {MAX_FILE_BYTES} are read", bytes.len()))
                    .help("is it a data file? give data with `--bind STREAM=file:PATH` or split the rules over several files"),
            );
            String::new()
        } else {
            match std::str::from_utf8(bytes) {
                Ok(text) => text.to_owned(),
                Err(error) => {
                    let at = u32::try_from(error.valid_up_to()).unwrap_or(u32::MAX);
                    // U+FFFD is three bytes long, and the text before it is unchanged.
                    diagnostics.push(
                        Diagnostic::new(Code::InvalidUtf8, "this file is not UTF-8 text")
                            .label(
                                Span::new(file, at, at.saturating_add(3)),
                                "the first byte that is not UTF-8",
                            )
                            .help("save the file as UTF-8"),
                    );
                    String::from_utf8_lossy(bytes).into_owned()
                }
            }
        };
        self.files.push(SourceFile { name: source.name.clone(), text, offset });
    }

    /// The files in the order given, with their ids.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files
            .iter()
            .enumerate()
            .map(|(i, file)| (FileId(u32::try_from(i).unwrap_or(u32::MAX)), file))
    }

    /// One file.
    #[must_use]
    pub fn file(&self, file: FileId) -> Option<&SourceFile> {
        self.files.get(file.0 as usize)
    }

    /// The text a span covers.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).map(|file| span.text(&file.text)).unwrap_or_default()
    }

    /// Line and column of a byte, both from 1, the column in characters.
    #[must_use]
    pub fn line_column(&self, file: FileId, byte: u32) -> (usize, usize) {
        let text = self.file(file).map(|f| f.text.as_str()).unwrap_or_default();
        let mut end = (byte as usize).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = text.get(..end).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        (line, column)
    }
}
