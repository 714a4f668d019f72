//! What a client asks over a socket that follows many.

use std::borrow::Cow;

use axum::http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    error::Invalid,
    http::{
        expect,
        problem::{self as kinds, Problem},
    },
    ingest::Member,
    store::Expectation,
};

/// The longest id, as it is written.
const LONGEST_ID: usize = 66;

/// A client's name for something, as it was written: a whole number, or a string in its quotes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Id(Box<str>);

impl Id {
    pub(super) fn as_json(&self) -> &str {
        &self.0
    }
}

/// Something asked.
pub(super) struct Asked<'a> {
    /// How it is called in the answer.
    pub(super) id: Id,
    pub(super) operation: Operation<'a>,
}

/// What is asked.
pub(super) enum Operation<'a> {
    Subscribe {
        url: Cow<'a, str>,
        credit: Option<u64>,
    },
    Unsubscribe,
    Credit(u64),
    /// To be answered: a page's websocket shows it no pings of the host's.
    Ping,
    Append {
        events: Vec<Member<'a>>,
        expected: Option<Expectation>,
    },
}

/// A message that nothing can be done about, and what is known of it.
pub(super) struct Refused {
    pub(super) operation: &'static str,
    pub(super) id: Option<Id>,
    pub(super) problem: Problem,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message<'a> {
    #[serde(borrow)]
    op: Cow<'a, str>,
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(borrow)]
    url: Option<Cow<'a, str>>,
    credit: Option<u64>,
    frames: Option<u64>,
    #[serde(borrow)]
    events: Option<Vec<Member<'a>>>,
    if_match: Option<String>,
    if_none_match: Option<String>,
}

impl<'a> Asked<'a> {
    /// Reads a message.
    pub(super) fn read(text: &'a str) -> Result<Self, Refused> {
        let message: Message<'a> = serde_json::from_str(text).map_err(|why| {
            let detail = format!("the message is not one of this protocol: {why}");
            Refused { operation: "error", id: None, problem: Problem::new(&kinds::NOT_UNDERSTOOD, detail) }
        })?;
        let operation = match &*message.op {
            "subscribe" => "subscribe",
            "unsubscribe" => "unsubscribe",
            "credit" => "credit",
            "append" => "append",
            "ping" => "ping",
            _ => "error",
        };
        let id = id(message.id).map_err(|problem| Refused { operation: "error", id: None, problem })?;
        match message.operation() {
            Ok(operation) => Ok(Self { id, operation }),
            Err(problem) => Err(Refused { operation, id: Some(id), problem }),
        }
    }
}

fn id(given: &RawValue) -> Result<Id, Problem> {
    let text = given.get();
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    if (text.starts_with('"') || is_number) && (1..=LONGEST_ID).contains(&text.len()) && text != "\"\"" {
        return Ok(Id(text.into()));
    }
    let text: String = text.chars().take(100).collect();
    let detail =
        format!("id {text} is not valid: it must be a whole number, or a string of 1 to 64 characters");
    Err(Problem::new(&kinds::NOT_UNDERSTOOD, detail))
}

impl<'a> Message<'a> {
    fn operation(self) -> Result<Operation<'a>, Problem> {
        let given = self.given();
        let (takes, operation) = match (&*self.op, self.url, self.frames, self.events) {
            ("subscribe", Some(url), _, _) => {
                (&["url", "credit"][..], Operation::Subscribe { url, credit: self.credit })
            }
            ("unsubscribe", ..) => (&[][..], Operation::Unsubscribe),
            ("ping", ..) => (&[][..], Operation::Ping),
            ("credit", _, Some(frames), _) => (&["frames"][..], Operation::Credit(frames)),
            ("append", _, _, Some(events)) => {
                let expected = expected(self.if_match.as_deref(), self.if_none_match.as_deref())?;
                (&["events", "if_match", "if_none_match"][..], Operation::Append { events, expected })
            }
            (name @ ("subscribe" | "credit" | "append"), ..) => {
                let lacks = match name {
                    "subscribe" => "url",
                    "credit" => "frames",
                    _ => "events",
                };
                return Err(Problem::new(&kinds::INVALID, format!("{name} needs {lacks}")));
            }
            (name, ..) => {
                let name: String = name.chars().take(50).collect();
                let detail =
                    format!("op {name:?} is not known: subscribe, unsubscribe, credit, append and ping are");
                return Err(Problem::new(&kinds::INVALID, detail));
            }
        };
        match given.iter().find(|name| !takes.contains(name)) {
            Some(name) => Err(Problem::new(&kinds::INVALID, format!("{} does not take {name}", self.op))),
            None => Ok(operation),
        }
    }

    /// The members that only some operations take.
    fn given(&self) -> Vec<&'static str> {
        let given = [
            ("url", self.url.is_some()),
            ("credit", self.credit.is_some()),
            ("frames", self.frames.is_some()),
            ("events", self.events.is_some()),
            ("if_match", self.if_match.is_some()),
            ("if_none_match", self.if_none_match.is_some()),
        ];
        given.into_iter().filter(|(_, is_given)| *is_given).map(|(name, _)| name).collect()
    }
}

