//! What the writer knows of the file without asking it. One host holds a file, so what is in memory stays
//! true until a transaction ends otherwise than it should; then it is read again.

use std::collections::HashMap;

use hashlink::LruCache;
use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::{
    store::{
        Group, Head, Result,
        judge::{Known, Plan, RowKey},
    },
    words::{ActivationNumber, ContextName, DomainKey, Event, EventId, Position, Version},
};

use super::{
    SqliteStore,
    by_entity::{Key, Place},
    expectations,
    ids::Ids,
    rows::{self, bytes16, entity_key, event_columns, number},
    statements::Statement,
};

static FIND_EVENTS: Statement = Statement::new(
    concat!("SELECT ", event_columns!(), " FROM events WHERE context = ? AND id IN ("),
    "?",
    ")",
);
static FIND_ROWS: Statement =
    Statement::new("SELECT entity, version, folded FROM models WHERE domain = ? AND entity IN (", "?", ")");

/// Rows whose state is remembered, so that a reduction of a busy entity need not look for its row.
const ROWS: usize = 65_536;

/// The state of the file after the newest commit.
pub(super) struct Memory {
    /// How far it has counted.
    pub(super) head: Head,
    recorded_at: i64,
    pub(super) activations: HashMap<DomainKey, ActivationNumber>,
    ids: Ids,
    /// Of rows that were written last: version and folded-up-to.
    rows: LruCache<RowKey, (Version, Position)>,
}

impl Memory {
    /// Reads it from the file, and with it what the index by entity lacks.
    pub(super) async fn load(store: &SqliteStore, connection: &mut SqliteConnection) -> Result<Self> {
        let counters = "SELECT position, version, recorded_at, indexed FROM counters";
        let (position, version, recorded_at, indexed): (i64, i64, i64, i64) =
            sqlx::query_as(counters).fetch_one(&mut *connection).await?;
        let mut activations = HashMap::new();
        let in_force: Vec<(i64, i64)> =
            sqlx::query_as("SELECT id, activation FROM domains").fetch_all(&mut *connection).await?;
        for (domain, activation) in in_force {
            activations.insert(store.names.domain_key(domain)?, ActivationNumber(number(activation)?));
        }
        let greatest = "SELECT id, (SELECT max(id) FROM events WHERE context = contexts.id) FROM contexts";
        let greatest: Vec<(i64, Option<Vec<u8>>)> =
            sqlx::query_as(greatest).fetch_all(&mut *connection).await?;
        let mut ids = Vec::new();
        for (context, id) in greatest {
            ids.extend(id.map(|id| rows::event_id(&id)).transpose()?.map(|id| (context, id)));
        }
        let indexed = Position(number(indexed)?);
        store.by_entity.begin(indexed, unindexed(connection, indexed).await?);
        Ok(Self {
            head: Head { position: Position(number(position)?), version: Version(number(version)?) },
            recorded_at,
            activations,
            ids: Ids::of(ids),
            rows: LruCache::new(ROWS),
        })
    }

    /// All that must be known to judge a group. The file is asked only for what may be there.
    pub(super) async fn known(
        &mut self,
        store: &SqliteStore,
        connection: &mut SqliteConnection,
        group: &Group,
    ) -> Result<Known> {
        let mut known = Known { head: self.head, recorded_at: self.recorded_at, ..Known::default() };
        self.events(store, connection, group, &mut known).await?;
        self.rows(store, connection, group, &mut known).await?;
        expectations::known(store, connection, group, &mut known).await?;
        for reduction in &group.reductions {
            if let Some(activation) = self.activations.get(&reduction.key)
                && !known.activations.contains_key(&reduction.key)
            {
                known.activations.insert(reduction.key.clone(), *activation);
            }
        }
        Ok(known)
    }

