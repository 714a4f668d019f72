//! What the writer knows of the database without asking it, and what it must ask. The counters say whether anybody
//! wrote since: `commits` moves with every transaction.

use std::{collections::HashMap, sync::Arc};

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    store::{
        Group, Head, ReductionOutcome, Result,
        ids::Ids,
        judge::{Known, Plan},
        memory::{Memory, Unknown},
        rows::{damaged, event, event_columns, number, signed},
    },
    words::{ActivationNumber, Event, EventId, LeaseEpoch, Position, Version},
};

use super::{
    PostgresStore, names,
    types::{self, EventRow, Micros, entity_key, event_row, kept, uuid},
};

/// Of so many events that other hosts wrote meanwhile the ids are read one by one; of more, only the greatest.
const CAUGHT_UP: i64 = 4096;

const LOCK: &str =
    "SELECT position, version, activation, leases, recorded_at, commits, epoch FROM counters FOR UPDATE";
const FIND_EVENTS: &str =
    concat!("SELECT ", event_columns!(), " FROM events WHERE context = $1 AND id = ANY($2)");
const FIND_ROWS: &str = "SELECT entity, version, folded FROM models WHERE domain = $1 AND entity = ANY($2)";
const COUNT_OUTSIDE: &str = "SELECT entity, count(*) FROM events \
     WHERE context = $1 AND entity = ANY($2) AND origin IS NULL GROUP BY entity";
const GREATEST: &str = "SELECT id, (SELECT events.id FROM events WHERE context = contexts.id \
     ORDER BY events.id DESC LIMIT 1) FROM contexts";

/// The counters as the last commit left them, and what else is known.
pub(super) struct Remembered {
    pub(super) memory: Memory,
    pub(super) commits: i64,
    pub(super) activation: i64,
    /// The ids of all events up to here are noted, and of those behind it only this host's.
    whole: Position,
}

impl Remembered {
    /// Locks the counters for a transaction. What is known then is as they say.
    pub(super) async fn under_lock(
        store: &PostgresStore,
        connection: &mut PgConnection,
        before: Option<Self>,
    ) -> Result<Self> {
        let counters: (i64, i64, i64, i64, Micros, i64, String) =
            sqlx::query_as(LOCK).fetch_one(&mut *connection).await?;
        let (position, version, activation, leases, recorded_at, commits, epoch) = counters;
        let leases = LeaseEpoch(number(leases)?);
        store.history.compare(&epoch);
        store.history.check()?;
        let head = Head { position: Position(number(position)?), version: Version(number(version)?) };
        if let Some(mut known) = before {
            let behind = position - signed(known.whole.0);
            if known.activation == activation && (0..=CAUGHT_UP).contains(&behind) {
                if behind > 0 {
                    known.catch_up(connection).await?;
                }
                if known.commits != commits {
                    known.memory.forget_rows();
                }
                (known.memory.head, known.memory.recorded_at) = (head, recorded_at.0);
                known.memory.leases = leases;
                (known.commits, known.whole) = (commits, head.position);
                return Ok(known);
            }
        }
        let mut memory = load(store, connection, (head, recorded_at.0)).await?;
        memory.leases = leases;
        Ok(Self { memory, commits, activation, whole: head.position })
    }

    /// Notes the ids of events that others wrote.
    async fn catch_up(&mut self, connection: &mut PgConnection) -> Result<()> {
        let written: Vec<(i64, Uuid)> =
            sqlx::query_as("SELECT context, id FROM events WHERE position > $1 ORDER BY position")
                .bind(signed(self.whole.0))
                .fetch_all(connection)
                .await?;
        for (context, id) in written {
            self.memory.ids.written(context, types::event_id(id));
        }
        Ok(())
    }

