//! The schema of a file, and bringing an older one up to date.

use sqlx::{Connection, SqliteConnection};

use crate::{clock::random_name, store::Result};

use super::open::plain;

/// `PRAGMA application_id`: "Evfd". A file with another is not a store of ours.
const APPLICATION: i32 = 0x4576_6664;
/// What leads from each version of the schema to the next, from an empty file on. Each step sets
/// `PRAGMA user_version`.
const STEPS: [&str; 5] = [
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
];

/// How many steps a file has behind it; a sentence if it is not ours, or not ours any more.
pub(super) async fn version(connection: &mut SqliteConnection) -> std::result::Result<usize, String> {
    let query = "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema) \
                 FROM pragma_application_id, pragma_user_version";
    let found = sqlx::query_as(query).fetch_one(connection).await;
    let (application, version, tables): (i32, i32, i64) = found.map_err(|e| plain(&e))?;
    let newest = STEPS.len();
    match (application, usize::try_from(version)) {
        (APPLICATION, Ok(version)) if (1..=newest).contains(&version) => Ok(version),
        (APPLICATION, Ok(newer)) if newer > newest => Err(format!(
            "it has schema {newer} and was written by a newer Everfold; this one knows schema {newest}: run the newer one"
        )),
        (0, Ok(0)) if tables == 0 => Ok(0),
        _ => Err("it is a SQLite database, but not a store of Everfold: name another file".into()),
    }
}

/// Brings a file to the newest version, in one transaction: it is either as it was, or up to date.
pub(super) async fn bring_up(connection: &mut SqliteConnection, from: usize) -> Result<()> {
    if from == STEPS.len() {
        return Ok(());
    }
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    for step in &STEPS[from..] {
        sqlx::raw_sql(*step).execute(&mut *transaction).await?;
    }
    if from == 0 {
        sqlx::query("INSERT INTO counters VALUES (1, ?, 0, 0, 0, 0, 0)")
            .bind(random_name())
            .execute(&mut *transaction)
            .await?;
        sqlx::query("PRAGMA application_id = 1165387364").execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    if from > 0 {
        tracing::info!(from, to = STEPS.len(), "the store was brought to a newer schema");
    }
    Ok(())
}
