//! Hosts that share the database: who is there, and what others wrote.
//!
//! A host is there while its row in `hosts` lasts, by the database's clock. Whenever a host comes, leaves or is given
//! up, the lease epoch rises under the counters' lock. Every commit holds that lock too, so that what was folded
//! under an older epoch is never written: a host that was paused cannot overwrite what its successor did.

use std::{
    sync::{PoisonError, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use sqlx::{Connection, PgConnection, Postgres, Transaction, postgres::PgListener};
use tokio::{
    sync::Mutex,
    time::{sleep, timeout},
};
use uuid::Uuid;

use crate::{
    store::{
        Change, Head, Holder, Leases, News, Reduces, Renewal, Result, Shared, StoreError,
        rows::{damaged, number, signed},
    },
    words::{ActivationNumber, LeaseEpoch, Position, Version},
};

use super::{PostgresStore, settings, types};

/// Where a commit is told. What is told is only who wrote.
pub(super) const CHANNEL: &str = "everfold";
/// What is told may be lost, so it is looked at least so often what others wrote.
const POLL: Duration = Duration::from_millis(250);

/// Lets a host be there for so many seconds more, unless it was given up, or another has to be.
const RENEW: &str = "UPDATE hosts SET expires = clock_timestamp() + $2 * interval '1 second' WHERE id = $1 \
     AND NOT EXISTS (SELECT FROM hosts WHERE expires < clock_timestamp() AND id <> $1)";
/// One statement sees one moment: the hosts that there are under the epoch.
const LEASES: &str = "SELECT leases, hosts.id, node, listen, contexts, domains FROM counters \
     LEFT JOIN hosts ON true ORDER BY hosts.id";
/// Nobody has moved the counters when this is done, and nobody does until the transaction ends.
const LOCK: &str = "SELECT leases FROM counters FOR UPDATE";
/// The least that all hosts had reached which take a domain. One that has said nothing has not got further than
/// all had before; where none takes it, nothing was folded.
const LEAST_MARKS: &str = "UPDATE domains SET position = least.position, settled = least.settled FROM \
     (SELECT d.id, min(coalesce(marks.position, d.position)) AS position, \
             min(coalesce(marks.settled, d.settled)) AS settled \
      FROM domains d JOIN contexts c ON c.id = d.context \
      JOIN hosts h ON (h.contexts = '{}' OR c.name = ANY(h.contexts)) \
                  AND (h.domains = '{}' OR c.name || '/' || d.name = ANY(h.domains)) \
      LEFT JOIN marks ON marks.host = h.id AND marks.domain = d.id \
      GROUP BY d.id) AS least WHERE domains.id = least.id";
/// Where others are that have the same name.
const NAMESAKES: &str =
    "SELECT listen FROM hosts WHERE node = $1 AND id <> $2 AND expires >= clock_timestamp()";
/// A host that comes back takes its own place at once.
const GIVE_UP: &str = "DELETE FROM hosts WHERE id = $1 OR expires < clock_timestamp() OR node = $2";
const COME: &str = "INSERT INTO hosts (id, node, listen, contexts, domains, expires) \
     VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6 * interval '1 second')";
const NEXT_EPOCH: &str = "UPDATE counters SET leases = leases + 1, commits = commits + 1";
const NEWS: &str =
    "SELECT position, version, activation, leases, (SELECT count(*) FROM contexts) FROM counters";
const CHANGES: &str =
    "SELECT domain, entity, version FROM models WHERE version > $1 ORDER BY version LIMIT $2";

/// A row of [`LEASES`].
type HolderRow =
    (i64, Option<Uuid>, Option<String>, Option<String>, Option<Vec<String>>, Option<Vec<String>>);

/// What a store knows of the hosts that share it.
#[derive(Default)]
pub(super) struct Sharing {
    /// The host that uses this store, and whether others do; none until it has come.
    pub(super) here: RwLock<Option<Here>>,
    listener: Mutex<Option<PgListener>>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Here {
    pub(super) host: Uuid,
    /// Whether there are others, to be told of commits.
    pub(super) others: bool,
}

impl PostgresStore {
    /// The host that uses this store, once it has come.
    pub(super) fn here(&self) -> Option<Here> {
        *self.sharing.here.read().unwrap_or_else(PoisonError::into_inner)
    }

    async fn renewed(&self, renewal: &Renewal) -> Result<Leases> {
        let Renewal { holder, lasts } = renewal;
        let mut connection = self.readers.acquire().await?;
        let renewed =
            sqlx::query(RENEW).bind(holder.id).bind(lasts.as_secs_f64()).execute(&mut *connection).await?;
        if renewed.rows_affected() == 0 {
            self.come(&mut connection, renewal).await?;
        }
        let leases = leases(&mut connection).await?;
        let here = Here { host: holder.id, others: leases.holders.len() > 1 };
        *self.sharing.here.write().unwrap_or_else(PoisonError::into_inner) = Some(here);
        Ok(leases)
    }

    /// Takes part, and gives up whoever was silent for too long.
    async fn come(&self, connection: &mut PgConnection, renewal: &Renewal) -> Result<()> {
        let Renewal { holder, lasts } = renewal;
        let mut transaction = connection.begin().await?;
        sqlx::query(LOCK).execute(&mut *transaction).await?;
        let Holder { id, node, listen, reduces } = holder;
        let renewed = sqlx::query(RENEW).bind(*id).bind(lasts.as_secs_f64());
        if renewed.execute(&mut *transaction).await?.rows_affected() > 0 {
            // Another host has just given up the one that was silent.
            return Ok(transaction.commit().await?);
        }
        let namesakes: Vec<String> =
            sqlx::query_scalar(NAMESAKES).bind(node.clone()).bind(*id).fetch_all(&mut *transaction).await?;
        // One that listens where this host does was this host, unless this one is already there.
        if let Some(other) = namesakes.iter().find(|other| self.here().is_some() || *other != listen) {
            return Err(StoreError::Namesake { node: node.clone(), listen: other.clone() });
        }
        sqlx::query(LEAST_MARKS).execute(&mut *transaction).await?;
        sqlx::query(GIVE_UP).bind(*id).bind(node.clone()).execute(&mut *transaction).await?;
        sqlx::query(COME)
            .bind(*id)
            .bind(node.clone())
            .bind(listen.clone())
            .bind(reduces.contexts.iter().map(ToString::to_string).collect::<Vec<_>>())
            .bind(reduces.domains.iter().map(ToString::to_string).collect::<Vec<_>>())
            .bind(lasts.as_secs_f64())
            .execute(&mut *transaction)
            .await?;
        next_epoch(transaction, *id).await
    }

    async fn left(&self, host: Uuid) -> Result<()> {
        let mut connection = self.readers.acquire().await?;
        let mut transaction = connection.begin().await?;
        sqlx::query(LOCK).execute(&mut *transaction).await?;
        sqlx::query(LEAST_MARKS).execute(&mut *transaction).await?;
        sqlx::query("DELETE FROM hosts WHERE id = $1").bind(host).execute(&mut *transaction).await?;
        next_epoch(transaction, host).await
    }

    /// Waits until something is told, or it is time to look.
    async fn listen(&self, listener: &mut Option<PgListener>) -> sqlx::Result<()> {
        let present = match listener.take() {
            Some(present) => present,
            None => {
                let mut new = PgListener::connect_with(&settings::one(self.options.clone())).await?;
                new.listen(CHANNEL).await?;
                new
            }
        };
        timeout(POLL, self.told(listener.insert(present))).await.unwrap_or(Ok(()))
    }

    /// Waits until something is told that this host did not write itself.
    async fn told(&self, listener: &mut PgListener) -> sqlx::Result<()> {
        loop {
            // None: the connection broke and is there again; what was told meanwhile is lost.
            let Some(told) = listener.try_recv().await? else { return Ok(()) };
            let is_own = self.here().is_some_and(|here| told.payload() == here.host.to_string());
            if !is_own {
                return Ok(());
            }
        }
    }
}

/// Marks begin anew, from the least of them; whatever was folded before is stale from here on.
async fn next_epoch(mut transaction: Transaction<'_, Postgres>, host: Uuid) -> Result<()> {
    sqlx::query("DELETE FROM marks").execute(&mut *transaction).await?;
    sqlx::query(NEXT_EPOCH).execute(&mut *transaction).await?;
    tell(&mut transaction, host).await?;
    Ok(transaction.commit().await?)
}

/// Tells the other hosts, once the transaction is committed, that a host wrote.
pub(super) async fn tell(connection: &mut PgConnection, host: Uuid) -> sqlx::Result<()> {
    sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(host.to_string()).execute(connection).await?;
    Ok(())
}

async fn leases(connection: &mut PgConnection) -> Result<Leases> {
    let rows: Vec<HolderRow> = sqlx::query_as(LEASES).fetch_all(connection).await?;
    let epoch = rows.first().map_or(Ok(0), |row| number(row.0))?;
    let holder = |(_, id, node, listen, contexts, domains): HolderRow| -> Option<Result<Holder>> {
        let names = (contexts.unwrap_or_default(), domains.unwrap_or_default());
        let holder = |reduces| Holder {
            id: id.unwrap_or_default(),
            node: node.unwrap_or_default(),
            listen: listen.unwrap_or_default(),
            reduces,
        };
        id.map(|_| reduces(&names.0, &names.1).map(holder))
    };
    let holders = rows.into_iter().filter_map(holder).collect::<Result<_>>()?;
    Ok(Leases { epoch: LeaseEpoch(epoch), holders })
}

fn reduces(contexts: &[String], domains: &[String]) -> Result<Reduces> {
    Ok(Reduces {
        contexts: contexts.iter().map(|name| name.parse().map_err(damaged)).collect::<Result<_>>()?,
        domains: domains.iter().map(|name| name.parse().map_err(damaged)).collect::<Result<_>>()?,
    })
}

#[async_trait]
impl Shared for PostgresStore {
    async fn renew(&self, renewal: &Renewal) -> Result<Leases> {
        self.of_now(self.renewed(renewal)).await
    }

    async fn leave(&self, host: Uuid) -> Result<()> {
        self.of_now(self.left(host)).await
    }

    async fn news(&self) -> Result<News> {
        let asked = async {
            let row: (i64, i64, i64, i64, i64) =
                sqlx::query_as(NEWS).fetch_one(&mut *self.readers.acquire().await?).await?;
            let (position, version, activation, leases, contexts) = row;
            Ok(News {
                head: Head { position: Position(number(position)?), version: Version(number(version)?) },
                activation: ActivationNumber(number(activation)?),
                contexts: number(contexts)?,
                leases: LeaseEpoch(number(leases)?),
            })
        };
        self.of_now(asked).await
    }

    async fn moved(&self) {
        let mut listener = self.sharing.listener.lock().await;
        if let Err(error) = self.listen(&mut listener).await {
            // Whoever asks for news now is told what is wrong.
            tracing::debug!(%error, "what other hosts write is only looked for");
            *listener = None;
            sleep(POLL).await;
        }
    }

    async fn changes(&self, after: Version, limit: u32) -> Result<Vec<Change>> {
        let asked = async {
            let found: Vec<(i64, Uuid, i64)> = sqlx::query_as(CHANGES)
                .bind(signed(after.0))
                .bind(i64::from(limit))
                .fetch_all(&mut *self.readers.acquire().await?)
                .await?;
            self.name([], found.iter().map(|(domain, _, _)| *domain)).await?;
            let change = |(domain, entity, version): (i64, Uuid, i64)| -> Result<Change> {
                let key = self.names.domain_key(domain)?;
                Ok((key, types::optional_entity(entity), Version(number(version)?)))
            };
            found.into_iter().map(change).collect()
        };
        self.of_now(asked).await
    }
}
