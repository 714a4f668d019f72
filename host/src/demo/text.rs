//! Numbers and tables as people read them.

use std::fmt::Write as _;

/// Rows of cells.
pub(super) type Rows = Vec<Vec<String>>;
/// How a number is shown.
pub(super) type Show = fn(i64) -> String;

pub(super) fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

/// The mean as `show` writes it, if there is one.
pub(super) fn average(total: i64, count: i64, show: Show) -> String {
    if count > 0 { show(total / count) } else { "-".to_owned() }
}

pub(super) fn percent(part: i64, whole: i64) -> String {
    if whole > 0 { format!("{} %", (100 * part + whole / 2) / whole) } else { "-".to_owned() }
}

pub(super) fn money(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// Milliseconds in the two units that matter.
pub(super) fn span(ms: i64) -> String {
    let seconds = ms / 1_000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3_600 => format!("{minutes} min {} s", seconds % 60),
        3_600..86_400 => format!("{hours} h {} min", minutes % 60),
        86_400.. => format!("{days} d {} h", hours % 24),
    }
}

/// Indented columns. Those with numbers in them are aligned to the right.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let width = |column| rows.iter().filter_map(|row: &Vec<String>| row.get(column)).map(String::len).max();
    let is_number = |cell: &String| cell.ends_with(|last: char| last.is_ascii_digit() || last == '%');
    let numbers = |column| rows.iter().any(|row| row.get(column).is_some_and(is_number));
    let mut text = String::new();
    for row in rows {
        let mut line = String::from("  ");
        for (column, cell) in row.iter().enumerate() {
            let width = width(column).unwrap_or_default();
            let _ = if column > 0 && numbers(column) {
                write!(line, "  {cell:>width$}")
            } else {
                write!(line, "  {cell:<width$}")
            };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
