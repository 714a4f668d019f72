//! What only this back end can get wrong.

mod hosts;
mod opening;
mod proxy;
mod trouble;
mod views;

use everfold_test_postgres::Database;

use super::PostgresStore;
use crate::store::{
    Store,
    contract::given::{append, fact, post, shop},
};

/// A store with the context `shop`.
async fn open(url: &str) -> PostgresStore {
    let store = PostgresStore::open(url, 4).await.unwrap();
    store.name_context(&shop()).await.unwrap();
    store
}

/// Posts the event at so many ticks, and tells its position, and whether it is new.
async fn write(store: &dyn Store, ticks: u64) -> (u64, bool) {
    let committed = post(store, vec![append([fact(ticks, 1, "1")])]).await;
    let appended = committed.appends[0].as_ref().unwrap()[0];
    (appended.position.0, appended.new)
}

/// How many events there are.
fn events(database: &Database) -> String {
    database.execute("SELECT count(*) FROM events")
}
