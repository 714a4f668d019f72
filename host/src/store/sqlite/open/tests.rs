//! Which files are opened, and which are refused with what sentence.

use tempfile::TempDir;

use super::*;
use crate::{
    store::{
        CaptureWrite, Group, ModelWrite, Reduction, ReductionOutcome, SnapshotQuery, SnapshotWrite, Store,
    },
    words::{ActivationNumber, DomainKey, EntityId, EventId, LeaseEpoch, Position, Snapshot},
};

fn folder() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("log.db").to_str().unwrap().to_owned();
    (folder, place)
}

async fn refusal(place: &str) -> String {
    open(place, "a second host").await.unwrap_err().to_string()
}

/// Does something to a file without us.
async fn meddle(place: &str, sql: &'static str) {
    let options = SqliteConnectOptions::new().filename(place).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_file_in_use_is_refused_and_its_holder_named() {
    let (_folder, place) = folder();
    let store = open(&place, "http://127.0.0.1:7878").await.unwrap();
    let holder = format!("it is in use by process {}, http://127.0.0.1:7878;", std::process::id());
    for _ in 0..2 {
        let refusal = refusal(&place).await;
        assert!(refusal.contains(&holder) && refusal.contains(&place), "{refusal}");
    }
    store.catalogue().await.unwrap();
}

#[tokio::test]
async fn a_file_is_free_once_its_store_is_closed_or_dropped() {
    let (_folder, place) = folder();
    let closed = open(&place, "first").await.unwrap();
    closed.close().await;
    let second = open(&place, "second").await.unwrap();
    assert!(refusal(&place).await.contains(", second;"), "only the newest holder is named");
    drop((closed, second));
    open(&place, "third").await.unwrap();
}

#[tokio::test]
async fn a_refused_file_is_free() {
    let (_folder, place) = folder();
    meddle(&place, "CREATE TABLE theirs (id INTEGER)").await;
    refusal(&place).await;
    fs::remove_file(&place).unwrap();
    open(&place, "a host").await.unwrap();
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let (_folder, place) = folder();
    open(&place, "a host").await.unwrap().close().await;
    meddle(&place, "PRAGMA user_version = 6").await;
    let refusal = refusal(&place).await;
    assert!(refusal.contains("it has schema 6 and was written by a newer Everfold"), "{refusal}");
    meddle(&place, "PRAGMA user_version = 5").await;
    open(&place, "a host").await.unwrap();
}

/// What made a store when version 1 of the schema was the newest, and a parked row in it.
const VERSION_1: &str = concat!(
    "BEGIN IMMEDIATE;",
    include_str!("../schema/1.sql"),
    "INSERT INTO counters VALUES (1, 'an old epoch', 7, 3, 1, 55);
     PRAGMA application_id = 1165387364;
     COMMIT;
     INSERT INTO contexts VALUES (1, 'shop');
     INSERT INTO domains VALUES (1, 1, 'cart', 1, 7, 1);
     INSERT INTO models VALUES (1, zeroblob(16), x'7b7d', 3, 5, 5, NULL, 1, 1, NULL,
         '{\"position\":6,\"event\":\"e\",\"activation\":1,\"code\":\"c\",\"message\":\"m\",\"tried\":7}');",
);

#[tokio::test]
async fn a_store_of_version_1_is_brought_up_to_date() {
    let (_folder, place) = folder();
    meddle(&place, VERSION_1).await;
    let cart = DomainKey { context: "shop".parse().unwrap(), domain: "cart".parse().unwrap() };
    for _ in 0..2 {
        let store = open(&place, "a host").await.unwrap();
        assert_eq!(
            (&*store.epoch().0, store.catalogue().await.unwrap().head.position.0),
            ("an old epoch", 7)
        );
        let parked = store.parked(&cart, None, 9).await.unwrap();
        let [(entity, why)] = parked.as_slice() else { panic!("{parked:?}") };
        let row = store.rows(&cart, &[*entity]).await.unwrap().remove(0).unwrap();
        assert_eq!((why.tried, row.model.as_deref()), (7, Some(&b"{}"[..])));
        assert_eq!(store.capture(&cart, *entity).await.unwrap(), None, "listed, though it was not captured");
        let version: i32 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&store.readers).await.unwrap();
        assert_eq!(version, 5);
        store.close().await;
    }
}

/// The same of version 2: a model of which nobody counted the events.
const VERSION_2: &str = concat!(
    "BEGIN IMMEDIATE;",
    include_str!("../schema/1.sql"),
    include_str!("../schema/2.sql"),
    "INSERT INTO counters VALUES (1, 'an old epoch', 7, 3, 1, 55);
     PRAGMA application_id = 1165387364;
     COMMIT;
     INSERT INTO contexts VALUES (1, 'shop');
     INSERT INTO domains VALUES (1, 1, 'cart', 1, 7, 1);
     INSERT INTO models VALUES (1, zeroblob(16), x'7b7d', 3, 5, 5, NULL, 1, 1, NULL, NULL);",
);

