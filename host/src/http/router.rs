//! The route table.

use axum::{
    Router,
    body::Body,
    handler::Handler,
    http::{Method, StatusCode, request::Parts},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};

use super::{
    access::Asks,
    append, batch, chains, divergences, events, hosts, models, negotiate, operations, parked,
    problem::{self as kinds, Problem},
    streams,
    visit::{App, Shared, Stray},
};
use crate::config::Scope;

/// The host's HTTP interface. Each route says what it asks of whoever calls it: without, it does not compile.
pub(super) fn router(shared: &Shared) -> Router {
    let asking = |asks| move |handler: MethodRouter<App>| handler.with_state(shared.asking(asks));
    let read = asking(Asks::Within(Scope::Read, 0));
    let write = asking(Asks::Within(Scope::Write, 0));
    // Those that list give only what belongs to contexts that the visitor administers.
    let list = asking(Asks::Anywhere(Scope::Admin));
    let mend = asking(Asks::Within(Scope::Admin, 2));
    let whole = asking(Asks::Everywhere(Scope::Admin));
    let open = asking(Asks::Nothing);
    // One segment may be an entity, an event or a domain: what it is decides the handler behind it.
    Router::new()
        .route("/{context}/{event_type}/{entity}/{event_id}", write(post(append::one)))
        .route("/{context}/events", write(post(batch::append)).merge(read(followed(events::of_context))))
        .route("/{context}/subscribe", read(followed(streams::subscribe)))
        .route("/{context}/{event_id}/event", read(get(events::one)))
        .route("/{context}/{event_id}/causes", read(get(chains::causes)))
        .route("/{context}/{event_id}/effects", read(get(chains::effects)))
        .route("/{context}/{entity_or_domain}/events", read(followed(events::of_entity_or_domain)))
        .route("/{context}/{domain}/{entity}/model", read(followed(models::of_entity)))
        .route("/{context}/{domain}/model", read(followed(models::of_context)))
        .route("/{context}/{domain}/models", read(get(models::list)))
        .route("/{context}/{domain}/keys", read(get(models::keys)))
        .route("/{context}/keys", read(get(models::domains)))
        .route("/_/reducers", list(get(operations::reducers)))
        .route("/_/parked", list(get(parked::list)))
        .route("/_/parked/retry", whole(post(parked::retry_all)))
        .route("/_/parked/{context}/{domain}", mend(get(parked::of_domain)))
        .route("/_/parked/{context}/{domain}/retry", mend(post(parked::retry_domain)))
        .route("/_/parked/{context}/{domain}/{entity}", mend(get(parked::capture)))
        .route("/_/parked/{context}/{domain}/{entity}/retry", mend(post(parked::retry_one)))
        .route("/_/divergences", list(get(divergences::list)))
        .route("/_/hosts", whole(get(hosts::list)))
        .route("/_/modules/{hash}", list(get(operations::module)))
        .route("/_/asyncapi.json", open(get(operations::asyncapi)))
        .route("/_/live", open(get(operations::live)))
        .route("/_/ready", open(get(operations::ready)))
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        .with_state(shared.clone())
}

/// A URL that can be read and followed. Websockets are opened by `GET`, or over HTTP/2 by `CONNECT` (RFC 8441).
fn followed<H, T>(handler: H) -> MethodRouter<App>
where
    H: Handler<T, App>,
    T: 'static,
{
    get(handler.clone()).connect(handler)
}

async fn not_found(stray: Stray) -> Problem {
    let detail = format!("there is nothing at {}: the README lists the URLs", stray.parts.uri.path());
    Problem::new(&kinds::NOT_FOUND, detail)
}

/// Says what a URL takes. The router adds the `Allow` header.
async fn wrong_method(stray: Stray) -> Response {
    let Parts { method, uri, .. } = &stray.parts;
    if method == Method::OPTIONS {
        return (StatusCode::NO_CONTENT, Body::empty()).into_response();
    }
    let method = if negotiate::asks_head(&stray.parts) { &Method::HEAD } else { method };
    let detail = format!("{} does not take {method}: see Allow", uri.path());
    Problem::new(&kinds::METHOD, detail).into_response()
}
