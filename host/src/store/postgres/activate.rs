//! Activations, files and contexts: what changes seldom. All of it is written under the counters' lock.

use std::ops::ControlFlow;

use sqlx::{Connection, PgConnection};

use crate::{
    store::{
        Activation, FileRecord, NewActivation, Result,
        rows::{number, signed, to_json},
    },
    words::{ActivationNumber, ContextName, DomainKey, Position},
};

use super::{
    PostgresStore,
    desk::Drawer,
    known::Remembered,
    shared::tell,
    trouble::{Trouble, in_time},
    types::Micros,
};

const STAMP: &str = "INSERT INTO writers (id, serial, seen) VALUES ($1, $2, now()) \
     ON CONFLICT (id) DO UPDATE SET serial = excluded.serial, seen = excluded.seen";

/// What is asked for.
#[derive(Clone, Copy)]
enum Change<'a> {
    Activate(&'a NewActivation),
    Note(&'a FileRecord),
    Name(&'a ContextName),
}

pub(super) async fn activate(store: &PostgresStore, new: &NewActivation) -> Result<Activation> {
    let (activation, head) = change(store, Change::Activate(new)).await?;
    Ok(Activation {
        number: activation,
        key: new.key.clone(),
        module: new.module.as_ref().map(|(hash, _, descriptor)| (*hash, descriptor.clone())),
        head,
        at: new.at,
    })
}

pub(super) async fn note_file(store: &PostgresStore, file: &FileRecord) -> Result<()> {
    change(store, Change::Note(file)).await.map(drop)
}

pub(super) async fn name_context(store: &PostgresStore, context: &ContextName) -> Result<()> {
    if store.context(context).await?.is_some() {
        return Ok(());
    }
    change(store, Change::Name(context)).await.map(drop)
}

/// The newest activation, and the log's head.
type Changed = (ActivationNumber, Position);

async fn change(store: &PostgresStore, change: Change<'_>) -> Result<Changed> {
    let mut drawer = store.desk().await?;
    let mut attempt = 0;
    loop {
        attempt += 1;
        let mut connection = drawer.take_connection(store).await?;
        let result = write(store, &mut drawer, &mut connection, change).await;
        if let ControlFlow::Break(answer) = drawer.after(store, connection, result, attempt).await {
            return answer;
        }
    }
}

async fn write(
    store: &PostgresStore,
    drawer: &mut Drawer,
    connection: &mut PgConnection,
    change: Change<'_>,
) -> std::result::Result<Changed, Trouble<Changed>> {
    let mut transaction = in_time(connection.begin()).await?;
    let before = drawer.remembered.take();
    let mut remembered = in_time(Remembered::under_lock(store, &mut transaction, before)).await?;
    let head = remembered.memory.head.position;
    in_time(apply(&mut transaction, &mut remembered, change)).await?;
    let (writer, serial) = drawer.next_commit();
    in_time(sqlx::query(STAMP).bind(writer).bind(serial).execute(&mut *transaction)).await?;
    if let Some(here) = store.here().filter(|here| here.others) {
        in_time(tell(&mut transaction, here.host)).await?;
    }
    let changed = (ActivationNumber(number(remembered.activation)?), head);
    in_time(transaction.commit()).await.map_err(|error| Trouble::committing(error, changed))?;
    drawer.remembered = Some(remembered);
    Ok(changed)
}

async fn apply(connection: &mut PgConnection, remembered: &mut Remembered, change: Change<'_>) -> Result<()> {
    match change {
        Change::Activate(new) => put_in_force(connection, remembered, new).await,
        Change::Note(file) => {
            let head = remembered.memory.head.position;
            let domain = ensure_domain(connection, &file.key, head).await?;
            write_file(connection, domain, file).await
        }
        Change::Name(context) => ensure_context(connection, context).await.map(drop),
    }
}

async fn put_in_force(
    connection: &mut PgConnection,
    remembered: &mut Remembered,
    new: &NewActivation,
) -> Result<()> {
    let head = remembered.memory.head.position;
    let activation = remembered.activation + 1;
    let domain = ensure_domain(connection, &new.key, head).await?;
    if let Some((hash, bytes, _)) = &new.module {
        sqlx::query("INSERT INTO modules VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(hash.as_bytes().to_vec())
            .bind(bytes.to_vec())
            .execute(&mut *connection)
            .await?;
    }
    let descriptor = new.module.as_ref().map(|(_, _, descriptor)| to_json(descriptor)).transpose()?;
    sqlx::query("INSERT INTO activations VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(activation)
        .bind(domain)
        .bind(new.module.as_ref().map(|(hash, _, _)| hash.as_bytes().to_vec()))
        .bind(descriptor)
        .bind(signed(head.0))
        .bind(Micros(new.at))
        .execute(&mut *connection)
        .await?;
    sqlx::query("UPDATE domains SET activation = $1 WHERE id = $2")
        .bind(activation)
        .bind(domain)
        .execute(&mut *connection)
        .await?;
    sqlx::query("UPDATE counters SET activation = $1, commits = commits + 1")
        .bind(activation)
        .execute(&mut *connection)
        .await?;
    if let Some(file) = &new.file {
        write_file(connection, domain, file).await?;
    }
    remembered.activation = activation;
    remembered.commits += 1;
    remembered.memory.activations.insert(new.key.clone(), ActivationNumber(number(activation)?));
    Ok(())
}

/// A context's number. Its name is not noted here: whoever misses it reads it, once it is committed.
pub(super) async fn ensure_context(connection: &mut PgConnection, context: &ContextName) -> Result<i64> {
    // An update that changes nothing makes the row come back in either case.
    let upsert = "INSERT INTO contexts (name) VALUES ($1) \
                  ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id";
    Ok(sqlx::query_scalar(upsert).bind(context.as_str().to_owned()).fetch_one(connection).await?)
}

/// A domain's number. Its first mark is the log's head: what lies before it is folded by a visit to every entity,
/// not by reading the log.
pub(super) async fn ensure_domain(
    connection: &mut PgConnection,
    key: &DomainKey,
    head: Position,
) -> Result<i64> {
    let context = ensure_context(connection, &key.context).await?;
    let upsert = "INSERT INTO domains (context, name, activation, position) VALUES ($1, $2, 0, $3) \
                  ON CONFLICT (context, name) DO UPDATE SET name = excluded.name RETURNING id";
    Ok(sqlx::query_scalar(upsert)
        .bind(context)
        .bind(key.domain.as_str().to_owned())
        .bind(signed(head.0))
        .fetch_one(connection)
        .await?)
}

pub(super) async fn write_file(connection: &mut PgConnection, domain: i64, file: &FileRecord) -> Result<()> {
    let upsert = "INSERT INTO files VALUES ($1, $2, $3) \
                  ON CONFLICT (node, domain) DO UPDATE SET hash = excluded.hash";
    sqlx::query(upsert)
        .bind(file.node.clone())
        .bind(domain)
        .bind(file.hash.map(|hash| hash.as_bytes().to_vec()))
        .execute(connection)
        .await?;
    Ok(())
}
