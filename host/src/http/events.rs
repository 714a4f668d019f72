//! Events go out: one, an entity's, or the log's.

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use uuid::Uuid;

use super::{
    expect,
    pages::Filling,
    render::{self, Answer},
    streams::{self, LogReader},
    tags,
    visit::Visit,
};
use crate::{
    error::Invalid,
    words::{ContextName, DomainKey, EntityId, Event, EventId},
};

/// `GET /{context}/{event_id}/event`
pub(super) async fn one(visit: Visit) -> Answer {
    visit.query(&[])?;
    let [context, id] = visit.path()?;
    let context = context.parse().map_err(Invalid::from)?;
    let id: EventId = id.parse().map_err(Invalid::from)?;
    let event = visit.host().event(&context, id).await?;
    // In another history the same event may have another position.
    let tag = format!("\"{}-{}\"", visit.host().epoch(), event.position);
    let mut out = String::new();
    let known = tags::has_already(visit.headers(), &tag);
    if !known {
        render::event(&mut out, &event);
    }
    let mut response = render::json(out);
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, visit.immutable());
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(header::ETAG, tag);
    }
    Ok(response)
}

/// `GET /{context}/events`
pub(super) async fn of_context(visit: Visit) -> Answer {
    if let Some(form) = visit.follows() {
        return streams::answer(visit, form).await;
    }
    let [context] = visit.path()?;
    let context: ContextName = context.parse().map_err(Invalid::from)?;
    visit.host().require_context(&context)?;
    let reader = LogReader::of_context(visit.host().clone(), context);
    of_log(&visit, reader).await
}

/// `GET /{context}/{entity}/events` and `GET /{context}/{domain}/events`
pub(super) async fn of_entity_or_domain(visit: Visit) -> Answer {
    if let Some(form) = visit.follows() {
        return streams::answer(visit, form).await;
    }
    let [context, entity_or_domain] = visit.path()?;
    let context: ContextName = context.parse().map_err(Invalid::from)?;
    if Uuid::try_parse(&entity_or_domain).is_ok() {
        let entity = entity_or_domain.parse().map_err(Invalid::from)?;
        return of_entity(&visit, &context, entity).await;
    }
    let key = DomainKey { context, domain: entity_or_domain.parse().map_err(Invalid::from)? };
    visit.host().require_domain(&key)?;
    let reader = LogReader::of_domain(visit.host().clone(), key);
    of_log(&visit, reader).await
}

async fn of_entity(visit: &Visit, context: &ContextName, entity: EntityId) -> Answer {
    let query = visit.query(&["after", "limit"])?;
    let limit = query.limit(visit.host().config().limits.page)?;
    let after = query.parsed("after", "it must be the id of an event: an entity's events come by id")?;
    // First the count: the tag must not stand for an event that comes while they are read.
    let count = visit.host().count_outside(context, entity).await?;
    let mut page = Filling::of(limit);
    while let Some(step) = page.wants() {
        let after = page.last().map(|last| last.fact.id).or(after);
        page.take(visit.host().entity_events(context, entity, after, step).await?);
    }
    let next = page.next().map(|last| query.next(visit.parts.uri.path(), last.fact.id));
    let mut response = render::page(visit.form(), "events", page.events(), render::event, next);
    if let Ok(tag) = HeaderValue::try_from(expect::tag(count)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

async fn of_log(visit: &Visit, mut reader: LogReader) -> Answer {
    let query = visit.query(&["after", "following", "since", "type", "entity", "limit"])?;
    streams::narrow(&mut reader, &query)?;
    reader.after = streams::start(visit.host(), &query, &reader.context).await?;
    let limit = query.limit(visit.host().config().limits.page)?;
    let mut page = Filling::of(limit);
    while let Some(step) = page.wants() {
        page.take(reader.read(step).await?);
    }
    let next = page.next().map(|last| query.next(visit.parts.uri.path(), last.position));
    let write = |out: &mut String, event: &Arc<Event>| render::event(out, event);
    Ok(render::page(visit.form(), "events", page.events(), write, next))
}
