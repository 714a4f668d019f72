//! A disk that lies: the end of the write-ahead log is cut, zeroed, changed or followed by rubbish. What is left
//! opens, and is a whole number of commits: all those before the damage, and no half of one behind it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use everfold::{
    LogQuery,
    store::{Store, Which, sqlite::SqliteStore},
    words::{DomainKey, EntityId, Event, EventId, Position, Row},
};
use serde_json::{Value, json};

use crate::harness::{Host, entity, foreign_id, guest, left_out};

/// What a store holds, but for times.
#[derive(Debug, Clone, PartialEq)]
struct Held {
    log: Vec<Event>,
    rows: BTreeMap<(DomainKey, Option<EntityId>), Row>,
}

/// The files of a host that was killed.
struct Files {
    db: Vec<u8>,
    wal: Vec<u8>,
}

/// A write-ahead log begins with this many bytes, ...
const HEADER: usize = 32;
/// ... and each frame with this many, before its page.
const FRAME_HEADER: usize = 24;

impl Files {
    fn read(folder: &Path) -> Self {
        let read = |name: &str| fs::read(folder.join(name)).unwrap();
        Self { db: read("everfold.db"), wal: read("everfold.db-wal") }
    }

    fn number(&self, at: usize) -> usize {
        let bytes = self.wal[at..at + 4].try_into().unwrap();
        usize::try_from(u32::from_be_bytes(bytes)).unwrap()
    }

    /// Where each frame ends, and whether a commit ends with it.
    fn frames(&self) -> Vec<(usize, bool)> {
        let size = FRAME_HEADER + self.number(8);
        let starts = (HEADER..).step_by(size).take_while(|start| start + size <= self.wal.len());
        // The database's size in pages stands in the last frame of a commit only.
        starts.map(|start| (start + size, self.number(start + 4) > 0)).collect()
    }
}

/// What is held by a store with this write-ahead log.
async fn opened(files: &Files, wal: &[u8]) -> Held {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("everfold.db");
    fs::write(&place, &files.db).unwrap();
    fs::write(folder.path().join("everfold.db-wal"), wal).unwrap();
    let store = SqliteStore::open(place.to_str().unwrap(), "a test").await.unwrap();
    let all = LogQuery {
        context: None,
        after: Position(0),
        since: None,
        up_to: None,
        types: vec![],
        limit: 1_000_000,
    };
    let log = store.log(&all).await.unwrap();
    let activations = store.catalogue().await.unwrap().activations;
    let mut rows = BTreeMap::new();
    for key in activations.into_iter().map(|activation| activation.key).collect::<BTreeSet<_>>() {
        let of_key = store.rows_page(&key, Which::All, None, 100_000).await.unwrap();
        rows.extend(of_key.entries.into_iter().map(|(entity, row)| ((key.clone(), entity), row)));
    }
    store.close().await;
    Held { log, rows }
}

/// Fails the test unless positions have no gap, each model is the fold of its events up to where it says, and each
/// event that has emitted has its echo.
fn is_whole(held: &Held) {
    let gapless = held.log.iter().map(|event| event.position.0).eq(1..=held.log.len() as u64);
    assert!(gapless, "{held:?}");
    let echoed: BTreeSet<EventId> = held.log.iter().filter_map(|event| event.fact.cause).collect();
    for ((key, of), row) in &held.rows {
        let its = held.log.iter().filter(|event| Some(event.fact.entity) == *of);
        let mut folded: Vec<&Event> = its.filter(|event| event.position <= row.folded).collect();
        let positions: Vec<_> = folded.iter().map(|event| event.position.0).collect();
        let said = folded.iter().filter(|event| event.fact.event_type.as_str() == "said");
        let said: BTreeSet<EventId> = said.map(|event| event.fact.id).collect();
        if key.domain.as_str() == "ledger" {
            folded.sort_by_key(|event| event.fact.id);
        }
        let ids: Vec<_> = folded.iter().map(|event| event.fact.id.to_string()).collect();
        let model: Value = serde_json::from_slice(row.model.as_ref().unwrap()).unwrap();
        let wanted = match key.domain.as_str() {
            "ledger" => json!({"ids": ids, "sum": folded.len()}),
            "journal" => json!({"ids": ids, "positions": positions}),
            _ => {
                assert!(said.is_subset(&echoed), "a reduction without what it emitted: {held:?}");
                json!({"said": said.len()})
            }
        };
        assert_eq!(model, wanted, "{key} of {of:?}");
    }
    // An echo is written with the reduction that emits it, so its cause is folded.
    let folded = |cause: &EventId| {
        let cause = held.log.iter().find(|event| event.fact.id == *cause).unwrap();
        let echo = |((key, of), _): &(&(DomainKey, Option<EntityId>), &Row)| {
            key.domain.as_str() == "echo" && *of == Some(cause.fact.entity)
        };
        held.rows.iter().find(echo).is_some_and(|(_, row)| row.folded >= cause.position)
    };
    assert!(echoed.iter().all(folded), "an echo without the reduction that emitted it: {held:?}");
}

