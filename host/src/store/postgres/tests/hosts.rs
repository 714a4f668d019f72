//! Several hosts on one database: each finds what the others wrote.

use std::sync::Arc;

use everfold_test_postgres::Database;
use futures_util::future::join_all;
use sqlx::{Connection as _, Executor as _, PgConnection};

use super::{super::settings, open, write};
use crate::{
    store::{
        Append, AppendRefusal, Expectation, Group, ModelWrite, Reduction, ReductionOutcome, Store,
        contract::given::{
            activate, append, append_to, bank, cart, deployed, fact, id, log, new, of_cart, positions, post,
            present, reduce, serve, written,
        },
    },
    words::{Position, Version},
};

/// Writes a second event, of the entity of the first, as another host would.
const ANOTHER: &str = "BEGIN; UPDATE counters SET position = 2, commits = commits + 1; \
     INSERT INTO events SELECT 2, context, gen_random_uuid(), entity, type, data, metadata, recorded_at, cause, \
     depth, origin, origin_entity FROM events";

/// A host that has written, and has not committed yet.
async fn hold(database: &Database) -> PgConnection {
    let mut held = settings::connect(&settings::options(&database.url()).unwrap()).await.unwrap();
    held.execute(ANOTHER).await.unwrap();
    held
}

async fn until_somebody_waits(database: &Database) {
    let waits = "SELECT count(*) FROM pg_stat_activity \
                 WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while database.execute(waits) != "1" {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn positions_go_on_behind_what_another_host_wrote() {
    let database = Database::new();
    let (one, other) = (open(&database.url()).await, open(&database.url()).await);
    for ticks in 0..20_u64 {
        let host = if ticks.is_multiple_of(3) { &one } else { &other };
        assert_eq!(write(host, 100 - ticks).await, (ticks + 1, true));
    }
    for ticks in 0..20_u64 {
        let host = if ticks.is_multiple_of(3) { &other } else { &one };
        assert_eq!(write(host, 100 - ticks).await, (ticks + 1, false), "each knows the other's ids");
    }
    let taken = post(&one, vec![append([fact(99, 1, "other")])]).await;
    assert_eq!(taken.appends, [Err(AppendRefusal::Conflict { id: id(99), position: Position(2) })]);
}

#[tokio::test]
async fn hosts_may_write_at_once() {
    let database = Database::new();
    let (one, other) = (open(&database.url()).await, open(&database.url()).await);
    let request = |n: u64| {
        let host = if n.is_multiple_of(2) { &one } else { &other };
        // Every fourth one is the same for all, so that they also meet as duplicates.
        async move { post(host, vec![append([fact(n, 1, "1"), fact(1_000 + n / 4, 1, "2")])]).await }
    };
    let committed = join_all((0..60).map(request)).await;
    let mut given: Vec<u64> = committed
        .into_iter()
        .flat_map(|committed| committed.appends.into_iter().flat_map(Result::unwrap))
        .filter(|appended| appended.new)
        .map(|appended| appended.position.0)
        .collect();
    given.sort_unstable();
    assert_eq!(given, (1..=75).collect::<Vec<_>>());
    assert_eq!(positions(&log(&one).await), given);
}

#[tokio::test]
async fn a_row_that_another_host_wrote_is_stale_also_without_a_version() {
    let database = Database::new();
    let (one, other) = (open(&database.url()).await, open(&database.url()).await);
    let number = serve(&one, cart()).await;
    assert_eq!(reduce(&one, [of_cart(number)]).await, [written(1)]);
    let seen = (Version(1), Position(1));
    let keep = Reduction { seen, model: ModelWrite::Keep, folded: Position(2), ..of_cart(number) };
    assert_eq!(reduce(&other, [keep.clone()]).await, [written(1)], "it finds the activation and the row");
    assert_eq!(reduce(&one, [keep.clone()]).await, [None], "neither position nor version moved");
    let next = Reduction { seen: (Version(1), Position(2)), folded: Position(3), ..keep };
    assert_eq!(reduce(&one, [next]).await, [written(1)]);
}

