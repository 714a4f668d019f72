//! Late events, and the snapshots from which they are folded: the row with which the tests play.

mod late;
mod laws;
mod parked;

use std::sync::Arc;

use crate::{
    clock::Clock,
    sandbox::{Call, Failure, ModelChange, NewEvent, Reduced},
    scheduler::{
        history::History,
        outcome::Done,
        reduce::{Reducer, Waiting},
        turn::Turn,
    },
    store::{
        Activation, Append, Group, NewActivation, ReductionOutcome, SnapshotQuery, Store, sqlite::SqliteStore,
    },
    words::{Descriptor, EntityId, Event, Fact, Fold, ModuleHash, Order, Position, Row},
};

use super::{Answer, cart, descriptor, fact, serving};

/// As clients make them: a capture takes no other.
fn entity() -> EntityId {
    "7d444840-9dc0-41d1-b245-5ffdce74fad2".parse().unwrap()
}

/// Whom emissions are about.
const OTHER: &str = "a5a2a6a4-3ef3-4b8e-9fd3-2d0c83bd6b4e";

struct Noon;

impl Clock for Noon {
    fn now(&self) -> i64 {
        43_200_000_000
    }
}

/// The ticks of what a model was made of.
fn ticks(model: Option<&[u8]>) -> Vec<u64> {
    model.map_or_else(Vec::new, |model| serde_json::from_slice(model).unwrap())
}

/// A module whose model lists the ticks of its events in the order of the fold.
fn lists(call: &Call<'_>) -> Result<Reduced, Failure> {
    let mut all = ticks(call.model);
    all.extend(call.events.iter().map(|event| event.fact.id.ticks()));
    Ok(Reduced { model: ModelChange::Put(serde_json::to_vec(&all).unwrap()), events: Vec::new() })
}

/// The same, and each event is answered: with how many came before it.
fn answers(call: &Call<'_>) -> Result<Reduced, Failure> {
    let before = ticks(call.model).len();
    let answer = |index: usize| NewEvent {
        cause: u32::try_from(index).unwrap(),
        event_type: "Counted".into(),
        entity: Some(OTHER.into()),
        data: (before + index).to_string().into_bytes(),
        metadata: Vec::new(),
    };
    let events = (0..call.events.len()).map(answer).collect();
    Ok(Reduced { events, ..lists(call)? })
}

/// The same as the first, but an event at ticks that end in 7 fails unless the one before it was there.
fn fails_at_seven(call: &Call<'_>) -> Result<Reduced, Failure> {
    let mut before = ticks(call.model);
    for (index, event) in call.events.iter().enumerate() {
        let now = event.fact.id.ticks();
        if now % 10 == 7 && before.last() != Some(&(now - 1)) {
            return Err(Failure { event: Some(index), ..Failure::of_host("test", "not seven".into()) });
        }
        before.push(now);
    }
    lists(call)
}

fn occurred(types: &[&str]) -> Descriptor {
    Descriptor { fold: Fold::Entity(Order::Occurred), ..descriptor(types) }
}

/// A row whose events are recorded and folded one after another.
struct Bed {
    store: Arc<dyn Store>,
    chain: Vec<Activation>,
    answer: Answer,
    every: usize,
    call_events: usize,
    model_bytes: usize,
    row: Option<Row>,
    head: Position,
}

impl Bed {
    /// A row of a module of which a snapshot is taken every so many events.
    async fn new(answer: Answer, every: usize) -> Self {
        let store = Arc::new(SqliteStore::open(":memory:", "a test").await.unwrap());
        let (chain, row, head) = (Vec::new(), None, Position(0));
        let mut bed =
            Self { store, chain, answer, every, call_events: 1_000, model_bytes: 1 << 20, row, head };
        bed.serve("m", &[]).await;
        bed
    }

    /// Puts a module of this name, which takes these types, in force.
    async fn serve(&mut self, name: &str, types: &[&str]) {
        let bytes = name.as_bytes();
        let module = Some((ModuleHash::of(bytes), Arc::from(bytes), occurred(types)));
        let new = NewActivation { key: cart(), module, file: None, at: 1 };
        self.chain.push(self.store.activate(&new).await.unwrap());
    }

    /// Records events of a type at these ticks.
    async fn record(&mut self, event_type: &str, ticks: impl IntoIterator<Item = u64>) -> Vec<Arc<Event>> {
        let event_type = event_type.parse().unwrap();
        let of = |ticks| Fact { entity: entity(), event_type: Clone::clone(&event_type), ..fact(ticks, 1) };
        let facts = ticks.into_iter().map(|ticks| Arc::new(of(ticks))).collect();
        let appends = vec![Append { context: cart().context, facts, expected: None }];
        let committed = self.store.commit(&Group { appends, ..Group::default() }).await.unwrap();
        self.head = committed.head.position;
        committed.events
    }

    /// Reduces the row, and commits that.
    async fn reduce(&mut self, waiting: Waiting) -> Done {
        let mut serving = serving(self.chain.clone(), self.answer);
        serving.limits.snapshot_events = self.every;
        serving.limits.call_events = self.call_events;
        serving.limits.model_bytes = self.model_bytes;
        let turn = Turn::begin();
        let history = History { serving: &serving, store: &self.store, turn: &turn, ahead: None };
        let reducer = Reducer { history, head: self.head, may_try_again: false, clock: &Noon };
        let row = self.row.clone().map(Arc::new);
        let done = reducer.reduce(Some(entity()), waiting, row).await.unwrap();
        if let Some(reduction) = &done.reduction {
            let group = Group { reductions: vec![Arc::clone(reduction)], ..Group::default() };
            let committed = self.store.commit(&group).await.unwrap();
            assert!(matches!(committed.reductions[0], ReductionOutcome::Committed { .. }));
            self.head = committed.head.position;
        }
        self.row = self.store.rows(&cart(), &[Some(entity())]).await.unwrap().remove(0);
        done
    }

    /// Records events and folds them together; tells how many were folded for that.
    async fn come(&mut self, ticks: impl IntoIterator<Item = u64>) -> u64 {
        let events = self.record("A", ticks).await;
        self.reduce(Waiting::These(events)).await.count
    }

    /// The same, one after another.
    async fn come_singly(&mut self, ticks: impl IntoIterator<Item = u64>) {
        for ticks in ticks {
            self.come([ticks]).await;
        }
    }

    /// What the model was made of.
    fn model(&self) -> Vec<u64> {
        ticks(self.row.as_ref().and_then(|row| row.model.as_deref()))
    }

    /// The ticks of the newest events of the snapshots that the module in force may use, the newest first.
    async fn snapshots(&self) -> Vec<u64> {
        let serving = serving(self.chain.clone(), self.answer);
        let mut query = SnapshotQuery {
            key: cart(),
            entity: entity(),
            before: None,
            up_to: self.head,
            activations: serving.same_module(),
            types: serving.module.descriptor().event_types.clone(),
        };
        let mut found = Vec::new();
        while let Some(snapshot) = self.store.snapshot(&query).await.unwrap() {
            query.before = Some(snapshot.last);
            found.push(snapshot.last.ticks());
        }
        found
    }
}

/// Ticks that leave room for nine between each and the next.
fn tens(numbers: std::ops::RangeInclusive<u64>) -> impl Iterator<Item = u64> {
    numbers.map(|number| 10 * number)
}

fn sorted(mut ticks: Vec<u64>) -> Vec<u64> {
    ticks.sort_unstable();
    ticks
}