    async fn events(
        &self,
        store: &SqliteStore,
        connection: &mut SqliteConnection,
        group: &Group,
        known: &mut Known,
    ) -> Result<()> {
        let mut ids: HashMap<&ContextName, Vec<EventId>> = HashMap::new();
        let appended = group.appends.iter().map(|append| (&append.context, &append.facts));
        let emitted = group.reductions.iter().map(|reduction| (&reduction.key.context, &reduction.emissions));
        for (context, facts) in appended.chain(emitted).filter(|(_, facts)| !facts.is_empty()) {
            let Some(number) = store.names.context(context) else { continue };
            let there = facts.iter().map(|fact| fact.id).filter(|id| self.ids.may_hold(number, *id));
            for id in there {
                ids.entry(context).or_default().push(id);
            }
        }
        for (context, ids) in ids {
            for (text, ids) in FIND_EVENTS.cut(&ids) {
                let mut query = sqlx::query_as(text).bind(store.names.context(context));
                for id in ids {
                    query = query.bind(id.as_sorted_bytes().to_vec());
                }
                let found: Vec<rows::EventRow> = query.fetch_all(&mut *connection).await?;
                for row in found {
                    let Event { position, fact, .. } = rows::event(&store.names, row)?;
                    known.events.insert((context.clone(), fact.id), (position, fact));
                }
            }
        }
        Ok(())
    }

    async fn rows(
        &mut self,
        store: &SqliteStore,
        connection: &mut SqliteConnection,
        group: &Group,
        known: &mut Known,
    ) -> Result<()> {
        let mut unknown: HashMap<&DomainKey, Vec<_>> = HashMap::new();
        for reduction in &group.reductions {
            let row = (reduction.key.clone(), reduction.entity);
            match self.rows.get(&row) {
                Some(state) => drop(known.rows.insert(row, *state)),
                None => unknown.entry(&reduction.key).or_default().push(reduction.entity),
            }
        }
        for (key, entities) in unknown {
            let Some(domain) = store.names.domain(key) else { continue };
            for (text, entities) in FIND_ROWS.cut(&entities) {
                let mut query = sqlx::query_as(text).bind(domain);
                for entity in entities {
                    query = query.bind(entity_key(*entity));
                }
                let found: Vec<(Vec<u8>, i64, i64)> = query.fetch_all(&mut *connection).await?;
                for (entity, version, folded) in found {
                    let state = (Version(number(version)?), Position(number(folded)?));
                    known.rows.insert((key.clone(), rows::optional_entity(&entity)?), state);
                }
            }
        }
        Ok(())
    }

    /// Notes what a commit wrote.
    pub(super) fn committed(&mut self, plan: &Plan<'_>, new: &[(Key, Place)]) {
        self.head = plan.head;
        if let Some(event) = plan.events.last() {
            self.recorded_at = event.recorded_at;
        }
        for ((context, _, id), _) in new {
            self.ids.written(*context, EventId::from_sorted_bytes(*id));
        }
        for row in &plan.rows {
            let key = (row.reduction.key.clone(), row.reduction.entity);
            self.rows.insert(key, (row.version, row.reduction.folded));
        }
    }
}

/// A row of `events`, as far as the index by entity needs it.
type Unindexed = (i64, Vec<u8>, Vec<u8>, i64, bool);

/// The events that the index by entity may lack.
async fn unindexed(connection: &mut SqliteConnection, indexed: Position) -> Result<Vec<(Key, Place)>> {
    let text = "SELECT context, entity, id, position, origin IS NOT NULL FROM events WHERE position > ?";
    let found: Vec<Unindexed> =
        sqlx::query_as(AssertSqlSafe(text)).bind(rows::signed(indexed.0)).fetch_all(connection).await?;
    let entry = |(context, entity, id, position, emitted): Unindexed| {
        let key = (context, bytes16(&entity)?, bytes16(&id)?);
        Ok((key, Place { position: Position(number(position)?), emitted }))
    };
    found.into_iter().map(entry).collect()
}
