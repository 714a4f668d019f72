//! Connections that break, servers that are replaced.

use everfold_test_postgres::Database;

use super::{
    events, open,
    proxy::{Cut, Proxy},
    write,
};
use crate::store::{
    Store as _, StoreError,
    contract::given::{activate, all, append, cart, deployed, fact, post},
};

const KILL_ALL: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
     WHERE datname = current_database() AND pid <> pg_backend_pid()";

#[tokio::test]
async fn killed_connections_are_replaced() {
    let database = Database::new();
    let store = open(&database.url()).await;
    for ticks in 1..4 {
        assert_eq!(write(&store, ticks).await, (ticks, true));
        assert_eq!(store.log(&all()).await.unwrap().len() as u64, ticks);
        database.execute(KILL_ALL);
    }
    assert_eq!(write(&store, 1).await, (1, false));
    assert_eq!(events(&database), "3");
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_looked_up() {
    let database = Database::new();
    let proxy = Proxy::to(&database);
    let store = open(&proxy.url(&database)).await;
    assert_eq!(write(&store, 1).await, (1, true));
    for (ticks, cut) in (2..).zip([Cut::Answer, Cut::Question, Cut::Answer]) {
        proxy.cut(cut);
        assert_eq!(write(&store, ticks).await, (ticks, true), "{cut:?}: it is told as if nothing had been");
        assert!(proxy.was_cut());
    }
    assert_eq!(events(&database), "4");
    proxy.cut(Cut::Answer);
    let activation = activate(&store, deployed(cart(), b"a module")).await;
    assert_eq!((activation.number.0, activation.head.0), (1, 4));
    assert_eq!(store.catalogue().await.unwrap().activations, [activation]);
}

#[tokio::test]
async fn where_a_commit_lies_whose_answer_was_lost_is_looked_up_as_well() {
    let database = Database::new();
    let proxy = Proxy::to(&database);
    let (store, other) = (open(&proxy.url(&database)).await, open(&database.url()).await);
    assert_eq!(write(&store, 1).await, (1, true));
    assert_eq!((write(&other, 2).await, write(&other, 3).await), ((2, true), (3, true)));
    proxy.cut(Cut::Answer);
    assert_eq!(write(&store, 4).await, (4, true));
    assert!(proxy.was_cut());
    assert_eq!(events(&database), "4");
}

#[tokio::test]
async fn nothing_comes_to_pass_once_it_was_looked_up() {
    let database = Database::new();
    let store = open(&database.url()).await;
    assert_eq!(write(&store, 1).await, (1, true));
    database.execute("UPDATE writers SET ends = serial");
    let error = store.commit(&group(2)).await.unwrap_err().to_string();
    assert!(error.contains("writers_ended"), "{error}");
    assert_eq!(events(&database), "1");
}

fn group(ticks: u64) -> crate::store::Group {
    crate::store::Group { appends: vec![append([fact(ticks, 1, "1")])], ..Default::default() }
}

#[tokio::test]
async fn what_cannot_be_written_harms_nothing_else() {
    let database = Database::new();
    let store = open(&database.url()).await;
    assert_eq!(write(&store, 1).await, (1, true));
    database.execute("ALTER TABLE events ADD CONSTRAINT small CHECK (octet_length(data) < 9)");
    let large = post_result(&store, "1234567890").await;
    assert!(matches!(large, Err(StoreError::Database(_))), "{large:?}");
    assert_eq!(write(&store, 2).await, (2, true));
}

async fn post_result(store: &super::PostgresStore, data: &str) -> crate::store::Result<()> {
    let appends = vec![append([fact(9, 1, data)])];
    store.commit(&crate::store::Group { appends, ..Default::default() }).await.map(drop)
}

#[tokio::test]
async fn a_server_that_is_gone_is_told_apart_and_comes_back() {
    let database = Database::new();
    let store = open(&database.url()).await;
    let name = database.name().to_owned();
    let other = Database::new();
    other.execute(&format!("ALTER DATABASE {name} RENAME TO elsewhere_{name}").replace(
        "ALTER",
        &format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'; ALTER"),
    ));
    let error = store.commit(&group(1)).await.unwrap_err();
    assert!(!matches!(error, StoreError::Unknown(_)), "{error}");
    assert!(store.log(&all()).await.is_err());
    other.execute(&format!("ALTER DATABASE elsewhere_{name} RENAME TO {name}"));
    assert_eq!(write(&store, 1).await, (1, true));
    assert_eq!(store.log(&all()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn another_server_means_another_epoch() {
    let database = Database::new();
    let store = open(&database.url()).await;
    let before = store.epoch().clone();
    assert_eq!(write(&store, 1).await, (1, true));
    // As a replica would find it that took over.
    database.execute("UPDATE counters SET timeline = '000000FF'");
    database.execute(KILL_ALL);
    for _ in 0..2 {
        assert!(matches!(store.commit(&group(2)).await, Err(StoreError::OtherHistory)));
        assert!(matches!(store.log(&all()).await, Err(StoreError::OtherHistory)));
    }
    let again = open(&database.url()).await;
    assert_ne!(*again.epoch(), before);
    assert_eq!(open(&database.url()).await.epoch(), again.epoch(), "it has it once");
    post(&again, vec![append([fact(2, 1, "1")])]).await;
    assert_eq!(events(&database), "2");
}
