//! Rows of text in columns.

/// A row: its mark, its cells, and a remark behind them.
pub(super) struct Row {
    pub mark: char,
    pub cells: Vec<String>,
    pub remark: String,
}

/// The rows under their headings, columns aligned, each line indented.
pub(super) fn draw(headings: &[String], rows: &[Row], indent: &str) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.cells.get(column)).chain(headings.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let line = |mark: char, cells: &[String], remark: &str| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        let text = format!("{indent}{mark} {}  {remark}", padded.collect::<Vec<_>>().join("  "));
        text.trim_end().to_owned() + "\n"
    };
    let mut text = line(' ', headings, "");
    rows.iter().for_each(|row| text.push_str(&line(row.mark, &row.cells, &row.remark)));
    text
}