    /// Notes what a commit of this host wrote, the one of this number.
    pub(super) fn committed(&mut self, store: &PostgresStore, group: &Group, plan: &Plan<'_>, commits: i64) {
        self.commits = commits;
        if self.whole == plan.before.position {
            self.whole = plan.head.position;
        }
        let id = |event: &Arc<Event>| Some((store.names.context(&event.context)?, event.fact.id));
        self.memory.committed(plan, plan.events.iter().filter_map(id));
        // Whoever made it reads the row again. What is remembered of that may be just as old.
        let outcomes = group.reductions.iter().zip(&plan.reductions);
        for (reduction, _) in outcomes.filter(|(_, outcome)| matches!(outcome, ReductionOutcome::Stale)) {
            self.memory.forget_row(&(reduction.key.clone(), reduction.entity));
        }
    }
}

async fn load(store: &PostgresStore, connection: &mut PgConnection, counted: (Head, i64)) -> Result<Memory> {
    names::read(&store.names, connection).await?;
    let in_force: Vec<(i64, i64)> =
        sqlx::query_as("SELECT id, activation FROM domains").fetch_all(&mut *connection).await?;
    let mut activations = HashMap::new();
    for (domain, activation) in in_force {
        activations.insert(store.names.domain_key(domain)?, ActivationNumber(number(activation)?));
    }
    let greatest: Vec<(i64, Option<Uuid>)> = sqlx::query_as(GREATEST).fetch_all(connection).await?;
    let greatest = greatest.into_iter().filter_map(|(context, id)| Some((context, types::event_id(id?))));
    Ok(Memory::new(counted, activations, Ids::of(greatest)))
}

/// All that must be known to judge a group. The database is asked only for what may be there.
pub(super) async fn known(
    memory: &mut Memory,
    store: &PostgresStore,
    connection: &mut PgConnection,
    group: &Group,
) -> Result<Known> {
    let (mut known, unknown) = memory.known(&store.names, group);
    find_events(store, connection, &unknown, &mut known).await?;
    find_rows(store, connection, &unknown, &mut known).await?;
    for (context, entities) in &unknown.outside {
        let Some(in_store) = store.names.context(context) else { continue };
        let entities: Vec<Uuid> = entities.iter().copied().map(uuid).collect();
        let counts: Vec<(Uuid, i64)> =
            sqlx::query_as(COUNT_OUTSIDE).bind(in_store).bind(entities).fetch_all(&mut *connection).await?;
        for (entity, count) in counts {
            known.outside.insert(((*context).clone(), types::entity(entity)), number(count)?);
        }
    }
    Ok(known)
}

async fn find_events(
    store: &PostgresStore,
    connection: &mut PgConnection,
    unknown: &Unknown<'_>,
    known: &mut Known,
) -> Result<()> {
    for (context, ids) in &unknown.events {
        let in_store = store.names.context(context);
        let in_store = in_store.ok_or_else(|| damaged(format!("context {context} is not in the store")))?;
        let ids: Vec<Uuid> = ids.iter().copied().map(kept).collect();
        let found: Vec<EventRow> =
            sqlx::query_as(FIND_EVENTS).bind(in_store).bind(ids).fetch_all(&mut *connection).await?;
        for row in found {
            let row = event_row(row)?;
            // Another host's domain may have emitted it.
            if row.origin.is_some_and(|(domain, _)| store.names.domain_key(domain).is_err()) {
                names::read(&store.names, connection).await?;
            }
            let event = event(&store.names, row)?;
            let id: EventId = event.fact.id;
            known.events.insert(((*context).clone(), id), (event.position, event.fact));
        }
    }
    Ok(())
}

async fn find_rows(
    store: &PostgresStore,
    connection: &mut PgConnection,
    unknown: &Unknown<'_>,
    known: &mut Known,
) -> Result<()> {
    for (key, entities) in &unknown.rows {
        let Some(domain) = store.names.domain(key) else { continue };
        let entities: Vec<Uuid> = entities.iter().copied().map(entity_key).collect();
        let found: Vec<(Uuid, i64, i64)> =
            sqlx::query_as(FIND_ROWS).bind(domain).bind(entities).fetch_all(&mut *connection).await?;
        for (entity, version, folded) in found {
            let state = (Version(number(version)?), Position(number(folded)?));
            known.rows.insert(((*key).clone(), types::optional_entity(entity)), state);
        }
    }
    Ok(())
}
