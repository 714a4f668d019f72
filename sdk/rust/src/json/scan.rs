//! Looks through a JSON text without reading it.

use std::{borrow::Cow, ops::Range};

use crate::canonical::write_double;

/// 2⁵³: every integer up to it is a double of its own.
const MAX_INTEGER: &[u8; 16] = b"9007199254740992";

/// The most digits that a double has before the point; with more it is written with an exponent.
const MAX_DIGITS: usize = 21;

/// A JSON text in which integers beyond ±2⁵³ have a fraction, so that nobody takes them for integers: there are none
/// but those that are just what is written for a double.
///
/// # Errors
///
/// The first of them that is not.
pub(super) fn with_doubles(text: &[u8]) -> Result<Cow<'_, [u8]>, &[u8]> {
    if !may_hold_large(text) {
        return Ok(Cow::Borrowed(text));
    }
    let (mut rewritten, mut done) = (Vec::new(), 0);
    while let Some(found) = find(text, done) {
        let (end, number) = (found.end, &text[found]);
        if !is_canonical(number) {
            return Err(number);
        }
        rewritten.extend_from_slice(&text[done..end]);
        rewritten.extend_from_slice(b".0");
        done = end;
    }
    if done == 0 {
        return Ok(Cow::Borrowed(text));
    }
    rewritten.extend_from_slice(&text[done..]);
    Ok(Cow::Owned(rewritten))
}

/// Whether an integer is written as the double that is nearest to it would be.
fn is_canonical(number: &[u8]) -> bool {
    let mut written = Vec::new();
    number.len() <= "-".len() + MAX_DIGITS
        && serde_json::from_slice(number).is_ok_and(|double| write_double(&mut written, double).is_ok())
        && written == number
}

/// Looks at every sixteenth byte.
fn may_hold_large(text: &[u8]) -> bool {
    // Such a number has a digit among any sixteen bytes that it covers.
    let probes = text.chunks_exact(MAX_INTEGER.len()).enumerate();
    let mut digits = probes.filter(|(_, bytes)| bytes[MAX_INTEGER.len() - 1].is_ascii_digit());
    digits.any(|(chunk, _)| may_be_large(text, (chunk + 1) * MAX_INTEGER.len() - 1))
}

/// Whether the digits around a place would be such a number if they were not in a string.
fn may_be_large(text: &[u8], place: usize) -> bool {
    let digit = |byte: &&u8| byte.is_ascii_digit();
    let start = place - text[..place].iter().rev().take_while(digit).count();
    let end = place + text[place..].iter().take_while(digit).count();
    let ends = |byte: Option<&u8>| byte.is_none_or(|byte| b" \t\r\n,:[]}-".contains(byte));
    is_large(&text[start..end])
        && ends(start.checked_sub(1).and_then(|at| text.get(at)))
        && ends(text.get(end))
}

fn is_large(digits: &[u8]) -> bool {
    digits.len() > MAX_INTEGER.len() || (digits.len() == MAX_INTEGER.len() && digits > MAX_INTEGER)
}

/// The first integer beyond ±2⁵³ behind a place that is in no string. One with a fraction or an exponent is a
/// double, and none. Looks at every byte.
fn find(text: &[u8], mut at: usize) -> Option<Range<usize>> {
    while let Some(byte) = text.get(at) {
        at = match byte {
            b'"' => behind_string(text, at),
            b'-' | b'0'..=b'9' => {
                let number = number(&text[at..]);
                let digits = number.strip_prefix(b"-").unwrap_or(number);
                if is_large(digits) && digits.iter().all(u8::is_ascii_digit) {
                    return Some(at..at + number.len());
                }
                at + number.len()
            }
            _ => at + 1,
        };
    }
    None
}

fn number(text: &[u8]) -> &[u8] {
    let part = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    &text[..text.iter().take_while(part).count()]
}

/// Where it goes on behind the string that begins at a place.
fn behind_string(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    loop {
        match text.get(at) {
            Some(b'"') => return at + 1,
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
            None => return text.len(),
        }
    }
}

/// How many arrays and objects lie in each other.
pub(super) fn depth(text: &[u8]) -> usize {
    let (mut at, mut open, mut most) = (0, 0_usize, 0);
    while let Some(byte) = text.get(at) {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        most = most.max(open);
        at = if *byte == b'"' { behind_string(text, at) } else { at + 1 };
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    const LARGE: &str = "-9007199254740993";

    /// Wherever the probes fall.
    #[test]
    fn a_large_integer_is_found_at_every_place() {
        for before in 0..40 {
            for around in ["[_]", "{\"key\":_}", "[1.5,_ ,2]", "_", "[\"\\\"\",\n_]", "[9007199254740994,_]"]
            {
                let text = " ".repeat(before) + &around.replace('_', LARGE);
                assert_eq!(with_doubles(text.as_bytes()), Err(LARGE.as_bytes()), "{text}");
            }
        }
    }

    #[test]
    fn large_integers_that_are_written_so_become_doubles() {
        for before in 0..40 {
            let text = format!("[{}_,\"?\",{{\"?\":_ }},_]", "1,".repeat(before));
            for number in [
                "9007199254740994",
                "-9007199254740994",
                "18446744073709552000",
                "100000000000000000000",
                "-123456789012345680000",
                "999999999999999900000",
            ] {
                let text = text.replace('?', number);
                let rewritten = text.replace('_', &format!("{number}.0")).into_bytes();
                let text = text.replace('_', number);
                assert_eq!(with_doubles(text.as_bytes()), Ok(rewritten.into()), "{text}");
            }
        }
    }

    #[test]
    fn all_others_are_refused() {
        for number in [
            "9007199254740993",
            "9007199254740995",
            "18446744073709551615",
            "18446744073709551616",
            "-100000000000000000001",
            "100000000000000010000",
            "999999999999999999999",
            "1000000000000000000000",
        ] {
            assert_eq!(with_doubles(number.as_bytes()), Err(number.as_bytes()));
        }
        let endless = "9".repeat(400);
        assert_eq!(with_doubles(endless.as_bytes()), Err(endless.as_bytes()));
    }

    #[test]
    fn what_only_looks_like_one_is_left_alone() {
        for before in 0..40 {
            for text in [
                "9007199254740992",
                "-9007199254740992",
                "0.12345678901234567890",
                "12345678901234567890.5",
                "12345678901234567890e5",
                "1e00000000000000000005",
                "1E-00000000000000000005",
                "\"12345678901234567890\"",
                "\"no. 12345678901234567890, it is\"",
                "\"\\\\ 12345678901234567890 \\\"\"",
            ] {
                let text = format!("[{}{text}]", "1,".repeat(before));
                assert!(matches!(with_doubles(text.as_bytes()), Ok(Cow::Borrowed(_))), "{text}");
            }
        }
    }

    #[test]
    fn depth_does_not_count_what_is_in_strings() {
        assert_eq!(depth(b"1"), 0);
        assert_eq!(depth(br#"[{"[[[":[]},"\"[[[["]"#), 3);
        assert_eq!(depth(b"[[],[[[]],\"["), 4);
    }
}
