//! A law: whatever is posted, a store does what a list and a loop would do.

use proptest::{
    collection::vec,
    test_runner::{Config, TestRunner},
};

use crate::{
    store::{AppendRefusal, Appended},
    words::Position,
};

use super::{
    Bed,
    given::{append, fact, log, new, post, present},
};

/// An event: ticks, entity, content.
type Posted = (u64, u8, u8);
type Answer = Result<Vec<Appended>, AppendRefusal>;

/// The log as a list: an event's position is its index, counted from 1.
#[derive(Clone, Default)]
struct Oracle(Vec<Posted>);

impl Oracle {
    fn append(&mut self, request: &[Posted]) -> Answer {
        let mut next = self.clone();
        let mut answers = Vec::new();
        for event in request {
            let present_at = next.0.iter().position(|present| present.0 == event.0);
            answers.push(match present_at.map(|index| (index, next.0[index])) {
                None => {
                    next.0.push(*event);
                    new(next.0.len() as u64)
                }
                Some((index, same)) if same == *event => present(index as u64 + 1),
                Some((index, _)) => {
                    let in_request = index >= self.0.len();
                    let position = Position(if in_request { 0 } else { index as u64 + 1 });
                    return Err(AppendRefusal::Conflict { id: super::given::id(event.0), position });
                }
            });
        }
        *self = next;
        Ok(answers)
    }
}

async fn compare(bed: Bed, groups: &[Vec<Vec<Posted>>]) {
    let store = bed.open().await;
    let mut oracle = Oracle::default();
    for group in groups {
        let facts =
            |request: &Vec<Posted>| append(request.iter().map(|(t, e, c)| fact(*t, *e, &c.to_string())));
        let answers = post(&*store, group.iter().map(facts).collect()).await.appends;
        let wanted: Vec<Answer> = group.iter().map(|request| oracle.append(request)).collect();
        assert_eq!(answers, wanted);
    }
    let events = log(&*store).await;
    let kept: Vec<_> = events.iter().map(|event| (event.position.0, (*event.fact).clone())).collect();
    let wanted = oracle.0.iter().zip(1..).map(|((t, e, c), n)| (n, fact(*t, *e, &c.to_string())));
    assert_eq!(kept, wanted.collect::<Vec<_>>());
}

fn hold(bed: fn() -> Bed, cases: u32) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // Few ids and contents, so that duplicates and conflicts are as likely as new events.
    let event = (0..12_u64, 1..3_u8, 0..2_u8);
    let groups = vec(vec(vec(event, 1..4), 1..4), 1..6);
    let config = Config { failure_persistence: None, ..Config::with_cases(cases) };
    let law = |groups: Vec<_>| {
        runtime.block_on(compare(bed(), &groups));
        Ok(())
    };
    TestRunner::new(config).run(&groups, law).unwrap();
}

#[test]
fn it_holds_in_memory() {
    hold(Bed::memory, 64);
}

#[test]
fn it_holds_in_a_file() {
    hold(Bed::file, 8);
}

#[test]
fn it_holds_in_postgres() {
    hold(Bed::postgres, 8);
}
