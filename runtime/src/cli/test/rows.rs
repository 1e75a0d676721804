//! Rows that were expected against rows that came, and what differs as a table.

use super::actual::Actual;
use super::table::{Row, draw};
use cep_core::time::Span;
use cep_core::value::Value;
use rule_lang::test_case::{Column, ExpectedRow};

fn heading(column: &Column) -> String {
    match column {
        Column::Time => "time".into(),
        Column::Revision => "revision".into(),
        Column::Retracted => "retracted".into(),
        Column::Deleted => "deleted".into(),
        Column::Field(name) => name.clone(),
    }
}

/// A value as a cell of a test is written: null as `-`, early times as offsets from 1970.
fn cell(value: &Value) -> String {
    const WRITTEN_AS_OFFSETS: i64 = 10 * 366 * 86_400_000_000;
    match value {
        Value::Null => "-".into(),
        Value::Text(text) if !stands_alone(text) => format!("{text:?}"),
        Value::Timestamp(time) if time.0.abs() < WRITTEN_AS_OFFSETS => Span(time.0).to_string(),
        other => other.to_string(),
    }
}

/// Whether a text can be read in a table without quotes: it is not what null looks like, and neither
/// its ends nor its lines get lost.
fn stands_alone(text: &str) -> bool {
    text != "-" && !text.is_empty() && text.trim() == text && !text.contains(char::is_control)
}

/// The columns that are drawn: those compared, or all where none is.
fn columns(expected: &[ExpectedRow], actual: &[Actual]) -> Vec<Column> {
    if let Some(row) = expected.first() {
        return row.cells.iter().map(|(column, _)| column.clone()).collect();
    }
    let fields = actual.first().into_iter().flat_map(|row| &row.fields);
    let fields = fields.map(|(name, _)| Column::Field(name.clone()));
    let revised = actual.iter().any(|row| row.revision.is_some_and(|it| it != (0, false)));
    let revision = if revised { vec![Column::Revision, Column::Retracted] } else { Vec::new() };
    std::iter::once(Column::Time).chain(fields).chain(revision).collect()
}

fn expected_row(columns: &[Column], row: &ExpectedRow, mark: char, remark: &str) -> Row {
    let find = |column: &Column| row.cells.iter().find(|(known, _)| known == column);
    let cells = columns.iter().map(|c| find(c).map_or_else(String::new, |(_, v)| cell(v)));
    Row { mark, cells: cells.collect(), remark: remark.to_owned() }
}

fn actual_row(columns: &[Column], row: &Actual, mark: char, remark: &str) -> Row {
    Row {
        mark,
        cells: columns.iter().map(|column| cell(&row.get(column))).collect(),
        remark: remark.to_owned(),
    }
}

const MISSING: &str = "expected, did not come";
const SURPLUS: &str = "came, was not expected";

/// All rows, in order.
pub(super) fn all(expected: &[ExpectedRow], actual: &[Actual]) -> Option<String> {
    let pairs = aligned(expected, actual);
    let differs = pairs.iter().any(|pair| !matches!(pair, (Some(_), Some(_))));
    if !differs {
        return None;
    }
    let columns = columns(expected, actual);
    let mut rows: Vec<Row> = Vec::new();
    let mut rest = pairs.as_slice();
    while let Some((pair, more)) = rest.split_first() {
        rest = more;
        match pair {
            (None, Some(row)) => rows.push(actual_row(&columns, row, '+', SURPLUS)),
            (Some(_), Some(row)) => rows.push(actual_row(&columns, row, ' ', "")),
            (Some(row), None) => {
                let missing = expected_row(&columns, row, '-', MISSING);
                // What came in its place tells which cells differ.
                match more.split_first() {
                    Some(((None, Some(came)), behind)) if resembles(row, came) => {
                        rest = behind;
                        rows.extend(changed(&columns, row, came));
                    }
                    _ => rows.push(missing),
                }
            }
            (None, None) => {}
        }
    }
    let headings: Vec<String> = columns.iter().map(heading).collect();
    Some(draw(&headings, &rows, "    "))
}

/// Whether a row that came may be the expected one with other cells: one of them is the same.
fn resembles(expected: &ExpectedRow, came: &Actual) -> bool {
    expected.cells.len() == 1
        || expected.cells.iter().any(|(column, value)| came.has(column, value))
}

/// An expected row, what came instead, and marks below the cells that differ.
fn changed(columns: &[Column], expected: &ExpectedRow, came: &Actual) -> [Row; 3] {
    let differs = |column: &Column| {
        expected.cells.iter().any(|(known, value)| known == column && !came.has(column, value))
    };
    let names = columns.iter().filter(|column| differs(column)).map(heading);
    let names = format!("came instead: {}", names.collect::<Vec<_>>().join(", "));
    let came_row = actual_row(columns, came, '+', &names);
    let mark = |(cell, column): (&String, &Column)| {
        let width = if differs(column) { cell.chars().count().max(1) } else { 0 };
        "^".repeat(width)
    };
    let cells = came_row.cells.iter().zip(columns).map(mark).collect();
    let marks = Row { mark: ' ', cells, remark: String::new() };
    [expected_row(columns, expected, '-', "expected"), came_row, marks]
}

