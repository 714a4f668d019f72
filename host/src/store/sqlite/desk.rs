//! Where the writer sits: one at a time, with the one connection that writes and what is known of the file.

use std::sync::Arc;

use sqlx::{Executor, Sqlite, SqliteConnection, pool::PoolConnection};
use tokio::{runtime::Handle, sync::OwnedMutexGuard};

use crate::{
    store::{Result, StoreError, memory::Memory},
    words::{ActivationNumber, DomainKey},
};

use super::{SqliteStore, memory};

/// What lies there while nobody writes.
#[derive(Default)]
pub(super) struct Drawer {
    /// The connection that writes, unless it goes back to its pool after each use.
    connection: Option<PoolConnection<Sqlite>>,
    /// None: it must be read from the file.
    pub(super) memory: Option<Memory>,
}

/// The right to write.
pub(super) struct Desk {
    taken: Option<(OwnedMutexGuard<Drawer>, PoolConnection<Sqlite>)>,
    keeps_connection: bool,
    /// Whether a transaction has begun whose end is not known.
    in_doubt: bool,
}

impl Desk {
    /// Waits until nobody else writes.
    pub(super) async fn take(store: &SqliteStore) -> Result<Self> {
        let mut drawer = Arc::clone(&store.drawer).lock_owned().await;
        let connection = match drawer.connection.take() {
            Some(connection) => connection,
            None => store.writer.acquire().await?,
        };
        let keeps_connection = !store.in_memory;
        Ok(Self { taken: Some((drawer, connection)), keeps_connection, in_doubt: false })
    }

    pub(super) fn connection(&mut self) -> Result<&mut SqliteConnection> {
        let (_, connection) = self.taken.as_mut().ok_or_else(StoreError::crashed)?;
        Ok(&mut *connection)
    }

    /// The connection, and what is known of the file.
    pub(super) async fn memory(
        &mut self,
        store: &SqliteStore,
    ) -> Result<(&mut SqliteConnection, &mut Memory)> {
        let (drawer, connection) = self.taken.as_mut().ok_or_else(StoreError::crashed)?;
        let memory = match drawer.memory.take() {
            Some(memory) => memory,
            None => memory::load(store, connection).await?,
        };
        Ok((&mut *connection, drawer.memory.insert(memory)))
    }

    /// From here until [`Self::settle`] a transaction is open: if the desk is left in between, for an error or
    /// because nobody waits any more, it is rolled back before anybody else writes (or, in memory, reads), and
    /// what was known of the file is forgotten.
    pub(super) fn begin(&mut self) -> Result<(&mut SqliteConnection, Memory)> {
        let (drawer, connection) = self.taken.as_mut().ok_or_else(StoreError::crashed)?;
        let memory = drawer.memory.take().ok_or_else(StoreError::crashed)?;
        self.in_doubt = true;
        Ok((&mut *connection, memory))
    }

    /// The transaction is committed; this is known of the file now.
    pub(super) fn settle(&mut self, memory: Memory) {
        self.in_doubt = false;
        if let Some((drawer, _)) = &mut self.taken {
            drawer.memory = Some(memory);
        }
    }
}

impl Desk {
    /// What is known of the file is not true any more: whoever needs it next reads it again.
    pub(super) fn forget(&mut self) {
        if let Some((drawer, _)) = &mut self.taken {
            drawer.memory = None;
        }
    }

    /// Another activation is in force in a domain.
    pub(super) fn activated(&mut self, key: &DomainKey, activation: ActivationNumber) {
        if let Some(memory) = self.taken.as_mut().and_then(|(drawer, _)| drawer.memory.as_mut()) {
            memory.activations.insert(key.clone(), activation);
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let Some((mut drawer, mut connection)) = self.taken.take() else { return };
        let keeps_connection = self.keeps_connection;
        let mut leave = move |connection| {
            if keeps_connection {
                drawer.connection = Some(connection);
            }
        };
        if !self.in_doubt {
            return leave(connection);
        }
        // Without a runtime the process is at its end, and the file forgets the transaction.
        let Ok(runtime) = Handle::try_current() else { return };
        runtime.spawn(async move {
            // Refused where the transaction has ended already.
            drop(connection.execute("ROLLBACK").await);
            leave(connection);
        });
    }
}

/// Gives the connection back, so that its pool can be closed.
pub(super) async fn close(store: &SqliteStore) {
    let mut drawer = store.drawer.lock().await;
    drop(drawer.connection.take());
}
