//! The views for people: what is kept byte for byte, as JSONB.

use std::sync::Arc;

use everfold_test_postgres::Database;

use super::open;
use crate::{
    store::{
        Group, Reduction,
        contract::given::{append, cart, entity, fact, id, of_cart, parked, put, reduce, serve, written},
    },
    words::{Fact, Origin},
};

#[tokio::test]
async fn events_are_shown_as_their_clients_made_them() {
    let database = Database::new();
    let store = open(&database.url()).await;
    // The example of RFC 9562, appendix A.1: 2022-02-22 14:22:22.0000000-05:00.
    let made = "c232ab00-9414-11ec-b3c8-9f6bdeced846";
    let metadata = vec![("by".to_owned(), "me".to_owned())];
    let first = Fact { id: made.parse().unwrap(), metadata, ..fact(1, 1, "{\"b\":1.0,\"a\":[\"x\"]}") };
    let odd = fact(7, 2, "{\"zero\":\"\\u0000\"}");
    let group = Group { recorded_at: 5, appends: vec![append([first, odd])], ..Group::default() };
    crate::store::Store::commit(&store, &group).await.unwrap();
    let shown = "SELECT position, context, type, id, data ->> 'a', metadata -> 0 ->> 1, occurred_at AT TIME ZONE 'UTC', \
         recorded_at AT TIME ZONE 'UTC', text FROM everfold_events WHERE kept_id = everfold_kept_id";
    assert_eq!(
        database.execute(&format!("{shown}('{made}')")),
        format!(
            "1|shop|ItemAdded|{made}|[\"x\"]|me|2022-02-22 19:22:22|1970-01-01 00:00:00.000005|{{\"b\":1.0,\"a\":[\"x\"]}}"
        )
    );
    let odd =
        database.execute("SELECT id, data IS NULL, text FROM everfold_events ORDER BY position OFFSET 1");
    assert_eq!(
        odd,
        format!("{}|t|{{\"zero\":\"\\u0000\"}}", id(7)),
        "what JSONB refuses is shown as text only"
    );
}

#[tokio::test]
async fn models_are_shown_with_their_domains_and_can_be_queried() {
    let database = Database::new();
    let store = open(&database.url()).await;
    let number = serve(&store, cart()).await;
    let origin = Some(Origin { domain: cart().domain, entity: None });
    let emissions = vec![Arc::new(Fact { cause: Some(id(1)), depth: 1, origin, ..fact(3, 1, "4") })];
    let whole = Reduction { entity: None, model: put("1e400000"), emissions, ..of_cart(number) };
    let of_two = Reduction { entity: Some(entity(2)), model: put("{\"total\":7}"), ..of_cart(number) };
    let stuck = Reduction { parked: parked(number), model: put("\"\\ud800\""), ..of_cart(number) };
    let all = reduce(&store, [whole, of_two, stuck]).await;
    assert_eq!(all, [written(1), written(2), written(3)]);
    let shown = "SELECT context, domain, entity, model ->> 'total', version, parked ->> 'code' \
                 FROM everfold_models ORDER BY version";
    assert_eq!(
        database.execute(shown),
        format!("shop|cart|||1|\nshop|cart|{}|7|2|\nshop|cart|{}||3|code", entity(2), entity(1))
    );
    assert_eq!(database.execute("SELECT text FROM everfold_models WHERE version = 3"), "\"\\ud800\"");
    let emitted = "SELECT cause, origin_domain, origin_entity IS NULL FROM everfold_events";
    assert_eq!(database.execute(emitted), format!("{}|cart|t", id(1)));
    database.execute("CREATE INDEX ON models ((everfold_jsonb(model) ->> 'total')) WHERE domain = 1");
}
