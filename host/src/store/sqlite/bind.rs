//! How what is written becomes the values of its statement.

use std::sync::Arc;

use sqlx::{Sqlite, sqlite::SqliteArguments};

use crate::{
    store::{
        ModelWrite, Result, StoredRow,
        judge::RowWrite,
        rows::{made_by, metadata, signed, to_json},
    },
    words::{DomainKey, EntityId, Event, EventId, Parked, Position, Segment, Version},
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

/// The values of a row of `models`.
struct Model<'a> {
    key: &'a DomainKey,
    entity: Option<EntityId>,
    model: Option<&'a Arc<[u8]>>,
    version: Version,
    folded: Position,
    emitted: Position,
    last: Option<EventId>,
    made_by: &'a [Segment],
    parked: Option<&'a Parked>,
    events: u64,
}

impl Bind for Model<'_> {
    fn bind(&self, store: &SqliteStore, query: Query) -> Result<Query> {
        let ((activation, since), older) = made_by(self.made_by)?;
        Ok(query
            .bind(store.names.domain(self.key))
            .bind(entity_key(self.entity))
            .bind(self.model.map(|model| model.to_vec()))
            .bind(signed(self.version.0))
            .bind(signed(self.folded.0))
            .bind(signed(self.emitted.0))
            .bind(self.last.map(|id| id.as_sorted_bytes().to_vec()))
            .bind(activation)
            .bind(since)
            .bind(older)
            .bind(self.parked.map(to_json).transpose()?)
            .bind(signed(self.events)))
    }
}

impl Bind for &RowWrite<'_> {
    fn bind(&self, store: &SqliteStore, query: Query) -> Result<Query> {
        let RowWrite { reduction, model, version, .. } = self;
        let model = match model {
            ModelWrite::Put(model) => Some(model),
            ModelWrite::Keep | ModelWrite::Delete => None,
        };
        let row = Model {
            key: &reduction.key,
            entity: reduction.entity,
            model,
            version: *version,
            folded: reduction.folded,
            emitted: reduction.emitted,
            last: reduction.last,
            made_by: &reduction.made_by,
            parked: reduction.parked.as_ref(),
            events: reduction.events,
        };
        row.bind(store, query)
    }
}

impl Bind for &StoredRow {
    fn bind(&self, store: &SqliteStore, query: Query) -> Result<Query> {
        let StoredRow { key, entity, row, .. } = self;
        let row = Model {
            key,
            entity: *entity,
            model: row.model.as_ref(),
            version: row.version,
            folded: row.folded,
            emitted: row.emitted,
            last: row.last,
            made_by: &row.made_by,
            parked: row.parked.as_ref(),
            events: row.events,
        };
        row.bind(store, query)
    }
}
