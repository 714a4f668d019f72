//! What is copied, and what is found out about a file.

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::store::{
    Store,
    contract::given::{all, append, fact, post},
    sqlite::SqliteStore,
};

/// A store with three events that somebody uses, and its place.
async fn in_use(folder: &TempDir) -> (SqliteStore, std::path::PathBuf) {
    let place = folder.path().join("log.db");
    let store = SqliteStore::open(place.to_str().unwrap(), "a test").await.unwrap();
    store.name_context(&"shop".parse().unwrap()).await.unwrap();
    post(&store, vec![append([fact(1, 1, "1"), fact(2, 1, "2"), fact(3, 2, "3")])]).await;
    (store, place)
}

#[tokio::test]
async fn a_copy_holds_what_a_store_in_use_holds() {
    let folder = tempfile::tempdir().unwrap();
    let (store, place) = in_use(&folder).await;
    let to = folder.path().join("copy.db");
    copy(&place, &to).await.unwrap();
    post(&store, vec![append([fact(4, 1, "4")])]).await;
    let contents = check(&to).await.unwrap();
    assert_eq!((&contents.epoch, contents.head.position), (store.epoch(), Position(3)));
    let copied = SqliteStore::open(to.to_str().unwrap(), "a test").await.unwrap();
    let mut log = store.log(&all()).await.unwrap();
    log.pop();
    assert_eq!(copied.log(&all()).await.unwrap(), log);
}

#[tokio::test]
async fn another_name_is_all_that_changes() {
    let folder = tempfile::tempdir().unwrap();
    let (_store, place) = in_use(&folder).await;
    let to = folder.path().join("copy.db");
    copy(&place, &to).await.unwrap();
    let before = check(&to).await.unwrap();
    rename_history(&to).await.unwrap();
    let after = check(&to).await.unwrap();
    assert_eq!(after.head, before.head);
    assert_ne!(after.epoch, before.epoch);
}

#[tokio::test]
async fn what_does_not_fit_together_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (_store, place) = in_use(&folder).await;
    for (sql, says) in [
        ("DELETE FROM events WHERE position = 2", "holds 2 events up to 3"),
        ("UPDATE events SET position = 9 WHERE position = 3", "holds 3 events up to 9"),
        ("UPDATE counters SET position = 4", "has counted to position 4"),
        ("INSERT INTO models VALUES (1, x'', NULL, 7, 1, 1, NULL, 0, 0, NULL, NULL, 0)", "version 7"),
    ] {
        let to = folder.path().join("copy.db");
        copy(&place, &to).await.unwrap();
        let mut connection = connect(&to).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        let found = check(&to).await.unwrap_err().to_string();
        assert!(found.contains(says), "{sql}: {found}");
        fs::remove_file(&to).unwrap();
    }
}

#[tokio::test]
async fn a_torn_page_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (_store, place) = in_use(&folder).await;
    let to = folder.path().join("copy.db");
    copy(&place, &to).await.unwrap();
    let mut bytes = fs::read(&to).unwrap();
    let half = bytes.len() / 2 / 4096 * 4096;
    bytes[half..].fill(0x55);
    fs::write(&to, bytes).unwrap();
    check(&to).await.unwrap_err();
}

#[tokio::test]
async fn what_is_no_store_is_neither_copied_nor_made() {
    let folder = tempfile::tempdir().unwrap();
    let (none, to) = (folder.path().join("none.db"), folder.path().join("copy.db"));
    let refused = copy(&none, &to).await.unwrap_err().to_string();
    assert!(refused.contains("none.db") && !none.exists() && !to.exists(), "{refused}");
    fs::write(&none, "").unwrap();
    let refused = copy(&none, &to).await.unwrap_err().to_string();
    assert!(refused.contains("it is empty") && !to.exists(), "{refused}");
    fs::write(&none, "this is no database, and long enough to be one; ".repeat(50)).unwrap();
    let refused = check(&none).await.unwrap_err().to_string();
    assert!(refused.contains("not a SQLite database"), "{refused}");
}
