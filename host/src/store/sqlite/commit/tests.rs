//! What only this back end can get wrong when it writes.

use sqlx::{ConnectOptions as _, sqlite::SqliteConnectOptions};

use super::*;
use crate::{
    store::{Append, Store as _},
    words::Fact,
};

fn one(n: u64) -> Group {
    let fact = Fact {
        id: EventId::from_parts(n, [0; 8]),
        entity: "7d444840-9dc0-41d1-b245-5ffdce74fad2".parse().unwrap(),
        event_type: "noted".parse().unwrap(),
        data: b"1".to_vec(),
        metadata: Vec::new(),
        cause: None,
        depth: 0,
        origin: None,
    };
    let append = Append { context: "shop".parse().unwrap(), facts: vec![fact.into()], expected: None };
    Group { appends: vec![append], ..Group::default() }
}

#[tokio::test]
async fn a_file_that_somebody_else_has_written_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("log.db");
    let store = SqliteStore::open(place.to_str().unwrap(), "a host").await.unwrap();
    store.name_context(&"shop".parse().unwrap()).await.unwrap();
    store.commit(&one(1)).await.unwrap();
    let mut other = SqliteConnectOptions::new().filename(&place).connect().await.unwrap();
    sqlx::raw_sql("UPDATE counters SET position = 9").execute(&mut other).await.unwrap();

    let error = store.commit(&one(2)).await.unwrap_err().to_string();
    assert!(error.contains("somebody else has written this file"), "{error}");
    let known = store.catalogue().await.unwrap();
    assert_eq!(known.head.position, Position(9), "nothing was written");
    // The counters were read again: what comes next goes behind what the other one wrote.
    assert_eq!(store.commit(&one(2)).await.unwrap().events[0].position, Position(10));
}
