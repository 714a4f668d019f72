//! Times as text: RFC 3339 in UTC with microseconds, such as `2026-01-31T09:05:00.000250Z`.

use std::fmt::{self, Display};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// Microseconds since the Unix epoch, printed as RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time(pub i64);

impl Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date_of(self.0.div_euclid(MICROS_PER_DAY));
        let micros = self.0.rem_euclid(MICROS_PER_DAY);
        let (seconds, micros) = (micros / MICROS_PER_SECOND, micros % MICROS_PER_SECOND);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
    }
}

impl Time {
    /// Reads `YYYY-MM-DDTHH:MM:SS[.frac]Z`; digits beyond microseconds are cut.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_suffix('Z')?.as_bytes();
        let (text, fraction) = match text.get(19) {
            None => (text, &b"0"[..]),
            Some(b'.') => (&text[..19], &text[20..]),
            Some(_) => return None,
        };
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', time @ ..] = text else { return None };
        let [h1, h2, b':', i1, i2, b':', s1, s2] = time else { return None };
        let date = (number(&[*y1, *y2, *y3, *y4])?, number(&[*m1, *m2])?, number(&[*d1, *d2])?);
        let (hour, minute, second) = (number(&[*h1, *h2])?, number(&[*i1, *i2])?, number(&[*s1, *s2])?);
        let days = days_to(date);
        if hour > 23 || minute > 59 || second > 59 || date_of(days) != date {
            return None;
        }
        let seconds = (hour * 60 + minute) * 60 + second;
        Some(Self(days * MICROS_PER_DAY + seconds * MICROS_PER_SECOND + micros(fraction)?))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let rule = || D::Error::custom(format!("{text:?} is not a time like 2026-01-31T09:05:00.000250Z"));
        Self::parse(&text).ok_or_else(rule)
    }
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))
}

fn micros(fraction: &[u8]) -> Option<i64> {
    if fraction.is_empty() || !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let padded = fraction.iter().copied().chain(std::iter::repeat(b'0')).take(6);
    Some(padded.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
}

// Both directions are Howard Hinnant's `chrono`-compatible algorithms: a year that starts in March puts
// the leap day last, and an era of 400 years (146097 days) repeats exactly.

/// Year, month and day of a day counted from 1970-01-01.
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The inverse of [`date_of`]; a day that does not exist becomes a neighbour that does.
fn days_to((year, month, day): (i64, i64, i64)) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let shifted_month = (month + 9) % 12;
    let of_year = (153 * shifted_month + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_instants() {
        for (micros, text) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
            (1_645_557_742_000_000, "2022-02-22T19:22:22.000000Z"),
            (951_827_696_789_012, "2000-02-29T12:34:56.789012Z"),
            (-12_219_292_800_000_000, "1582-10-15T00:00:00.000000Z"),
        ] {
            assert_eq!(Time(micros).to_string(), text);
            assert_eq!(Time::parse(text), Some(Time(micros)));
        }
    }

    #[test]
    fn fractions_are_optional_and_cut() {
        assert_eq!(Time::parse("1970-01-01T00:00:01Z"), Some(Time(1_000_000)));
        assert_eq!(Time::parse("1970-01-01T00:00:01.5Z"), Some(Time(1_500_000)));
        assert_eq!(Time::parse("1970-01-01T00:00:00.0000019Z"), Some(Time(1)));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "Z",
            "1970-01-01",
            "1970-01-01T00:00:00",
            "1970-01-01 00:00:00Z",
            "1970-01-01T00:00:00+00:00",
            "1970-13-01T00:00:00Z",
            "1970-00-01T00:00:00Z",
            "1970-02-29T00:00:00Z",
            "1970-01-00T00:00:00Z",
            "1970-01-01T24:00:00Z",
            "1970-01-01T00:60:00Z",
            "1970-01-01T00:00:60Z",
            "1970-01-01T00:00:00.Z",
            "1970-01-01T00:00:00.xZ",
            "1970-01-01T00:00:00ZZ",
            "+970-01-01T00:00:00Z",
            "1970-01-01T00:00:0äZ",
        ] {
            assert_eq!(Time::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn printed_times_are_read_back(micros in -12_219_292_800_000_000_i64..253_402_300_800_000_000) {
            prop_assert_eq!(Time::parse(&Time(micros).to_string()), Some(Time(micros)));
        }

        #[test]
        fn no_text_upsets_it(text in ".*") {
            let _ = Time::parse(&text);
        }
    }
}
