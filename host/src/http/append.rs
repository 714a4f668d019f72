//! An event comes in, named by its URL.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

use super::{
    body::{self, Limit},
    expect, negotiate,
    problem::{self as kinds, Problem},
    render::{self, Answer},
    visit::Delivery,
    waits,
};
use crate::{
    error::Invalid,
    ingest::RawEvent,
    store::Appended,
    words::{ContextName, EventId, Metadata},
};

/// Headers with this prefix become metadata.
pub(super) const META_PREFIX: &str = "everfold-meta-";

/// `POST /{context}/{event_type}/{entity}/{event_id}`
pub(super) async fn one(Delivery { visit, body }: Delivery) -> Answer {
    let limit = Limit { name: "event_bytes", bytes: visit.host().config().limits.event_bytes };
    negotiate::require_json(visit.headers())?;
    let wait = waits::asked(&visit)?;
    let metadata = metadata(visit.headers())?;
    let expected = expect::expectation(visit.headers())?;
    let admission = visit.host().admit(body::size(&body, limit)?)?;
    let data = body::read(body, limit).await?;
    let [context, event_type, entity, id] = visit.path()?;
    let context: ContextName = context.parse().map_err(Invalid::from)?;
    let event = RawEvent { id: &id, event_type: &event_type, entity: &entity, data: &data, metadata };
    let appended = admission.append(&context, &[event], expected).await?;
    // The host answers once for each event.
    let Some(Appended { position, new }) = appended.first() else {
        return Err(Problem::new(&kinds::EMPTY, "nothing was written"));
    };
    let mut response = render::json(format!("{{\"position\":{position}}}"));
    if *new {
        *response.status_mut() = StatusCode::CREATED;
    }
    let id: EventId = id.parse().map_err(Invalid::from)?;
    if let Ok(location) = HeaderValue::try_from(format!("/{context}/{id}/event")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    match wait {
        Some(wait) => waits::answer(&visit, &wait, *position, response).await,
        None => Ok(response),
    }
}

/// What the `Everfold-Meta-*` headers say, by name: the order of headers means nothing.
fn metadata(headers: &HeaderMap) -> Result<Metadata, Problem> {
    let mut metadata = Metadata::new();
    for (name, value) in headers {
        // Header names are in lower case once they are parsed.
        let Some(key) = name.as_str().strip_prefix(META_PREFIX) else { continue };
        let refused = |why: &str| {
            let detail = format!("header Everfold-Meta-{key} {why}");
            Err(Problem::new(&kinds::INVALID, detail).with("header", name.as_str()))
        };
        if key.is_empty() {
            return refused("has no name behind its prefix");
        }
        let Ok(value) = value.to_str() else {
            return refused("is not plain ASCII: send such metadata in a batch, whose JSON holds any text");
        };
        if metadata.iter().any(|(known, _)| known == key) {
            return refused("was sent twice: a name has one value");
        }
        metadata.push((key.to_owned(), value.to_owned()));
    }
    metadata.sort();
    Ok(metadata)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static [u8])]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static [u8])| {
            (HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap())
        };
        let mut headers = HeaderMap::new();
        for (name, value) in pairs.iter().map(pair) {
            headers.append(name, value);
        }
        headers
    }

    #[test]
    fn metadata_comes_from_headers_by_name() {
        let sent = headers(&[("everfold-meta-user", b"ann"), ("accept", b"*/*"), ("everfold-meta-app", b"")]);
        let expected = [("app", ""), ("user", "ann")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(metadata(&sent).unwrap(), expected);
    }

    #[test]
    fn metadata_that_cannot_be_kept_as_sent_is_refused() {
        for (sent, expected) in [
            (headers(&[("everfold-meta-user", "änn".as_bytes())]), "not plain ASCII"),
            (headers(&[("everfold-meta-user", b"a"), ("everfold-meta-user", b"b")]), "twice"),
            (headers(&[("everfold-meta-", b"a")]), "no name"),
        ] {
            let json = serde_json::to_string(&metadata(&sent).unwrap_err()).unwrap();
            assert!(json.contains(expected), "{json}");
        }
    }
}
