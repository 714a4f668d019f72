//! Notices every event, and all that comes with it.

use everfold_sdk::{Event, Failure, NewEvent, Result, log, reducer};
use serde::{Deserialize, Serialize, de::IgnoredAny};

#[derive(Default, Serialize, Deserialize)]
struct Noticed {
    at: i64,
    by: Option<String>,
    cause: Option<String>,
    id: String,
    times: u64,
}

fn apply(noticed: &mut Noticed, event: Event<IgnoredAny>) -> Result<Vec<NewEvent>> {
    log::info(format!("noticed {}", event.event_type));
    if event.event_type == "refused" {
        return Err(Failure::new("noticed", "refused"));
    }
    *noticed = Noticed {
        at: event.occurred_at,
        by: event.metadata.into_iter().find(|(key, _)| key == "by").map(|(_, value)| value),
        cause: event.cause,
        id: event.id,
        times: noticed.times + 1,
    };
    Ok(vec![])
}

reducer!(apply, order: occurred);
