//! YAML becomes JSON text: what is written like JSON stays as it is written.
//!
//! Numbers are copied digit by digit, and keys keep their order. Scalars follow YAML 1.2: `yes`, `no` and
//! dates are text. Whatever JSON could not say, or another reader of YAML would take for something else, is
//! refused: numbers such as `0x1F`, `+1`, `.5`, `007` or `.inf`, tags, `<<`, keys that are lists. An alias
//! (`*name`) stands for the value of that name (`&name`).

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use granit_parser::{Event, Parser, ScalarStyle, StrInput};

use crate::ingest::minify;

/// The JSON text that a YAML document stands for.
///
/// # Errors
/// A sentence that names the line.
pub(super) fn to_json(text: &str) -> Result<String, String> {
    let mut writer = Writer::default();
    for next in Parser::<StrInput<'_>>::new_from_str(text) {
        let (event, span) =
            next.map_err(|error| format!("line {}: {}", error.marker().line(), error.info()))?;
        writer.take(event).map_err(|why| format!("line {}: {why}", span.start.line()))?;
    }
    if writer.json.is_empty() { Err("it is empty".to_owned()) } else { Ok(writer.json) }
}

/// What a file may grow to by its aliases, in bytes.
const MOST_BYTES: usize = 16 << 20;

/// JSON on its way, and what is open in it.
#[derive(Default)]
struct Writer {
    json: String,
    open: Vec<Open>,
    /// Where the values stand that have a name (`&name`), by number.
    named: HashMap<usize, Range<usize>>,
}

/// A list or an object that has not ended.
struct Open {
    inside: Inside,
    start: usize,
    anchor: usize,
}

enum Inside {
    List { is_empty: bool },
    Object { keys: HashSet<String>, is_key_next: bool },
}

impl Writer {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::DocumentStart(..) if !self.json.is_empty() => {
                Err("a second document begins: write the cases as one list".to_owned())
            }
            Event::Scalar(.., Some(tag))
            | Event::SequenceStart(.., Some(tag))
            | Event::MappingStart(.., Some(tag)) => {
                Err(format!("the tag {} is not taken: write the value as JSON would", tag.original()))
            }
            Event::Scalar(text, style, anchor, _) => self.scalar(&text, style, anchor),
            Event::Alias(anchor) => self.alias(anchor),
            Event::SequenceStart(_, anchor, _) => {
                self.open("a list", '[', anchor, Inside::List { is_empty: true })
            }
            Event::MappingStart(_, anchor, _) => self.open(
                "an object",
                '{',
                anchor,
                Inside::Object { keys: HashSet::new(), is_key_next: true },
            ),
            Event::SequenceEnd => {
                self.close(']');
                Ok(())
            }
            Event::MappingEnd => {
                self.close('}');
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, anchor: usize) -> Result<(), String> {
        if let Some(Inside::Object { keys, is_key_next }) = self.inside()
            && *is_key_next
        {
            if text == "<<" && style == ScalarStyle::Plain {
                return Err("the merge key << is not followed: write it out".to_owned());
            }
            let is_first = keys.is_empty();
            if !keys.insert(text.to_owned()) {
                return Err(format!("the key {text:?} is there twice"));
            }
            *is_key_next = false;
            let comma = if is_first { "" } else { "," };
            self.json += &format!("{comma}{}:", quoted(text));
            return Ok(());
        }
        let value = if style == ScalarStyle::Plain { plain(text)? } else { quoted(text) };
        let start = self.begin("a value")?;
        self.json.push_str(&value);
        self.ended(start, anchor);
        Ok(())
    }

    /// The value of that name once more.
    fn alias(&mut self, anchor: usize) -> Result<(), String> {
        let range =
            self.named.get(&anchor).cloned().ok_or("an alias (*name) stands inside of what it names")?;
        if self.json.len() + range.len() > MOST_BYTES {
            return Err(format!("with its aliases the file grows beyond {MOST_BYTES} bytes: write less"));
        }
        self.begin("an alias")?;
        let value = self.json[range].to_owned();
        self.json.push_str(&value);
        self.ended(0, 0);
        Ok(())
    }

    fn open(&mut self, what: &str, bracket: char, anchor: usize, inside: Inside) -> Result<(), String> {
        let start = self.begin(what)?;
        self.json.push(bracket);
        self.open.push(Open { inside, start, anchor });
        Ok(())
    }

    /// The innermost list or object ends here.
    fn close(&mut self, bracket: char) {
        self.json.push(bracket);
        if let Some(Open { start, anchor, .. }) = self.open.pop() {
            self.ended(start, anchor);
        }
    }

    fn inside(&mut self) -> Option<&mut Inside> {
        self.open.last_mut().map(|open| &mut open.inside)
    }

