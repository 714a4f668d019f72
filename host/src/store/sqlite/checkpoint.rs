//! Keeps the write-ahead log (WAL) short, beside the writer.
//!
//! SQLite would copy the WAL into the file on the writer's path, where a commit now and then would wait for
//! all of it. Here another connection copies while the writer goes on. What came in meanwhile is little; it is
//! copied while nobody writes, because only then does the next commit begin the WAL anew, in place.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use sqlx::{Connection, SqliteConnection};
use tokio::sync::{Mutex, Notify};
use tokio_util::sync::CancellationToken;

use super::desk::Drawer;

/// Looks after so many rows: each may have changed a page.
const ROWS: usize = 2048;
/// The WAL is copied once it has so many pages (32 MiB): pages that are written again and again are copied once.
const PAGES: i64 = 8192;
/// So many pages may be left to be copied while nobody writes, ...
const LEFT: i64 = 256;
/// ... or what is left after so many attempts beside a writer that is fast.
const ATTEMPTS: usize = 4;

/// What SQLite says of the WAL: whether it could not be copied, its pages, and how many of them are copied.
type Wal = (i64, i64, i64);

/// Tells the checkpointer of what was written.
#[derive(Debug, Default)]
pub(super) struct Checkpoints {
    rows: AtomicUsize,
    due: Notify,
    pub(super) ended: CancellationToken,
}

impl Checkpoints {
    /// So many rows were written.
    pub(super) fn written(&self, rows: usize) {
        if self.rows.fetch_add(rows, Relaxed) + rows >= ROWS {
            self.rows.store(0, Relaxed);
            self.due.notify_one();
        }
    }
}

/// Copies the WAL into the file whenever it is long, until the store is closed.
pub(super) async fn run(
    mut connection: SqliteConnection,
    checkpoints: Arc<Checkpoints>,
    drawer: Arc<Mutex<Drawer>>,
) {
    while checkpoints.ended.run_until_cancelled(checkpoints.due.notified()).await.is_some() {
        if let Err(error) = pass(&mut connection, &drawer).await {
            tracing::warn!(%error, "the write-ahead log could not be copied into the file; it is tried again");
        }
    }
    // The store is closing: who closes last copies what is left.
    drop(connection.close().await);
}

async fn pass(connection: &mut SqliteConnection, drawer: &Mutex<Drawer>) -> sqlx::Result<()> {
    let (_, pages, _) = wal(connection, "PRAGMA wal_checkpoint(NOOP)").await?;
    if pages < PAGES {
        return Ok(());
    }
    for _ in 0..ATTEMPTS {
        let (_, pages, copied) = wal(connection, "PRAGMA wal_checkpoint(PASSIVE)").await?;
        if pages - copied <= LEFT {
            break;
        }
    }
    let nobody_writes = drawer.lock().await;
    wal(connection, "PRAGMA wal_checkpoint(PASSIVE)").await?;
    drop(nobody_writes);
    Ok(())
}

async fn wal(connection: &mut SqliteConnection, pragma: &'static str) -> sqlx::Result<Wal> {
    sqlx::query_as(pragma).fetch_one(connection).await
}
