//! Records that are a line of CSV each.
//!
//! Cells stand between commas; a cell in quotes may hold commas, and quotes as `""`. An empty cell is
//! null. A cell is read by the type of its field as a key or header is: texts, decimals and what is
//! written as text as they stand, everything else as JSON.
//!
//! The columns are named by the first line of a file. Elsewhere there is none, and they are the
//! stream's fields in the order of their declaration, but for those that stand beside the value.

use super::Format;
use super::outer::text_token;
use super::projection::{Field, Projection, TimeFrom};
use super::reason::Reason;
use super::scan::PADDING;
use super::token::{Kind, LONGEST_RECORD, Token};
use cep_core::plan::{FieldPlan, FieldSource, StreamPlan};
use cep_core::value::Type;
use std::sync::Arc;

/// What the lines of a place begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvHead {
    /// The names of the columns.
    pub names: Arc<[String]>,
    /// The offset of the line that names them.
    pub offset: u64,
}

impl CsvHead {
    /// The head that a line is.
    ///
    /// # Errors
    /// If it is no line of CSV.
    pub fn of_line(line: &str, offset: u64) -> Result<Self, String> {
        let mut names = Vec::new();
        let mut rest = Some(line);
        let mut name = String::new();
        while let Some(text) = rest {
            name.clear();
            rest = cell(text, &mut name).ok_or("a quote is not closed")?;
            names.push(name.trim().to_owned());
        }
        Ok(Self { names: names.into(), offset })
    }
}

/// Where a field's column is among these names.
pub(super) fn column_named(field: &FieldPlan, names: &[String]) -> Option<usize> {
    names.iter().position(|name| super::csv::is_called(field, name))
}

/// Reads lines.
#[derive(Debug)]
pub(super) struct CsvLines {
    /// For each column where its value goes.
    columns: Vec<Vec<(u16, Type)>>,
    /// The offset of the line that names the columns.
    pub head: Option<u64>,
    /// The cells of the line last read, each in quotes, and room behind them.
    pub cells: String,
}

impl CsvLines {
    /// The reader of a stream's lines, whose values go where the projection says.
    pub fn new(stream: Option<&StreamPlan>, head: Option<&CsvHead>, read: &Projection) -> Self {
        let fields = stream.map_or(&[][..], |stream| &stream.fields);
        let declared: Vec<&str> = fields.iter().filter(|it| is_inside(it)).map(name).collect();
        let count = head.map_or(declared.len(), |head| head.names.len());
        let mut columns = vec![Vec::new(); count];
        let mut put = |slot: u16, read: &Field| {
            let field = fields.iter().find(|field| field.name == read.name);
            let at = match head {
                None => declared.iter().position(|name| *name == read.name),
                Some(head) => field.and_then(|field| column_named(field, &head.names)),
            };
            if let Some(column) = at.and_then(|at| columns.get_mut(at)) {
                column.push((slot, read.ty.base().clone()));
            }
        };
        let targets = read.targets.iter().chain(&read.checked);
        targets.for_each(|target| put(target.slot, &target.field));
        if let TimeFrom::Slot(slot, field) = &read.time {
            put(*slot, field);
        }
        Self { columns, head: head.map(|head| head.offset), cells: String::new() }
    }

    /// Finds the values of a line; they stand in [`Self::cells`].
    pub fn read(&mut self, line: &str, found: &mut [Token]) -> Result<(), Reason> {
        if line.is_empty() {
            return Err(Reason::empty());
        }
        if line.len() > LONGEST_RECORD / 8 {
            return Err(Reason::too_long(line.len()));
        }
        found.fill(Token::MISSING);
        self.cells.clear();
        let (mut rest, mut count) = (Some(line), 0);
        while let Some(text) = rest {
            self.cells.push('"');
            let start = self.cells.len();
            rest = cell(text, &mut self.cells).ok_or_else(Reason::open_quote)?;
            let end = self.cells.len();
            self.cells.push('"');
            let targets = self.columns.get(count).map_or(&[][..], Vec::as_slice);
            for (slot, ty) in targets {
                let token = value(&mut self.cells, start..end, ty);
                if let Some(place) = found.get_mut(usize::from(*slot)) {
                    *place = token;
                }
            }
            count += 1;
        }
        if count != self.columns.len() {
            return Err(Reason::cells(self.columns.len(), count));
        }
        self.cells.extend(std::iter::repeat_n('\0', PADDING));
        Ok(())
    }
}

/// Whether a field stands in a record's value.
fn is_inside(field: &FieldPlan) -> bool {
    !matches!(field.source, FieldSource::Key | FieldSource::Header(_) | FieldSource::Deletion)
}

fn name(field: &FieldPlan) -> &str {
    &field.name
}

/// What a cell is for a field of a type.
fn value(cells: &mut String, at: std::ops::Range<usize>, ty: &Type) -> Token {
    let cell = cells.get(at.clone()).unwrap_or_default();
    if cell.is_empty() {
        return Token::bare(Kind::Null);
    }
    let is_text = matches!(ty, Type::String | Type::Enum(_));
    let bare = if is_text { cell } else { cell.trim() };
    let start = at.start + (cell.len() - cell.trim_start().len()) * usize::from(!is_text);
    let token = text_token(ty, bare);
    if token.kind == Kind::Text && ty == &Type::Json {
        // A text that is not JSON is one in JSON.
        let quoted = serde_json::to_string(bare).unwrap_or_default();
        let start = cells.len() + 1;
        cells.push_str(&quoted);
        return Token::spanning(Kind::EscapedText, start, cells.len().saturating_sub(1));
    }
    let shift = u32::try_from(start).unwrap_or(u32::MAX);
    Token {
        start: token.start.saturating_add(shift),
        end: token.end.saturating_add(shift),
        ..token
    }
}

/// Appends the first cell of a line and gives what follows its comma: `Some(None)` is the end of
/// the line, `None` a quote that is not closed.
fn cell<'l>(line: &'l str, into: &mut String) -> Option<Option<&'l str>> {
    let Some(mut quoted) = line.trim_start_matches(' ').strip_prefix('"') else {
        return Some(match line.split_once(',') {
            Some((cell, rest)) => {
                into.push_str(cell);
                Some(rest)
            }
            None => {
                into.push_str(line);
                None
            }
        });
    };
    loop {
        let (text, rest) = quoted.split_once('"')?;
        into.push_str(text);
        match rest.strip_prefix('"') {
            Some(more) => {
                into.push('"');
                quoted = more;
            }
            None => {
                // What stands between the closing quote and the comma belongs to the cell.
                let (after, rest) = match rest.split_once(',') {
                    Some((after, rest)) => (after, Some(rest)),
                    None => (rest, None),
                };
                into.push_str(after.trim_end());
                return Some(rest);
            }
        }
    }
}

impl Format {
    /// Whether lines of CSV have this field in a column.
    pub(super) fn has_column(&self, field: &FieldPlan) -> bool {
        match self {
            Self::Csv(Some(head)) => is_inside(field) || column_named(field, &head.names).is_some(),
            Self::Csv(None) => is_inside(field),
            _ => false,
        }
    }
}
