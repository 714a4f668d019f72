//! What a failure of the database means: is it away, and has what was asked for happened?

use std::{future::Future, io, time::Duration};

use sqlx::postgres::{PgDatabaseError, PgSeverity};

use crate::store::StoreError;

/// So long may the answer to whoever writes take. The server gives up earlier ([`settings`](super::settings)), so
/// this is met where the network, or the server's machine, is gone.
const WRITING: Duration = Duration::from_secs(25);
/// The same for readers, who may have to go through much.
const READING: Duration = Duration::from_secs(75);

/// Whether a connection is of no use after this, and what was asked for may have happened all the same.
pub(in crate::store) fn is_broken(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(error) => {
            error.try_downcast_ref::<PgDatabaseError>().is_some_and(|error| {
                matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic)
                    // Connections broken, servers that go down or are not up yet.
                    || error.code().starts_with("08")
                    || error.code().starts_with("57P")
                    // A server that takes no writes (any more): the next connection may find the one that does.
                    || error.code() == "25006"
            })
        }
        _ => false,
    }
}

/// Whether the database is away, or cannot do now what it could a moment ago.
pub(in crate::store) fn is_absence(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut => true,
        sqlx::Error::Database(database) => {
            let passing = |error: &PgDatabaseError| {
                // Out of disk, memory or connections; a failed disk.
                let class = error.code().get(..2);
                matches!(class, Some("53" | "58"))
                    // Who held a lock for too long, or was in each other's way.
                    || matches!(error.code(), "55P03" | "40001" | "40P01" | "57014" | "25P03")
            };
            is_broken(error) || database.try_downcast_ref::<PgDatabaseError>().is_some_and(passing)
        }
        _ => is_broken(error),
    }
}

/// Whether a commit failed because others got in between: an id is taken, or a row is not as it was read. Nothing
/// happened then.
pub(super) fn is_overtaken(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    // A unique violation; what everfold_overtaken() raises.
    code.is_some_and(|code| matches!(&*code, "23505" | "EF001"))
}

/// Why a transaction did not go through.
pub(super) enum Trouble<T> {
    /// Nothing happened, and the connection is as good as before.
    Refused(StoreError),
    /// Nothing happened, and the connection is of no use.
    Broken(StoreError),
    /// The connection broke while it was being committed: this is what came to pass, if it did.
    InDoubt(sqlx::Error, Box<T>),
}

impl<T> From<StoreError> for Trouble<T> {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Database(cause) | StoreError::Unavailable(cause) if is_broken(cause) => {
                Self::Broken(error)
            }
            _ => Self::Refused(error),
        }
    }
}

impl<T> From<sqlx::Error> for Trouble<T> {
    fn from(error: sqlx::Error) -> Self {
        StoreError::from(error).into()
    }
}

impl<T> Trouble<T> {
    /// What failed while it was being committed.
    pub(super) fn committing(error: sqlx::Error, then: T) -> Self {
        if is_broken(&error) { Self::InDoubt(error, Box::new(then)) } else { error.into() }
    }
}

/// Waits for an answer to whoever writes, but not for ever: then the connection counts as broken.
pub(super) async fn in_time<T, E: From<sqlx::Error>>(
    answer: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    within(WRITING, answer).await
}

/// The same for a reader.
pub(super) async fn read_in_time<T, E: From<sqlx::Error>>(
    answer: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    within(READING, answer).await
}

pub(super) async fn within<T, E: From<sqlx::Error>>(
    limit: Duration,
    answer: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let late = || io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {} s", limit.as_secs()));
    tokio::time::timeout(limit, answer).await.unwrap_or_else(|_| Err(sqlx::Error::from(late()).into()))
}