    /// A value begins, at the place that is given.
    fn begin(&mut self, what: &str) -> Result<usize, String> {
        match self.inside() {
            Some(Inside::List { is_empty }) => {
                if !std::mem::take(is_empty) {
                    self.json.push(',');
                }
            }
            Some(Inside::Object { is_key_next: true, .. }) => {
                return Err(format!("{what} cannot be a key: keys are text"));
            }
            Some(Inside::Object { .. }) | None => {}
        }
        Ok(self.json.len())
    }

    /// A value that began at `start` has ended; 0 as its name is none.
    fn ended(&mut self, start: usize, anchor: usize) {
        if anchor > 0 {
            self.named.insert(anchor, start..self.json.len());
        }
        if let Some(Inside::Object { is_key_next, .. }) = self.inside() {
            *is_key_next = true;
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// What stands there without quotes.
fn plain(text: &str) -> Result<String, String> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok("null".to_owned()),
        "true" | "True" | "TRUE" => return Ok("true".to_owned()),
        "false" | "False" | "FALSE" => return Ok("false".to_owned()),
        _ => {}
    }
    if is_json_number(text) {
        return Ok(text.to_owned());
    }
    if is_yaml_number(text) {
        return Err(format!("JSON has no number {text}: write it as JSON does, or in quotes if it is text"));
    }
    Ok(quoted(text))
}

fn is_json_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    // The rest of JSON's grammar begins with other characters.
    digits.starts_with(|first: char| first.is_ascii_digit()) && minify(text.as_bytes()).is_ok()
}

/// Whether YAML 1.2 (its core schema) takes it for a number.
fn is_yaml_number(text: &str) -> bool {
    let all = |text: &str, is: fn(&u8) -> bool| !text.is_empty() && text.as_bytes().iter().all(is);
    if let Some(digits) = text.strip_prefix("0x") {
        return all(digits, u8::is_ascii_hexdigit);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return all(digits, |byte| (b'0'..=b'7').contains(byte));
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if [".inf", ".Inf", ".INF"].contains(&unsigned) || [".nan", ".NaN", ".NAN"].contains(&text) {
        return true;
    }
    let (number, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    all(exponent.strip_prefix(['-', '+']).unwrap_or(exponent), u8::is_ascii_digit)
        && all(&[whole, fraction].concat(), u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_text_stay_as_they_are_written() {
        let yaml = "z: [1.0, -0, 1e5, 0.10, 123456789012345678901234567890]\na: {q: '1.0', d: \"2\", n: , t: ~}\n\
                    text: [yes, 2026-01-01, 1_000, 1.2.3, -x, e5, 'a\"b', true]\n7: |\n  two\n  lines\n";
        let json = r#"{"z":[1.0,-0,1e5,0.10,123456789012345678901234567890],"a":{"q":"1.0","d":"2","n":null,"t":null},"text":["yes","2026-01-01","1_000","1.2.3","-x","e5","a\"b",true],"7":"two\nlines\n"}"#;
        assert_eq!(to_json(yaml).unwrap(), json);
    }

    #[test]
    fn an_alias_is_the_value_again() {
        let yaml = "- &a {n: &n 1.0, l: &l []}\n- *a\n- [*n, *l, &n 2]\n- {k: *n}\n";
        assert_eq!(to_json(yaml).unwrap(), r#"[{"n":1.0,"l":[]},{"n":1.0,"l":[]},[1.0,[],2],{"k":2}]"#);
        let mut bomb = format!("- &a0 {}\n", "x".repeat(1_000));
        bomb.extend((0..9).map(|n| format!("- &a{} [{}]\n", n + 1, vec![format!("*a{n}"); 9].join(","))));
        assert!(to_json(&bomb).unwrap_err().contains("grows beyond"));
    }

    #[test]
    fn json_is_yaml_too() {
        let json = r#"[{"a":{},"b":[],"c":[[1],{"d":null}]},"x"]"#;
        assert_eq!(to_json(json).unwrap(), json);
    }

    #[test]
    fn what_json_cannot_say_is_refused_by_line() {
        for (yaml, words) in [
            ("a: 1\nb: 0x1F", "line 2: JSON has no number 0x1F"),
            ("+1", "number +1"),
            (".5", "number .5"),
            ("1.", "number 1."),
            ("007", "number 007"),
            ("0o7", "number 0o7"),
            ("-.inf", "number -.inf"),
            (".nan", "number .nan"),
            ("!!str 1", "the tag !!str"),
            ("a: &x [*x]", "inside of what it names"),
            ("a: *x", "line 1: "),
            ("<<: {a: 1}", "merge key"),
            ("[a]: 1", "a list cannot be a key"),
            ("a: 1\na: 2", "line 2: the key \"a\" is there twice"),
            ("a\n---\nb", "second document"),
            ("a: 1\n  b: 2", "line 2: "),
            ("# nothing", "empty"),
        ] {
            let said = to_json(yaml).unwrap_err();
            assert!(said.contains(words), "{yaml}: {said}");
        }
    }
}