/// The files of a host that was killed while it was busy.
async fn killed() -> Files {
    let mut host = Host::start_process().await;
    for domain in ["ledger", "journal", "echo"] {
        host.deploy("shop", domain, guest(domain)).await;
    }
    for n in 0..60 {
        // Every third event is late.
        let id = foreign_id(if n % 3 == 0 { 500 - n } else { 500 + n }, 1);
        host.post("said", &entity(n % 4), &id, &json!({"n": 1})).await.expect(201);
    }
    host.process_mut().kill().await;
    Files::read(host.folder())
}

/// Ways to damage what lies from `from` on, where a frame ends at `to`.
fn damages(wal: &[u8], from: usize, to: usize) -> Vec<Vec<u8>> {
    let cut = |at: usize| wal[..at].to_vec();
    let changed = |at: usize| {
        let mut changed = wal.to_vec();
        changed[at] ^= 1 << fastrand::u32(0..8);
        changed
    };
    let zeroed = |at: usize| [&wal[..at], &vec![0; wal.len() - at]].concat();
    let middle = fastrand::usize(from + 1..to);
    let mut damages = vec![
        cut(from),
        cut(from + 1),
        cut(middle),
        cut(to - 1),
        zeroed(from),
        zeroed(middle),
        // The header of the frame, and its page.
        changed(fastrand::usize(from..from + FRAME_HEADER)),
        changed(fastrand::usize(from + FRAME_HEADER..to)),
    ];
    // A page may end with zeros: then the damage is another frame's.
    damages.retain(|damaged| damaged.get(from..to) != Some(&wal[from..to]));
    damages
}

/// Frames at the end of the log that are damaged, each in every way.
const DAMAGED: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_becomes_of_the_end_of_the_log_whole_commits_are_left() {
    if left_out("a file's write-ahead log; Postgres looks after its own") {
        return;
    }
    let files = killed().await;
    let frames = files.frames();
    let whole = opened(&files, &files.wal).await;
    is_whole(&whole);
    assert!(whole.log.len() >= 60, "every post was acknowledged: {}", whole.log.len());
    let rubbish: Vec<u8> = (0..10_000).map(|_| fastrand::u8(..)).collect();
    assert!(opened(&files, &[&files.wal[..], &rubbish].concat()).await == whole, "rubbish behind it all");

    let first = frames.len() - DAMAGED;
    let last_commit = frames[..first].iter().rposition(|(_, commits)| *commits).unwrap();
    let mut before = opened(&files, &files.wal[..frames[last_commit].0]).await;
    is_whole(&before);
    let mut commits = 0;
    for frame in first..frames.len() {
        let (from, to) = (frames[frame - 1].0, frames[frame].0);
        for damaged in damages(&files.wal, from, to) {
            let left = opened(&files, &damaged).await;
            let (log, whole) = (left.log.len(), before.log.len());
            assert!(
                left == before,
                "frame {frame} of {} is damaged: {log} events, not {whole}",
                frames.len()
            );
        }
        if frames[frame].1 {
            let more = opened(&files, &files.wal[..to]).await;
            is_whole(&more);
            assert!(more.log.starts_with(&before.log), "an older event has changed");
            (before, commits) = (more, commits + 1);
        }
    }
    assert!(commits > 1, "{DAMAGED} frames are {commits} commits: the test has lost its sense");
    assert!(before == whole, "the last commit is not there");
}
