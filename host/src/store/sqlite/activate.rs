//! Activations, files and contexts: what changes seldom.

use sqlx::{Connection, SqliteConnection};

use crate::{
    store::{
        Activation, FileRecord, NewActivation, Result,
        rows::{number, to_json},
    },
    words::{ActivationNumber, ContextName, DomainKey, Position},
};

use super::{SqliteStore, desk::Desk};

pub(super) async fn activate(store: &SqliteStore, new: &NewActivation) -> Result<Activation> {
    let mut desk = Desk::take(store).await?;
    let mut transaction = desk.connection()?.begin_with("BEGIN IMMEDIATE").await?;
    let (head, newest): (i64, i64) =
        sqlx::query_as("SELECT position, activation FROM counters").fetch_one(&mut *transaction).await?;
    let activation = newest + 1;
    let (context, domain) = ensure_domain(&mut transaction, &new.key, head).await?;
    if let Some((hash, bytes, _)) = &new.module {
        sqlx::query("INSERT INTO modules VALUES (?, ?) ON CONFLICT DO NOTHING")
            .bind(hash.as_bytes().to_vec())
            .bind(bytes.to_vec())
            .execute(&mut *transaction)
            .await?;
    }
    let descriptor = new.module.as_ref().map(|(_, _, descriptor)| to_json(descriptor)).transpose()?;
    sqlx::query("INSERT INTO activations VALUES (?, ?, ?, ?, ?, ?)")
        .bind(activation)
        .bind(domain)
        .bind(new.module.as_ref().map(|(hash, _, _)| hash.as_bytes().to_vec()))
        .bind(descriptor)
        .bind(head)
        .bind(new.at)
        .execute(&mut *transaction)
        .await?;
    in_force(&mut transaction, domain, activation).await?;
    if let Some(file) = &new.file {
        write_file(&mut transaction, domain, file).await?;
    }
    transaction.commit().await?;
    store.names.add_context(&new.key.context, context);
    store.names.add_domain(&new.key, domain);
    let activation = ActivationNumber(number(activation)?);
    desk.activated(&new.key, activation);
    Ok(Activation {
        number: activation,
        key: new.key.clone(),
        module: new.module.as_ref().map(|(hash, _, descriptor)| (*hash, descriptor.clone())),
        head: Position(number(head)?),
        at: new.at,
    })
}

pub(super) async fn note_file(store: &SqliteStore, file: &FileRecord) -> Result<()> {
    let mut desk = Desk::take(store).await?;
    let mut transaction = desk.connection()?.begin_with("BEGIN IMMEDIATE").await?;
    let head: i64 = sqlx::query_scalar("SELECT position FROM counters").fetch_one(&mut *transaction).await?;
    let (context, domain) = ensure_domain(&mut transaction, &file.key, head).await?;
    write_file(&mut transaction, domain, file).await?;
    transaction.commit().await?;
    store.names.add_context(&file.key.context, context);
    store.names.add_domain(&file.key, domain);
    Ok(())
}

pub(super) async fn name_context(store: &SqliteStore, context: &ContextName) -> Result<()> {
    let id = ensure_context(Desk::take(store).await?.connection()?, context).await?;
    store.names.add_context(context, id);
    Ok(())
}

pub(super) async fn ensure_context(connection: &mut SqliteConnection, context: &ContextName) -> Result<i64> {
    // An update that changes nothing makes the row come back in either case.
    let upsert = "INSERT INTO contexts (name) VALUES (?) ON CONFLICT DO UPDATE SET name = name RETURNING id";
    Ok(sqlx::query_scalar(upsert).bind(context.as_str().to_owned()).fetch_one(connection).await?)
}

/// The numbers of a domain and its context. A domain's first mark is the log's head: what lies before it
/// is folded by a visit to every entity, not by reading the log.
pub(super) async fn ensure_domain(
    connection: &mut SqliteConnection,
    key: &DomainKey,
    head: i64,
) -> Result<(i64, i64)> {
    let context = ensure_context(connection, &key.context).await?;
    let upsert = "INSERT INTO domains (context, name, activation, position) VALUES (?, ?, 0, ?) \
                  ON CONFLICT DO UPDATE SET name = name RETURNING id";
    let domain = sqlx::query_scalar(upsert)
        .bind(context)
        .bind(key.domain.as_str().to_owned())
        .bind(head)
        .fetch_one(connection)
        .await?;
    Ok((context, domain))
}

/// Counts an activation, which is the one in force in its domain now.
pub(super) async fn in_force(connection: &mut SqliteConnection, domain: i64, activation: i64) -> Result<()> {
    sqlx::query("UPDATE domains SET activation = ? WHERE id = ?")
        .bind(activation)
        .bind(domain)
        .execute(&mut *connection)
        .await?;
    sqlx::query("UPDATE counters SET activation = ?").bind(activation).execute(connection).await?;
    Ok(())
}

pub(super) async fn write_file(
    connection: &mut SqliteConnection,
    domain: i64,
    file: &FileRecord,
) -> Result<()> {
    let upsert = "INSERT INTO files VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET hash = excluded.hash";
    sqlx::query(upsert)
        .bind(file.node.clone())
        .bind(domain)
        .bind(file.hash.map(|hash| hash.as_bytes().to_vec()))
        .execute(connection)
        .await?;
    Ok(())
}
