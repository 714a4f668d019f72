//! Events come in: one by URL, or many in one body.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};

use super::{
    body::{self, Limit},
    negotiate,
    problem::{self as kinds, Problem},
    render::{self, Answer},
    visit::Delivery,
    waits,
};
use crate::{
    error::Invalid,
    ingest::{RawEvent, read_batch},
    store::Appended,
    words::{ContextName, EventId, Metadata},
};

/// Headers with this prefix become metadata.
const META_PREFIX: &str = "everfold-meta-";

/// `POST /{context}/{event_type}/{entity}/{event_id}`
pub(super) async fn one(Delivery { visit, body }: Delivery) -> Answer {
    let limit = Limit { name: "event_bytes", bytes: visit.host().config().limits.event_bytes };
    negotiate::require_json(visit.headers())?;
    let wait = waits::asked(&visit)?;
    let metadata = metadata(visit.headers())?;
    let data = body::read(body, limit).await?;
    let [context, event_type, entity, id] = visit.path()?;
    let context: ContextName = context.parse().map_err(Invalid::from)?;
    let event = RawEvent { id: &id, event_type: &event_type, entity: &entity, data: &data, metadata };
    let appended = visit.host().append(&context, &[event]).await?;
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

/// `POST /{context}/events`
pub(super) async fn batch(Delivery { visit, body }: Delivery) -> Answer {
    let limit = Limit { name: "batch_bytes", bytes: visit.host().config().limits.batch_bytes };
    let format = negotiate::batch_format(visit.headers())?;
    visit.query(&[])?;
    refuse_metadata(visit.headers())?;
    let body = body::read(body, limit).await?;
    let [context] = visit.path()?;
    let context: ContextName = context.parse().map_err(Invalid::from)?;
    let members = read_batch(&body, format)?;
    let events: Vec<_> = members.iter().map(|member| member.as_event()).collect();
    let appended = visit.host().append(&context, &events).await?;
    Ok(positions(&appended))
}

fn positions(appended: &[Appended]) -> Response {
    let mut out = String::with_capacity(16 + appended.len() * 8);
    out.push_str("{\"positions\":[");
    for (index, Appended { position, .. }) in appended.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(&position.to_string());
    }
    out.push_str("]}");
    let mut response = render::json(out);
    if appended.iter().any(|appended| appended.new) {
        *response.status_mut() = StatusCode::CREATED;
    }
    response
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

/// A batch says for each event what was sent along with it; headers would be lost without a word.
fn refuse_metadata(headers: &HeaderMap) -> Result<(), Problem> {
    match headers.keys().find(|name| name.as_str().starts_with(META_PREFIX)) {
        None => Ok(()),
        Some(name) => {
            let detail = format!("header {name} does not apply to a batch: give each event its metadata");
            Err(Problem::new(&kinds::INVALID, detail).with("header", name.as_str()))
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;
    use crate::words::Position;

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
        assert!(refuse_metadata(&headers(&[("everfold-meta-user", b"a")])).is_err());
        assert!(refuse_metadata(&headers(&[("accept", b"a")])).is_ok());
    }

    #[test]
    fn a_batch_is_new_if_anything_in_it_is() {
        let at = |position, new| Appended { position: Position(position), new };
        assert_eq!(positions(&[at(1, false), at(2, true)]).status(), StatusCode::CREATED);
        assert_eq!(positions(&[at(1, false)]).status(), StatusCode::OK);
    }
}