type Pair<'a> = (Option<&'a ExpectedRow>, Option<&'a Actual>);

/// Pairs the rows of both sides along a longest common subsequence.
fn aligned<'a>(expected: &'a [ExpectedRow], actual: &'a [Actual]) -> Vec<Pair<'a>> {
    // lengths[i][j]: how many rows of expected[i..] and actual[j..] can be paired.
    let mut lengths = vec![vec![0_u32; actual.len() + 1]; expected.len() + 1];
    let at = |lengths: &[Vec<u32>], i: usize, j: usize| {
        lengths.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0)
    };
    for (i, row) in expected.iter().enumerate().rev() {
        for (j, came) in actual.iter().enumerate().rev() {
            let longest = if came.fits(row) {
                at(&lengths, i + 1, j + 1) + 1
            } else {
                at(&lengths, i + 1, j).max(at(&lengths, i, j + 1))
            };
            if let Some(place) = lengths.get_mut(i).and_then(|row| row.get_mut(j)) {
                *place = longest;
            }
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    loop {
        match (expected.get(i), actual.get(j)) {
            (Some(row), Some(came)) if came.fits(row) => {
                pairs.push((Some(row), Some(came)));
                (i, j) = (i + 1, j + 1);
            }
            (Some(row), came)
                if came.is_none() || at(&lengths, i + 1, j) >= at(&lengths, i, j + 1) =>
            {
                pairs.push((Some(row), None));
                i += 1;
            }
            (_, Some(came)) => {
                pairs.push((None, Some(came)));
                j += 1;
            }
            _ => return interleaved(pairs),
        }
    }
}

/// At least these rows, in any order; each needs a row of its own.
pub(super) fn some(expected: &[ExpectedRow], actual: &[Actual]) -> Option<String> {
    if expected.is_empty() {
        return actual.is_empty().then(|| "    none came\n".to_owned());
    }
    let mut taken = vec![false; actual.len()];
    let mut missing = Vec::new();
    for row in expected {
        let mut free = actual.iter().zip(&mut taken);
        match free.find(|(came, taken)| !**taken && came.fits(row)) {
            Some((_, taken)) => *taken = true,
            None => missing.push(row),
        }
    }
    if missing.is_empty() {
        return None;
    }
    let columns = columns(expected, actual);
    let mut rows: Vec<Row> =
        missing.iter().map(|row| expected_row(&columns, row, '-', MISSING)).collect();
    let free = actual.iter().zip(&taken).filter(|(_, taken)| !**taken);
    rows.extend(free.map(|(came, _)| actual_row(&columns, came, ' ', "came")));
    let headings: Vec<String> = columns.iter().map(heading).collect();
    Some(draw(&headings, &rows, "    "))
}

/// None at all, or none that looks like one of these rows.
pub(super) fn none(expected: Option<&[ExpectedRow]>, actual: &[Actual]) -> Option<String> {
    let unwanted = |came: &&Actual| match expected {
        Some(rows) => rows.iter().any(|row| came.fits(row)),
        None => true,
    };
    let unwanted: Vec<&Actual> = actual.iter().filter(unwanted).collect();
    if unwanted.is_empty() {
        return None;
    }
    let columns = columns(expected.unwrap_or_default(), actual);
    let rows: Vec<Row> =
        unwanted.iter().map(|came| actual_row(&columns, came, '+', SURPLUS)).collect();
    let headings: Vec<String> = columns.iter().map(heading).collect();
    Some(draw(&headings, &rows, "    "))
}

/// Between rows that fit, those that are missing and those that came stand in turns: the first of
/// the one kind beside the first of the other.
fn interleaved<'a>(pairs: Vec<Pair<'a>>) -> Vec<Pair<'a>> {
    let mut all = Vec::with_capacity(pairs.len());
    let (mut missing, mut surplus) = (Vec::new(), Vec::new());
    let settle = |missing: &mut Vec<_>, surplus: &mut Vec<_>, all: &mut Vec<Pair<'a>>| {
        let (mut missing, mut surplus) = (missing.drain(..), surplus.drain(..));
        loop {
            match (missing.next(), surplus.next()) {
                (None, None) => return,
                (row, came) => {
                    all.extend(row.map(|row| (Some(row), None)));
                    all.extend(came.map(|came| (None, Some(came))));
                }
            }
        }
    };
    for pair in pairs {
        match pair {
            (Some(row), None) => missing.push(row),
            (None, Some(came)) => surplus.push(came),
            both => {
                settle(&mut missing, &mut surplus, &mut all);
                all.push(both);
            }
        }
    }
    settle(&mut missing, &mut surplus, &mut all);
    all
}
