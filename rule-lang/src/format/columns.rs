//! Cells one below the other.

/// Joins the cells of each row by `gap`, each but the last padded to the widest of its column.
pub(super) fn aligned(rows: &[Vec<String>], gap: &str) -> Vec<String> {
    let widths = widths(rows);
    rows.iter()
        .map(|row| {
            let cells: Vec<String> =
                row.iter().zip(&widths).map(|(cell, width)| padded(cell, *width)).collect();
            cells.join(gap).trim_end().to_owned()
        })
        .collect()
}

/// The width of each column in characters.
pub(super) fn widths(rows: &[Vec<String>]) -> Vec<usize> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |at: usize| rows.iter().filter_map(move |row| row.get(at)).map(|c| c.chars().count());
    (0..columns).map(|at| width(at).max().unwrap_or(0)).collect()
}

/// The text with spaces up to a width.
pub(super) fn padded(text: &str, width: usize) -> String {
    format!("{text:<width$}")
}
