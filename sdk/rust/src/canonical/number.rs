//! Numbers, as ECMAScript's `Number::toString` prints them.

use super::Error;

/// Every integer up to this one, and none of its neighbours beyond, is a double of its own.
pub(crate) const MAX_INTEGER: u64 = 1 << 53;

/// Writes an integer type's value.
pub(super) fn write_unsigned(out: &mut Vec<u8>, number: u64) -> Result<(), Error> {
    if number > MAX_INTEGER {
        return Err(too_large(number));
    }
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    Ok(())
}

/// The same, with a sign.
pub(super) fn write_signed(out: &mut Vec<u8>, number: i64) -> Result<(), Error> {
    if number.unsigned_abs() > MAX_INTEGER {
        return Err(too_large(number));
    }
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    Ok(())
}

pub(super) fn too_large(number: impl std::fmt::Display) -> Error {
    Error::new(format!("the number {number} is beyond 2^53: send it as a string"))
}

/// Writes a double.
pub(crate) fn write_double(out: &mut Vec<u8>, number: f64) -> Result<(), Error> {
    if !number.is_finite() {
        return Err(Error::new(format!("{number} is no number in JSON: send null or a string")));
    }
    #[expect(clippy::cast_possible_truncation, reason = "what it cuts off is seen in the next line")]
    let whole = number as i64;
    #[expect(clippy::cast_precision_loss, reason = "the same")]
    if whole as f64 == number && whole.unsigned_abs() <= MAX_INTEGER {
        out.extend_from_slice(itoa::Buffer::new().format(whole).as_bytes());
        return Ok(());
    }
    let mut buffer = zmij::Buffer::new();
    let shortest = buffer.format_finite(number);
    match shortest.split_once('e') {
        None => out.extend_from_slice(shortest.strip_suffix(".0").unwrap_or(shortest).as_bytes()),
        Some((significand, exponent)) => write_scientific(out, significand, exponent),
    }
    Ok(())
}

/// Writes a number that is very large or very small, of the form `-1.234` and `-56`.
fn write_scientific(out: &mut Vec<u8>, significand: &str, exponent: &str) {
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let positive = significand.strip_prefix('-').unwrap_or(significand);
    let (whole, fraction) = positive.split_once('.').unwrap_or((positive, ""));
    let zeros = |zeros: i32| std::iter::repeat_n(b'0', usize::try_from(zeros).unwrap_or(0));
    if positive.len() < significand.len() {
        out.push(b'-');
    }
    match exponent {
        // Their digits end before the decimal point: a double has 17 at most.
        16..=20 => {
            out.extend([whole, fraction].iter().flat_map(|digits| digits.bytes()));
            out.extend(zeros(exponent - i32::try_from(fraction.len()).unwrap_or(exponent)));
        }
        -6..=-1 => {
            out.extend_from_slice(b"0.");
            out.extend(zeros(-1 - exponent));
            out.extend([whole, fraction].iter().flat_map(|digits| digits.bytes()));
        }
        _ => {
            out.extend_from_slice(positive.as_bytes());
            out.extend_from_slice(if exponent < 0 { b"e" } else { b"e+" });
            out.extend_from_slice(itoa::Buffer::new().format(exponent).as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(number: f64) -> String {
        let mut out = Vec::new();
        write_double(&mut out, number).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// Appendix B of RFC 8785.
    #[test]
    fn doubles_are_written_as_the_standard_shows() {
        for (bits, text) in [
            (0x0000_0000_0000_0000, "0"),
            (0x8000_0000_0000_0000, "0"),
            (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"),
            (0xc340_0000_0000_0000, "-9007199254740992"),
            (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
            (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
            (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
            (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
            (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
            (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x41b3_de43_5555_5553, "333333333.3333332"),
            (0x41b3_de43_5555_5554, "333333333.33333325"),
            (0x41b3_de43_5555_5555, "333333333.3333333"),
            (0x41b3_de43_5555_5556, "333333333.3333334"),
            (0x41b3_de43_5555_5557, "333333333.33333343"),
            (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
            (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
        ] {
            assert_eq!(written(f64::from_bits(bits)), text, "{bits:016x}");
        }
        for bits in [0x7fff_ffff_ffff_ffff, 0x7ff0_0000_0000_0000, 0xfff0_0000_0000_0000] {
            assert!(write_double(&mut Vec::new(), f64::from_bits(bits)).is_err());
        }
    }

    /// The digits of a number, without the zeros around them.
    fn digits(text: &str) -> String {
        let significand = text.split('e').next().unwrap_or(text);
        let digits: String = significand.chars().filter(char::is_ascii_digit).collect();
        digits.trim_matches('0').to_owned()
    }

    /// Below a power of two the next double is nearer than above: more digits lie on one side than on the other.
    #[test]
    fn the_closest_of_the_shortest_is_taken() {
        assert_eq!(written(2_f64.powi(-44)), "5.684341886080802e-14");
        assert_eq!(written(2_f64.powi(-25)), "2.9802322387695312e-8", "of two as close: the even one");
        let subnormal = (0..52).map(|bit| 1 << bit);
        for number in subnormal.chain((1..2047).map(|exponent| exponent << 52)).map(f64::from_bits) {
            let text = written(number);
            assert_eq!(text.parse(), Ok(number));
            let (text, shortest) = (digits(&text), digits(&format!("{number:e}")));
            // Rust's own does not take the even one.
            let rounded = digits(&format!("{number:.*e}", text.len() - 1));
            assert!(text == shortest || (text == rounded && text.len() == shortest.len()), "{number:e}");
        }
    }

    #[test]
    fn forms_change_at_their_bounds() {
        for (number, text) in [
            (1.0, "1"),
            (-1.5, "-1.5"),
            (123e-6, "0.000123"),
            (1.5e-6, "0.0000015"),
            (1e-7, "1e-7"),
            (-1.25e-7, "-1.25e-7"),
            (9_007_199_254_740_994.0, "9007199254740994"),
            (1e16, "10000000000000000"),
            (-12_345_678_901_234_567_000.0, "-12345678901234567000"),
            (1.2e20, "120000000000000000000"),
            (123e300, "1.23e+302"),
        ] {
            assert_eq!(written(number), text);
        }
    }

    #[test]
    fn integers_end_at_two_to_the_53() {
        let mut out = Vec::new();
        write_unsigned(&mut out, MAX_INTEGER).unwrap();
        write_signed(&mut out, -(1 << 53)).unwrap();
        assert_eq!(out, b"9007199254740992-9007199254740992");
        let refused = [
            write_unsigned(&mut out, MAX_INTEGER + 1).unwrap_err(),
            write_signed(&mut out, (1 << 53) + 1).unwrap_err(),
            write_signed(&mut out, i64::MIN).unwrap_err(),
        ];
        let named = ["9007199254740993", "9007199254740993", "-9223372036854775808"];
        for (error, number) in refused.iter().zip(named) {
            assert_eq!(error.to_string(), format!("the number {number} is beyond 2^53: send it as a string"));
        }
    }
}
