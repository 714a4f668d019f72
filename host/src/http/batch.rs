//! Events come in, many in one body: members of the host's own form, or CloudEvents.

use axum::{
    http::{HeaderMap, StatusCode},
    response::Response,
};

use super::{
    append::META_PREFIX,
    body::{self, Limit},
    expect,
    negotiate::{self, ATTRIBUTE_PREFIX, BatchForm},
    problem::{self as kinds, Problem},
    render::{self, Answer},
    visit::Delivery,
};
use crate::{
    error::Invalid,
    ingest::{CloudEvent, RawEvent, binary_cloudevent, read_batch, read_cloudevents},
    store::Appended,
    words::ContextName,
};

/// `POST /{context}/events`
pub(super) async fn append(Delivery { visit, body }: Delivery) -> Answer {
    let limit = Limit { name: "batch_bytes", bytes: visit.host().config().limits.batch_bytes };
    let form = negotiate::batch_form(visit.headers())?;
    visit.query(&[])?;
    refuse_metadata(visit.headers())?;
    let expected = expect::expectation(visit.headers())?;
    let admission = visit.host().admit(body::size(&body, limit)?)?;
    let body = match form {
        // A CloudEvent may have no data.
        BatchForm::Binary => body::read_any(body, limit).await?,
        _ => body::read(body, limit).await?,
    };
    let [context] = visit.path()?;
    let context: ContextName = context.parse().map_err(Invalid::from)?;
    let (members, cloudevents);
    let events: Vec<RawEvent<'_>> = match form {
        BatchForm::Members(format) => {
            members = read_batch(&body, format)?;
            members.iter().map(|member| member.as_event()).collect()
        }
        BatchForm::CloudEvents(form) => {
            cloudevents = read_cloudevents(&body, form)?;
            cloudevents.iter().map(CloudEvent::as_event).collect()
        }
        BatchForm::Binary => {
            cloudevents = vec![binary_cloudevent(attributes(visit.headers())?, &body)?];
            cloudevents.iter().map(CloudEvent::as_event).collect()
        }
    };
    let appended = admission.append(&context, &events, expected).await?;
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

/// The attributes of a CloudEvent in binary mode, as they were sent.
fn attributes(headers: &HeaderMap) -> Result<Vec<(&str, &str)>, Problem> {
    let mut attributes = Vec::new();
    for (name, value) in headers {
        // Header names are in lower case once they are parsed.
        let Some(attribute) = name.as_str().strip_prefix(ATTRIBUTE_PREFIX) else { continue };
        let Ok(value) = value.to_str() else {
            let detail = format!("header {name} is not plain ASCII: percent-encode it, as CloudEvents say");
            return Err(Problem::new(&kinds::INVALID, detail).with("header", name.as_str()));
        };
        attributes.push((attribute, value));
    }
    Ok(attributes)
}

/// A batch says for each event what was sent along with it; headers would be lost without a word.
fn refuse_metadata(headers: &HeaderMap) -> Result<(), Problem> {
    match headers.keys().find(|name| name.as_str().starts_with(META_PREFIX)) {
        None => Ok(()),
        Some(name) => {
            let detail = format!(
                "header {name} does not apply here: give each event its metadata, or a CloudEvent extensions"
            );
            Err(Problem::new(&kinds::INVALID, detail).with("header", name.as_str()))
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;
    use crate::words::Position;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    #[test]
    fn a_batch_is_new_if_anything_in_it_is() {
        let at = |position, new| Appended { position: Position(position), new };
        assert_eq!(positions(&[at(1, false), at(2, true)]).status(), StatusCode::CREATED);
        assert_eq!(positions(&[at(1, false)]).status(), StatusCode::OK);
    }

    #[test]
    fn attributes_are_the_headers_with_the_prefix() {
        let sent = headers(&[("ce-id", "1"), ("host", "x"), ("ce-id", "2"), ("cell", "3")]);
        assert_eq!(attributes(&sent).unwrap(), [("id", "1"), ("id", "2")]);
        let json = serde_json::to_string(&attributes(&headers(&[("ce-by", "änn")])).unwrap_err()).unwrap();
        assert!(json.contains("header ce-by is not plain ASCII"), "{json}");
    }

    #[test]
    fn headers_give_no_metadata_to_a_batch() {
        assert!(refuse_metadata(&headers(&[("everfold-meta-user", "a")])).is_err());
        assert!(refuse_metadata(&headers(&[("accept", "a")])).is_ok());
    }
}
