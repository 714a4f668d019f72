//! What can be followed, by its URL: the same for a request and within a socket that follows many.

use std::time::Duration;

use axum::http::HeaderValue;
use uuid::Uuid;

use super::{EventFrames, FrameStream, LogReader, Views, models::Manner, models::ModelFrames, stream};
use crate::{
    Host,
    error::{Error, Invalid},
    http::{
        problem::{self as kinds, Problem},
        query::{After, Query, Seen},
        visit,
    },
    words::{ContextName, DomainKey, EntityId, Position},
};

/// The longest least time between two frames, in milliseconds.
const LONGEST_INTERVAL_MS: u64 = 3_600_000;

/// What somebody wants to follow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish<'a> {
    /// Where it is found.
    pub(crate) path: &'a str,
    /// How it is to be told.
    pub(crate) query: Option<&'a str>,
    /// The header by which an `EventSource` says what it saw last. It repeats the URL as it was, so this counts more.
    pub(crate) last_event_id: Option<&'a HeaderValue>,
}

impl Wish<'_> {
    /// The frames that are wanted.
    pub(crate) async fn frames(&self, host: &Host, views: &Views) -> Result<FrameStream, Problem> {
        let path: Vec<_> = visit::segments(self.path).collect();
        match *path.as_slice() {
            [context, "events"] => {
                let context: ContextName = parsed(context)?;
                host.require_context(&context)?;
                self.events(LogReader::of_context(host.clone(), context)).await
            }
            [context, of, "events"] if Uuid::try_parse(of).is_ok() => {
                let context: ContextName = parsed(context)?;
                host.require_context(&context)?;
                self.events(LogReader::of_entity(host.clone(), context, parsed(of)?)).await
            }
            [context, domain, "events"] => {
                let key = DomainKey { context: parsed(context)?, domain: parsed(domain)? };
                host.require_domain(&key)?;
                self.events(LogReader::of_domain(host.clone(), key)).await
            }
            [context, domain, "model"] => self.model(host, views, context, domain, None),
            [context, domain, entity, "model"] => {
                self.model(host, views, context, domain, Some(parsed(entity)?))
            }
            _ => {
                let detail = format!(
                    "{:?} cannot be followed: models (/{{context}}/{{domain}}/{{entity}}/model) and events (/{{context}}/events, also of a domain or an entity) can",
                    self.path
                );
                Err(Problem::new(&kinds::NOT_FOUND, detail))
            }
        }
    }

    async fn events(&self, mut reader: LogReader) -> Result<FrameStream, Problem> {
        let known: &[&str] = match reader.entity {
            Some(_) => &["from", "after", "following", "since", "type"],
            None => &["from", "after", "following", "since", "type", "entity"],
        };
        let query = Query::parse(self.query, known)?;
        narrow(&mut reader, &query)?;
        let seen = self.seen(&query, reader.host())?;
        reader.after = match seen {
            Some(Seen::Number(number)) => Position(number),
            Some(Seen::OtherEpoch) => Position(0),
            None => start(reader.host(), &query, &reader.context).await?,
        };
        Ok(stream(EventFrames::new(reader, seen == Some(Seen::OtherEpoch))))
    }

    fn model(
        &self,
        host: &Host,
        views: &Views,
        context: &str,
        domain: &str,
        entity: Option<EntityId>,
    ) -> Result<FrameStream, Problem> {
        let key = DomainKey { context: parsed(context)?, domain: parsed(domain)? };
        let query = Query::parse(self.query, &["from", "patch", "min_interval_ms"])?;
        let rule = format!("it must be a number of milliseconds up to {LONGEST_INTERVAL_MS}");
        let interval = query.up_to("min_interval_ms", LONGEST_INTERVAL_MS, &rule)?.unwrap_or(0);
        let patch = query.parsed("patch", "it must be true or false")?.unwrap_or(false);
        let interval = Duration::from_millis(interval);
        let manner = Manner { seen: self.seen(&query, host)?, patch, interval };
        Ok(stream(ModelFrames::new(host.clone(), views, key, entity, manner)?))
    }

    fn seen(&self, query: &Query<'_>, host: &Host) -> Result<Option<Seen>, Invalid> {
        let by_parameter = query.seen(host.epoch())?;
        match self.last_event_id.filter(|value| !value.is_empty()) {
            None => Ok(by_parameter),
            // The header is the reader's memory of what a server told it: if this one cannot read it,
            // another did.
            Some(value) => {
                let seen = value.to_str().ok().and_then(|value| Seen::parse(value, host.epoch()));
                Ok(Some(seen.unwrap_or(Seen::OtherEpoch)))
            }
        }
    }
}

/// Leaves out what the parameters `since=`, `type=` and `entity=` do not ask for.
pub(crate) fn narrow(reader: &mut LogReader, query: &Query<'_>) -> Result<(), Invalid> {
    reader.since = query.since()?;
    reader.types = query.types()?;
    let entity = query.parsed("entity", "it must be an entity: a version 4 UUID")?;
    reader.entity = reader.entity.or(entity);
    Ok(())
}

/// Where to start reading, as `after=` says; without, at the start.
pub(crate) async fn start(host: &Host, query: &Query<'_>, context: &ContextName) -> Result<Position, Error> {
    match query.after()? {
        None => Ok(Position(0)),
        Some(After::Position(position)) => Ok(position),
        Some(After::Event(id)) => host.position_of(context, id).await,
    }
}

fn parsed<T>(segment: &str) -> Result<T, Problem>
where
    T: std::str::FromStr,
    Invalid: From<T::Err>,
{
    Ok(visit::decode(segment)?.parse().map_err(Invalid::from)?)
}
