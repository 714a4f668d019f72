//! Opening a store: the lock, the settings that durability needs, the schema.

use std::{
    fs::{self, File, TryLockError},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
    str::FromStr,
    sync::{Arc, Mutex},
    time::Duration,
};

use sqlx::{
    ConnectOptions, Connection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{
    store::{Result, StoreError},
    words::Epoch,
};

use super::{
    SqliteStore,
    by_entity::Unindexed,
    checkpoint::{Checkpointer, Checkpoints},
    desk::Desk,
    names, schema,
};

/// Before this version, a reset of the WAL could lose commits.
const OLDEST_SQLITE: [u32; 3] = [3, 51, 3];
/// SQLite's code for a file that is something else, `SQLITE_NOTADB`.
const NOT_A_DATABASE: &str = "26";
/// `PRAGMA cache_size`: KiB (therefore negative) of pages that the connection keeps that writes, so that the
/// upper levels of the indexes are not read again for every commit, ...
const CACHE: &str = "-32768";
/// ... and of each that reads: every commit empties those, so more would only be memory.
const READERS_CACHE: &str = "-8192";
/// `PRAGMA wal_autocheckpoint`: never, [`Checkpointer`] does that.
const CHECKPOINT: &str = "0";
/// Rows that a connection may be ahead of who reads them: with room for a page of them, its thread does not
/// wait in between.
const ROWS_AHEAD: usize = 1024;
/// Connections that read beside the writer.
const READERS: u32 = 4;

/// Keeps other hosts out of a file.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "the lock lasts as long as the file is open")] File);

pub(super) async fn open(place: &str, holder: &str) -> Result<SqliteStore> {
    let in_memory = place == ":memory:";
    let lock = if in_memory { None } else { Some(lock(Path::new(place), holder)?) };
    let refuse = |why: String| StoreError::Open { store: format!("sqlite:{place}"), why };
    let options = if in_memory {
        SqliteConnectOptions::from_str("sqlite::memory:")?
    } else {
        let options = SqliteConnectOptions::new().filename(place).create_if_missing(true);
        look(&options).await.map_err(refuse)?;
        options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full)
    };
    let options = options
        .busy_timeout(Duration::from_secs(5))
        .statement_cache_capacity(1024)
        .row_buffer_size(ROWS_AHEAD)
        .pragma("cache_size", CACHE)
        .pragma("wal_autocheckpoint", CHECKPOINT)
        // A line for each statement would cost more than many statements.
        .disable_statement_logging();
    let writer = pool(1).connect_with(options.clone()).await.map_err(|e| refuse(plain(&e)))?;
    let mut connection = writer.acquire().await?;
    prepare(&mut connection, in_memory).await?.map_err(refuse)?;
    let epoch: String = sqlx::query_scalar("SELECT epoch FROM counters").fetch_one(&mut *connection).await?;
    let names = names::load(&mut connection).await?;
    let drawer = Arc::default();
    let checkpoints = Arc::new(Checkpoints::default());
    let mut copying = None;
    let options = options.pragma("cache_size", READERS_CACHE);
    let readers = if in_memory {
        writer.clone()
    } else {
        let connection = options.connect().await.map_err(|e| refuse(plain(&e)))?;
        let file = File::open(place).map_err(|e| refuse(format!("it cannot be read: {e}")))?;
        let (file, checkpoints) = (Arc::new(file), Arc::clone(&checkpoints));
        let copies = Checkpointer { connection, file, checkpoints, drawer: Arc::clone(&drawer) };
        copying = Some(tokio::spawn(copies.run()));
        pool(READERS).connect_with(options).await?
    };
    let store = SqliteStore {
        in_memory,
        writer,
        readers,
        epoch: Epoch(epoch.into()),
        names,
        drawer,
        by_entity: Unindexed::default(),
        checkpoints,
        copying: Mutex::new(copying),
        lock: Mutex::new(lock),
    };
    // Whoever reads must find what the index lacks, so that is read now; the connection is given back before.
    drop(connection);
    Desk::take(&store).await?.memory(&store).await?;
    Ok(store)
}

/// A store in memory lives as long as its connection, so connections are never retired.
fn pool(most: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(most)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// Looks whose file it is before anything is set: setting the journal mode would already change it.
async fn look(options: &SqliteConnectOptions) -> std::result::Result<(), String> {
    let mut connection = options.connect().await.map_err(|e| plain(&e))?;
    schema::version(&mut connection).await?;
    connection.close().await.map_err(|e| plain(&e))
}

/// Brings a connection's file to our schema and reads back what durability needs. The inner error is
/// a sentence for whoever started the host.
async fn prepare(
    connection: &mut SqliteConnection,
    in_memory: bool,
) -> Result<std::result::Result<(), String>> {
    let sqlite: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut *connection).await?;
    let parts: Vec<u32> = sqlite.split('.').filter_map(|part| part.parse().ok()).collect();
    if parts < OLDEST_SQLITE.to_vec() {
        return Ok(Err(format!("SQLite {sqlite} can lose commits; 3.51.3 or newer is needed")));
    }
    match schema::version(connection).await {
        Ok(version) => {
            if let Err(error) = schema::bring_up(connection, version).await {
                return Ok(Err(format!(
                    "its schema cannot be brought up to date, and is as it was: {error}"
                )));
            }
        }
        Err(why) => return Ok(Err(why)),
    }
    if in_memory {
        return Ok(Ok(()));
    }
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *connection).await?;
    let synchronous: i32 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *connection).await?;
    if (journal.as_str(), synchronous) == ("wal", 2) {
        return Ok(Ok(()));
    }
    Ok(Err(format!(
        "SQLite runs with journal_mode={journal} and synchronous={synchronous} there, not with wal and 2 (FULL): what is acknowledged could be lost; use a local file system"
    )))
}

/// Takes the lock file beside the store, or says who holds it.
pub(super) fn lock(place: &Path, holder: &str) -> Result<Lock> {
    let refuse = |why: String| StoreError::Open { store: format!("sqlite:{}", place.display()), why };
    let mut name = place.as_os_str().to_owned();
    name.push(".lock");
    let path = PathBuf::from(name);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        fs::create_dir_all(folder)
            .map_err(|e| refuse(format!("the folder {} cannot be made: {e}", folder.display())))?;
    }
    let mut file =
        File::options().create(true).truncate(false).read(true).write(true).open(&path).map_err(|e| {
            refuse(format!("{} cannot be written: {e}; choose a folder that can be", path.display()))
        })?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut other = String::new();
            // Who holds it is a courtesy: the refusal stands without it.
            drop(file.read_to_string(&mut other));
            return Err(refuse(format!(
                "it is in use by {}; one host serves one file, and everfold backup copies it meanwhile",
                other.trim()
            )));
        }
        Err(TryLockError::Error(e)) => {
            return Err(refuse(format!("{} cannot be locked: {e}", path.display())));
        }
    }
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "process {}, {holder}", std::process::id()))
        .map_err(|e| refuse(format!("{} cannot be written: {e}", path.display())))?;
    Ok(Lock(file))
}

pub(super) fn plain(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) if error.code().as_deref() == Some(NOT_A_DATABASE) => {
            "it is not a SQLite database: name another file".into()
        }
        sqlx::Error::Database(error) => {
            format!("{}; choose a file in a folder that can be written", error.message())
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
