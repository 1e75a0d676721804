//! A changed snapshot as lines that came and went.

use super::super::Look;
use super::snapshot::store::Place;
use anstyle::{AnsiColor, Style};
use similar::{ChangeTag, TextDiff};
use std::fmt::Write;
use std::time::Duration;

/// How long the shortest difference is looked for, before any difference will do.
const TIMEOUT: Duration = Duration::from_secs(1);
/// How many lines of a difference are shown.
const SHOWN: usize = 100;
/// How many lines around a change are shown: a block that changed shows whose it is.
const AROUND: usize = 2;

/// The difference between two texts, indented: `-` is what is stored, `+` what came.
pub(super) fn difference(place: &Place, stored: &str, came: &str, look: Look) -> String {
    let (red, green) = (AnsiColor::Red.on_default(), AnsiColor::Green.on_default());
    let dim = Style::new().dimmed();
    let painted = |style: Style, line: &str| match look {
        _ if line.is_empty() => "\n".to_owned(),
        Look::Terminal => format!("  {style}{line}{style:#}\n"),
        Look::Plain => format!("  {line}\n"),
    };
    let diff = TextDiff::configure().timeout(TIMEOUT).diff_lines(stored, came);
    let mut lines = Vec::new();
    for hunk in diff.unified_diff().context_radius(AROUND).iter_hunks() {
        lines.push(painted(dim, &hunk.header().to_string()));
        for change in hunk.iter_changes() {
            let line = change.value().trim_end_matches('\n');
            lines.push(match change.tag() {
                ChangeTag::Delete => painted(red, &format!("-{line}")),
                ChangeTag::Insert => painted(green, &format!("+{line}")),
                ChangeTag::Equal => painted(Style::new(), format!(" {line}").trim_end()),
            });
        }
    }
    let path = place.path().display();
    let mut text = match stored.is_empty() {
        true => painted(dim, &format!("+++ what came; there is no {path} yet")),
        false => painted(red, &format!("--- {path}")) + &painted(green, "+++ what came"),
    };
    text.extend(lines.iter().take(SHOWN).map(String::as_str));
    if lines.len() > SHOWN {
        // Writing to memory has no way to fail.
        let _ = writeln!(text, "  … and {} lines more", lines.len() - SHOWN);
    }
    text
}
