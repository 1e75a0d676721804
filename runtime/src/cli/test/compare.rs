//! Compares what came out with what was expected, row by row.

use super::play::Played;
use super::table::{Row, draw};
use cep_core::engine::Emit;
use cep_core::plan::{Plan, StreamId};
use cep_core::time::{EventTime, Span};
use cep_core::value::Value;
use rule_lang::test_case::{Column, Expectation, ExpectationKind, ExpectedRow};
use rule_lang::{SourceMap, TestCase};

/// Whether a test holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Holds,
    /// With what does not, as lines.
    Fails(String),
}

/// A row that came out: what each column has, and its time.
struct Actual {
    fields: Vec<(String, Value)>,
    time: EventTime,
}

/// Judges a test by all of its expectations.
pub(super) fn judge(plan: &Plan, test: &TestCase, played: &Played, sources: &SourceMap) -> Verdict {
    let failures = test.expectations.iter().filter_map(|expectation| {
        let details = failure(plan, expectation, played)?;
        let place = sources.file(expectation.span.file).map_or("?", |file| file.name.as_str());
        let (line, _) = sources.line_column(expectation.span.file, expectation.span.start);
        let title = title(plan, &expectation.kind);
        Some(format!("  {title} ({place}:{line})\n{details}"))
    });
    let failures: String = failures.collect();
    if failures.is_empty() { Verdict::Holds } else { Verdict::Fails(failures) }
}

fn title(plan: &Plan, kind: &ExpectationKind) -> String {
    match kind {
        ExpectationKind::All(event) => format!("expect {event}"),
        ExpectationKind::Some(event) => format!("expect some {event}"),
        ExpectationKind::None(event) => format!("expect no {event}"),
        ExpectationKind::Late(stream) => format!("expect late {}", stream_name(plan, *stream)),
        ExpectationKind::Error => "expect error".into(),
    }
}

fn stream_name(plan: &Plan, id: StreamId) -> &str {
    plan.stream(id).map_or("?", |stream| stream.name.as_str())
}

/// What is wrong, if anything is.
fn failure(plan: &Plan, expectation: &Expectation, played: &Played) -> Option<String> {
    let rows = expectation.rows.as_deref();
    match &expectation.kind {
        ExpectationKind::All(event) => all(rows.unwrap_or_default(), &emitted(played, event)),
        ExpectationKind::Some(event) => some(rows.unwrap_or_default(), &emitted(played, event)),
        ExpectationKind::None(event) => none(rows, &emitted(played, event)),
        ExpectationKind::Late(stream) => {
            let late = late(plan, played, *stream);
            match rows {
                Some(rows) => all(rows, &late),
                None if late.is_empty() => Some("    no event of it came late\n".into()),
                None => None,
            }
        }
        ExpectationKind::Error if played.errors.is_empty() => {
            Some("    no rule had an error\n".into())
        }
        ExpectationKind::Error => None,
    }
}

fn emitted(played: &Played, event: &str) -> Vec<Actual> {
    let row = |emit: &Emit| {
        let line = played.plan.rule(emit.rule)?.emits.get(emit.line as usize)?;
        let names = line.fields.iter().map(|(name, _)| name.clone());
        let fields = names.zip(emit.values.iter().cloned()).collect();
        (line.event == event).then_some(Actual { fields, time: emit.time })
    };
    played.emits.iter().filter_map(row).collect()
}

/// The late events of a stream, each once however many rules it was late for.
fn late(plan: &Plan, played: &Played, stream: StreamId) -> Vec<Actual> {
    let mut offsets: Vec<u64> = played
        .late
        .iter()
        .filter(|late| late.origin.stream == stream)
        .map(|late| late.origin.offset)
        .collect();
    offsets.sort_unstable();
    offsets.dedup();
    let given = played.given.iter().find(|(known, _)| *known == stream);
    let names: Vec<String> = plan
        .stream(stream)
        .map(|stream| stream.fields.iter().map(|field| field.name.clone()).collect())
        .unwrap_or_default();
    let row = |offset: &u64| {
        let event = given?.1.get(usize::try_from(*offset).ok()?)?;
        let fields = names.iter().cloned().zip(event.values.iter().cloned()).collect();
        Some(Actual { fields, time: event.time })
    };
    offsets.iter().filter_map(row).collect()
}

impl Actual {
    fn get(&self, column: &Column) -> Value {
        match column {
            Column::Time => Value::Timestamp(self.time),
            Column::Field(name) => {
                let field = self.fields.iter().find(|(known, _)| known == name);
                field.map_or(Value::Null, |(_, value)| value.clone())
            }
        }
    }

    fn fits(&self, expected: &ExpectedRow) -> bool {
        expected.cells.iter().all(|(column, value)| self.get(column) == *value)
    }
}

fn heading(column: &Column) -> String {
    match column {
        Column::Time => "time".into(),
        Column::Field(name) => name.clone(),
    }
}

/// A value as a cell of a test is written: null as `-`, early times as offsets from 1970.
fn cell(value: &Value) -> String {
    const WRITTEN_AS_OFFSETS: i64 = 10 * 366 * 86_400_000_000;
    match value {
        Value::Null => "-".into(),
        Value::Timestamp(time) if time.0.abs() < WRITTEN_AS_OFFSETS => Span(time.0).to_string(),
        other => other.to_string(),
    }
}

/// The columns that are drawn: those compared, or all where none is.
fn columns(expected: &[ExpectedRow], actual: &[Actual]) -> Vec<Column> {
    if let Some(row) = expected.first() {
        return row.cells.iter().map(|(column, _)| column.clone()).collect();
    }
    let fields = actual.first().into_iter().flat_map(|row| &row.fields);
    let fields = fields.map(|(name, _)| Column::Field(name.clone()));
    std::iter::once(Column::Time).chain(fields).collect()
}

fn expected_row(columns: &[Column], row: &ExpectedRow, mark: char, remark: &'static str) -> Row {
    let find = |column: &Column| row.cells.iter().find(|(known, _)| known == column);
    let cells = columns.iter().map(|c| find(c).map_or_else(String::new, |(_, v)| cell(v)));
    Row { mark, cells: cells.collect(), remark }
}

fn actual_row(columns: &[Column], row: &Actual, mark: char, remark: &'static str) -> Row {
    Row { mark, cells: columns.iter().map(|column| cell(&row.get(column))).collect(), remark }
}

const MISSING: &str = "expected, did not come";
const SURPLUS: &str = "came, was not expected";

/// All rows, in order.
fn all(expected: &[ExpectedRow], actual: &[Actual]) -> Option<String> {
    let pairs = aligned(expected, actual);
    let differs = pairs.iter().any(|pair| !matches!(pair, (Some(_), Some(_))));
    if !differs {
        return None;
    }
    let columns = columns(expected, actual);
    let rows: Vec<Row> = pairs
        .iter()
        .map(|pair| match pair {
            (Some(row), None) => expected_row(&columns, row, '-', MISSING),
            (None, Some(row)) => actual_row(&columns, row, '+', SURPLUS),
            (_, Some(row)) => actual_row(&columns, row, ' ', ""),
            (None, None) => Row { mark: ' ', cells: Vec::new(), remark: "" },
        })
        .collect();
    let headings: Vec<String> = columns.iter().map(heading).collect();
    Some(draw(&headings, &rows, "    "))
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
            _ => return pairs,
        }
    }
}

/// At least these rows, in any order; each needs a row of its own.
fn some(expected: &[ExpectedRow], actual: &[Actual]) -> Option<String> {
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
fn none(expected: Option<&[ExpectedRow]>, actual: &[Actual]) -> Option<String> {
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
