//! The log of the context `shop` as readers get it, and what it says that models must be.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Host, ticks};

/// Events by position, as far as they were read.
#[derive(Default)]
pub(crate) struct Log {
    events: Vec<Value>,
    /// How many events each event has led to.
    effects: BTreeMap<String, usize>,
    /// The places of each entity's events.
    of_entity: BTreeMap<String, Vec<usize>>,
}

impl Log {
    /// Reads what is new, which must be at the places that follow; gives the newest position.
    pub(crate) async fn read_on(&mut self, host: &Host) -> usize {
        loop {
            let path = format!("/shop/events?limit=1000&after={}", self.events.len());
            let page = host.get(&path).await.expect(200).json();
            let events = page["events"].as_array().unwrap();
            if events.is_empty() {
                return self.events.len();
            }
            for event in events {
                assert_eq!(event["position"], self.events.len() + 1, "{event}");
                if let Some(cause) = event["cause"].as_str() {
                    *self.effects.entry(cause.to_owned()).or_default() += 1;
                }
                let entity = event["entity"].as_str().unwrap().to_owned();
                self.of_entity.entry(entity).or_default().push(self.events.len());
                self.events.push(event.clone());
            }
        }
    }

    /// The event at a position.
    #[track_caller]
    pub(crate) fn at(&self, position: u64) -> &Value {
        let index = usize::try_from(position).unwrap() - 1;
        self.events.get(index).unwrap_or_else(|| panic!("{position} is beyond {}", self.events.len()))
    }

    /// Fails the test unless the models of an entity in `ledger`, `journal` and `echo` are what its events fold
    /// to, and each `said` of it was echoed once.
    pub(crate) async fn models_are_its_folds(&self, host: &Host, entity: &str) {
        let places = self.of_entity.get(entity).map_or(&[][..], Vec::as_slice);
        let by_position: Vec<&Value> = places.iter().map(|place| &self.events[*place]).collect();
        let said: Vec<_> = by_position.iter().filter(|event| event["type"] == "said").collect();
        for cause in &said {
            assert_eq!(self.effects.get(id(cause)), Some(&1), "echoes of {cause}");
        }
        let mut by_id = by_position.clone();
        // By timestamp, then by the bytes of the last two groups.
        by_id.sort_by_key(|event| (ticks(id(event)), &id(event)[19..]));
        let ids = |events: &[&Value]| json!(events.iter().map(|event| id(event)).collect::<Vec<_>>());
        let positions: Vec<_> = by_position.iter().map(|event| &event["position"]).collect();
        let sum: i64 = by_id.iter().map(|event| event["data"]["n"].as_i64().unwrap()).sum();
        for (domain, count, model) in [
            ("ledger", places.len(), json!({"ids": ids(&by_id), "sum": sum})),
            ("journal", places.len(), json!({"ids": ids(&by_position), "positions": positions})),
            ("echo", said.len(), json!({"said": said.len()})),
        ] {
            let there = host.get(&format!("/shop/{domain}/{entity}/model")).await;
            if count == 0 {
                there.expect(404);
            } else {
                assert_eq!(there.expect(200).json(), model, "{domain} of {entity}");
            }
        }
    }
}

fn id(event: &Value) -> &str {
    event["id"].as_str().unwrap()
}
