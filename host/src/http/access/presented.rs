//! The token that a request comes with.

use axum::http::{HeaderMap, HeaderValue, header, request::Parts};

use crate::{
    config::TokenHash,
    http::{
        negotiate,
        problem::{self as kinds, Problem},
    },
};

/// The websocket subprotocol that is answered.
pub(in crate::http) const PROTOCOL: &str = "everfold";
/// The subprotocol of a socket that follows many.
pub(in crate::http) const SUBSCRIBE: &str = "everfold.v1";
/// A page cannot set headers where it opens a websocket. It offers its token as a subprotocol: in the URL it
/// would be written into logs and histories.
const BEARER_PROTOCOL: &str = "everfold.bearer.";

/// The hash of a request's token; `None` if it has none.
pub(super) fn hash(parts: &Parts) -> Result<Option<TokenHash>, Problem> {
    let headers = &parts.headers;
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    match (sent.next(), sent.next()) {
        (Some(_), Some(_)) => {
            Err(Problem::new(&kinds::INVALID, "the request has more than one Authorization header"))
        }
        (Some(value), None) => Ok(bearer(value).map(TokenHash::of)),
        (None, _) if negotiate::wants_websocket(parts) => by_protocol(headers),
        (None, _) => Ok(None),
    }
}

/// Other schemes than `Bearer` (in any case) are not known here.
fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The subprotocols that a websocket may have.
fn offered(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).map(str::trim)
}

/// Whether a request is for a websocket that may have this subprotocol.
pub(in crate::http) fn offers(parts: &Parts, protocol: &str) -> bool {
    negotiate::wants_websocket(parts) && offered(&parts.headers).any(|offered| offered == protocol)
}

fn by_protocol(headers: &HeaderMap) -> Result<Option<TokenHash>, Problem> {
    let (mut token, mut is_answered) = (None, false);
    for offered in offered(headers) {
        is_answered |= offered == PROTOCOL || offered == SUBSCRIBE;
        token = token.or(offered.strip_prefix(BEARER_PROTOCOL));
    }
    if token.is_some() && !is_answered {
        // The answer names a subprotocol that was offered, or browsers close; the token must not be in it.
        let detail = "a token among the subprotocols needs another beside it, which is answered: offer everfold as well";
        return Err(Problem::new(&kinds::INVALID, detail).with("header", "sec-websocket-protocol"));
    }
    Ok(token.map(TokenHash::of))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn presented(pairs: &[(&'static str, &'static str)]) -> Result<Option<TokenHash>, &'static kinds::Kind> {
        let mut request = Request::new(());
        for (name, value) in pairs {
            request.headers_mut().append(*name, HeaderValue::from_static(value));
        }
        hash(&request.into_parts().0).map_err(|problem| problem.kind())
    }

    #[test]
    fn a_token_is_sent_in_a_header() {
        let known = Ok(Some(TokenHash::of("abc")));
        for value in ["Bearer abc", "bearer abc", "BEARER  abc"] {
            assert_eq!(presented(&[("authorization", value)]), known, "{value}");
        }
        for value in ["Basic abc", "abc", "Bearer", ""] {
            assert_eq!(presented(&[("authorization", value)]), Ok(None), "{value}");
        }
        assert_eq!(presented(&[]), Ok(None));
        let twice = [("authorization", "Bearer abc"), ("authorization", "Bearer abc")];
        assert_eq!(presented(&twice), Err(&kinds::INVALID));
    }

    #[test]
    fn a_page_offers_it_as_a_subprotocol_beside_the_one_that_is_answered() {
        let upgrade = ("upgrade", "websocket");
        let of = |offered| presented(&[upgrade, ("sec-websocket-protocol", offered)]);
        let known = Ok(Some(TokenHash::of("abc")));
        assert_eq!(of("everfold, everfold.bearer.abc"), known);
        assert_eq!(of("everfold.bearer.abc,everfold"), known);
        assert_eq!(of("everfold.bearer.abc"), Err(&kinds::INVALID));
        assert_eq!((of("everfold"), of("other")), (Ok(None), Ok(None)));
        let split = [
            upgrade,
            ("sec-websocket-protocol", "everfold"),
            ("sec-websocket-protocol", "everfold.bearer.abc"),
        ];
        assert_eq!(presented(&split), known);
        let no_websocket = [("sec-websocket-protocol", "everfold, everfold.bearer.abc")];
        assert_eq!(presented(&no_websocket), Ok(None), "elsewhere a page can set the header");
        let both =
            [upgrade, ("authorization", "Bearer abc"), ("sec-websocket-protocol", "everfold.bearer.x")];
        assert_eq!(presented(&both), known);
    }
}
