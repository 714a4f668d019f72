//! Numbers as people read them.

/// To a thousandth of a percent, rounded down: 100 % is all.
pub(super) fn percent(part: u64, all: u64) -> String {
    let thousandths = u128::from(part) * 100_000 / u128::from(all.max(1));
    format!("{}.{:03} %", thousandths / 1_000, thousandths % 1_000)
}

/// Microseconds in the unit and with the digits that people read.
pub(super) fn span(us: u64) -> String {
    let (scaled, unit) = match us {
        ..1_000 => return format!("{us} µs"),
        1_000..1_000_000 => (us, "ms"),
        1_000_000.. => (us / 1_000, "s"),
    };
    let (whole, thousandths) = (scaled / 1_000, scaled % 1_000);
    match (whole, thousandths) {
        (_, 0) => format!("{whole} {unit}"),
        (..10, _) => format!("{whole}.{:02} {unit}", thousandths / 10),
        (10..100, _) => format!("{whole}.{} {unit}", thousandths / 100),
        (100.., _) => format!("{whole} {unit}"),
    }
}

/// As many digits as say something.
pub(super) fn rate(per_second: f64) -> String {
    if per_second < 10.0 { format!("{per_second:.2}") } else { grouped(&format!("{per_second:.0}")) }
}

/// A count, its digits in groups.
pub(super) fn count(count: u64) -> String {
    grouped(&count.to_string())
}

/// So many of something.
pub(super) fn many(count: usize, what: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{} {what}{s}", self::count(count as u64))
}

/// Digits in groups of three.
fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_read_them() {
        for (us, text) in [
            (0, "0 µs"),
            (999, "999 µs"),
            (1_000, "1 ms"),
            (1_925, "1.92 ms"),
            (12_345, "12.3 ms"),
            (123_456, "123 ms"),
            (2_000_000, "2 s"),
            (61_500_000, "61.5 s"),
        ] {
            assert_eq!(span(us), text);
        }
        assert_eq!([1, 999, 1_000, 1_234_567].map(count), ["1", "999", "1,000", "1,234,567"]);
        assert_eq!([0.5, 12_345.6].map(rate), ["0.50", "12,346"]);
        assert_eq!(percent(99_999_999, 100_000_000), "99.999 %");
    }
}
