//! The one transaction that writes events, models and marks.
//!
//! What is known from memory was true when this host wrote last, and of its own rows it still is. So a group is judged
//! by it and written by one statement, one way there and back, whose numbers count from wherever the counters are when
//! they are locked. That fails, and changes nothing, if slots or modules have moved meanwhile, if an id is taken after
//! all, or if a row is not as it was read. Then the group is judged again under the counters' lock.

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
    pieces::pieces,
    place::{Place, Placed},
    snapshots::{self, Changes},
    trouble::{Trouble, in_time, is_overtaken},
    write::{Counters, Start, statement},
};

pub(super) async fn commit(store: &PostgresStore, group: &Group) -> Result<Committed> {
    let mut drawer = store.desk().await?;
    let mut attempt = 0;
    loop {
        attempt += 1;
        let mut connection = drawer.take_connection(store).await?;
        let result = write(store, &mut drawer, &mut connection, group).await;
        if let ControlFlow::Break(answer) = drawer.after(store, connection, result, attempt).await {
            return answer.map(Committed::from);
        }
    }
}

type Written<'a> = std::result::Result<Plan<'a>, Trouble<Plan<'a>>>;

async fn write<'a>(
    store: &PostgresStore,
    drawer: &mut Drawer,
    connection: &mut PgConnection,
    group: &'a Group,
) -> Written<'a> {
    in_time(names::of_group(&store.names, connection, group)).await?;
    if let Some(remembered) = drawer.remembered.take() {
        match Box::pin(by_heart(store, drawer, connection, group, remembered)).await? {
            ControlFlow::Break(plan) => return Ok(plan),
            ControlFlow::Continue(stale) => drawer.remembered = Some(stale),
        }
    }
    Box::pin(under_lock(store, drawer, connection, group)).await
}

/// A group that is judged, and what is to be written.
struct Judged<'a> {
    plan: Plan<'a>,
    changes: Changes,
    /// Whether it was seen that others wrote since the head that it was judged at.
    is_ahead: bool,
}

impl<'a> Judged<'a> {
    async fn of(
        store: &PostgresStore,
        connection: &mut PgConnection,
        remembered: &mut Remembered,
        group: &'a Group,
    ) -> Result<Self> {
        let known = known(&mut remembered.memory, store, connection, group).await?;
        let is_ahead = known.is_ahead();
        let plan = judge(group, known);
        let changes = snapshots::changes(store, connection, &plan.rows).await?;
        Ok(Self { plan, changes, is_ahead })
    }
}

/// Writes a group by what is known from memory. If that does not hold any more, it is handed back.
async fn by_heart<'a>(
    store: &PostgresStore,
    drawer: &mut Drawer,
    connection: &mut PgConnection,
    group: &'a Group,
    mut remembered: Remembered,
) -> std::result::Result<ControlFlow<Plan<'a>, Remembered>, Trouble<Plan<'a>>> {
    let Judged { mut plan, changes, is_ahead } =
        in_time(Judged::of(store, connection, &mut remembered, group)).await?;
    if plan.is_empty() {
        let asking = sqlx::query_scalar("SELECT commits FROM counters").fetch_one(connection);
        let commits: i64 = in_time(asking).await?;
        if commits != remembered.commits {
            return Ok(ControlFlow::Continue(remembered));
        }
        drawer.remembered = Some(remembered);
        return Ok(ControlFlow::Break(plan));
    }
    let pieces = pieces(&plan, &changes);
    let [piece] = pieces.as_slice() else { return Ok(ControlFlow::Continue(remembered)) };
    if is_ahead {
        return Ok(ControlFlow::Continue(remembered));
    }
    // How many events an entity has is counted before; nobody may have added one since.
    let exact = group.appends.iter().any(|append| append.expecting().is_some());
    let counters = Counters::of(store, &remembered, &plan, drawer.next_commit(), exact);
    let statement = statement(store, piece, plan.before, Start::Counters(&counters))?;
    match in_time(statement.execute(connection)).await {
        Ok(Some(row)) => {
            let (commits, place) = Place::told(&row)?;
            Placed::place(&mut plan, place);
            remembered.committed(store, group, &plan, commits);
            drawer.remembered = Some(remembered);
            Ok(ControlFlow::Break(plan))
        }
        Ok(None) => Ok(ControlFlow::Continue(remembered)),
        Err(error) if is_overtaken(&error) => {
            remembered.memory.forget_rows();
            Ok(ControlFlow::Continue(remembered))
        }
        Err(error) => Err(Trouble::committing(error, plan)),
    }
}

/// Writes a group in a transaction that holds the counters from its beginning.
async fn under_lock<'a>(
    store: &PostgresStore,
    drawer: &mut Drawer,
    connection: &mut PgConnection,
    group: &'a Group,
) -> Written<'a> {
    let mut transaction = in_time(connection.begin()).await?;
    let before = drawer.remembered.take();
    let mut remembered = in_time(Remembered::under_lock(store, &mut transaction, before)).await?;
    let Judged { mut plan, changes, .. } =
        in_time(Judged::of(store, &mut transaction, &mut remembered, group)).await?;
    if plan.is_empty() {
        in_time(transaction.rollback()).await?;
        drawer.remembered = Some(remembered);
        return Ok(plan);
    }
    let counters = Counters::of(store, &remembered, &plan, drawer.next_commit(), false);
    let mut told: Option<(i64, Place)> = None;
    for piece in &pieces(&plan, &changes) {
        let start = told.map_or(Start::Counters(&counters), |(_, place)| Start::Moved(place));
        let row = in_time(statement(store, piece, plan.before, start)?.execute(&mut transaction)).await?;
        let row = row.ok_or_else(|| damaged("the counters have moved under their lock"))?;
        if told.is_none() {
            told = Some(Place::told(&row)?);
        }
    }
    match in_time(transaction.commit()).await {
        Ok(()) => {
            if let Some((commits, place)) = told {
                Placed::place(&mut plan, place);
                remembered.committed(store, group, &plan, commits);
            }
            drawer.remembered = Some(remembered);
            Ok(plan)
        }
        Err(error) => Err(Trouble::committing(error, plan)),
    }
}
