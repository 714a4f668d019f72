//! Query strings: `name=value` pairs, of which every one must be known and make sense.

use std::{borrow::Cow, fmt::Display, str::FromStr, time::Duration};

use percent_encoding::percent_decode_str;

use crate::{
    error::Invalid,
    words::{Epoch, EventId, EventType, Position, Time},
};

/// Entries on a page unless `limit=` says otherwise.
const DEFAULT_LIMIT: u32 = 100;

/// The parameters of a request.
#[derive(Debug)]
pub(super) struct Query<'a> {
    raw: &'a str,
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

/// Where in the log a reader goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// Behind this position.
    Position(Position),
    /// Behind the position of this event.
    Event(EventId),
}

/// What a stream's reader saw last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seen {
    /// This number (position or version) of the present epoch.
    Number(u64),
    /// Something of another epoch, which means nothing here.
    OtherEpoch,
}

impl Seen {
    /// Reads a cursor, `EPOCH-NUMBER`.
    pub(super) fn parse(text: &str, present: &Epoch) -> Option<Self> {
        let (epoch, number) = text.rsplit_once('-')?;
        let number = number.parse().ok()?;
        Some(if epoch == &*present.0 { Self::Number(number) } else { Self::OtherEpoch })
    }
}

impl<'a> Query<'a> {
    /// Reads a query string in which only `known` parameters may stand.
    pub(super) fn parse(raw: Option<&'a str>, known: &[&str]) -> Result<Self, Invalid> {
        let raw = raw.unwrap_or_default();
        let mut pairs = Vec::new();
        for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            if !known.contains(&&*name) {
                let rule = match known {
                    [] => "this request takes none".to_owned(),
                    known => format!("this request takes {}", known.join(", ")),
                };
                return Err(Invalid::Value {
                    what: "query parameter".to_owned(),
                    value: name.into_owned(),
                    rule,
                });
            }
            pairs.push((name, value));
        }
        Ok(Self { raw, pairs })
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.pairs.iter().filter(move |(given, _)| given == name).map(|(_, value)| &**value)
    }

    /// The value of a parameter that may be given once.
    pub(super) fn one(&self, name: &str) -> Result<Option<&str>, Invalid> {
        let mut values = self.all(name);
        let value = values.next();
        match values.next() {
            Some(second) => Err(invalid(name, second, "it may be given once")),
            None => Ok(value),
        }
    }

    /// The value of a parameter that may be given once, as something else.
    pub(super) fn parsed<T: FromStr>(&self, name: &str, rule: &str) -> Result<Option<T>, Invalid> {
        let Some(value) = self.one(name)? else { return Ok(None) };
        value.parse().map(Some).map_err(|_| invalid(name, value, rule))
    }

    /// `limit=`: how many entries at most.
    pub(super) fn limit(&self, most: u32) -> Result<u32, Invalid> {
        let rule = || format!("it must be a number from 1 to {most} (limits.page)");
        match self.parsed("limit", &rule())? {
            None => Ok(DEFAULT_LIMIT.min(most)),
            Some(limit) if (1..=most).contains(&limit) => Ok(limit),
            Some(limit) => Err(invalid("limit", &limit.to_string(), &rule())),
        }
    }

    /// How many seconds, such as `2.5`, to wait: more than none, and at most so many milliseconds.
    pub(super) fn seconds(&self, name: &str, most_ms: u64) -> Result<Option<Duration>, Invalid> {
        let most = Duration::from_millis(most_ms);
        let rule = || {
            let most = most.as_secs_f64();
            format!("it must be a number of seconds above 0 and up to {most} (limits.wait_ms)")
        };
        let Some(seconds) = self.parsed::<f64>(name, &rule())? else { return Ok(None) };
        let time = Duration::try_from_secs_f64(seconds).ok();
        let time = time.filter(|time| !time.is_zero() && *time <= most);
        time.map(Some).ok_or_else(|| invalid(name, &seconds.to_string(), &rule()))
    }

    /// Refuses a parameter that means something only beside another one.
    pub(super) fn only_with(&self, name: &str, other: &str) -> Result<(), Invalid> {
        match (self.one(name)?, self.one(other)?) {
            (Some(value), None) => {
                Err(invalid(name, value, &format!("it means something only with {other}=")))
            }
            _ => Ok(()),
        }
    }

    /// `type=`: event types, repeated or separated by commas; empty if all are wanted.
    pub(super) fn types(&self) -> Result<Vec<EventType>, Invalid> {
        let parse = |name: &str| {
            name.parse().map_err(|error: crate::words::NameError| {
                invalid("type", name, &format!("an event type must match {}", error.rule))
            })
        };
        self.all("type").flat_map(|value| value.split(',')).map(parse).collect()
    }

    /// `since=`: a time of recording, in microseconds since the Unix epoch.
    pub(super) fn since(&self) -> Result<Option<i64>, Invalid> {
        let Some(value) = self.one("since")? else { return Ok(None) };
        let micros = value.parse().ok().or_else(|| Time::parse(value).map(|time| time.0));
        let rule = "it must be a time like 2026-01-31T09:05:00.000250Z, or microseconds since 1970";
        micros.map(Some).ok_or_else(|| invalid("since", value, rule))
    }

    /// `after=` or `following=`: a position, or the id of an event.
    pub(super) fn after(&self) -> Result<Option<After>, Invalid> {
        let (name, value) = match (self.one("after")?, self.one("following")?) {
            (Some(_), Some(second)) => {
                return Err(invalid("following", second, "it means the same as after: give one of them"));
            }
            (Some(value), None) => ("after", value),
            (None, Some(value)) => ("following", value),
            (None, None) => return Ok(None),
        };
        let position = value.parse().ok().filter(|position| i64::try_from(*position).is_ok());
        let position = position.map(|position| After::Position(Position(position)));
        let after = position.or_else(|| value.parse().ok().map(After::Event));
        after.map(Some).ok_or_else(|| invalid(name, value, "it must be a position or the id of an event"))
    }

    /// `from=`: what a stream's reader saw last.
    pub(super) fn seen(&self, present: &Epoch) -> Result<Option<Seen>, Invalid> {
        let Some(value) = self.one("from")? else { return Ok(None) };
        let seen = Seen::parse(value, present);
        let rule = "it must be EPOCH-NUMBER, as the stream's frames give them";
        seen.map(Some).ok_or_else(|| invalid("from", value, rule))
    }

    /// The URL of the page behind `last`: this request's, from there on.
    pub(super) fn next(&self, path: &str, last: impl Display) -> String {
        let moves = |pair: &&str| pair.starts_with("after=") || pair.starts_with("following=");
        let stays = self.raw.split('&').filter(|pair| !pair.is_empty() && !moves(pair));
        let stays: String = stays.flat_map(|pair| [pair, "&"]).collect();
        format!("{path}?{stays}after={last}")
    }
}

