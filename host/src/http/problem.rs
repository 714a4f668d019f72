//! Errors as problem+json (RFC 9457): every kind that this interface answers with, and how it is written.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

/// A kind of problem. Its name never changes: programs decide by `urn:everfold:problem:NAME`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kind {
    status: StatusCode,
    name: &'static str,
    title: &'static str,
}

macro_rules! kinds {
    ($($constant:ident = $status:ident, $name:literal, $title:literal;)*) => {
        $(pub(super) static $constant: Kind =
            Kind { status: StatusCode::$status, name: $name, title: $title };)*
        #[cfg(test)]
        static ALL: &[&Kind] = &[$(&$constant),*];
    };
}

kinds! {
    INVALID = BAD_REQUEST, "invalid-request", "The request is not valid";
    NAME = BAD_REQUEST, "invalid-name", "A name is not valid";
    ID = BAD_REQUEST, "invalid-id", "An id is not valid";
    AHEAD = BAD_REQUEST, "id-from-the-future", "An event id is from the future";
    NOT_JSON = BAD_REQUEST, "not-json", "The body is not JSON";
    NOT_UNDERSTOOD = BAD_REQUEST, "not-understood", "The message is not of this protocol";
    UPGRADE = UPGRADE_REQUIRED, "upgrade-required", "This is a websocket";
    NOT_TAKEN = BAD_REQUEST, "not-taken", "The domain does not take events of this type";
    EMPTY = BAD_REQUEST, "empty", "There is nothing to write";
    INCOMPLETE = BAD_REQUEST, "incomplete-body", "The body ended early";
    TOKEN_NEEDED = UNAUTHORIZED, "token-needed", "This needs a token";
    TOKEN_UNKNOWN = UNAUTHORIZED, "token-unknown", "The token is not known";
    NOT_PERMITTED = FORBIDDEN, "not-permitted", "The token may not do that";
    FORBIDDEN_ORIGIN = FORBIDDEN, "forbidden-origin", "Pages of this origin may not do that";
    NOT_FOUND = NOT_FOUND, "not-found", "There is nothing at this URL";
    UNKNOWN_CONTEXT = NOT_FOUND, "unknown-context", "There is no such context";
    UNKNOWN_DOMAIN = NOT_FOUND, "unknown-domain", "There is no such domain";
    UNKNOWN_EVENT = NOT_FOUND, "unknown-event", "There is no such event";
    NO_MODEL = NOT_FOUND, "no-model", "There is no such model";
    OTHER_FOLD = NOT_FOUND, "other-fold", "The domain keeps its models in another way";
    NOT_PARKED = NOT_FOUND, "not-parked", "It is not parked";
    NO_CAPTURE = NOT_FOUND, "no-capture", "The failed reduction was not captured";
    UNKNOWN_MODULE = NOT_FOUND, "unknown-module", "There is no such module";
    METHOD = METHOD_NOT_ALLOWED, "method-not-allowed", "This URL does not take that method";
    TIMEOUT = REQUEST_TIMEOUT, "body-timeout", "The body took too long";
    CONFLICT = CONFLICT, "conflict", "The id is taken by an event with other content";
    NOT_SERVED = CONFLICT, "not-served", "No module serves the domain";
    PARKED = CONFLICT, "parked", "The event cannot be folded: its entity is parked";
    UNMET = PRECONDITION_FAILED, "expectation-unmet", "The entity is not as it was expected";
    TOO_LARGE = PAYLOAD_TOO_LARGE, "too-large", "The request is too large";
    MEDIA_TYPE = UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "The body is not of a type that is taken";
    MISDIRECTED = MISDIRECTED_REQUEST, "wrong-host", "This host does not answer to that name";
    OVERLOADED = SERVICE_UNAVAILABLE, "overloaded", "Too much waits to be written";
    TOO_MANY_STREAMS = SERVICE_UNAVAILABLE, "too-many-streams", "Too many streams are open";
    NOT_READY = SERVICE_UNAVAILABLE, "not-ready", "The host is not ready";
    CLOSING = SERVICE_UNAVAILABLE, "closing", "The host is shutting down";
    STREAM_FAILED = SERVICE_UNAVAILABLE, "stream-failed", "The stream failed";
    STORE = SERVICE_UNAVAILABLE, "store-failed", "The store failed";
    UNAVAILABLE = SERVICE_UNAVAILABLE, "store-unavailable", "The database cannot be reached";
    WAIT_OVER = GATEWAY_TIMEOUT, "wait-over", "The time to wait was over";
    DAMAGED = INTERNAL_SERVER_ERROR, "store-damaged", "The store holds a damaged value";
}

/// An answer that says what went wrong.
#[derive(Debug)]
pub(super) struct Problem {
    kind: &'static Kind,
    detail: String,
    members: Vec<(&'static str, Value)>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem, in a sentence for people.
    pub(super) fn new(kind: &'static Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), members: Vec::new(), headers: Vec::new() }
    }

    /// Adds a member for programs.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.members.push((name, value.into()));
        self
    }

    /// Adds a header, unless the value cannot stand in one.
    pub(super) fn header(mut self, name: HeaderName, value: impl TryInto<HeaderValue>) -> Self {
        self.headers.extend(value.try_into().ok().map(|value| (name, value)));
        self
    }

    #[cfg(test)]
    pub(super) fn kind(&self) -> &'static Kind {
        self.kind
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4 + self.members.len()))?;
        map.serialize_entry("type", &format_args!("urn:everfold:problem:{}", self.kind.name))?;
        map.serialize_entry("title", self.kind.title)?;
        map.serialize_entry("status", &self.kind.status.as_u16())?;
        map.serialize_entry("detail", &self.detail)?;
        self.members.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
        map.end()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.kind.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.kind.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        headers.extend(self.headers);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_written_in_the_order_of_the_rfc() {
        let problem = Problem::new(&CONFLICT, "taken").with("position", 7);
        assert_eq!(
            serde_json::to_string(&problem).unwrap(),
            r#"{"type":"urn:everfold:problem:conflict","title":"The id is taken by an event with other content","status":409,"detail":"taken","position":7}"#
        );
        let response = problem.into_response();
        assert_eq!(response.status(), StatusCode::CONFLICT);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        assert!(!response.headers().contains_key(header::RETRY_AFTER));
    }

    #[test]
    fn what_passes_by_itself_says_when_to_come_back() {
        let response = Problem::new(&CLOSING, "closing").into_response();
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
    }

    #[test]
    fn no_two_kinds_share_a_name() {
        let names: std::collections::BTreeSet<_> = ALL.iter().map(|kind| kind.name).collect();
        assert_eq!(names.len(), ALL.len());
    }
}
