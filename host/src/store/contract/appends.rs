//! Events from outside: positions, duplicates, conflicts, times of recording.

use std::{future::poll_fn, task::Poll};

use futures_util::future::join_all;

use crate::{
    store::{AppendRefusal, Group, Store},
    words::{Fact, Position},
};

use super::given::{append, append_to, bank, commit, fact, id, log, new, positions, post, present, shop};

pub(super) async fn positions_are_gapless_and_in_order(store: &dyn Store) {
    let requests = vec![
        append([fact(50, 1, "1"), fact(40, 2, "2")]),
        append([fact(30, 1, "3")]),
        append([fact(20, 3, "4"), fact(10, 1, "5")]),
    ];
    let committed = post(store, requests).await;
    let answers: Vec<_> = committed.appends.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers, [vec![new(1), new(2)], vec![new(3)], vec![new(4), new(5)]]);
    assert_eq!(post(store, vec![append([fact(60, 1, "6")])]).await.appends, [Ok(vec![new(6)])]);
    let events = log(store).await;
    assert_eq!(positions(&events), [1, 2, 3, 4, 5, 6]);
    let ids: Vec<_> = events.iter().map(|event| event.fact.id).collect();
    assert_eq!(ids, [50, 40, 30, 20, 10, 60].map(id));
}

pub(super) async fn a_large_group_keeps_its_order(store: &dyn Store) {
    let facts = |from: u64| (from..from + 350).map(|n| fact(1_000 - n, 1, &n.to_string()));
    let committed = post(store, vec![append(facts(0)), append(facts(350))]).await;
    assert_eq!(committed.appends[1].as_ref().unwrap()[0], new(351));
    let data: Vec<_> = log(store).await.iter().map(|event| event.fact.data.clone()).collect();
    assert_eq!(data, (0..700).map(|n| n.to_string().into_bytes()).collect::<Vec<_>>());
    let again = post(store, vec![append(facts(0)), append(facts(350))]).await;
    let again: Vec<_> = again.appends.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(again, (1..=700).map(present).collect::<Vec<_>>());
}

pub(super) async fn the_same_content_again_answers_the_first_position(store: &dyn Store) {
    let one = || fact(1, 1, "1");
    assert_eq!(post(store, vec![append([one(), one()])]).await.appends, [Ok(vec![new(1), present(1)])]);
    assert_eq!(post(store, vec![append([one()])]).await.appends, [Ok(vec![present(1)])]);
    let mixed = post(store, vec![append([fact(2, 1, "2"), one()]), append([fact(2, 1, "2")])]).await;
    assert_eq!(mixed.appends, [Ok(vec![new(2), present(1)]), Ok(vec![present(2)])]);
    assert_eq!(positions(&log(store).await), [1, 2]);
}

pub(super) async fn metadata_is_not_content(store: &dyn Store) {
    let told = |text: &str| Fact { metadata: vec![("by".into(), text.into())], ..fact(1, 1, "1") };
    post(store, vec![append([told("one")])]).await;
    assert_eq!(post(store, vec![append([told("another")])]).await.appends, [Ok(vec![present(1)])]);
    assert_eq!(*log(store).await[0].fact, told("one"), "what came first stays");
}

pub(super) async fn another_content_refuses_its_whole_request_and_no_other(store: &dyn Store) {
    post(store, vec![append([fact(1, 1, "1"), fact(2, 1, "2")])]).await;
    let requests = vec![
        append([fact(3, 1, "3")]),
        append([fact(4, 1, "refused too"), fact(2, 1, "other"), fact(5, 1, "refused too")]),
        append([fact(6, 1, "6")]),
    ];
    let committed = post(store, requests).await;
    let conflict = AppendRefusal::Conflict { id: id(2), position: Position(2) };
    assert_eq!(committed.appends, [Ok(vec![new(3)]), Err(conflict), Ok(vec![new(4)])]);
    let ids: Vec<_> = log(store).await.iter().map(|event| event.fact.id).collect();
    assert_eq!(ids, [1, 2, 3, 6].map(id), "nothing of the refused request, and no hole where it was");
    let refused = post(store, vec![append([fact(1, 1, "other")])]).await;
    assert_eq!((refused.head.position, refused.events.len()), (Position(4), 0));
    assert_eq!(post(store, vec![append([fact(7, 1, "7")])]).await.appends, [Ok(vec![new(5)])]);
}

pub(super) async fn every_part_of_the_content_counts(store: &dyn Store) {
    post(store, vec![append([fact(1, 1, "1")])]).await;
    let others = [
        fact(1, 1, "1.0"),
        fact(1, 2, "1"),
        Fact { event_type: "itemadded".parse().unwrap(), ..fact(1, 1, "1") },
    ];
    let conflict = AppendRefusal::Conflict { id: id(1), position: Position(1) };
    for other in others {
        assert_eq!(post(store, vec![append([other.clone()])]).await.appends, [Err(conflict)], "{other:?}");
    }
}

