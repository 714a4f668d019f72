//! Pages of other origins: which of them may read answers, and what they are told before they ask.
//!
//! Only those in `allowed_origins`, and never with cookies, of which this host has none. Who may write is the
//! guard's to say.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header},
    response::Response,
};

/// What pages may ask with.
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, OPTIONS");

/// Headers that pages may send ...
const SENT: [&str; 6] =
    ["accept", "authorization", "content-type", "if-match", "if-none-match", "last-event-id"];
/// ... beside those that begin so: metadata, and the attributes of CloudEvents.
const SENT_PREFIXES: [&str; 2] = [super::append::META_PREFIX, super::negotiate::ATTRIBUTE_PREFIX];

/// Headers of answers that pages may read.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "Allow, ETag, Link, Location, Retry-After, Server-Timing, WWW-Authenticate, \
     Everfold-Module, Everfold-Parked, Everfold-Position, Everfold-Retired",
);

/// How long a page need not ask again whether it may, in seconds. Browsers keep it no longer than that.
const REMEMBERED_S: HeaderValue = HeaderValue::from_static("7200");

/// On what the answer to such a question depends.
const ASKED: HeaderValue =
    HeaderValue::from_static("Origin, Access-Control-Request-Method, Access-Control-Request-Headers");

/// Whether a request asks what a page may send, before the page sends it.
pub(super) fn is_preflight<B>(request: &Request<B>) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to that, for a page that may read.
pub(super) fn preflight(asked: &HeaderMap) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, REMEMBERED_S);
    headers.insert(header::VARY, ASKED);
    if let Some(sent) = may_send(asked) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, sent);
    }
    response
}

/// Those of the headers asked for that a page may send.
fn may_send(asked: &HeaderMap) -> Option<HeaderValue> {
    let values = asked.get_all(header::ACCESS_CONTROL_REQUEST_HEADERS).iter();
    let names = values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let names = names.filter_map(|name| HeaderName::try_from(name.trim()).ok());
    let is_known = |name: &HeaderName| {
        let name = name.as_str();
        SENT.contains(&name) || SENT_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    };
    let known: Vec<_> = names.filter(is_known).collect();
    let known: Vec<_> = known.iter().map(HeaderName::as_str).collect();
    if known.is_empty() { None } else { HeaderValue::try_from(known.join(", ")).ok() }
}

/// Lets a page of this origin read an answer.
pub(super) fn let_read(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_may_send_what_the_interface_knows() {
        let of = |asked: &'static str| {
            let name = header::ACCESS_CONTROL_REQUEST_HEADERS;
            may_send(&HeaderMap::from_iter([(name, HeaderValue::from_static(asked))]))
        };
        let sent = of("Content-Type, if-match,everfold-meta-user, x-other, ce-id, a b").unwrap();
        assert_eq!(sent, "content-type, if-match, everfold-meta-user, ce-id");
        assert_eq!((of("x-other"), of("")), (None, None));
        assert_eq!(may_send(&HeaderMap::new()), None);
    }

    #[test]
    fn what_is_told_beforehand_depends_on_what_was_asked() {
        let response = preflight(&HeaderMap::new());
        assert_eq!(response.status(), 204);
        let headers = response.headers();
        assert_eq!(headers["access-control-allow-methods"], "GET, HEAD, POST, OPTIONS");
        assert_eq!(headers["access-control-max-age"], "7200");
        assert!(headers["vary"].to_str().unwrap().starts_with("Origin, "));
        assert!(!headers.contains_key("access-control-allow-headers"));
        assert!(!headers.contains_key("access-control-allow-credentials"));
    }
}
