//! Reads the names of contexts and domains.

use sqlx::SqliteConnection;

use crate::store::{Result, names::Names};

pub(super) async fn load(connection: &mut SqliteConnection) -> Result<Names> {
    let names = Names::default();
    let contexts = sqlx::query_as("SELECT id, name FROM contexts").fetch_all(&mut *connection).await?;
    let domains = sqlx::query_as("SELECT id, context, name FROM domains").fetch_all(&mut *connection).await?;
    names.add(contexts, domains)?;
    Ok(names)
}
