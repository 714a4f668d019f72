//! Requests that wait until something is folded: a post that answers with a model, and a model that holds
//! what was posted.

use std::time::{Duration, Instant};

use axum::{body::Body, http::header, response::Response};
use tokio::sync::OwnedSemaphorePermit;

use super::{
    access::Asks,
    models,
    problem::{self as kinds, Problem},
    render::{self, Answer},
    timing,
    visit::Visit,
};
use crate::{
    Waited,
    config::Scope,
    error::{Error, Invalid},
    words::{DomainKey, EntityId, EventType, Parked, Position},
};

/// What a post waits for.
pub(super) struct Wait {
    key: DomainKey,
    /// In whose model the event goes; none: the context's.
    entity: Option<EntityId>,
    most: Duration,
    /// Its place among the streams.
    _place: OwnedSemaphorePermit,
}

/// `wait=DOMAIN` and `timeout=S` of a post. What would never be folded is refused here, before anything is
/// written.
pub(super) fn asked(visit: &Visit) -> Result<Option<Wait>, Problem> {
    let query = visit.query(&["wait", "timeout"])?;
    query.only_with("timeout", "wait")?;
    let Some(domain) = query.one("wait")? else { return Ok(None) };
    // The answer tells what is in the model.
    visit.require(Asks::Within(Scope::Read, 0))?;
    let limit_ms = visit.host().config().limits.wait_ms;
    let most = query.seconds("timeout", limit_ms)?.unwrap_or(Duration::from_millis(limit_ms));
    let [context, event_type, entity] = visit.path()?;
    let context = context.parse().map_err(Invalid::from)?;
    let event_type: EventType = event_type.parse().map_err(Invalid::from)?;
    let entity: EntityId = entity.parse().map_err(Invalid::from)?;
    let key = DomainKey { context, domain: domain.parse().map_err(Invalid::from)? };
    let entity = visit.host().folds_into(&key, &event_type, entity)?;
    Ok(Some(Wait { key, entity, most, _place: visit.streams().open()? }))
}

/// Waits, and tells in the answer to a post what became of the event at this position. It is written
/// whatever comes now, so that only an entity that is parked is a problem.
pub(super) async fn answer(visit: &Visit, wait: &Wait, position: Position, mut response: Response) -> Answer {
    let began = Instant::now();
    let folded = match waiting(visit, &wait.key, wait.entity, position, wait.most).await {
        // A module that came meanwhile may not take it any more.
        Ok(Waited::Folded(model)) => model.filter(|model| model.position >= position),
        Ok(Waited::Parked(parked)) => return Err(is_parked(&wait.key, wait.entity, &parked, position)),
        Ok(Waited::TimeOver) => None,
        Err(error) => {
            tracing::debug!(%error, domain = %wait.key, %position, "a wait ended early");
            None
        }
    };
    timing::add(response.headers_mut(), "fold", began.elapsed());
    let mut out = String::new();
    render::waited(&mut out, position, folded.as_ref());
    *response.body_mut() = Body::from(out);
    if let Some(model) = folded {
        let headers = response.headers_mut();
        models::describe(headers, &model, &*visit.host().require_domain(&wait.key)?);
        if model.data.is_some() {
            models::insert(headers, header::ETAG, models::tag(visit.host(), &model));
        }
    }
    Ok(response)
}

/// `wait=S` and `position=N` of a read: comes back once no event up to N (the head, unless it is given) is
/// unfolded.
pub(super) async fn until_folded(
    visit: &Visit,
    key: &DomainKey,
    entity: Option<EntityId>,
) -> Result<(), Problem> {
    let query = visit.query(&["wait", "position"])?;
    query.only_with("position", "wait")?;
    let Some(most) = query.seconds("wait", visit.host().config().limits.wait_ms)? else { return Ok(()) };
    let given = query.parsed("position", "it must be a position: a whole number")?;
    let head = visit.host().head().position;
    let position = given.map_or(head, Position);
    let _place = visit.streams().open()?;
    match waiting(visit, key, entity, position, most).await? {
        Waited::Folded(_) => Ok(()),
        Waited::Parked(parked) => Err(is_parked(key, entity, &parked, position)),
        Waited::TimeOver => {
            let detail = format!(
                "{key} had not folded everything up to position {position} within {} s (wait); the log's head was {head}: wait longer, or read without waiting",
                most.as_secs_f64()
            );
            Err(Problem::new(&kinds::WAIT_OVER, detail).with("position", position.0))
        }
    }
}

/// Waits, but not longer than the host serves.
async fn waiting(
    visit: &Visit,
    key: &DomainKey,
    entity: Option<EntityId>,
    position: Position,
    most: Duration,
) -> Result<Waited, Error> {
    tokio::select! {
        waited = visit.host().wait(key, entity, position, most) => waited,
        () = visit.streams().ending() => Err(Error::Closing),
    }
}

fn is_parked(key: &DomainKey, entity: Option<EntityId>, parked: &Parked, position: Position) -> Problem {
    let Parked { event, position: at, code, message, .. } = parked;
    let what = entity.map_or_else(|| "the context".to_owned(), |entity| format!("entity {entity}"));
    let detail = format!(
        "{what} is parked in {key}: event {event} at position {at} could not be folded ({code}: {message}); what is at position {position} is in the log and waits with it (GET /_/parked tells more)"
    );
    Problem::new(&kinds::PARKED, detail)
        .with("position", position.0)
        .with("event", event.as_str())
        .with("code", code.as_str())
}
