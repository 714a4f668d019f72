//! Copies of a store's file, also while a host holds it. Nothing here takes the writer's place: what is copied
//! is only read, and what is written is a file that nobody uses yet.

use std::path::Path;

use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{
    clock::random_name,
    store::{Head, Result, StoreError, rows::number},
    words::{Epoch, Position, Version},
};

use super::{
    open::{self, Lock, plain},
    schema,
};

/// What a file holds, counted.
const COUNT: &str = "SELECT epoch, position, version, (SELECT count(*) FROM events), \
    (SELECT coalesce(max(position), 0) FROM events), (SELECT coalesce(max(version), 0) FROM models) FROM counters";

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The name of its history.
    pub epoch: Epoch,
    /// How far it has counted.
    pub head: Head,
}

/// Keeps hosts away from a place, as long as it lasts.
#[derive(Debug)]
pub struct Claim(#[expect(dead_code, reason = "the lock lasts as long as the claim")] Lock);

/// Claims a place, whether there is a store or not. Makes its folder if it is missing. `holder` is what a host
/// is told that finds it taken.
///
/// # Errors
/// [`StoreError::Open`] if a host holds it, or nothing can be written there.
pub fn claim(place: &Path, holder: &str) -> Result<Claim> {
    open::lock(place, holder).map(Claim)
}

/// Writes what a store's file holds at one moment into a new file, which is not on the disk yet. Hosts go on
/// writing meanwhile; their WAL stays as long as it gets until this is done.
///
/// # Errors
/// [`StoreError::Open`] if `from` is no store, or not of this version; [`StoreError::Database`] if it cannot be
/// read, or the copy not be written.
pub async fn copy(from: &Path, to: &Path) -> Result<()> {
    let mut connection = connect(from).await?;
    // SQLite knows names only as text.
    let to = to.to_str().ok_or_else(|| refused(to, "its name is not UTF-8: choose another".into()))?;
    sqlx::query("VACUUM INTO ?").bind(to.to_owned()).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

/// Reads all of a file: whether its pages and indexes fit together, and whether as many events and versions are
/// there as it has counted.
///
/// # Errors
/// [`StoreError::Damaged`] if not; [`StoreError::Open`] if it is no store, or not of this version.
pub async fn check(file: &Path) -> Result<Contents> {
    let mut connection = connect(file).await?;
    let found: Vec<String> =
        sqlx::query_scalar("PRAGMA integrity_check(3)").fetch_all(&mut connection).await?;
    if found != ["ok"] {
        return Err(StoreError::Damaged(format!("{}: {}", file.display(), found.join("; "))));
    }
    let counts: (String, i64, i64, i64, i64, i64) = sqlx::query_as(COUNT).fetch_one(&mut connection).await?;
    connection.close().await?;
    let (epoch, position, version, events, newest, written) = counts;
    if (events, newest) != (position, position) || written > version {
        return Err(StoreError::Damaged(format!(
            "{} has counted to position {position} and version {version}, but holds {events} events up to {newest} and a model of version {written}",
            file.display()
        )));
    }
    let head = Head { position: Position(number(position)?), version: Version(number(version)?) };
    Ok(Contents { epoch: Epoch(epoch.into()), head })
}

/// Gives the history in a file another name: cursors that clients have of it are void.
///
/// # Errors
/// [`StoreError::Open`], [`StoreError::Database`].
pub async fn rename_history(file: &Path) -> Result<()> {
    let mut connection = connect(file).await?;
    sqlx::query("UPDATE counters SET epoch = ?").bind(random_name()).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

/// A connection to the store in a file, beside a host that may hold it.
async fn connect(file: &Path) -> Result<SqliteConnection> {
    let options = SqliteConnectOptions::new().filename(file).disable_statement_logging();
    let mut connection = options.connect().await.map_err(|error| refused(file, plain(&error)))?;
    match schema::version(&mut connection).await {
        Ok(0) => Err(refused(file, "it is empty: name another file".into())),
        Ok(_) => Ok(connection),
        Err(why) => Err(refused(file, why)),
    }
}

fn refused(file: &Path, why: String) -> StoreError {
    StoreError::Open { store: format!("sqlite:{}", file.display()), why }
}

#[cfg(test)]
mod tests;
