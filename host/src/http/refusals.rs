//! The host's errors as problems: the one place where domain errors meet HTTP.

use axum::http::header;

use super::{
    expect,
    problem::{self as kinds, Problem},
};
use crate::{
    error::{Error, Invalid},
    store::StoreError,
};

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::Invalid(invalid) => invalid.into(),
            Error::UnknownContext(context) => {
                Self::new(&kinds::UNKNOWN_CONTEXT, detail).with("context", context.as_str())
            }
            Error::UnknownDomain(key) => Self::new(&kinds::UNKNOWN_DOMAIN, detail)
                .with("context", key.context.as_str())
                .with("domain", key.domain.as_str()),
            Error::OtherFold(..) => Self::new(&kinds::OTHER_FOLD, detail),
            Error::UnknownEvent(_, id) => Self::new(&kinds::UNKNOWN_EVENT, detail).with("id", id.to_string()),
            Error::NoModel(..) => Self::new(&kinds::NO_MODEL, detail),
            Error::NotParked(..) => Self::new(&kinds::NOT_PARKED, detail),
            Error::NoCapture(..) => Self::new(&kinds::NO_CAPTURE, detail),
            Error::NotServed(..) => Self::new(&kinds::NOT_SERVED, detail),
            Error::NotTaken(key, event_type) => Self::new(&kinds::NOT_TAKEN, detail)
                .with("context", key.context.as_str())
                .with("domain", key.domain.as_str())
                .with("event_type", event_type.as_str()),
            Error::UnknownModule(hash) => {
                Self::new(&kinds::UNKNOWN_MODULE, detail).with("module", hash.to_string())
            }
            Error::Conflict { id, position } => {
                let problem = Self::new(&kinds::CONFLICT, detail).with("id", id.to_string());
                // 0 stands for "in this very request", which has no position.
                if position.0 == 0 { problem } else { problem.with("position", position.0) }
            }
            Error::Unmet { entity, current } => {
                let tag = expect::tag(current);
                Self::new(&kinds::UNMET, detail)
                    .with("entity", entity.to_string())
                    .with("etag", tag.as_str())
                    .header(header::ETAG, tag)
            }
            Error::Overloaded { name, most } => Self::new(&kinds::OVERLOADED, detail)
                .with("limit", format!("limits.{name}"))
                .with("most", most),
            Error::Closing => Self::new(&kinds::CLOSING, detail),
            Error::Store(error) => of_store(&error),
        }
    }
}

/// What the database says is for the operator's log; the client learns what to do.
fn of_store(error: &StoreError) -> Problem {
    // Of the database's absence the store itself tells, once.
    if !error.is_absence() {
        tracing::error!(%error, "a request failed in the store");
    }
    match error {
        StoreError::Unavailable(_) => Problem::new(
            &kinds::UNAVAILABLE,
            "the database cannot be reached now: nothing of this request was written; send it again in a moment",
        ),
        StoreError::Unknown(_) => Problem::new(
            &kinds::UNAVAILABLE,
            "the database went away while this was being written: send the same again in a moment, which is safe and tells what became of it",
        ),
        StoreError::OtherHistory => Problem::new(
            &kinds::UNAVAILABLE,
            "the database has another history now, with which this host begins anew: ask again in a moment",
        ),
        StoreError::Damaged(_) => Problem::new(
            &kinds::DAMAGED,
            "the store holds a value that cannot be read: the host's log says which",
        ),
        StoreError::Open { .. } | StoreError::Namesake { .. } | StoreError::Database(_) => Problem::new(
            &kinds::STORE,
            "the store failed: nothing is promised of this request; sending the same again is safe",
        ),
    }
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        let detail = invalid.to_string();
        let mut index = None;
        let mut innermost = &invalid;
        while let Invalid::Member { index: member, error } = innermost {
            index = Some(*member);
            innermost = error;
        }
        let problem = match innermost {
            Invalid::Name(_) => Self::new(&kinds::NAME, detail),
            Invalid::Id(_) => Self::new(&kinds::ID, detail),
            Invalid::Ahead { ahead_ms, limit_ms, .. } => Self::new(&kinds::AHEAD, detail)
                .with("ahead_ms", *ahead_ms)
                .with("limit", "max_clock_ahead_ms")
                .with("most", *limit_ms),
            Invalid::NotJson { .. } => Self::new(&kinds::NOT_JSON, detail),
            Invalid::Empty(_) => Self::new(&kinds::EMPTY, detail),
            Invalid::TooLarge { name, limit, .. } => Self::new(&kinds::TOO_LARGE, detail)
                .with("limit", format!("limits.{name}"))
                .with("most", *limit),
            // Members were unwrapped above.
            Invalid::Value { .. }
            | Invalid::Shape { .. }
            | Invalid::SeveralEntities { .. }
            | Invalid::Member { .. } => Self::new(&kinds::INVALID, detail),
        };
        match index {
            Some(index) => problem.with("index", index),
            None => problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;
    use crate::words::Position;

    #[test]
    fn a_member_of_a_batch_is_named_beside_what_is_wrong_with_it() {
        let name = "1".parse::<crate::words::EventType>().unwrap_err();
        let member = Invalid::Member { index: 3, error: Box::new(name.into()) };
        let problem = Problem::from(member);
        assert_eq!(problem.kind(), &kinds::NAME);
        let json = serde_json::to_value(&problem).unwrap();
        assert_eq!(json["index"], 3);
        assert!(json["detail"].as_str().unwrap().starts_with("event 3 of the batch: event type"), "{json}");
    }

    #[test]
    fn what_the_database_says_stays_inside() {
        let secret = StoreError::Database(std::sync::Arc::new(sqlx_error()));
        let json = serde_json::to_string(&Problem::from(Error::Store(secret))).unwrap();
        assert!(!json.contains("closed"), "{json}");
        assert_eq!(Problem::from(Error::Closing).into_response().status(), 503);
    }

    fn sqlx_error() -> sqlx::Error {
        sqlx::Error::PoolClosed
    }

    #[test]
    fn an_unmet_expectation_tells_the_present_tag() {
        let entity = "7d444840-9dc0-41d1-b245-5ffdce74fad2".parse().unwrap();
        let problem = Problem::from(Error::Unmet { entity, current: 12 });
        assert_eq!(serde_json::to_value(&problem).unwrap()["etag"], "\"12\"");
        let response = problem.into_response();
        assert_eq!(response.status(), 412);
        assert_eq!(response.headers()[header::ETAG], "\"12\"");
    }

    #[test]
    fn a_conflict_tells_where_the_other_event_is() {
        let id = "c232ab00-9414-11ec-b3c8-9f6bdeced846".parse().unwrap();
        let conflict =
            |position| serde_json::to_value(Problem::from(Error::Conflict { id, position })).unwrap();
        assert_eq!(conflict(Position(7))["position"], 7);
        assert!(conflict(Position(0)).get("position").is_none());
        assert_eq!(conflict(Position(0))["id"], "c232ab00-9414-11ec-b3c8-9f6bdeced846");
    }
}
