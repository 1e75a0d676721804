//! Numbers of bytes in configuration and messages: `512KiB`, `256MiB`, `2GiB`.

const UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// Reads a number of bytes; `None` if the text is not one.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let (number, unit) = split(text);
    let (_, size) = UNITS.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*size)
}

/// What was probably meant by a text that is no number of bytes: `256MiB` by `256 mb`.
pub(crate) fn meant(text: &str) -> Option<String> {
    let (number, unit) = split(text);
    let first = unit.trim().chars().next().unwrap_or('B').to_ascii_uppercase();
    let (name, _) = UNITS.iter().find(|(name, _)| name.starts_with(first))?;
    number.trim().parse::<u64>().ok().map(|number| format!("{number}{name}"))
}

fn split(text: &str) -> (&str, &str) {
    text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()))
}

/// A number of bytes to three digits or so: `312 B`, `2.1 KiB`, `256 MiB`.
pub(crate) fn shown(bytes: u64) -> String {
    let (name, size) = UNITS.into_iter().find(|(_, size)| bytes >= *size).unwrap_or(("B", 1));
    let (whole, tenths) = (bytes / size, bytes % size * 10 / size);
    if whole < 100 && tenths > 0 {
        format!("{whole}.{tenths} {name}")
    } else {
        format!("{whole} {name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_bytes_read_and_show_with_their_unit() {
        assert_eq!(parse("256MiB"), Some(256 << 20));
        assert_eq!([parse("1B"), parse("3KiB"), parse("2GiB")], [1, 3 << 10, 2 << 30].map(Some));
        for wrong in ["", "5", "MiB", "5 MiB", "5MB", "5mib", "-1B", "99999999999GiB"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert_eq!(
            [0, 312, 2_150, 256 << 20, 1_500 << 20].map(shown),
            ["0 B", "312 B", "2 KiB", "256 MiB", "1.4 GiB"]
        );
    }

    #[test]
    fn a_wrong_unit_leads_to_the_right_one() {
        assert_eq!(meant("256mb").as_deref(), Some("256MiB"));
        assert_eq!(meant("5 G").as_deref(), Some("5GiB"));
        assert_eq!(meant("1000").as_deref(), Some("1000B"));
        assert_eq!([meant("much"), meant("5 eggs")], [None, None]);
    }
}
