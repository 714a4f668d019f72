//! One transaction for all that waits; when it fails, each request for itself.
//!
//! Here all tasks share one thread, so requests made with one `join!` wait together before the writer
//! sees the first of them.

mod room;
mod watched;

use std::sync::Mutex;

use futures_util::{future::join_all, join, poll};

use crate::{
    clock::Clock,
    config::Config,
    store::LogQuery,
    words::{ActivationNumber, DomainKey, EntityId, EventId, Fact, LeaseEpoch, Position, Version},
};

use super::*;
use watched::Watched;

struct Noon;

impl Clock for Noon {
    fn now(&self) -> i64 {
        12
    }
}

const MOST: usize = 100;

impl Committer {
    /// Appends, if there is room for one byte.
    async fn write(&self, append: Append) -> Result<Vec<Appended>, Error> {
        let slot = self.admit(1)?;
        self.append(append, slot).await
    }
}

fn start(store: &Arc<Watched>, group_events: usize, tracker: &TaskTracker) -> (Committer, Arc<Feed>) {
    let feed = Arc::new(Feed::new(crate::store::Head::default(), 10, false));
    let limits = Limits { queued_writes: 50, group_events, ..Config::embedded().limits };
    let (store, clock) = (Arc::clone(store), Arc::new(Noon));
    (Committer::start(store, Arc::clone(&feed), clock, &limits, tracker), feed)
}

fn start_with(store: &Arc<Watched>, change: impl FnOnce(&mut Limits)) -> Committer {
    let feed = Arc::new(Feed::new(crate::store::Head::default(), 10, false));
    let mut limits = Config::embedded().limits;
    change(&mut limits);
    Committer::start(Arc::clone(store) as Arc<dyn Store>, feed, Arc::new(Noon), &limits, &TaskTracker::new())
}

fn committer(store: &Arc<Watched>) -> Committer {
    start(store, MOST, &TaskTracker::new()).0
}

fn cart() -> DomainKey {
    DomainKey { context: "shop".parse().unwrap(), domain: "cart".parse().unwrap() }
}

fn id(ticks: u64) -> EventId {
    EventId::from_parts(ticks, [1; 8])
}

fn fact(ticks: u64, data: &str) -> Arc<Fact> {
    Arc::new(Fact {
        id: id(ticks),
        entity: EntityId::from_stored([1; 16]),
        event_type: "Happened".parse().unwrap(),
        data: data.into(),
        metadata: Vec::new(),
        cause: None,
        depth: 0,
        origin: None,
    })
}

fn append(ticks: impl IntoIterator<Item = u64>) -> Append {
    let facts = ticks.into_iter().map(|ticks| fact(ticks, "1")).collect();
    Append { context: cart().context, facts, expected: None }
}

fn position(answer: Result<Vec<Appended>, Error>) -> Result<u64, String> {
    answer.map(|appended| appended[0].position.0).map_err(|error| error.to_string())
}

fn retirement() -> NewActivation {
    NewActivation { key: cart(), module: None, file: None, at: 1 }
}

/// The first reduction of an entity, made under an activation.
fn reduction(entity: u8, activation: u64, emissions: Vec<Arc<Fact>>) -> Arc<Reduction> {
    Arc::new(Reduction {
        key: cart(),
        entity: Some(EntityId::from_stored([entity; 16])),
        activation: ActivationNumber(activation),
        leases: LeaseEpoch(0),
        seen: (Version(0), Position(0)),
        model: crate::store::ModelWrite::Put(Arc::from(&b"1"[..])),
        folded: Position(1),
        emitted: Position(1),
        last: None,
        events: 1,
        made_by: Vec::new(),
        parked: None,
        capture: crate::store::CaptureWrite::Keep,
        snapshots: crate::store::SnapshotWrite::default(),
        emissions,
    })
}

/// What became of reductions that were handed over together, for each: its version, or `stale`.
type Told = Arc<Mutex<Vec<String>>>;

async fn hand_over(committer: &Committer, reductions: Vec<Arc<Reduction>>) -> Told {
    let told = Told::default();
    let note = Arc::clone(&told);
    let done = move |outcomes: Result<Vec<ReductionOutcome>, StoreError>| {
        let tell = |outcome| match outcome {
            ReductionOutcome::Committed { version, .. } => version.to_string(),
            ReductionOutcome::Stale => "stale".to_owned(),
        };
        *note.lock().unwrap() = match outcomes {
            Ok(outcomes) => outcomes.into_iter().map(tell).collect(),
            Err(error) => vec![error.to_string()],
        };
    };
    committer.reduced(reductions, Box::new(done)).await.unwrap();
    told
}

async fn ids(store: &Watched) -> Vec<EventId> {
    let all = LogQuery {
        context: None,
        after: Position(0),
        since: None,
        up_to: None,
        types: Vec::new(),
        limit: 100,
    };
    store.inner.log(&all).await.unwrap().iter().map(|event| event.fact.id).collect()
}

#[tokio::test]
async fn what_waits_is_one_transaction() {
    let store = Watched::open(None).await;
    store.inner.activate(&retirement()).await.unwrap();
    let (committer, feed) = start(&store, MOST, &TaskTracker::new());
    let mark =
        Mark { key: cart(), position: Position(1), settled: ActivationNumber(1), leases: LeaseEpoch(0) };
    let (one, two, first, second, marked) = join!(
        committer.write(append([1])),
        committer.write(append([2, 3])),
        hand_over(&committer, vec![reduction(1, 1, vec![]), reduction(2, 0, vec![])]),
        hand_over(&committer, vec![reduction(3, 1, vec![])]),
        committer.mark(vec![mark]),
    );
    marked.unwrap();
    assert_eq!((position(one), position(two)), (Ok(1), Ok(2)));
    assert_eq!(*first.lock().unwrap(), ["1", "stale"]);
    assert_eq!(*second.lock().unwrap(), ["2"], "each gets its own outcomes");
    assert_eq!(store.asked(), ["2+3+1"]);
    assert_eq!((feed.head().position, feed.head().version), (Position(3), Version(2)));
}

