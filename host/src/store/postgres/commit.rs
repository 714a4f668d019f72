//! The one transaction that writes events, models and marks.
//!
//! What is known from memory holds as long as nobody else wrote. So a group is judged by it, and written by one
//! statement that moves the counters only if they are where this host left them: one way there and back. If somebody
//! did write, nothing happens, and the group is judged again under the counters' lock.

use std::ops::ControlFlow;

use sqlx::{Connection, PgConnection};

use crate::store::{
    Committed, Group, Result,
    judge::{Plan, judge},
    rows::damaged,
};

use super::{
    PostgresStore,
    desk::Drawer,
    known::{Remembered, known},
    names,
    snapshots::{self, Changes},
    trouble::{Trouble, in_time},
    write::{Counters, pieces, statement},
};

pub(super) async fn commit(store: &PostgresStore, group: &Group) -> Result<Committed> {
    let mut drawer = store.desk().await?;
    let mut attempt = 0;
    loop {
        attempt += 1;
        let mut connection = drawer.take_connection(store).await?;
        let result = write(store, &mut drawer, &mut connection, group).await;
        if let ControlFlow::Break(answer) = drawer.after(store, connection, result, attempt).await {
            return answer;
        }
    }
}

type Written = std::result::Result<Committed, Trouble<Committed>>;

async fn write(
    store: &PostgresStore,
    drawer: &mut Drawer,
    connection: &mut PgConnection,
    group: &Group,
) -> Written {
    in_time(names::of_group(&store.names, connection, group)).await?;
    if let Some(remembered) = drawer.remembered.take() {
        match Box::pin(by_heart(store, drawer, connection, group, remembered)).await? {
            ControlFlow::Break(committed) => return Ok(committed),
            ControlFlow::Continue(stale) => drawer.remembered = Some(stale),
        }
    }
    Box::pin(under_lock(store, drawer, connection, group)).await
}

/// A group that is judged, and what is to be written.
struct Judged<'a> {
    plan: Plan<'a>,
    changes: Changes,
}

impl<'a> Judged<'a> {
    async fn of(
        store: &PostgresStore,
        connection: &mut PgConnection,
        remembered: &mut Remembered,
        group: &'a Group,
    ) -> Result<Self> {
        let known = known(&mut remembered.memory, store, connection, group).await?;
        let plan = judge(group, known);
        let changes = snapshots::changes(store, connection, &plan.rows).await?;
        Ok(Self { plan, changes })
    }
}

/// Writes a group by what is known from memory. If that does not hold any more, it is handed back.
async fn by_heart(
    store: &PostgresStore,
    drawer: &mut Drawer,
    connection: &mut PgConnection,
    group: &Group,
    mut remembered: Remembered,
) -> std::result::Result<ControlFlow<Committed, Remembered>, Trouble<Committed>> {
    let judged = in_time(Judged::of(store, connection, &mut remembered, group)).await?;
    if judged.plan.is_empty() {
        let asking = sqlx::query_scalar("SELECT commits FROM counters").fetch_one(connection);
        let commits: i64 = in_time(asking).await?;
        if commits != remembered.commits {
            return Ok(ControlFlow::Continue(remembered));
        }
        drawer.remembered = Some(remembered);
        return Ok(ControlFlow::Break(judged.plan.into()));
    }
    let pieces = pieces(&judged.plan, &judged.changes);
    let [piece] = pieces.as_slice() else { return Ok(ControlFlow::Continue(remembered)) };
    let counters = Counters::of(&remembered, &judged.plan, drawer);
    let statement = statement(store, piece, Some(&counters))?;
    match in_time(statement.execute(connection)).await {
        Ok(Some(_)) => {
            remembered.committed(store, &judged.plan);
            drawer.remembered = Some(remembered);
            Ok(ControlFlow::Break(judged.plan.into()))
        }
        Ok(None) => Ok(ControlFlow::Continue(remembered)),
        Err(error) => Err(Trouble::committing(error, judged.plan.into())),
    }
}

/// Writes a group in a transaction that holds the counters from its beginning.
async fn under_lock(
    store: &PostgresStore,
    drawer: &mut Drawer,
    connection: &mut PgConnection,
    group: &Group,
) -> Written {
    let mut transaction = in_time(connection.begin()).await?;
    let before = drawer.remembered.take();
    let mut remembered = in_time(Remembered::under_lock(store, &mut transaction, before)).await?;
    let judged = in_time(Judged::of(store, &mut transaction, &mut remembered, group)).await?;
    if judged.plan.is_empty() {
        in_time(transaction.rollback()).await?;
        drawer.remembered = Some(remembered);
        return Ok(judged.plan.into());
    }
    let mut counters = Some(Counters::of(&remembered, &judged.plan, drawer));
    for piece in &pieces(&judged.plan, &judged.changes) {
        let statement = statement(store, piece, counters.take().as_ref())?;
        if in_time(statement.execute(&mut transaction)).await?.is_none() {
            return Err(damaged("the counters have moved under their lock").into());
        }
    }
    match in_time(transaction.commit()).await {
        Ok(()) => {
            remembered.committed(store, &judged.plan);
            drawer.remembered = Some(remembered);
            Ok(judged.plan.into())
        }
        Err(error) => Err(Trouble::committing(error, judged.plan.into())),
    }
}
