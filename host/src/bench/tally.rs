//! What happened during a run, counted.

use std::{collections::BTreeMap, time::Instant};

use ::http::StatusCode;
use hdrhistogram::{CreationError, Histogram};
use serde::{Deserialize, Serialize};

use super::{
    BenchError,
    connection::{Answer, Failure, Problem},
    pacer::Turn,
};

/// Latencies from 1 µs to an hour, to three digits.
pub(super) type Latencies = Histogram<u64>;

const LONGEST_US: u64 = 3_600_000_000;

impl From<CreationError> for BenchError {
    fn from(error: CreationError) -> Self {
        Self::Broken(error.to_string())
    }
}

pub(super) fn latencies() -> Result<Latencies, BenchError> {
    Ok(Histogram::new_with_bounds(1, LONGEST_US, 3)?)
}

/// Records how long it took from one moment to another.
pub(super) fn record(latencies: &mut Latencies, from: Instant, to: Instant) {
    let us = to.saturating_duration_since(from).as_micros();
    latencies.saturating_record(u64::try_from(us).unwrap_or(LONGEST_US));
}

/// A kind of failure, and how often it happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// The status with the name of its problem, such as `409 conflict`, or what happened to the connection.
    pub kind: String,
    /// How many requests (under `live` also: updates that never came).
    pub count: u64,
    /// What was said the first time.
    pub example: String,
}

/// What happened on the connections of one thread, or of all.
#[derive(Debug)]
pub(super) struct Tally {
    /// From when a request was due to its whole answer; only those that succeeded.
    pub(super) answered: Latencies,
    /// Requests that succeeded.
    pub(super) requests: u64,
    /// Events that they appended.
    pub(super) events: u64,
    /// The highest position that any of them was given.
    pub(super) position: u64,
    /// Requests answered with 503: the host has more to do than it takes on.
    pub(super) overloaded: u64,
    pub(super) troubles: BTreeMap<String, Trouble>,
    /// Events that an open loop should have sent and did not.
    pub(super) unsent: u64,
    /// When the first request was due.
    pub(super) first: Option<Instant>,
    /// When the last answer came.
    pub(super) last: Option<Instant>,
    /// What part of its time each thread was busy.
    pub(super) busy: Vec<f64>,
}

/// What a successful append says.
#[derive(Deserialize)]
struct Appended {
    #[serde(default)]
    position: Option<u64>,
    #[serde(default)]
    positions: Vec<u64>,
}

impl Tally {
    pub(super) fn new() -> Result<Self, BenchError> {
        Ok(Self {
            answered: latencies()?,
            requests: 0,
            events: 0,
            position: 0,
            overloaded: 0,
            troubles: BTreeMap::new(),
            unsent: 0,
            first: None,
            last: None,
            busy: Vec::new(),
        })
    }

    /// Counts an answer. Gives the position that it tells, if it is one to an append that succeeded.
    pub(super) fn answer(&mut self, turn: Turn, answer: &Answer, at: Instant, appends: bool) -> Option<u64> {
        if !answer.status.is_success() {
            self.refused(turn, answer.status.as_u16(), answer.problem(), at);
            return None;
        }
        if !appends {
            self.succeeded(turn, at);
            return None;
        }
        let said = serde_json::from_slice::<Appended>(&answer.body);
        let position = said.ok().and_then(|said| said.position.or(said.positions.into_iter().max()));
        match position {
            Some(position) => self.appended(turn, position, at),
            None => self.not_understood(turn, &answer.body, at),
        }
        position
    }

    /// Counts events that were appended, the last one at this position.
    pub(super) fn appended(&mut self, turn: Turn, position: u64, at: Instant) {
        self.events += turn.events;
        self.position = self.position.max(position);
        self.succeeded(turn, at);
    }

    fn succeeded(&mut self, turn: Turn, at: Instant) {
        self.span(turn.due, at);
        self.requests += 1;
        record(&mut self.answered, turn.due, at);
    }

    /// Counts an answer that has no position in it.
    pub(super) fn not_understood(&mut self, turn: Turn, answer: &[u8], at: Instant) {
        self.span(turn.due, at);
        let answer = String::from_utf8_lossy(answer).chars().take(200).collect();
        self.trouble("an answer without a position".to_owned(), answer);
    }

