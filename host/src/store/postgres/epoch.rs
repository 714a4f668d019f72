//! Which history a database has. A replica that takes over may lack commits, and a restored database lacks some:
//! both have another WAL timeline then, and the store gets another epoch.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use sqlx::PgConnection;

use crate::{
    store::{Result, StoreError},
    words::Epoch,
};

/// The epoch, the timeline that it belongs to, and the server's; none where it is a replica.
const LOOK: &str = "SELECT epoch, timeline, CASE WHEN pg_is_in_recovery() THEN NULL \
     ELSE substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END FROM counters";
const BEGIN_ANOTHER: &str = "UPDATE counters SET epoch = replace(gen_random_uuid()::text, '-', ''), \
     timeline = $1, commits = commits + 1 WHERE timeline <> $1";

/// The history that a store began with.
#[derive(Debug, Clone)]
pub(super) struct History {
    pub(super) epoch: Epoch,
    is_over: Arc<AtomicBool>,
}

impl History {
    /// The history that a database has now.
    pub(super) async fn of(connection: &mut PgConnection) -> sqlx::Result<Self> {
        Ok(Self { epoch: current(connection).await?, is_over: Arc::default() })
    }

    /// Looks whether a new connection leads to the same history.
    pub(super) async fn look(&self, connection: &mut PgConnection) -> sqlx::Result<()> {
        let epoch = current(connection).await?;
        self.compare(&epoch.0);
        Ok(())
    }

    /// Notes it if the database is in another epoch. Nothing that is asked for is answered then.
    pub(super) fn compare(&self, now: &str) {
        if now != &*self.epoch.0 && !self.is_over.swap(true, Relaxed) {
            tracing::error!(
                before = %self.epoch, now,
                "the database has another history now: this host has to begin anew"
            );
        }
    }

    /// Whether what is asked for belongs to this history.
    pub(super) fn check(&self) -> Result<()> {
        if self.is_over.load(Relaxed) { Err(StoreError::OtherHistory) } else { Ok(()) }
    }
}

/// The epoch of a database; another one is begun if its server is not the one that it belongs to.
async fn current(connection: &mut PgConnection) -> sqlx::Result<Epoch> {
    loop {
        let (epoch, timeline, now): (String, String, Option<String>) =
            sqlx::query_as(LOOK).fetch_one(&mut *connection).await?;
        let Some(now) = now else {
            return Err(sqlx::Error::Protocol("the server is a replica, which takes no writes".into()));
        };
        if now == timeline {
            return Ok(Epoch(epoch.into()));
        }
        let begun = sqlx::query(BEGIN_ANOTHER).bind(now.clone()).execute(&mut *connection).await?;
        if begun.rows_affected() > 0 {
            tracing::warn!(
                before = timeline,
                now,
                "another server holds the store now, which may lack commits: it has another epoch"
            );
        }
    }
}
