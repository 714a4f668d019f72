//! Which databases are opened, and which are refused with what sentence.

use everfold_test_postgres::Database;
use futures_util::future::join_all;

use super::{super::schema::printed, PostgresStore, open, write};
use crate::store::Store as _;

async fn refusal(url: &str) -> String {
    PostgresStore::open(url, 4).await.unwrap_err().to_string()
}

#[tokio::test]
async fn of_hosts_that_start_at_once_one_makes_the_tables() {
    let database = Database::new();
    let url = database.url();
    let stores = join_all((0..6).map(|_| open(&url))).await;
    assert!(stores.iter().all(|store| store.epoch() == stores[0].epoch()));
    assert_eq!(database.execute("SELECT max(version) FROM everfold_schema"), "3");
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let database = Database::new();
    open(&database.url()).await;
    database.execute("INSERT INTO everfold_schema VALUES (9)");
    let refused = refusal(&database.url()).await;
    assert!(refused.contains("it has schema 9 and was written by a newer Everfold"), "{refused}");
    database.execute("DELETE FROM everfold_schema WHERE version = 9");
    open(&database.url()).await;
}

#[tokio::test]
async fn a_database_with_tables_of_others_stays_as_it_was() {
    let database = Database::new();
    database.execute("CREATE TABLE events (theirs int)");
    let refused = refusal(&database.url()).await;
    assert!(refused.contains("is as it was") && refused.contains("\"events\" already exists"), "{refused}");
    let tables = "SELECT string_agg(tablename, ' ') FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(database.execute(tables), "events");
    database.execute("CREATE SCHEMA ours");
    let url = format!("{}&options[search_path]=ours", database.url());
    assert_eq!(write(&open(&url).await, 1).await, (1, true), "a schema of its own will do");
}

#[tokio::test]
async fn what_is_printed_makes_a_store() {
    let database = Database::new();
    database.execute(&printed());
    database.execute(
        "CREATE ROLE host LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO host",
    );
    let url = database.url().replace("user=everfold", "user=host");
    assert_eq!(write(&open(&url).await, 1).await, (1, true), "a host needs no right to make tables");
    database.execute("DROP OWNED BY host; DROP ROLE host");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_the_password() {
    let refused = refusal("postgres://me:secret@127.0.0.1:1/mine").await;
    assert!(refused.contains("postgres://me@127.0.0.1:1/mine: it does not answer there"), "{refused}");
    assert!(!refused.contains("secret"), "{refused}");
    let database = Database::new();
    let other = database.url().replace(database.name(), "nowhere");
    let refused = refusal(&other).await;
    assert!(refused.contains("\"nowhere\" does not exist"), "{refused}");
}

#[tokio::test]
async fn every_session_has_what_durability_needs() {
    let database = Database::new();
    let name = database.name().to_owned();
    database.execute(&format!("ALTER DATABASE {name} SET synchronous_commit = off"));
    let store = open(&database.url()).await;
    let mut reader = store.readers.acquire().await.unwrap();
    let mut writer = store.desk().await.unwrap().take_connection(&store).await.unwrap();
    for connection in [&mut *reader, &mut writer] {
        for (setting, wanted) in [
            ("synchronous_commit", "on"),
            ("idle_in_transaction_session_timeout", "5s"),
            ("lock_timeout", "10s"),
        ] {
            let value: String = sqlx::query_scalar("SELECT current_setting($1)")
                .bind(setting)
                .fetch_one(&mut *connection)
                .await
                .unwrap();
            assert_eq!(value, wanted, "{setting}");
        }
    }
}