    /// Counts a request that the host refused.
    pub(super) fn refused(&mut self, turn: Turn, status: u16, problem: Problem, at: Instant) {
        self.span(turn.due, at);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            self.overloaded += 1;
        }
        let kind = format!("{status} {}", problem.name());
        self.trouble(kind.trim_end().to_owned(), problem.detail);
    }

    /// Counts a request without an answer.
    pub(super) fn failure(&mut self, turn: Turn, failure: &Failure, at: Instant) {
        self.span(turn.due, at);
        self.failed(failure);
    }

    /// Counts a connection that failed.
    pub(super) fn failed(&mut self, failure: &Failure) {
        let kind = match failure {
            Failure::Connect(_) => "no connection",
            Failure::Broken(_) => "the connection broke",
            Failure::Refused(_) => "no websocket",
            Failure::Silent => "no answer",
        };
        self.trouble(kind.to_owned(), failure.to_string());
    }

    pub(super) fn trouble(&mut self, kind: String, example: String) {
        self.troubles(Trouble { kind, count: 1, example });
    }

    /// Counts troubles of one kind.
    pub(super) fn troubles(&mut self, trouble: Trouble) {
        match self.troubles.get_mut(&trouble.kind) {
            Some(known) => known.count += trouble.count,
            None => drop(self.troubles.insert(trouble.kind.clone(), trouble)),
        }
    }

    fn span(&mut self, due: Instant, at: Instant) {
        self.first = Some(self.first.map_or(due, |first| first.min(due)));
        self.last = self.last.max(Some(at));
    }

    /// Adds what happened on other connections.
    pub(super) fn merge(&mut self, other: Self) -> Result<(), BenchError> {
        self.answered.add(&other.answered).map_err(|error| BenchError::Broken(format!("{error:?}")))?;
        self.requests += other.requests;
        self.events += other.events;
        self.position = self.position.max(other.position);
        self.overloaded += other.overloaded;
        other.troubles.into_values().for_each(|trouble| self.troubles(trouble));
        self.unsent += other.unsent;
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.last = self.last.max(other.last);
        self.busy.extend(other.busy);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn answer(status: u16, body: &'static str) -> Answer {
        let status = StatusCode::from_u16(status).unwrap();
        Answer { status, headers: ::http::HeaderMap::new(), body: body.into() }
    }

    #[test]
    fn latency_counts_from_when_a_request_was_due() {
        let mut tally = Tally::new().unwrap();
        let due = Instant::now();
        let at = due + Duration::from_millis(250);
        let turn = Turn { due, events: 1 };
        assert_eq!(tally.answer(turn, &answer(201, r#"{"position":7}"#), at, true), Some(7));
        assert!(tally.answered.equivalent(tally.answered.max(), 250_000));
        assert_eq!((tally.requests, tally.events, tally.position), (1, 1, 7));
        assert_eq!((tally.first, tally.last), (Some(due), Some(at)));
    }

    #[test]
    fn batches_count_all_of_their_events() {
        let mut tally = Tally::new().unwrap();
        let turn = Turn { due: Instant::now(), events: 3 };
        let said = answer(201, r#"{"positions":[4,5,6]}"#);
        assert_eq!(tally.answer(turn, &said, Instant::now(), true), Some(6));
        assert_eq!((tally.requests, tally.events), (1, 3));
    }

    #[test]
    fn what_failed_is_counted_by_kind_and_has_no_latency() {
        let mut tally = Tally::new().unwrap();
        let turn = Turn { due: Instant::now(), events: 1 };
        let busy = answer(503, r#"{"type":"urn:everfold:problem:store-failed","detail":"later"}"#);
        let conflict = answer(409, r#"{"type":"urn:everfold:problem:conflict","detail":"taken"}"#);
        for said in [&busy, &conflict, &busy, &answer(502, "<html>"), &answer(200, "{}")] {
            assert_eq!(tally.answer(turn, said, Instant::now(), true), None);
        }
        tally.failure(turn, &Failure::Silent, Instant::now());
        let mut all = Tally::new().unwrap();
        all.merge(tally).unwrap();
        assert_eq!((all.overloaded, all.requests, all.answered.len()), (2, 0, 0));
        let seen: Vec<_> =
            all.troubles.values().map(|t| (t.kind.as_str(), t.count, t.example.as_str())).collect();
        assert_eq!(
            seen,
            [
                ("409 conflict", 1, "taken"),
                ("502", 1, ""),
                ("503 store-failed", 2, "later"),
                ("an answer without a position", 1, "{}"),
                ("no answer", 1, "no answer within 30 s"),
            ]
        );
    }
}
