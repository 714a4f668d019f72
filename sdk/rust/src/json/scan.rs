//! Looks through a JSON text without reading it.

/// 2⁵³: every integer up to it is a double of its own.
const MAX_INTEGER: &[u8; 16] = b"9007199254740992";

/// The first integer beyond ±2⁵³ in a JSON text. One with a fraction or an exponent is a double, and none.
pub(crate) fn large_integer(text: &[u8]) -> Option<&[u8]> {
    // Such a number has a digit among any sixteen bytes that it covers.
    let probes = text.chunks_exact(MAX_INTEGER.len()).enumerate();
    let mut digits = probes.filter(|(_, bytes)| bytes[MAX_INTEGER.len() - 1].is_ascii_digit());
    let suspected = digits.any(|(chunk, _)| may_be_large(text, (chunk + 1) * MAX_INTEGER.len() - 1));
    if suspected { find(text) } else { None }
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

/// Looks at every byte.
fn find(text: &[u8]) -> Option<&[u8]> {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        at = match byte {
            b'"' => behind_string(text, at),
            b'-' | b'0'..=b'9' => {
                let number = number(&text[at..]);
                let digits = number.strip_prefix(b"-").unwrap_or(number);
                if is_large(digits) && digits.iter().all(u8::is_ascii_digit) {
                    return Some(number);
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
            for around in ["[_]", "{\"key\":_}", "[1.5,_ ,2]", "_", "[\"\\\"\",\n_]"] {
                let text = " ".repeat(before) + &around.replace('_', LARGE);
                assert_eq!(large_integer(text.as_bytes()), Some(LARGE.as_bytes()), "{text}");
            }
        }
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
                assert_eq!(large_integer(text.as_bytes()), None, "{text}");
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
