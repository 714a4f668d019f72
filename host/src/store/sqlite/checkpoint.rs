//! Keeps the write-ahead log (WAL) short, beside the writer.
//!
//! SQLite would copy the WAL into the file on the writer's path, where a commit now and then would wait for
//! all of it. Here another connection copies while the writer goes on. What came in meanwhile is little; it is
//! copied while nobody writes, because only then does the next commit begin the WAL anew, in place.

use std::{
    fs::File,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use sqlx::{Connection, SqliteConnection};
use tokio::{
    sync::{Mutex, Notify},
    task::spawn_blocking,
};
use tokio_util::sync::CancellationToken;

use super::desk::Drawer;

/// Looks after so many rows: each may have changed a page.
const ROWS: usize = 2048;
/// The WAL is copied once it has so many pages (4 MiB). More would be copied less
/// often where pages are written again and again, but then a commit would wait longer for the disk.
const PAGES: i64 = 1024;
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

/// Copies the WAL into its file.
pub(super) struct Checkpointer {
    pub(super) connection: SqliteConnection,
    /// The file once more. It stays open as long as the connection: to close it would end the locks that SQLite
    /// has on it.
    pub(super) file: Arc<File>,
    pub(super) checkpoints: Arc<Checkpoints>,
    pub(super) drawer: Arc<Mutex<Drawer>>,
}

impl Checkpointer {
    /// Copies the WAL whenever it is long, until the store is closed.
    pub(super) async fn run(mut self) {
        let checkpoints = Arc::clone(&self.checkpoints);
        while checkpoints.ended.run_until_cancelled(checkpoints.due.notified()).await.is_some() {
            if let Err(error) = self.pass().await {
                tracing::warn!(%error, "the write-ahead log could not be copied into the file; it is tried again");
            }
        }
        // The store is closing: who closes last copies what is left.
        drop(self.connection.close().await);
    }

    async fn pass(&mut self) -> sqlx::Result<()> {
        let (_, pages, _) = self.checkpoint("PRAGMA wal_checkpoint(NOOP)").await?;
        if pages < PAGES {
            return Ok(());
        }
        for _ in 0..ATTEMPTS {
            let (_, pages, copied) = self.checkpoint("PRAGMA wal_checkpoint(PASSIVE)").await?;
            // SQLite puts the file on the disk only when it has copied everything, while nobody writes; most
            // of that is done here, before.
            let file = Arc::clone(&self.file);
            spawn_blocking(move || file.sync_data()).await.map_err(|_| sqlx::Error::WorkerCrashed)??;
            if pages - copied <= LEFT {
                break;
            }
        }
        let drawer = Arc::clone(&self.drawer);
        let nobody_writes = drawer.lock().await;
        self.checkpoint("PRAGMA wal_checkpoint(PASSIVE)").await?;
        drop(nobody_writes);
        Ok(())
    }

    async fn checkpoint(&mut self, pragma: &'static str) -> sqlx::Result<Wal> {
        sqlx::query_as(pragma).fetch_one(&mut self.connection).await
    }
}