#[tokio::test]
async fn what_another_host_put_in_force_counts_and_its_names_are_found() {
    let database = Database::new();
    let (one, other) = (open(&database.url()).await, open(&database.url()).await);
    let number = serve(&one, cart()).await;
    assert_eq!(reduce(&one, [of_cart(number)]).await, [written(1)]);
    let now = activate(&other, deployed(cart(), b"another")).await.number;
    let next = |activation| Reduction { seen: (Version(1), Position(1)), ..of_cart(activation) };
    assert_eq!(reduce(&one, [next(number), next(now)]).await, [None, written(2)]);
    other.name_context(&bank()).await.unwrap();
    let requests = vec![append_to(bank(), [fact(1, 1, "1")])];
    assert_eq!(post(&one, requests).await.appends, [Ok(vec![new(1)])]);
    assert_eq!(log(&other).await[0].context, bank());
    let again = vec![append_to(bank(), [fact(1, 1, "1")])];
    assert_eq!(post(&other, again).await.appends, [Ok(vec![present(1)])]);
}

#[tokio::test]
async fn an_append_that_is_held_before_its_commit_makes_others_wait() {
    let database = Database::new();
    let store = Arc::new(open(&database.url()).await);
    assert_eq!(write(&*store, 1).await, (1, true));
    let mut held = hold(&database).await;
    let waiting = tokio::spawn({
        let store = Arc::clone(&store);
        async move { write(&*store, 3).await }
    });
    until_somebody_waits(&database).await;
    assert_eq!(
        positions(&log(&*store).await),
        [1],
        "nobody sees what is not committed, or what comes behind it"
    );
    held.execute("COMMIT").await.unwrap();
    assert_eq!(waiting.await.unwrap(), (3, true));
    assert_eq!(positions(&log(&*store).await), [1, 2, 3]);
}

#[tokio::test]
async fn a_host_that_freezes_inside_its_transaction_is_not_waited_for_long() {
    let database = Database::new();
    let store = open(&database.url()).await;
    let mut frozen = settings::connect(&settings::options(&database.url()).unwrap()).await.unwrap();
    let mut transaction = frozen.begin().await.unwrap();
    sqlx::query("UPDATE counters SET position = 9").execute(&mut *transaction).await.unwrap();
    // The server ends its session after some seconds.
    assert_eq!(write(&store, 1).await, (1, true));
    assert!(transaction.commit().await.is_err());
    assert_eq!(write(&store, 2).await, (2, true));
}

#[tokio::test]
async fn what_is_expected_of_an_entity_counts_what_other_hosts_wrote() {
    let database = Database::new();
    let (one, other) = (open(&database.url()).await, open(&database.url()).await);
    let expecting = |ticks, count| Append {
        expected: Some(Expectation::OneOf(vec![count])),
        ..append([fact(ticks, 1, "1")])
    };
    for n in 0..6_u64 {
        let host = if n.is_multiple_of(2) { &one } else { &other };
        assert_eq!(write(host, n + 1).await, (n + 1, true));
        let early = post(host, vec![expecting(100, n)]).await;
        let unmet = AppendRefusal::Unmet { entity: fact(1, 1, "1").entity, current: n + 1 };
        assert_eq!(early.appends, [Err(unmet)]);
    }
    assert_eq!(post(&one, vec![expecting(7, 6)]).await.appends, [Ok(vec![new(7)])]);
    assert_eq!(post(&other, vec![expecting(8, 7)]).await.appends, [Ok(vec![new(8)])]);
}

