//! The route table.

use std::net::SocketAddr;

use axum::{
    Router,
    routing::{get, post},
};

use super::{
    append, batch, chains, divergences, events,
    guard::Guard,
    hosts, models, operations, parked,
    problem::{self as kinds, Problem},
    streams::Streams,
    visit::{App, Visit},
};
use crate::Host;

/// The host's HTTP interface. `local` is where it listens, which decides whose requests it answers;
/// `streams` counts and ends the open ones.
pub(super) fn router(host: &Host, local: SocketAddr, streams: Streams) -> Router {
    let app = App::new(host.clone(), Guard::new(host.config(), local), streams);
    // One segment may be an entity, an event or a domain: what it is decides the handler behind it.
    Router::new()
        .route("/{context}/{event_type}/{entity}/{event_id}", post(append::one))
        .route("/{context}/events", post(batch::append).get(events::of_context))
        .route("/{context}/{event_id}/event", get(events::one))
        .route("/{context}/{event_id}/causes", get(chains::causes))
        .route("/{context}/{event_id}/effects", get(chains::effects))
        .route("/{context}/{entity_or_domain}/events", get(events::of_entity_or_domain))
        .route("/{context}/{domain}/{entity}/model", get(models::of_entity))
        .route("/{context}/{domain}/model", get(models::of_context))
        .route("/{context}/{domain}/models", get(models::list))
        .route("/{context}/{domain}/keys", get(models::keys))
        .route("/{context}/keys", get(models::domains))
        .route("/_/reducers", get(operations::reducers))
        .route("/_/parked", get(parked::list))
        .route("/_/parked/retry", post(parked::retry_all))
        .route("/_/parked/{context}/{domain}", get(parked::of_domain))
        .route("/_/parked/{context}/{domain}/retry", post(parked::retry_domain))
        .route("/_/parked/{context}/{domain}/{entity}", get(parked::capture))
        .route("/_/parked/{context}/{domain}/{entity}/retry", post(parked::retry_one))
        .route("/_/divergences", get(divergences::list))
        .route("/_/hosts", get(hosts::list))
        .route("/_/modules/{hash}", get(operations::module))
        .route("/_/live", get(operations::live))
        .route("/_/ready", get(operations::ready))
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        .with_state(app)
}

async fn not_found(visit: Visit) -> Problem {
    let detail = format!("there is nothing at {}: the README lists the URLs", visit.parts.uri.path());
    Problem::new(&kinds::NOT_FOUND, detail)
}

/// The router adds the `Allow` header.
async fn wrong_method(visit: Visit) -> Problem {
    let detail = format!("{} does not take {}: see Allow", visit.parts.uri.path(), visit.parts.method);
    Problem::new(&kinds::METHOD, detail)
}
