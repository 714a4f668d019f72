//! The schema of a database, and bringing an older one up to date.

use sqlx::{Connection, PgConnection};

use crate::store::{Result, StoreError};

/// What leads from each version of the schema to the next, from an empty database on. Each step notes itself in
/// `everfold_schema`.
const STEPS: [&str; 3] =
    [include_str!("schema/1.sql"), include_str!("schema/2.sql"), include_str!("schema/3.sql")];
/// Held while a schema is brought up to date: the bytes of "Evfd". So of many hosts that start at once, one does it.
const LOCK: &str = "SELECT pg_advisory_xact_lock(1165387364)";
/// Reads the catalogue itself. `to_regclass` is quicker, and goes on saying that there is no such table where it was
/// made by another session since this one asked, even behind a lock.
const IS_THERE: &str = "SELECT EXISTS (SELECT FROM pg_class \
     WHERE relname = 'everfold_schema' AND relnamespace = current_schema()::regnamespace)";
/// Other hosts may wait for as long as it takes.
const PATIENT: &str = "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0";

/// Every step, as it can be given to `psql`: what [`bring_up`] does to an empty database.
#[must_use]
pub fn printed() -> String {
    let steps = STEPS.join("\n");
    format!("BEGIN;\n{steps}COMMIT;\n")
}

/// How many steps a database has behind it; a sentence if it is not ours any more.
async fn version(connection: &mut PgConnection) -> Result<std::result::Result<usize, String>> {
    let known: bool = sqlx::query_scalar(IS_THERE).fetch_one(&mut *connection).await?;
    if !known {
        return Ok(Ok(0));
    }
    let version: i32 = sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM everfold_schema")
        .fetch_one(&mut *connection)
        .await?;
    let newest = STEPS.len();
    Ok(match usize::try_from(version) {
        Ok(version) if version <= newest => Ok(version),
        _ => Err(format!(
            "it has schema {version} and was written by a newer Everfold; this one knows schema {newest}: run the newer one"
        )),
    })
}

/// Brings a database to the newest version, in one transaction: it is either as it was, or up to date. The inner
/// error is a sentence for whoever started the host.
pub(super) async fn bring_up(connection: &mut PgConnection) -> Result<std::result::Result<(), String>> {
    match version(connection).await? {
        Ok(version) if version == STEPS.len() => return Ok(Ok(())),
        Ok(_) => {}
        Err(why) => return Ok(Err(why)),
    }
    let mut transaction = connection.begin().await?;
    sqlx::raw_sql(PATIENT).execute(&mut *transaction).await?;
    sqlx::query(LOCK).execute(&mut *transaction).await?;
    // Another host may have done it meanwhile.
    let from = match version(&mut transaction).await? {
        Ok(version) => version,
        Err(why) => return Ok(Err(why)),
    };
    for step in &STEPS[from..] {
        if let Err(error) = sqlx::raw_sql(*step).execute(&mut *transaction).await {
            return match StoreError::from(error) {
                error if error.is_absence() => Err(error),
                error => Ok(Err(format!(
                    "its schema cannot be brought up to date, and is as it was: {error}; name an empty database or schema, or give this role the right to make tables there (everfold migrate --print says what is made)"
                ))),
            };
        }
    }
    transaction.commit().await?;
    if from < STEPS.len() {
        tracing::info!(from, to = STEPS.len(), "the store was brought to a newer schema");
    }
    Ok(Ok(()))
}
