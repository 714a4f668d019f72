//! What runs here, and how it is doing.

use axum::{
    http::{HeaderValue, header},
    response::Response,
};
use serde::Serialize;

use super::{
    problem::{self as kinds, Problem},
    render::{self, Answer},
    visit::Visit,
};
use crate::{
    catalog::{Counts, Domain, ParkedEntity, State},
    error::{Error, Invalid},
    words::{Descriptor, DomainKey, ModuleHash, Position},
};

/// One domain and the module that serves it.
#[derive(Serialize)]
struct Reducer<'a> {
    context: &'a str,
    domain: &'a str,
    module: Option<String>,
    activation: Option<u64>,
    descriptor: Option<&'a Descriptor>,
    state: &'a State,
    refused: Option<&'a str>,
    counts: &'a Counts,
    position: Position,
    lag: u64,
    parked: &'a [ParkedEntity],
    divergence: Option<String>,
}

#[derive(Serialize)]
struct Reducers<'a> {
    head: Position,
    reducers: Vec<Reducer<'a>>,
}

impl<'a> Reducer<'a> {
    fn new(key: &'a DomainKey, domain: &'a Domain, head: Position) -> Self {
        let module = domain.module();
        // A retired domain waits for no event.
        let lag = if domain.is_retired() { 0 } else { head.0.saturating_sub(domain.position.0) };
        Self {
            context: key.context.as_str(),
            domain: key.domain.as_str(),
            module: module.map(|(hash, _)| hash.to_string()),
            activation: domain.activations.last().map(|activation| activation.number.0),
            descriptor: module.map(|(_, descriptor)| descriptor),
            state: &domain.state,
            refused: domain.refused.as_deref(),
            counts: &domain.counts,
            position: domain.position,
            lag,
            parked: &domain.parked,
            divergence: domain.divergences.front().map(|newest| newest.divergence.to_string()),
        }
    }
}

/// `GET /_/reducers`: those of the contexts that the visitor administers.
pub(super) async fn reducers(visit: Visit) -> Answer {
    visit.query(&[])?;
    // The head comes first: a domain that has reached it has folded, and emitted, all that it covers.
    let head = visit.host().head().position;
    let mut all = visit.host().catalog().all();
    all.retain(|(key, _)| visit.administers(&key.context));
    let reducers = all.iter().map(|(key, domain)| Reducer::new(key, domain, head)).collect();
    Ok(render::json(serde_json::to_vec(&Reducers { head, reducers }).unwrap_or_default()))
}

/// `GET /_/modules/{hash}`: the bytes that the hash names.
pub(super) async fn module(visit: Visit) -> Answer {
    visit.query(&[])?;
    let [_, _, hash] = visit.path()?;
    let hash: ModuleHash = hash.parse().map_err(Invalid::from)?;
    if !administers_one_of(&visit, &hash) {
        return Err(Error::UnknownModule(hash).into());
    }
    let bytes = visit.host().module(&hash).await?;
    let mut response = Response::new(bytes.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/wasm"));
    headers.insert(header::CACHE_CONTROL, visit.immutable());
    Ok(response)
}

/// Whether a context that the visitor administers is or was served by a module. Whoever administers all is not
/// asked: the store may hold more than the catalog knows.
fn administers_one_of(visit: &Visit, hash: &ModuleHash) -> bool {
    let is_one = |domain: &Domain| {
        let mut modules = domain.activations.iter().filter_map(|activation| activation.module.as_ref());
        modules.any(|(module, _)| module == hash)
    };
    visit.administers_all()
        || visit
            .host()
            .catalog()
            .all()
            .iter()
            .any(|(key, domain)| visit.administers(&key.context) && is_one(domain))
}

/// What can be followed, and every message there, for programs: the protocol as AsyncAPI.
const ASYNCAPI: &str = include_str!("asyncapi.json");

/// `GET /_/asyncapi.json`
pub(super) async fn asyncapi(visit: Visit) -> Answer {
    visit.query(&[])?;
    Ok(render::json(ASYNCAPI))
}

/// `GET /_/live`: whoever can answer is alive.
pub(super) async fn live(visit: Visit) -> Answer {
    visit.query(&[])?;
    Ok(render::json(r#"{"status":"live"}"#))
}

/// `GET /_/ready`: no module is being compiled, and no shutdown has begun.
pub(super) async fn ready(visit: Visit) -> Answer {
    visit.query(&[])?;
    if visit.streams().are_ending() {
        return Err(Problem::new(&kinds::NOT_READY, "the host is shutting down"));
    }
    let all = visit.host().catalog().all();
    let compiling: Vec<_> =
        all.iter().filter(|(_, domain)| is_compiling(domain)).map(|(key, _)| key.to_string()).collect();
    if compiling.is_empty() {
        return Ok(render::json(r#"{"status":"ready"}"#));
    }
    if !visit.is_open() {
        // This is answered without a token: names are for those who have one.
        let detail = format!("{} modules are still being compiled", compiling.len());
        return Err(Problem::new(&kinds::NOT_READY, detail));
    }
    let detail = format!("still compiling: {}", compiling.join(", "));
    Err(Problem::new(&kinds::NOT_READY, detail).with("compiling", compiling))
}

/// A domain whose first file was refused compiles nothing: it waits for another file.
fn is_compiling(domain: &Domain) -> bool {
    domain.state == State::Compiling && !(domain.activations.is_empty() && domain.refused.is_some())
}
