//! Where the writer sits: one at a time in this host, with the connection that writes, and what is known of the
//! database. What became of a commit whose answer was lost is looked up here.

use std::{ops::ControlFlow, time::Duration};

use sqlx::PgConnection;
use tokio::{
    sync::MutexGuard,
    time::{Instant, sleep},
};
use uuid::Uuid;

use crate::{
    clock::random_name,
    store::{Result, StoreError},
};

use super::{
    PostgresStore,
    known::Remembered,
    place::{Place, Placed},
    settings,
    trouble::{Trouble, in_time},
};

/// So often a transaction is tried whose connection breaks.
const ATTEMPTS: u32 = 3;
/// For so long it is tried to look up what became of a commit, ...
const LOOKING: Duration = Duration::from_secs(5);
/// ... with a pause in between.
const PAUSE: Duration = Duration::from_millis(200);

/// Lets nothing of a writer come to pass any more, and tells its last commit. It waits for one that is under way.
const LOOK_UP: &str = "INSERT INTO writers (id, serial, ends, seen) VALUES ($1, 0, 0, now()) \
     ON CONFLICT (id) DO UPDATE SET ends = writers.serial RETURNING serial, position, version, recorded_at";
/// Writers that are not heard of any more: no commit of theirs is in doubt.
const FORGET: &str = "DELETE FROM writers WHERE seen < now() - interval '1 day'";

/// What lies there while nobody writes.
pub(super) struct Drawer {
    connection: Option<PgConnection>,
    /// None: it must be read again.
    pub(super) remembered: Option<Remembered>,
    /// Under which name commits are numbered, and the number of the last one that was tried.
    writer: Uuid,
    serial: i64,
    /// Whether the database could not be reached the last time.
    absent: bool,
    closed: bool,
}

impl Drawer {
    pub(super) fn with(connection: PgConnection) -> Self {
        Self {
            connection: Some(connection),
            remembered: None,
            writer: new_writer(),
            serial: 0,
            absent: false,
            closed: false,
        }
    }

    /// The number of the next commit, and whose it is.
    pub(super) fn next_commit(&mut self) -> (Uuid, i64) {
        self.serial += 1;
        (self.writer, self.serial)
    }

    /// Takes the connection out: whoever is dropped with it in hand leaves none that has a transaction open.
    pub(super) async fn take_connection(&mut self, store: &PostgresStore) -> Result<PgConnection> {
        store.history.check()?;
        if let Some(connection) = self.connection.take() {
            return Ok(connection);
        }
        let connection = connect(store).await;
        match &connection {
            Ok(_) if self.absent => tracing::info!("the database can be reached again"),
            Err(error) if !self.absent => tracing::warn!(%error, "the database cannot be reached"),
            _ => {}
        }
        self.absent = connection.is_err();
        connection
    }

    /// Gives the connection back, with no transaction open.
    pub(super) fn put_back(&mut self, connection: PgConnection) {
        self.connection = Some(connection);
    }

    /// What a transaction came to: an answer, or another attempt.
    pub(super) async fn after<T: Placed>(
        &mut self,
        store: &PostgresStore,
        connection: PgConnection,
        result: std::result::Result<T, Trouble<T>>,
        attempt: u32,
    ) -> ControlFlow<Result<T>> {
        let trouble = match result {
            Ok(answer) => {
                self.connection = Some(connection);
                return ControlFlow::Break(Ok(answer));
            }
            Err(trouble) => trouble,
        };
        // Nothing is known from memory that this could have made untrue.
        self.remembered = None;
        match trouble {
            Trouble::Refused(error) => {
                if error.is_absence() {
                    tracing::warn!(%error, "a transaction failed");
                }
                self.connection = Some(connection);
                ControlFlow::Break(Err(error))
            }
            Trouble::Broken(_) if attempt < ATTEMPTS => ControlFlow::Continue(()),
            Trouble::Broken(error) => ControlFlow::Break(Err(error)),
            Trouble::InDoubt(error, mut answer) => {
                tracing::warn!(%error, "the connection broke in a commit; looking up what became of it");
                drop(connection);
                match self.look_up(store).await {
                    Ok(Some(place)) => {
                        answer.place(place);
                        ControlFlow::Break(Ok(*answer))
                    }
                    Ok(None) if attempt < ATTEMPTS => ControlFlow::Continue(()),
                    Ok(None) => ControlFlow::Break(Err(error.into())),
                    Err(StoreError::OtherHistory) => ControlFlow::Break(Err(StoreError::OtherHistory)),
                    Err(_) => ControlFlow::Break(Err(StoreError::Unknown(error.into()))),
                }
            }
        }
    }

    /// Where the last commit that was tried came to lie; none: it did not come to pass. From here on it cannot, and
    /// commits go under another name.
    async fn look_up(&mut self, store: &PostgresStore) -> Result<Option<Place>> {
        let (writer, serial) = (self.writer, self.serial);
        (self.writer, self.serial) = (new_writer(), 0);
        let until = Instant::now() + LOOKING;
        loop {
            match ask(store, writer).await {
                Ok((connection, last, place)) => {
                    self.connection = Some(connection);
                    let committed = last >= serial;
                    tracing::info!(committed, "it is known what became of the commit");
                    return Ok(committed.then_some(place));
                }
                Err(StoreError::OtherHistory) => return Err(StoreError::OtherHistory),
                Err(error) if Instant::now() > until => {
                    tracing::error!(%error, "it cannot be known for now what became of the commit");
                    self.absent = true;
                    return Err(error);
                }
                Err(_) => sleep(PAUSE).await,
            }
        }
    }
}

fn new_writer() -> Uuid {
    Uuid::try_parse(&random_name()).unwrap_or_default()
}

async fn connect(store: &PostgresStore) -> Result<PgConnection> {
    let mut connection = settings::connect(&store.options).await?;
    in_time(store.history.look(&mut connection)).await?;
    store.history.check()?;
    Ok(connection)
}

async fn ask(store: &PostgresStore, writer: Uuid) -> Result<(PgConnection, i64, Place)> {
    let mut connection = connect(store).await?;
    let (last, position, version, recorded_at) =
        in_time(sqlx::query_as(LOOK_UP).bind(writer).fetch_one(&mut connection)).await?;
    Ok((connection, last, Place::new((position, version, recorded_at))?))
}

/// Removes the rows of writers of old.
pub(super) async fn forget_old_writers(connection: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query(FORGET).execute(connection).await.map(drop)
}

impl PostgresStore {
    /// Waits until nobody else of this host writes.
    pub(super) async fn desk(&self) -> Result<MutexGuard<'_, Drawer>> {
        let drawer = self.drawer.lock().await;
        if drawer.closed { Err(sqlx::Error::PoolClosed.into()) } else { Ok(drawer) }
    }

    /// Ends writing.
    pub(super) async fn close_desk(&self) {
        let mut drawer = self.drawer.lock().await;
        drawer.closed = true;
        // Dropping the connection ends its session.
        drawer.connection = None;
    }
}
