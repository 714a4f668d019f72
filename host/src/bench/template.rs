//! The data of events: JSON with placeholders that differ from event to event.

use std::io::Write;

use fastrand::Rng;
use serde::de::IgnoredAny;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(Vec<u8>),
    /// The number of the event on its connection, from 1.
    Number,
    /// A whole number below 1,000,000.
    Random,
    /// The entity's id.
    Entity,
}

const KNOWN: &str = "{{number}}, {{random}} and {{entity}}";

/// JSON with placeholders: `{{number}}`, `{{random}}`, `{{entity}}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

impl Template {
    /// Reads a template, and fails with a sentence if what it makes is not JSON.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        // JSON has line breaks only where they mean nothing, and in a batch a line is an event.
        let text = text.replace(['\n', '\r'], " ");
        let mut pieces = Vec::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}").ok_or("has {{ without a }} behind it")?;
            let piece = match name {
                "number" => Piece::Number,
                "random" => Piece::Random,
                "entity" => Piece::Entity,
                _ => return Err(format!("has {{{{{name}}}}}, but only {KNOWN} are filled in")),
            };
            pieces.extend([Piece::Text(before.as_bytes().to_vec()), piece]);
            rest = after;
        }
        pieces.push(Piece::Text(rest.as_bytes().to_vec()));
        let template = Self(pieces);
        let mut sample = Vec::new();
        template.write(&mut sample, 1, &mut Rng::with_seed(0), Uuid::nil());
        serde_json::from_slice::<IgnoredAny>(&sample).map_err(|why| {
            format!("is not JSON once it is filled in: {} ({why})", String::from_utf8_lossy(&sample))
        })?;
        Ok(template)
    }

    /// Appends the data of the `n`th event, to memory.
    pub(super) fn write(&self, out: &mut impl Write, n: u64, random: &mut Rng, entity: Uuid) {
        for piece in &self.0 {
            // Writing to memory cannot fail.
            let _ = match piece {
                Piece::Text(text) => out.write_all(text),
                Piece::Number => write!(out, "{n}"),
                Piece::Random => write!(out, "{}", random.u32(..1_000_000)),
                Piece::Entity => write!(out, "{entity}"),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> String {
        let mut out = Vec::new();
        Template::parse(text).unwrap().write(&mut out, 7, &mut Rng::with_seed(1), Uuid::nil());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn placeholders_are_filled_in() {
        assert_eq!(
            filled(r#"{"a":{"n":{{number}}},"of":"{{entity}}"}"#),
            format!(r#"{{"a":{{"n":7}},"of":"{}"}}"#, Uuid::nil())
        );
        assert_eq!(filled("[\n1,\r\n2]"), "[ 1,  2]");
        assert!(filled("{{random}}").parse::<u32>().unwrap() < 1_000_000);
    }

    #[test]
    fn what_becomes_no_json_is_refused() {
        let refused = |text| Template::parse(text).unwrap_err();
        assert_eq!(
            refused("{{x}}"),
            "has {{x}}, but only {{number}}, {{random}} and {{entity}} are filled in"
        );
        assert_eq!(refused("[{{number]"), "has {{ without a }} behind it");
        assert!(refused(r#"{"a":{{entity}}}"#).starts_with("is not JSON once it is filled in: {\"a\":0000"));
        assert!(refused("").contains("is not JSON"));
    }
}
