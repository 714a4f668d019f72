//! Who finds no room is refused at once; who has some is served.

use super::*;

fn limited(store: &Arc<Watched>, queued_writes: usize, queued_bytes: usize) -> Committer {
    start_with(store, |limits| {
        limits.queued_writes = queued_writes;
        limits.queued_bytes = queued_bytes;
    })
}

/// The limit that leaves no room for a request of so many bytes.
fn met(committer: &Committer, bytes: usize) -> Option<&'static str> {
    match committer.admit(bytes) {
        Ok(_) => None,
        Err(Error::Overloaded { name, .. }) => Some(name),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn beyond_the_room_requests_are_refused_and_nothing_accepted_is_lost() {
    let store = Watched::open(None).await;
    let committer = limited(&store, 2, 100);
    let write = |ticks| committer.write(append([ticks]));
    let (one, two, three, four) = join!(write(1), write(2), write(3), write(4));
    assert_eq!((position(one), position(two)), (Ok(1), Ok(2)));
    for refused in [three, four] {
        let refused = refused.unwrap_err();
        assert!(matches!(refused, Error::Overloaded { name: "queued_writes", most: 2 }), "{refused}");
    }
    assert_eq!(position(write(3).await), Ok(3), "there is room again");
    assert_eq!(ids(&store).await, [1, 2, 3].map(id));
}

#[tokio::test]
async fn room_is_also_counted_in_bytes() {
    let committer = limited(&Watched::open(None).await, 3, 100);
    let first = committer.admit(60).unwrap();
    for _ in 0..3 {
        assert_eq!(met(&committer, 41), Some("queued_bytes"), "a refusal takes no room");
    }
    let second = committer.admit(40).unwrap();
    assert_eq!(met(&committer, 1), Some("queued_bytes"));
    let third = committer.admit(0).unwrap();
    assert_eq!(met(&committer, 0), Some("queued_writes"));
    drop((first, third));
    assert_eq!((met(&committer, 61), met(&committer, 60)), (Some("queued_bytes"), None));
    assert_eq!(met(&committer, usize::MAX), Some("queued_bytes"));
    drop(second);
    assert_eq!(met(&committer, usize::MAX), None, "what is larger than all the room goes through alone");
}

#[tokio::test]
async fn a_request_keeps_its_room_although_nobody_waits_for_it() {
    let committer = limited(&Watched::open(None).await, 1, 100);
    let mut gone = Box::pin(committer.write(append([1])));
    assert!(poll!(&mut gone).is_pending());
    drop(gone);
    assert_eq!(met(&committer, 1), Some("queued_writes"));
    committer.activate(retirement()).await.unwrap();
    assert_eq!(met(&committer, 1), None, "it is written");
}

#[tokio::test]
async fn reductions_wait_and_are_never_refused() {
    let store = Watched::open(None).await;
    store.inner.activate(&retirement()).await.unwrap();
    let committer = limited(&store, 1, 100);
    let room = committer.admit(100).unwrap();
    let reduced = |entity| hand_over(&committer, vec![reduction(entity, 1, vec![])]);
    let told = join!(reduced(1), reduced(2), reduced(3));
    let answer = committer.append(append([1]), room).await;
    assert_eq!(position(answer), Ok(1));
    let versions = [told.0, told.1, told.2].map(|told| told.lock().unwrap().concat());
    assert_eq!(versions, ["1", "2", "3"]);
}