#[tokio::test]
async fn what_is_expected_of_an_entity_counts_also_what_is_written_at_the_same_time() {
    let database = Database::new();
    let store = Arc::new(open(&database.url()).await);
    assert_eq!(write(&*store, 1).await, (1, true));
    let mut held = hold(&database).await;
    let expected = Some(Expectation::OneOf(vec![1]));
    let waiting = tokio::spawn({
        let store = Arc::clone(&store);
        async move { post(&*store, vec![Append { expected, ..append([fact(3, 1, "1")]) }]).await }
    });
    until_somebody_waits(&database).await;
    held.execute("COMMIT").await.unwrap();
    let unmet = AppendRefusal::Unmet { entity: fact(1, 1, "1").entity, current: 2 };
    assert_eq!(waiting.await.unwrap().appends, [Err(unmet)]);
}

#[tokio::test]
async fn a_row_is_written_only_as_it_was_read() {
    let database = Database::new();
    let (one, other) = (open(&database.url()).await, open(&database.url()).await);
    let number = serve(&one, cart()).await;
    for ticks in 1..=3 {
        assert_eq!(write(&one, ticks).await, (ticks, true));
    }
    assert_eq!(reduce(&one, [of_cart(number)]).await, [written(1)]);
    let next = Reduction { seen: (Version(1), Position(1)), folded: Position(2), ..of_cart(number) };
    assert_eq!(reduce(&other, [next.clone()]).await, [written(2)]);
    // It remembers the row as it wrote it, and would overwrite it.
    let reductions = vec![Arc::new(next)];
    let group = Group { appends: vec![append([fact(4, 1, "1")])], reductions, ..Group::default() };
    let committed = one.commit(&group).await.unwrap();
    assert_eq!(committed.appends, [Ok(vec![new(4)])]);
    assert!(matches!(committed.reductions.as_slice(), [ReductionOutcome::Stale]));
    assert_eq!(database.execute("SELECT version, folded FROM models"), "2|2");
}

#[tokio::test]
async fn what_is_told_of_a_commit_is_where_it_lies_behind_others() {
    let database = Database::new();
    let (one, other) = (open(&database.url()).await, open(&database.url()).await);
    let number = serve(&one, cart()).await;
    assert_eq!(write(&one, 1).await, (1, true));
    assert_eq!(write(&other, 2).await, (2, true));
    let mut group = Group { recorded_at: 5, ..Group::default() };
    group.appends = vec![append([fact(3, 1, "1"), fact(4, 1, "2")]), append([fact(4, 1, "other")])];
    group.reductions = vec![Arc::new(of_cart(number))];
    let committed = one.commit(&group).await.unwrap();
    let conflict = Err(AppendRefusal::Conflict { id: id(4), position: Position(4) });
    assert_eq!(committed.appends, [Ok(vec![new(3), new(4)]), conflict]);
    let found = log(&one).await;
    assert_eq!(committed.events.iter().map(|event| (**event).clone()).collect::<Vec<_>>(), found[2..]);
    assert_eq!((committed.before.position, committed.head.position), (Position(2), Position(4)));
    assert_eq!(committed.models, [(cart(), of_cart(number).entity, Version(1))]);
}

#[tokio::test]
async fn a_group_that_is_too_large_for_one_statement_is_written_all_the_same() {
    let database = Database::new();
    let store = open(&database.url()).await;
    let number = serve(&store, cart()).await;
    let large = format!("\"{}\"", "x".repeat(20_000));
    let appends = (1..6).map(|ticks| append([fact(ticks, 1, &large)])).collect();
    let model = crate::store::contract::given::put(&large);
    let reductions = vec![Arc::new(Reduction { model, ..of_cart(number) })];
    let committed = store.commit(&Group { appends, reductions, ..Group::default() }).await.unwrap();
    assert_eq!((committed.head.position, committed.head.version), (Position(5), Version(1)));
    assert_eq!(positions(&log(&store).await), [1, 2, 3, 4, 5]);
    assert_eq!(database.execute("SELECT octet_length(model) FROM models"), "20002");
}
