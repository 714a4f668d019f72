//! Opening a store: the server is looked at, the schema brought up to date, the history found.

use std::sync::Arc;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::sync::Mutex;

use crate::store::{Result, StoreError, names::Names};

use super::{
    PostgresStore,
    desk::{Drawer, forget_old_writers},
    epoch::History,
    names, schema, server,
    settings::{self, shown},
    shared::Sharing,
};

pub(super) async fn open(url: &str, connections: u32) -> Result<PostgresStore> {
    let (options, mut connection) = prepared(url).await?;
    let refuse = |error: sqlx::Error| refuse(&options, plain(&error));
    let history = History::of(&mut connection).await.map_err(refuse)?;
    forget_old_writers(&mut connection).await.map_err(refuse)?;
    let names = Names::default();
    names::read(&names, &mut connection).await?;
    // One of them writes.
    let readers = settings::readers(options.clone(), connections.saturating_sub(1).max(1), &history);
    let drawer = Arc::new(Mutex::new(Drawer::with(connection)));
    Ok(PostgresStore { history, names, readers, options, drawer, sharing: Sharing::default() })
}

/// A connection to a server that can be trusted, with our schema.
async fn prepared(url: &str) -> Result<(PgConnectOptions, PgConnection)> {
    let options = settings::options(url)
        .map_err(|error| StoreError::Open { store: "postgres://…".to_owned(), why: plain(&error) })?;
    let refuse = |why: String| refuse(&options, why);
    let mut connection = settings::connect(&options).await.map_err(|error| refuse(plain(&error)))?;
    let server = server::check(&mut connection).await.map_err(|error| refuse(plain(&error)))?;
    server.map_err(refuse)?;
    schema::bring_up(&mut connection).await?.map_err(refuse)?;
    Ok((options, connection))
}

fn refuse(options: &PgConnectOptions, why: String) -> StoreError {
    StoreError::Open { store: shown(options), why }
}

fn plain(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => format!("{} ({})", error.message(), error.code().unwrap_or_default()),
        sqlx::Error::Io(error) => format!("it does not answer there ({error}): start it, or name another"),
        other => other.to_string(),
    }
}