fn decode(text: &str) -> Result<Cow<'_, str>, Invalid> {
    percent_decode_str(text).decode_utf8().map_err(|_| Invalid::Value {
        what: "query string".to_owned(),
        value: text.to_owned(),
        rule: "it must be UTF-8".to_owned(),
    })
}

fn invalid(name: &str, value: &str, rule: &str) -> Invalid {
    let value = value.chars().take(150).collect();
    Invalid::Value { what: format!("query parameter {name}"), value, rule: rule.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["after", "following", "since", "type", "limit", "from"];

    fn query(raw: &str) -> Query<'_> {
        Query::parse(Some(raw), KNOWN).unwrap()
    }

    #[test]
    fn unknown_parameters_are_named_beside_those_that_are_known() {
        let error = Query::parse(Some("limit=1&wait=cart"), &["after", "limit"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"query parameter "wait" is not valid: this request takes after, limit"#
        );
        assert!(Query::parse(Some("x"), &[]).unwrap_err().to_string().ends_with("takes none"));
        assert!(Query::parse(Some("limit=%ff"), KNOWN).is_err());
        assert!(Query::parse(None, &[]).is_ok() && Query::parse(Some(""), &[]).is_ok());
    }

    #[test]
    fn limits_have_a_range() {
        assert_eq!(query("").limit(1000).unwrap(), 100);
        assert_eq!(query("").limit(10).unwrap(), 10);
        assert_eq!(query("limit=7").limit(10).unwrap(), 7);
        for bad in
            ["limit=0", "limit=11", "limit=-1", "limit=", "limit=x", "limit=1&limit=2", "limit=99999999999"]
        {
            let error = query(bad).limit(10).unwrap_err().to_string();
            assert!(error.starts_with("query parameter limit"), "{error}");
        }
    }

    #[test]
    fn seconds_are_decimal_and_bounded() {
        assert_eq!(query("limit=0.25").seconds("limit", 5000).unwrap(), Some(Duration::from_millis(250)));
        assert_eq!(query("limit=5").seconds("limit", 5000).unwrap(), Some(Duration::from_secs(5)));
        assert_eq!(query("").seconds("limit", 5000).unwrap(), None);
        for bad in ["0", "-1", "5.001", "inf", "NaN", "1e300", "1e-20", "", "soon"] {
            let error = query(&format!("limit={bad}")).seconds("limit", 5000).unwrap_err().to_string();
            assert!(error.ends_with("above 0 and up to 5 (limits.wait_ms)"), "{error}");
        }
    }

    #[test]
    fn what_belongs_together_is_given_together() {
        assert!(query("since=1&after=2").only_with("since", "after").is_ok());
        assert!(query("after=2").only_with("since", "after").is_ok());
        let error = query("since=1").only_with("since", "after").unwrap_err().to_string();
        assert!(error.ends_with("it means something only with after="), "{error}");
    }

    #[test]
    fn types_come_repeated_or_in_lists() {
        let types = query("type=A,b.c&type=%44").types().unwrap();
        assert_eq!(types.iter().map(EventType::as_str).collect::<Vec<_>>(), ["A", "b.c", "D"]);
        assert!(query("type=").types().is_err());
        assert!(query("type=A,,B").types().is_err());
    }

    #[test]
    fn times_are_text_or_microseconds() {
        assert_eq!(query("since=1970-01-01T00:00:01Z").since().unwrap(), Some(1_000_000));
        assert_eq!(query("since=1970-01-01T00%3A00%3A01Z").since().unwrap(), Some(1_000_000));
        assert_eq!(query("since=-5").since().unwrap(), Some(-5));
        assert!(query("since=yesterday").since().is_err());
    }

    #[test]
    fn after_is_a_position_or_an_event() {
        let id = "c232ab00-9414-11ec-b3c8-9f6bdeced846";
        assert_eq!(query("after=7").after().unwrap(), Some(After::Position(Position(7))));
        assert_eq!(query("following=7").after().unwrap(), Some(After::Position(Position(7))));
        let by_id = format!("after={id}");
        assert_eq!(query(&by_id).after().unwrap(), Some(After::Event(id.parse().unwrap())));
        for bad in ["after=-1", "after=x", "after=", "after=1&following=1", "after=18446744073709551615"] {
            assert!(query(bad).after().is_err(), "{bad}");
        }
    }

    #[test]
    fn cursors_know_their_epoch() {
        let epoch = Epoch("abc".into());
        assert_eq!(query("from=abc-7").seen(&epoch).unwrap(), Some(Seen::Number(7)));
        assert_eq!(query("from=xyz-7").seen(&epoch).unwrap(), Some(Seen::OtherEpoch));
        assert!(query("from=7").seen(&epoch).is_err());
        assert!(query("from=abc-").seen(&epoch).is_err());
    }

    #[test]
    fn the_next_page_is_this_request_from_there_on() {
        assert_eq!(query("").next("/shop/events", 9), "/shop/events?after=9");
        let long = "type=A&after=3&limit=2&&type=%44";
        assert_eq!(query(long).next("/shop/events", 9), "/shop/events?type=A&limit=2&type=%44&after=9");
        assert_eq!(query("following=3").next("/shop/events", 9), "/shop/events?after=9");
    }
}
