//! Strings: in quotes, and escaped as little as possible.

use super::words;

/// Writes `text` in quotes.
pub(super) fn write(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let (run, others) = rest.split_at(plain(rest));
        out.extend_from_slice(run);
        // Where one byte is escaped, others often follow: not each is worth a new run.
        let (near, far) = others.split_at(others.len().min(8));
        for byte in near {
            if is_plain(*byte) {
                out.push(*byte);
            } else {
                escape(out, *byte);
            }
        }
        rest = far;
    }
    out.push(b'"');
}

/// How many bytes at the beginning stand for themselves.
fn plain(bytes: &[u8]) -> usize {
    let words = bytes.chunks_exact(8).take_while(|word| all_plain(word)).count();
    let tail = bytes[8 * words..].iter().take_while(|byte| is_plain(**byte)).count();
    8 * words + tail
}

fn is_plain(byte: u8) -> bool {
    byte >= b' ' && byte != b'"' && byte != b'\\'
}

/// The same for eight bytes at once: a long text is mostly this.
fn all_plain(word: &[u8]) -> bool {
    word.try_into().map(u64::from_le_bytes).is_ok_and(|word| {
        !words::has_below(word, b' ') && !words::has(word, b'"') && !words::has(word, b'\\')
    })
}

fn escape(out: &mut Vec<u8>, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        0x0c => b'f',
        b'\r' => b'r',
        _ => {
            let [high, low] = [byte >> 4, byte & 15].map(|digit| HEX[usize::from(digit)]);
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
            return;
        }
    };
    out.push(b'\\');
    out.push(short);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        write(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn only_what_must_be_is_escaped() {
        assert_eq!(written(""), r#""""#);
        assert_eq!(written("\u{8}\t\n\u{c}\r\"\\"), r#""\b\t\n\f\r\"\\""#);
        assert_eq!(written("\0\u{b}\u{1f}"), r#""\u0000\u000b\u001f""#);
        assert_eq!(written("/\u{7f}\u{80}\u{2028}é€😂"), "\"/\u{7f}\u{80}\u{2028}é€😂\"");
    }

    #[test]
    fn an_escape_is_found_at_every_place() {
        for special in (0..=u8::MAX).filter(u8::is_ascii).map(char::from) {
            for place in 0..20 {
                let text = format!("{}{special}{}", "é".repeat(place), "~ !#[]".repeat(3));
                let simple: String = serde_json::to_string(&text).unwrap();
                assert_eq!(written(&text), simple);
            }
        }
    }
}
