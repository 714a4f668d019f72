//! An export is refused if anything about it was changed, with the line.

use proptest::prelude::*;

use super::{sample, written};
use crate::moving::{error::Error, read::Reader};

/// Reads an export to its end, or to what is wrong with it.
fn read(text: &[u8]) -> Result<u64, Error> {
    let mut reader = Reader::new(text);
    loop {
        let block = reader.block()?;
        if block.end.is_some() {
            return Ok(block.after.lines);
        }
    }
}

fn lines(text: &[u8]) -> Vec<Vec<u8>> {
    text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

/// The line that is named, and the sentence.
fn named(text: &[u8]) -> (u64, String) {
    match read(text).unwrap_err() {
        Error::Damaged { line, why } => (line, why),
        Error::Cut { lines } => (lines, "cut".to_owned()),
        other => panic!("{other}"),
    }
}

#[test]
fn a_whole_export_is_read() {
    let text = written(&sample(3_000));
    assert_eq!(read(&text).unwrap(), lines(&text).len() as u64);
}

#[test]
fn a_line_out_of_its_order_is_named() {
    let whole = lines(&written(&sample(8)));
    for at in 0..whole.len() - 2 {
        let mut swapped = whole.clone();
        swapped.swap(at, at + 1);
        let (line, why) = named(&swapped.concat());
        assert!((at as u64 + 1..=at as u64 + 2).contains(&line), "{at}: line {line}: {why}");
    }
}

#[test]
fn a_line_that_is_missing_or_comes_twice_is_named_or_missed_by_the_digest() {
    let whole = lines(&written(&sample(8)));
    for at in 0..whole.len() {
        let mut without = whole.clone();
        without.remove(at);
        read(&without.concat()).unwrap_err();
        let mut twice = whole.clone();
        twice.insert(at, whole[at].clone());
        let (line, why) = named(&twice.concat());
        assert_eq!(line, at as u64 + 2, "{why}");
    }
}

#[test]
fn what_contradicts_itself_is_named() {
    let text = String::from_utf8(written(&sample(8))).unwrap();
    for (from, to, line, says) in [
        (r#""export":1"#, r#""export":2"#, 1, "format 2"),
        (r#"{"everfold""#, r#"{"otherfold""#, 1, "not an export of Everfold"),
        (r#"{"context":"shop"}"#, r#"{"context":"Shop"}"#, 3, "not valid"),
        (r#"{"context":"shop"}"#, r#"{"context":"bank"}"#, 3, "not behind the last"),
        (r#""bytes":"AGFzbQ==""#, r#""bytes":"AGFzbA==""#, 4, "bytes of module"),
        (r#""settled":3"#, r#""settled":3,"more":1"#, 6, "unknown field `more`"),
        (r#""position":5"#, r#""position":6"#, 16, "position 5 is due"),
        (r#""recorded_at":7"#, r#""recorded_at":9"#, 18, "recorded before"),
        (r#""version":3"#, r#""version":10"#, 23, "greater than the head's"),
        (r#""events":8"#, r#""events":9"#, 24, "it counts"),
    ] {
        assert!(text.contains(from), "{from}");
        let (found, why) = named(text.replacen(from, to, 1).as_bytes());
        assert!(found == line && why.contains(says), "{from}: line {found}: {why}");
    }
    let (line, why) = named(format!("{text}\n").as_bytes());
    assert!(line == 25 && why.contains("behind the last"), "line {line}: {why}");
}

#[test]
fn a_block_without_its_digest_is_refused() {
    let mut whole = lines(&written(&sample(3_000)));
    let check = whole.iter().position(|line| line.starts_with(b"{\"check\"")).unwrap();
    whole.remove(check);
    let (line, why) = named(&whole.concat());
    assert!(line == check as u64 + 1 && why.contains("digest"), "line {line}: {why}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_flipped_is_found(at in any::<proptest::sample::Index>(), bit in 0..8_u32) {
        let mut text = written(&sample(1_100));
        let at = at.index(text.len());
        text[at] ^= 1 << bit;
        let own = text[..at].iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        match read(&text).unwrap_err() {
            // A name or a number may only be missed further down. A line feed that went takes the next line along.
            Error::Damaged { line, .. } => prop_assert!(own <= line, "{line} for {own}"),
            Error::Changed { first, last } => prop_assert!((first..=last).contains(&own), "{first} to {last} for {own}"),
            Error::Cut { .. } => prop_assert_eq!(at, text.len() - 1),
            other => prop_assert!(false, "{}", other),
        }
    }

    #[test]
    fn wherever_it_is_cut_is_found(at in any::<proptest::sample::Index>()) {
        let text = written(&sample(1_100));
        let at = at.index(text.len());
        let whole = text[..at].iter().filter(|byte| **byte == b'\n').count() as u64;
        let found = read(&text[..at]).unwrap_err();
        prop_assert!(matches!(found, Error::Cut { lines } if lines == whole), "{found}");
    }
}