#[tokio::test]
async fn a_failing_request_harms_only_itself() {
    let store = Watched::open(Some(id(13))).await;
    store.inner.activate(&retirement()).await.unwrap();
    let (committer, feed) = start(&store, MOST, &TaskTracker::new());
    let mark =
        Mark { key: cart(), position: Position(7), settled: ActivationNumber(1), leases: LeaseEpoch(0) };
    let (one, bad, two, taken, good, spoilt, marked) = join!(
        committer.write(append([1])),
        committer.write(append([2, 13])),
        committer.write(append([3])),
        committer.write(Append { facts: vec![fact(1, "other")], ..append([]) }),
        hand_over(&committer, vec![reduction(1, 1, vec![fact(4, "1")])]),
        hand_over(&committer, vec![reduction(2, 1, vec![]), reduction(3, 1, vec![fact(13, "1")])]),
        committer.mark(vec![mark]),
    );
    marked.unwrap();
    assert_eq!((position(one), position(two)), (Ok(1), Ok(2)));
    assert!(position(bad).unwrap_err().contains("poison"));
    assert!(matches!(taken, Err(Error::Conflict { position: Position(1), .. })));
    // One more request: behind it everything above is answered.
    assert_eq!(position(committer.write(append([5])).await), Ok(4));
    assert_eq!(*good.lock().unwrap(), ["1"]);
    assert!(spoilt.lock().unwrap()[0].contains("poison"), "what was handed over together stays together");
    assert_eq!(ids(&store).await, [1, 3, 4, 5].map(id), "in the order in which they came");
    assert_eq!(feed.head().position, Position(4));
    assert_eq!(store.inner.catalogue().await.unwrap().marks[0].position, Position(7));
    assert_eq!(store.asked()[0], "4+3+1");
}

#[tokio::test]
async fn an_activation_ends_a_group() {
    let store = Watched::open(None).await;
    let committer = committer(&store);
    let (one, retired, two, stale) = join!(
        committer.write(append([1])),
        committer.activate(retirement()),
        committer.write(append([2])),
        hand_over(&committer, vec![reduction(1, 0, vec![])]),
    );
    assert_eq!((position(one), position(two)), (Ok(1), Ok(2)));
    let retired = retired.unwrap();
    assert_eq!((retired.number, retired.head), (ActivationNumber(1), Position(1)));
    assert_eq!(*stale.lock().unwrap(), ["stale"], "it was handed over behind the activation");
    assert_eq!(store.asked(), ["1+0+0", "activate", "1+1+0"]);
}

#[tokio::test]
async fn an_activation_comes_through_although_the_group_before_it_fails() {
    let store = Watched::open(Some(id(13))).await;
    let committer = committer(&store);
    let (bad, retired) = join!(committer.write(append([13])), committer.activate(retirement()));
    assert!(position(bad).is_err());
    assert_eq!(retired.unwrap().head, Position(0));
}

#[tokio::test]
async fn a_full_group_is_written_before_the_next_is_taken() {
    let store = Watched::open(None).await;
    let (committer, _) = start(&store, 3, &TaskTracker::new());
    let requests = [append([1, 2]), append([3, 4]), append(5..=14), append([15])];
    let answers = join_all(requests.map(|request| committer.write(request))).await;
    let first: Vec<_> = answers.into_iter().map(|answer| position(answer).unwrap()).collect();
    assert_eq!(first, [1, 3, 5, 15]);
    assert_eq!(store.asked(), ["2+0+0", "1+0+0", "1+0+0"], "a request is never cut");
}

#[tokio::test]
async fn what_was_asked_is_done_although_nobody_waits_any_more() {
    let store = Watched::open(None).await;
    let committer = committer(&store);
    let mut gone = Box::pin(committer.write(append([1])));
    assert!(poll!(&mut gone).is_pending());
    drop(gone);
    assert_eq!(position(committer.write(append([2])).await), Ok(2));
    assert_eq!(ids(&store).await, [1, 2].map(id));
}

#[tokio::test]
async fn it_ends_with_all_that_was_taken_written() {
    let store = Watched::open(None).await;
    let tracker = TaskTracker::new();
    let (committer, _) = start(&store, 2, &tracker);
    let last = hand_over(&committer, vec![reduction(1, 1, vec![])]).await;
    committer.mark(vec![]).await.unwrap();
    let last_handle = committer.clone();
    let mut append = Box::pin(async move { last_handle.write(append([1, 2])).await });
    assert!(poll!(&mut append).is_pending());
    drop(committer);
    tracker.close();
    let (answer, ()) = join!(append, tracker.wait());
    assert_eq!((position(answer), last.lock().unwrap().len()), (Ok(1), 1));
    assert_eq!(store.asked(), ["1+1+0", "close"], "the store is closed last");
}

#[test]
fn who_comes_too_late_is_told_so() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ended = runtime();
    let committer = ended.block_on(async { committer(&Watched::open(None).await) });
    drop(ended);
    runtime().block_on(async {
        assert!(matches!(committer.write(append([1])).await, Err(Error::Closing)));
        assert!(matches!(committer.activate(retirement()).await, Err(Error::Closing)));
        assert!(matches!(committer.reduced(vec![], Box::new(|_| ())).await, Err(Error::Closing)));
        assert!(matches!(committer.mark(vec![]).await, Err(Error::Closing)));
    });
}