pub(super) async fn a_conflict_in_one_group_names_the_new_position(store: &dyn Store) {
    let requests = vec![
        append([fact(1, 1, "1"), fact(2, 1, "2")]),
        append([fact(2, 1, "other")]),
        append([fact(3, 1, "3"), fact(3, 1, "other")]),
        append([fact(3, 1, "another")]),
    ];
    let beside = |id, position| AppendRefusal::Conflict { id, position: Position(position) };
    assert_eq!(
        post(store, requests).await.appends,
        [Ok(vec![new(1), new(2)]), Err(beside(id(2), 2)), Err(beside(id(3), 0)), Ok(vec![new(3)])],
        "a refused request takes no id"
    );
}

pub(super) async fn an_id_is_unique_in_its_context_only(store: &dyn Store) {
    store.name_context(&bank()).await.unwrap();
    let requests = vec![append([fact(1, 1, "1")]), append_to(bank(), [fact(1, 2, "other"), fact(2, 2, "2")])];
    assert_eq!(post(store, requests).await.appends, [Ok(vec![new(1)]), Ok(vec![new(2), new(3)])]);
    assert_eq!(post(store, vec![append([fact(2, 1, "another")])]).await.appends, [Ok(vec![new(4)])]);
    assert_eq!(post(store, vec![append_to(bank(), [fact(3, 1, "3")])]).await.appends, [Ok(vec![new(5)])]);
    assert_eq!(store.event(&shop(), id(3)).await.unwrap(), None);
    let found = store.event(&bank(), id(1)).await.unwrap().unwrap();
    assert_eq!((found.position, found.context, &*found.fact.data), (Position(2), bank(), &b"other"[..]));
    assert_eq!(store.event(&shop(), id(1)).await.unwrap().unwrap().position, Position(1));
}

pub(super) async fn times_of_recording_never_run_backwards(store: &dyn Store) {
    for (ticks, recorded_at) in [(1, 100), (2, 50), (3, 100), (4, 101), (5, -1)] {
        let appends = vec![append([fact(ticks, 1, "1")])];
        let committed = commit(store, Group { recorded_at, appends, ..Group::default() }).await;
        assert_eq!(committed.events, [log(store).await.pop().map(Into::into).unwrap()]);
    }
    let times: Vec<_> = log(store).await.iter().map(|event| event.recorded_at).collect();
    assert_eq!(times, [100, 100, 100, 101, 101]);
}

pub(super) async fn what_is_new_is_told(store: &dyn Store) {
    post(store, vec![append([fact(1, 1, "1")])]).await;
    let committed = post(store, vec![append([fact(1, 1, "1"), fact(2, 1, "2")])]).await;
    let told: Vec<_> = committed.events.iter().map(|event| (**event).clone()).collect();
    assert_eq!(told, log(store).await[1..]);
    assert_eq!(committed.head, store.catalogue().await.unwrap().head);
    assert_eq!(committed.head.position, Position(2));
}

pub(super) async fn requests_may_come_at_once(store: &dyn Store) {
    // Every second one is the same for all, so that they also meet as duplicates.
    let request = |n: u64| post(store, vec![append([fact(n, 1, "1"), fact(1_000 + n / 4, 1, "2")])]);
    let committed = join_all((0..40).map(request)).await;
    let mut given: Vec<u64> = committed
        .into_iter()
        .flat_map(|committed| committed.appends.into_iter().flat_map(Result::unwrap))
        .filter(|appended| appended.new)
        .map(|appended| appended.position.0)
        .collect();
    given.sort_unstable();
    assert_eq!(given, (1..=50).collect::<Vec<_>>());
    assert_eq!(positions(&log(store).await), given);
}

pub(super) async fn a_caller_that_goes_away_leaves_whole_requests(store: &dyn Store) {
    for n in 0..20_u64 {
        let appends = vec![append([fact(2 * n, 1, "1"), fact(2 * n + 1, 1, "2")])];
        let group = Group { recorded_at: 1, appends, ..Group::default() };
        let mut commit = store.commit(&group);
        // It is dropped at its nth step; each step but the first comes when the store has got on.
        let mut steps = 0;
        poll_fn(|context| {
            steps += 1;
            if steps > n { Poll::Ready(()) } else { commit.as_mut().poll(context).map(|_| ()) }
        })
        .await;
    }
    let whole = post(store, vec![append([fact(1_000, 1, "1"), fact(1_001, 1, "2")])]).await.head.position.0;
    assert_eq!(whole % 2, 0, "never one event of two");
    assert_eq!(positions(&log(store).await), (1..=whole).collect::<Vec<_>>());
}
