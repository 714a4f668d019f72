//! Tests reducers natively, without wasm and without a host.
//!
//! ```
//! use everfold_sdk::{Event, NewEvent, Result, testing::{event, fold}};
//! use serde_json::{Value, json};
//!
//! fn apply(sum: &mut i64, event: Event<Value>) -> Result<Vec<NewEvent>> {
//!     *sum += event.data["n"].as_i64().unwrap_or_default();
//!     Ok(vec![])
//! }
//!
//! let folded = fold(apply, None, [event("drawn", json!({"n": 2})), event("drawn", json!({"n": 40}))])?;
//! assert_eq!(folded.model(), json!(42));
//! # Ok::<(), everfold_sdk::Failure>(())
//! ```

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    Result,
    reduce::{Apply, reduce},
    wire::{self, ModelChange},
};

/// The entity of the events that name none.
pub const ENTITY: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

/// An event for a test. What is not said is made up: the n-th event of a call happens n seconds after
/// the Unix epoch, to [`ENTITY`], and has an id of its own.
#[derive(Clone, Debug)]
pub struct TestEvent(wire::Event);

/// An event with the `data` given, caused by nothing.
pub fn event(event_type: &str, data: impl Serialize) -> TestEvent {
    TestEvent(wire::Event {
        id: String::new(),
        entity: ENTITY.to_owned(),
        event_type: event_type.to_owned(),
        data: serde_json::to_vec(&data).expect("test data is JSON"),
        occurred_at: i64::MIN,
        position: None,
        cause: None,
        metadata: Vec::new(),
    })
}

impl TestEvent {
    /// When it happened, in microseconds since the Unix epoch.
    #[must_use]
    pub fn at(mut self, unix_micros: i64) -> Self {
        self.0.occurred_at = unix_micros;
        self
    }

    /// To whom it happened.
    #[must_use]
    pub fn on(mut self, entity: &str) -> Self {
        entity.clone_into(&mut self.0.entity);
        self
    }

    /// Its id, where the test looks at ids.
    #[must_use]
    pub fn id(mut self, id: &str) -> Self {
        id.clone_into(&mut self.0.id);
        self
    }

    /// Its place in the log, for reducers that do not fold by `occurred`.
    #[must_use]
    pub fn position(mut self, position: u64) -> Self {
        self.0.position = Some(position);
        self
    }

    /// The event or command that led to it.
    #[must_use]
    pub fn cause(mut self, id: &str) -> Self {
        self.0.cause = Some(id.to_owned());
        self
    }

    /// Something sent along with it.
    #[must_use]
    pub fn with_metadata(mut self, key: &str, value: &str) -> Self {
        self.0.metadata.push((key.to_owned(), value.to_owned()));
        self
    }

    fn complete(mut self, index: usize) -> wire::Event {
        if self.0.occurred_at == i64::MIN {
            self.0.occurred_at = 1_000_000 * (1 + i64::try_from(index).unwrap_or(i64::MAX / 1_000_000 - 1));
        }
        if self.0.id.is_empty() {
            self.0.id = format!("{index:08x}-0000-1000-8000-010000000000");
        }
        self.0
    }
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Folded {
    /// The model as it is stored, none where there is none. Passed on, it lets another call go on.
    pub bytes: Option<Vec<u8>>,
    /// The events that it wants to exist, in order.
    pub emitted: Vec<Emitted>,
}

impl Folded {
    /// The model, `null` where there is none.
    pub fn model(&self) -> Value {
        self.bytes.as_deref().map_or(Value::Null, json)
    }
}

/// A new event, as the host gets it.
#[derive(Clone, Debug, PartialEq)]
pub struct Emitted {
    /// The index of the event that led to it.
    pub cause: u32,
    /// What happens.
    pub event_type: String,
    /// To whom, if not to the model's own entity.
    pub entity: Option<String>,
    /// What is known about it.
    pub data: Value,
    /// What is sent along with it.
    pub metadata: Vec<(String, String)>,
}

/// Folds `events` in the order given into `model`, in one call, as the host would.
///
/// # Errors
///
/// The failure with which the reducer refuses, as the host would get it.
pub fn fold<M, E>(
    apply: Apply<M, E>,
    model: Option<&[u8]>,
    events: impl IntoIterator<Item = TestEvent>,
) -> Result<Folded>
where
    M: Default + Serialize + DeserializeOwned,
    E: DeserializeOwned,
{
    let events = events.into_iter().enumerate().map(|(index, event)| event.complete(index)).collect();
    let reduction = reduce(apply, model, events)?;
    let bytes = match reduction.model {
        ModelChange::Keep => model.map(<[u8]>::to_vec),
        ModelChange::Put(bytes) => Some(bytes),
        ModelChange::Delete => None,
    };
    Ok(Folded { bytes, emitted: reduction.events.into_iter().map(emitted).collect() })
}

/// Checks the law of the contract that it must not matter how the host cuts events into calls: folds
/// `events` in one call, then in two for every place where they can be cut, then one by one. Gives what
/// the one call gave.
///
/// # Errors
///
/// The failure with which the reducer refuses.
///
/// # Panics
///
/// If a model or the new events differ, naming the cut.
pub fn fold_in_all_cuts<M, E>(
    apply: Apply<M, E>,
    events: impl IntoIterator<Item = TestEvent>,
) -> Result<Folded>
where
    M: Default + Serialize + DeserializeOwned,
    E: DeserializeOwned,
{
    let completed = events.into_iter().enumerate().map(|(index, event)| TestEvent(event.complete(index)));
    let events: Vec<TestEvent> = completed.collect();
    let whole = fold(apply, None, events.clone())?;
    for cut in 1..events.len() {
        let in_two = fold_parts(apply, [&events[..cut], &events[cut..]])?;
        assert_eq!(in_two, whole, "cut before event {cut}");
    }
    assert_eq!(fold_parts(apply, events.chunks(1))?, whole, "one by one");
    Ok(whole)
}

fn fold_parts<'a, M, E>(
    apply: Apply<M, E>,
    parts: impl IntoIterator<Item = &'a [TestEvent]>,
) -> Result<Folded>
where
    M: Default + Serialize + DeserializeOwned,
    E: DeserializeOwned,
{
    let mut all = Folded { bytes: None, emitted: Vec::new() };
    let mut done = 0;
    for part in parts {
        let folded = fold(apply, all.bytes.as_deref(), part.iter().cloned())?;
        all.bytes = folded.bytes;
        all.emitted
            .extend(folded.emitted.into_iter().map(|event| Emitted { cause: event.cause + done, ..event }));
        done += u32::try_from(part.len()).expect("a test has few events");
    }
    Ok(all)
}

fn emitted(event: wire::NewEvent) -> Emitted {
    let wire::NewEvent { cause, event_type, entity, data, metadata } = event;
    Emitted { cause, event_type, entity, data: json(&data), metadata }
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("the SDK writes JSON")
}
