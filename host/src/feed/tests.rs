//! What the parts do not show by themselves.

use super::*;

fn feed(shared: bool) -> Feed {
    let feed = Feed::new(Head::default(), 9, shared);
    feed.publish(&committed(0, 1..=2));
    feed
}

fn committed(before: u64, events: std::ops::RangeInclusive<u64>) -> Committed {
    let at = |position| Head { position: Position(position), version: Version(0) };
    Committed {
        before: at(before),
        head: at(*events.end()),
        events: events.map(tail::tests::event).collect(),
        ..Committed::default()
    }
}

fn recent(feed: &Feed) -> Option<usize> {
    Some(feed.recent(Position(0), 9, |_| true)?.len())
}

#[test]
fn a_host_that_has_not_heard_of_others_for_long_does_not_answer_from_memory() {
    let (alone, feed) = (feed(false), feed(true));
    let long_ago = Instant::now().checked_sub(HEARD * 2).unwrap();
    for (as_of, told) in [(Instant::now(), Some(2)), (long_ago, None), (Instant::now(), Some(2))] {
        alone.heard(as_of);
        feed.heard(as_of);
        assert_eq!((recent(&alone), recent(&feed)), (Some(2), told));
    }
}

#[tokio::test]
async fn the_head_waits_for_what_others_wrote_before() {
    let feed = feed(true);
    feed.publish(&committed(4, 5..=5));
    feed.gap().await;
    assert_eq!((feed.head().position, recent(&feed)), (Position(2), None), "what it wrote itself is missing");
    assert_eq!(feed.next(Position(0), 9).map(|events| events.len()), Some(2));
    assert_eq!(feed.missing(Position(0)), Some((Position(2), 2)));
    feed.fill([3, 4].map(tail::tests::event));
    assert_eq!((feed.head().position, recent(&feed)), (Position(5), Some(5)));
    feed.skip(Position(9));
    assert_eq!((feed.head().position, recent(&feed)), (Position(9), None));
}