/// What an append expects, told as it is in headers.
fn expected(if_match: Option<&str>, if_none_match: Option<&str>) -> Result<Option<Expectation>, Problem> {
    let mut headers = HeaderMap::new();
    for (name, value) in [(header::IF_MATCH, if_match), (header::IF_NONE_MATCH, if_none_match)] {
        let Some(value) = value else { continue };
        let value = HeaderValue::from_str(value).map_err(|_| {
            let (what, value) = (name.as_str().replace('-', "_"), value.chars().take(100).collect());
            Invalid::Value { what, value, rule: "it must be as the header of that name".to_owned() }
        })?;
        headers.insert(name, value);
    }
    expect::expectation(&headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> (String, String) {
        let refused = Asked::read(text).err().unwrap();
        let id = refused.id.map(|id| id.as_json().to_owned()).unwrap_or_default();
        (format!("{} {id}", refused.operation), serde_json::to_string(&refused.problem).unwrap())
    }

    #[test]
    fn each_operation_takes_what_it_needs() {
        let read = |text| Asked::read(text).ok().unwrap();
        let asked = read(r#"{"op":"subscribe","id":"a","url":"\/shop/events","credit":3}"#);
        assert_eq!(asked.id.as_json(), "\"a\"");
        assert!(
            matches!(asked.operation, Operation::Subscribe { url, credit: Some(3) } if url == "/shop/events")
        );
        let asked = read(r#"{"id":7,"op":"append","events":[],"if_none_match":"*"}"#);
        assert_eq!(asked.id.as_json(), "7");
        let nothing = Some(Expectation::OneOf(vec![0]));
        assert!(matches!(asked.operation, Operation::Append { expected, .. } if expected == nothing));
        assert!(matches!(read(r#"{"op":"credit","id":1,"frames":9}"#).operation, Operation::Credit(9)));
        assert!(matches!(read(r#"{"op":"unsubscribe","id":1}"#).operation, Operation::Unsubscribe));
        assert!(matches!(read(r#"{"op":"ping","id":1}"#).operation, Operation::Ping));
    }

    #[test]
    fn what_cannot_be_done_is_told_by_its_name() {
        for (text, name, detail) in [
            ("[", "error ", "not one of this protocol"),
            (r#"{"op":"subscribe"}"#, "error ", "missing field `id`"),
            (r#"{"op":"credit","id":1,"n":1}"#, "error ", "unknown field `n`"),
            (r#"{"op":"credit","id":{},"frames":1}"#, "error ", "id {} is not valid"),
            (r#"{"op":"credit","id":-1,"frames":1}"#, "error ", "whole number"),
            (r#"{"op":"credit","id":"","frames":1}"#, "error ", "1 to 64"),
            (r#"{"op":"fly","id":1}"#, "error 1", "op \\\"fly\\\" is not known"),
            (r#"{"op":"subscribe","id":1}"#, "subscribe 1", "subscribe needs url"),
            (r#"{"op":"credit","id":1}"#, "credit 1", "credit needs frames"),
            (r#"{"op":"append","id":"x"}"#, "append \"x\"", "append needs events"),
            (r#"{"op":"unsubscribe","id":1,"url":"/"}"#, "unsubscribe 1", "does not take url"),
            (r#"{"op":"ping","id":1,"credit":1}"#, "ping 1", "does not take credit"),
            (r#"{"op":"append","id":1,"events":[],"if_match":"\n"}"#, "append 1", "if_match"),
            (r#"{"op":"append","id":1,"events":[],"if_match":"12"}"#, "append 1", "in quotes"),
        ] {
            let (told, problem) = refused(text);
            assert_eq!(told, name, "{text}");
            assert!(problem.contains(detail), "{text}: {problem}");
        }
        let long = format!(r#"{{"op":"unsubscribe","id":"{}"}}"#, "a".repeat(65));
        assert!(refused(&long).1.contains("1 to 64"));
    }
}
