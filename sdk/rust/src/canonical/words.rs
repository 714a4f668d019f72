//! Eight bytes looked at at once.

const ONES: u64 = u64::MAX / 0xff;
const HIGHS: u64 = ONES << 7;

/// Whether a byte is below `bound`, which is 0x80 at most.
pub(super) fn has_below(word: u64, bound: u8) -> bool {
    // Such a byte borrows from its own highest bit, which it has not set. The borrow can reach the next byte too:
    // then one is below anyway.
    word.wrapping_sub(ONES * u64::from(bound)) & !word & HIGHS != 0
}

/// Whether a byte is this one.
pub(super) fn has(word: u64, byte: u8) -> bool {
    has_below(word ^ (ONES * u64::from(byte)), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_seen_at_every_place() {
        for byte in 0..=u8::MAX {
            for place in 0..8 {
                for others in [0x20, 0x5d, 0x7f, 0x80, 0xff_u8] {
                    let mut bytes = [others; 8];
                    bytes[place] = byte;
                    let word = u64::from_le_bytes(bytes);
                    assert_eq!(has_below(word, 0x20), byte < 0x20, "{bytes:x?}");
                    assert_eq!(has(word, b'\\'), byte == b'\\', "{bytes:x?}");
                }
            }
        }
    }
}
