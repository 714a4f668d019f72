//! Models go out: one, or a domain's; and the names under which they are found.

use std::fmt::Write;

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};

use super::{
    problem::Problem,
    query::Query,
    render::{self, Answer},
    streams, tags,
    visit::Visit,
    waits,
};
use crate::{
    Host,
    catalog::Domain,
    error::{Error, Invalid},
    store::Page,
    words::{ContextName, DomainKey, DomainName, EntityId, Model},
};

/// `GET /{context}/{domain}/{entity}/model`
pub(super) async fn of_entity(visit: Visit) -> Answer {
    let [context, domain, entity] = visit.path()?;
    let (key, entity) = (key(&context, &domain)?, entity.parse().map_err(Invalid::from)?);
    of(visit, key, Some(entity)).await
}

/// `GET /{context}/{domain}/model`
pub(super) async fn of_context(visit: Visit) -> Answer {
    let [context, domain] = visit.path()?;
    let key = key(&context, &domain)?;
    of(visit, key, None).await
}

async fn of(visit: Visit, key: DomainKey, entity: Option<EntityId>) -> Answer {
    if let Some(form) = visit.follows() {
        return streams::answer(visit, form).await;
    }
    waits::until_folded(&visit, &key, entity).await?;
    let host = visit.host();
    let model = host.model(&key, entity).await?;
    let Some(data) = &model.data else { return Err(Error::NoModel(key, entity).into()) };
    let tag = tag(host, &model);
    let known = tags::has_already(visit.headers(), &tag);
    // A model's bytes are shared with the row that holds them; the answer needs its own.
    let mut response = Response::new(if known { Vec::new() } else { data.to_vec() }.into());
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    let domain = host.require_domain(&key)?;
    insert(headers, header::CONTENT_TYPE, content_type(&model, &domain).unwrap_or("application/json"));
    describe(headers, &model, &domain);
    insert(headers, header::ETAG, tag);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    render::varies(headers);
    Ok(response)
}

/// The `ETag` of a model: the store's epoch and the version.
pub(super) fn tag(host: &Host, model: &Model) -> String {
    format!("\"{}-{}\"", host.epoch(), model.version)
}

/// The media type that the module which made a model gives it.
fn content_type<'a>(model: &Model, domain: &'a Domain) -> Option<&'a str> {
    let mut modules = domain.activations.iter().rev().filter_map(|activation| activation.module.as_ref());
    let descriptor = modules.find(|(hash, _)| Some(*hash) == model.module).map(|(_, descriptor)| descriptor);
    descriptor.and_then(|descriptor| descriptor.content_type.as_deref())
}

/// What the headers tell about a model.
pub(super) fn describe(headers: &mut HeaderMap, model: &Model, domain: &Domain) {
    insert(headers, HeaderName::from_static("everfold-position"), model.position.to_string());
    if let Some(module) = model.module {
        insert(headers, HeaderName::from_static("everfold-module"), module.to_string());
    }
    if domain.is_retired() {
        insert(headers, HeaderName::from_static("everfold-retired"), "true");
    }
    if let Some(parked) = &model.parked {
        insert(headers, HeaderName::from_static("everfold-parked"), parked.code.as_str());
    }
}

/// Sets a header, unless the value (which a module may have written) cannot stand in one.
pub(super) fn insert(headers: &mut HeaderMap, name: HeaderName, value: impl TryInto<HeaderValue>) {
    if let Ok(value) = value.try_into() {
        headers.insert(name, value);
    }
}

/// `GET /{context}/{domain}/models`
pub(super) async fn list(visit: Visit) -> Answer {
    let (query, key, after, limit) = asked(&visit)?;
    let Page { entries, next } = visit.host().models(&key, after, limit).await?;
    let next = next.map(|last| query.next(visit.parts.uri.path(), last));
    Ok(render::page(visit.form(), "models", &entries, render::model, next))
}

/// `GET /{context}/{domain}/keys`: the entities that have a model.
pub(super) async fn keys(visit: Visit) -> Answer {
    let (query, key, after, limit) = asked(&visit)?;
    let entities = visit.host().keys(&key, after, limit).await?;
    let last = entities.last().filter(|_| render::is_full(entities.len(), limit));
    let next = last.map(|last| query.next(visit.parts.uri.path(), last));
    Ok(render::page(visit.form(), "keys", &entities, quote, next))
}

/// Which page of a domain is asked for: behind which entity, and how many entries.
fn asked(visit: &Visit) -> Result<(Query<'_>, DomainKey, Option<EntityId>, u32), Problem> {
    let query = visit.query(&["after", "limit"])?;
    let limit = query.limit(visit.host().config().limits.page)?;
    let after = query.parsed("after", "it must be an entity: a version 4 UUID")?;
    let [context, domain] = visit.path()?;
    Ok((query, key(&context, &domain)?, after, limit))
}

/// `GET /{context}/keys`: the context's domains.
pub(super) async fn domains(visit: Visit) -> Answer {
    let query = visit.query(&["after", "limit"])?;
    let limit = query.limit(visit.host().config().limits.page)?;
    let after: Option<DomainName> = query.parsed("after", "it must be the name of a domain")?;
    let [context] = visit.path()?;
    let context: ContextName = context.parse().map_err(Invalid::from)?;
    visit.host().require_context(&context)?;
    let mut domains = visit.host().catalog().domains(&context);
    domains.retain(|domain| after.as_ref().is_none_or(|after| domain > after));
    domains.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let last = domains.last().filter(|_| render::is_full(domains.len(), limit));
    let next = last.map(|last| query.next(visit.parts.uri.path(), last));
    Ok(render::page(visit.form(), "keys", &domains, quote, next))
}

/// Ids and names hold nothing that JSON escapes.
fn quote(out: &mut String, name: &impl std::fmt::Display) {
    let _ = write!(out, "\"{name}\"");
}

fn key(context: &str, domain: &str) -> Result<DomainKey, Invalid> {
    Ok(DomainKey { context: context.parse()?, domain: domain.parse()? })
}
