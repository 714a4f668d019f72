//! What waits to be mended: listed, looked at one by one, tried again.

use std::{fmt, str::FromStr};

use axum::{
    body::Body,
    http::{HeaderValue, header},
};
use serde::Serialize;

use super::{
    access::Asks,
    body::{self, Limit},
    negotiate,
    problem::{self as kinds, Problem},
    render::{self, Answer},
    visit::{Delivery, Visit},
};
use crate::{
    config::Scope,
    error::Invalid,
    host::{ParkedQuery, ParkedRow},
    scheduler::Retried,
    words::{DomainKey, EntityId},
};

/// Stands in URLs where others have an entity.
const WHOLE_CONTEXT: &str = "whole-context";

/// A parked entity as an entry of a list.
#[derive(Serialize)]
struct Entry<'a> {
    context: &'a str,
    domain: &'a str,
    entity: Option<String>,
    event: &'a str,
    position: u64,
    activation: u64,
    module: Option<String>,
    code: &'a str,
    message: &'a str,
}

impl<'a> Entry<'a> {
    fn new(ParkedRow { key, entity, module, parked }: &'a ParkedRow) -> Self {
        Self {
            context: key.context.as_str(),
            domain: key.domain.as_str(),
            entity: entity.map(|entity| entity.to_string()),
            event: &parked.event,
            position: parked.position,
            activation: parked.activation,
            module: module.map(|module| module.to_string()),
            code: &parked.code,
            message: &parked.message,
        }
    }
}

/// `CONTEXT/DOMAIN/ENTITY`, or `CONTEXT/DOMAIN/whole-context`: names a row in a list over domains.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place(DomainKey, Option<EntityId>);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(entity) => write!(f, "{}/{entity}", self.0),
            None => write!(f, "{}/{WHOLE_CONTEXT}", self.0),
        }
    }
}

impl FromStr for Place {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let mut parts = text.splitn(3, '/');
        let mut part = || parts.next().unwrap_or_default();
        Ok(Self(key(part(), part())?, entity(part())?))
    }
}

/// `GET /_/parked`: of all contexts, or of the one that is named.
pub(super) async fn list(visit: Visit) -> Answer {
    let query = visit.query(&["context", "domain", "after", "limit"])?;
    let after: Option<Place> =
        query.parsed("after", "it must be CONTEXT/DOMAIN/ENTITY, as the links to next pages have it")?;
    let asked = ParkedQuery {
        context: query.parsed("context", "it must be the name of a context")?,
        domain: query.parsed("domain", "it must be the name of a domain")?,
        after: after.map(|Place(key, entity)| (key, entity)),
        limit: query.limit(visit.host().config().limits.page)?,
    };
    if asked.context.as_ref().is_none_or(|context| !visit.administers(context)) {
        visit.require(Asks::Everywhere(Scope::Admin))?;
    }
    let rows = visit.host().parked(&asked).await?;
    let last = rows.last().filter(|_| render::is_full(rows.len(), asked.limit));
    let next = last.map(|row| query.next(visit.parts.uri.path(), Place(row.key.clone(), row.entity)));
    Ok(render::page(visit.form(), "parked", &rows, write, next))
}

/// `GET /_/parked/{context}/{domain}`
pub(super) async fn of_domain(visit: Visit) -> Answer {
    let query = visit.query(&["after", "limit"])?;
    let after: Option<EntityId> = query.parsed("after", "it must be an entity: a version 4 UUID")?;
    let [_, _, context, domain] = visit.path()?;
    let key = key(&context, &domain)?;
    visit.host().require_domain(&key)?;
    let asked = ParkedQuery {
        context: Some(key.context.clone()),
        domain: Some(key.domain.clone()),
        after: after.map(|entity| (key, Some(entity))),
        limit: query.limit(visit.host().config().limits.page)?,
    };
    let rows = visit.host().parked(&asked).await?;
    let last = rows.last().filter(|_| render::is_full(rows.len(), asked.limit)).and_then(|row| row.entity);
    let next = last.map(|last| query.next(visit.parts.uri.path(), last));
    Ok(render::page(visit.form(), "parked", &rows, write, next))
}

fn write(out: &mut String, row: &ParkedRow) {
    out.push_str(&serde_json::to_string(&Entry::new(row)).unwrap_or_default());
}

/// `GET /_/parked/{context}/{domain}/{entity}`
pub(super) async fn capture(visit: Visit) -> Answer {
    visit.query(&[])?;
    let [_, _, context, domain, of] = visit.path()?;
    let capture = visit.host().capture(&key(&context, &domain)?, entity(&of)?).await?;
    let mut response = render::json(capture);
    // It is replaced when the entity parks again.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

/// `POST /_/parked/retry`
pub(super) async fn retry_all(Delivery { visit, body }: Delivery) -> Answer {
    accept(&visit, body).await?;
    Ok(told(visit.host().retry_all().await?))
}

/// `POST /_/parked/{context}/{domain}/retry`
pub(super) async fn retry_domain(Delivery { visit, body }: Delivery) -> Answer {
    accept(&visit, body).await?;
    let [_, _, context, domain] = visit.path()?;
    Ok(told(visit.host().retry_domain(&key(&context, &domain)?).await?))
}

/// `POST /_/parked/{context}/{domain}/{entity}/retry`
pub(super) async fn retry_one(Delivery { visit, body }: Delivery) -> Answer {
    accept(&visit, body).await?;
    let [_, _, context, domain, of] = visit.path()?;
    Ok(told(visit.host().retry(&key(&context, &domain)?, entity(&of)?).await?))
}

/// The URL says everything: the body is empty, or an empty object.
async fn accept(visit: &Visit, body: Body) -> Result<(), Problem> {
    negotiate::require_json(visit.headers())?;
    visit.query(&[])?;
    let limit = Limit { name: "event_bytes", bytes: visit.host().config().limits.event_bytes };
    match body::read_any(body, limit).await?.trim_ascii() {
        b"" | b"{}" => Ok(()),
        _ => Err(Problem::new(&kinds::INVALID, "a retry takes no body: the URL says what is tried again")),
    }
}

fn told(Retried { mended, parked, unserved }: Retried) -> axum::response::Response {
    let retried = mended + parked;
    // Where no module serves, nothing is tried.
    let unserved = if unserved == 0 { String::new() } else { format!(r#","unserved":{unserved}"#) };
    render::json(format!(r#"{{"retried":{retried},"mended":{mended},"parked":{parked}{unserved}}}"#))
}

fn key(context: &str, domain: &str) -> Result<DomainKey, Invalid> {
    Ok(DomainKey { context: context.parse()?, domain: domain.parse()? })
}

fn entity(text: &str) -> Result<Option<EntityId>, Invalid> {
    if text == WHOLE_CONTEXT { Ok(None) } else { Ok(Some(text.parse()?)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_as_it_was_written() {
        for text in ["shop/cart/7d444840-9dc0-41d1-b245-5ffdce74fad2", "shop/totals/whole-context"] {
            assert_eq!(text.parse::<Place>().unwrap().to_string(), text);
        }
        for bad in ["", "shop", "shop/cart", "shop/cart/", "shop/cart/x", "shop/cart/whole-context/"] {
            assert!(bad.parse::<Place>().is_err(), "{bad}");
        }
    }
}
