//! How what is written becomes the values of its statement.

use std::sync::Arc;

use sqlx::{Sqlite, sqlite::SqliteArguments};

use crate::{
    store::{
        ModelWrite, Result,
        judge::RowWrite,
        rows::{made_by, metadata, signed, to_json},
    },
    words::{DomainKey, Event},
};

use super::{
    SqliteStore,
    by_entity::{Key, Place},
    rows::entity_key,
};

pub(super) type Query = sqlx::query::Query<'static, Sqlite, SqliteArguments>;

/// A row of some statement.
pub(super) trait Bind {
    /// Adds its values to a query.
    fn bind(&self, store: &SqliteStore, query: Query) -> Result<Query>;
}

/// Whether an event is what its values of [`Plain`] say, and nothing else.
pub(super) fn is_plain(event: &Event) -> bool {
    let fact = &event.fact;
    fact.metadata.is_empty() && fact.cause.is_none() && fact.depth == 0 && fact.origin.is_none()
}

/// An event from outside without metadata.
pub(super) struct Plain<'a>(pub(super) &'a Arc<Event>);

impl Bind for Plain<'_> {
    fn bind(&self, store: &SqliteStore, query: Query) -> Result<Query> {
        let Event { position, recorded_at, context, fact } = &**self.0;
        Ok(query
            .bind(signed(position.0))
            .bind(store.names.context(context))
            .bind(fact.id.as_sorted_bytes().to_vec())
            .bind(fact.entity.as_bytes().to_vec())
            .bind(fact.event_type.to_shared())
            .bind(fact.data.clone())
            .bind(*recorded_at))
    }
}

impl Bind for &Arc<Event> {
    fn bind(&self, store: &SqliteStore, query: Query) -> Result<Query> {
        let Event { position, recorded_at, context, fact } = &***self;
        let origin = fact.origin.as_ref();
        let domain =
            origin.map(|origin| DomainKey { context: context.clone(), domain: origin.domain.clone() });
        Ok(query
            .bind(signed(position.0))
            .bind(store.names.context(context))
            .bind(fact.id.as_sorted_bytes().to_vec())
            .bind(fact.entity.as_bytes().to_vec())
            .bind(fact.event_type.to_shared())
            .bind(fact.data.clone())
            .bind(metadata(fact)?)
            .bind(*recorded_at)
            .bind(fact.cause.map(|id| id.as_sorted_bytes().to_vec()))
            .bind(i64::from(fact.depth))
            .bind(domain.and_then(|key| store.names.domain(&key)))
            .bind(origin.map(|origin| entity_key(origin.entity))))
    }
}

impl Bind for (Key, Place) {
    fn bind(&self, _: &SqliteStore, query: Query) -> Result<Query> {
        let ((context, entity, id), place) = self;
        Ok(query
            .bind(*context)
            .bind(entity.to_vec())
            .bind(id.to_vec())
            .bind(signed(place.position.0))
            .bind(place.emitted))
    }
}

impl Bind for &RowWrite<'_> {
    fn bind(&self, store: &SqliteStore, query: Query) -> Result<Query> {
        let RowWrite { reduction, model, version, .. } = self;
        let ((activation, since), older) = made_by(&reduction.made_by)?;
        let model = match model {
            ModelWrite::Put(model) => Some(model.to_vec()),
            ModelWrite::Keep | ModelWrite::Delete => None,
        };
        Ok(query
            .bind(store.names.domain(&reduction.key))
            .bind(entity_key(reduction.entity))
            .bind(model)
            .bind(signed(version.0))
            .bind(signed(reduction.folded.0))
            .bind(signed(reduction.emitted.0))
            .bind(reduction.last.map(|id| id.as_sorted_bytes().to_vec()))
            .bind(activation)
            .bind(since)
            .bind(older)
            .bind(reduction.parked.as_ref().map(to_json).transpose()?)
            .bind(signed(reduction.events)))
    }
}