#[tokio::test]
async fn a_store_of_version_2_counts_events_from_now_on_and_takes_snapshots() {
    let (_folder, place) = folder();
    meddle(&place, VERSION_2).await;
    let cart = DomainKey { context: "shop".parse().unwrap(), domain: "cart".parse().unwrap() };
    let entity = EntityId::from_stored([0; 16]);
    let store = open(&place, "a host").await.unwrap();
    let row = store.rows(&cart, &[Some(entity)]).await.unwrap().remove(0).unwrap();
    assert_eq!((row.model.as_deref(), row.events), (Some(&b"{}"[..]), 0));
    let (activation, last) = (ActivationNumber(1), EventId::from_parts(1, [1; 8]));
    let taken = vec![Snapshot { last, position: Position(6), activation, events: 1, model: None }];
    let reduction = Reduction {
        key: cart.clone(),
        entity: Some(entity),
        activation,
        leases: LeaseEpoch(0),
        seen: (row.version, row.folded),
        model: ModelWrite::Keep,
        folded: Position(6),
        emitted: Position(6),
        last: Some(last),
        events: row.events + 1,
        made_by: row.made_by,
        parked: None,
        capture: CaptureWrite::Keep,
        snapshots: SnapshotWrite { void_from: None, taken: taken.clone() },
        emissions: Vec::new(),
    };
    let group = Group { reductions: vec![reduction.into()], ..Group::default() };
    assert!(matches!(store.commit(&group).await.unwrap().reductions[0], ReductionOutcome::Committed { .. }));
    let row = store.rows(&cart, &[Some(entity)]).await.unwrap().remove(0).unwrap();
    assert_eq!((row.model.as_deref(), row.events), (Some(&b"{}"[..]), 1));
    let (activations, types) = (vec![activation], Vec::new());
    let query = SnapshotQuery { key: cart, entity, before: None, up_to: Position(6), activations, types };
    assert_eq!(store.snapshot(&query).await.unwrap().as_ref(), taken.first());
}

#[tokio::test]
async fn a_store_that_cannot_be_brought_up_to_date_stays_as_it_was() {
    let (_folder, place) = folder();
    meddle(&place, VERSION_1).await;
    meddle(&place, "CREATE TABLE captures (theirs INTEGER)").await;
    let refusal = refusal(&place).await;
    assert!(refusal.contains("is as it was") && refusal.contains("captures already exists"), "{refusal}");
    meddle(&place, "DROP TABLE captures").await;
    open(&place, "a host").await.unwrap();
}

#[tokio::test]
async fn what_is_not_a_store_is_refused_and_stays_as_it_was() {
    for (sql, name) in [
        ("CREATE TABLE theirs (id INTEGER)", "with tables"),
        ("PRAGMA user_version = 1; CREATE TABLE counters (epoch TEXT)", "of our schema's number"),
        ("PRAGMA application_id = 7; PRAGMA user_version = 1", "of another application"),
    ] {
        let (_folder, place) = folder();
        meddle(&place, sql).await;
        let before = fs::read(&place).unwrap();
        let refusal = refusal(&place).await;
        assert!(refusal.contains("it is a SQLite database, but not a store"), "{name}: {refusal}");
        assert!(fs::read(&place).unwrap() == before, "{name}: it was written to");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_stays_as_it_was() {
    let (_folder, place) = folder();
    let letter = "Dear host, I am a letter. ".repeat(100);
    fs::write(&place, &letter).unwrap();
    let refusal = refusal(&place).await;
    assert!(refusal.contains("it is not a SQLite database: name another file"), "{refusal}");
    assert_eq!(fs::read_to_string(&place).unwrap(), letter);
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_refused() {
    let (folder, place) = folder();
    fs::write(&place, "a file").unwrap();
    let below = format!("{place}/log.db");
    let refused = refusal(&below).await;
    assert!(refused.contains(&format!("the folder {place} cannot be made")), "{refused}");
    let inner = folder.path().join("a folder");
    fs::create_dir(&inner).unwrap();
    let refused = refusal(inner.to_str().unwrap()).await;
    assert!(refused.contains("choose a file in a folder that can be written"), "{refused}");
    let refused = refusal("/proc/log.db").await;
    assert!(refused.contains("/proc/log.db.lock cannot be written"), "{refused}");
}

#[tokio::test]
async fn folders_on_the_way_are_made() {
    let (folder, _) = folder();
    let place = folder.path().join("a/b/log.db");
    open(place.to_str().unwrap(), "a host").await.unwrap();
    assert!(place.exists());
}

#[tokio::test]
async fn stores_in_memory_are_apart() {
    let one = open(":memory:", "a host").await.unwrap();
    let other = open(":memory:", "a host").await.unwrap();
    one.name_context(&"shop".parse().unwrap()).await.unwrap();
    assert_eq!(other.catalogue().await.unwrap().contexts, []);
}

#[tokio::test]
async fn what_durability_needs_is_set_on_every_connection() {
    let (_folder, place) = folder();
    let store = open(&place, "a host").await.unwrap();
    let mut reader = store.readers.acquire().await.unwrap();
    let mut desk = Desk::take(&store).await.unwrap();
    for connection in [&mut *reader, desk.connection().unwrap()] {
        let synchronous: i32 =
            sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *connection).await.unwrap();
        let journal: String =
            sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *connection).await.unwrap();
        assert_eq!((synchronous, journal.as_str()), (2, "wal"));
    }
}
