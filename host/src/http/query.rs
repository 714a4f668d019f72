//! Query strings: `name=value` pairs, of which every one must be known and make sense.

use std::{borrow::Cow, fmt::Display, str::FromStr, time::Duration};

use percent_encoding::percent_decode_str;

use crate::{
    error::Invalid,
    words::{Epoch, EventId, Position, Time, TypePattern},
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

    /// A whole number up to a limit.
    pub(super) fn up_to(&self, name: &str, most: u64, rule: &str) -> Result<Option<u64>, Invalid> {
        match self.parsed::<u64>(name, rule)? {
            Some(number) if number > most => Err(invalid(name, &number.to_string(), rule)),
            number => Ok(number),
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

    /// `type=`: event types, or how they begin (`Item*`), repeated or separated by commas; empty if all are wanted.
    pub(super) fn types(&self) -> Result<Vec<TypePattern>, Invalid> {
        let parse = |name: &str| {
            name.parse().map_err(|error: crate::words::NameError| {
                let rule = format!(
                    "an event type must match {}; a * at its end stands for whatever follows",
                    error.rule
                );
                invalid("type", name, &rule)
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
mod tests;
