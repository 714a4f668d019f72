//! What is sent.

use std::{io::Write, sync::Arc};

use ::http::{Method, Request, Uri};
use bytes::{BufMut as _, Bytes, BytesMut};
use fastrand::Rng;
use http_body_util::Full;

use super::{
    connection::Outgoing,
    ids::EventIds,
    work::{Appends, Form, What, Work},
};
use crate::{
    clock::{Clock, SystemClock},
    words::EventId,
};

/// Makes the requests of one connection.
pub(super) struct Source {
    work: Arc<Work>,
    lane: usize,
    lanes: usize,
    ids: EventIds,
    random: Rng,
    clock: SystemClock,
    made: u64,
}

impl Source {
    /// Of connection `lane`, counted from 0, of `lanes`.
    pub(super) fn new(work: Arc<Work>, lane: usize, lanes: usize) -> Self {
        let random = Rng::with_seed(lane as u64);
        Self { work, lane, lanes, ids: EventIds::new(), random, clock: SystemClock, made: 0 }
    }

    /// A request with so many events, and the number of the entity that it is about: the last one's, for a
    /// batch.
    pub(super) fn request(&mut self, events: u64) -> (Outgoing, usize) {
        let work = Arc::clone(&self.work);
        let (request, subject) = match &work.what {
            What::Reads(models) => {
                let subject = self.random.usize(..models.len());
                let mut request = Request::new(Full::default());
                *request.uri_mut() = models[subject].clone();
                (request, subject)
            }
            What::Appends(appends) => self.append(appends, events),
        };
        let mut request = request;
        *request.headers_mut() = work.headers.clone();
        (request, subject)
    }

    /// Writes an append of one event as a message, whose answer will name `number`.
    pub(super) fn message(&mut self, number: usize, out: &mut BytesMut) {
        let work = Arc::clone(&self.work);
        let out = &mut out.writer();
        // Writing to memory cannot fail.
        let _ = write!(out, r#"{{"op":"append","id":{number},"events":["#);
        if let What::Appends(appends) = &work.what {
            self.event(appends, out);
        }
        let _ = out.write_all(b"]}");
    }

    fn append(&mut self, appends: &Appends, events: u64) -> (Outgoing, usize) {
        let Appends { context, event_type, template, .. } = appends;
        let mut body = Vec::new();
        let mut subject = 0;
        let path = if appends.form == Form::Lines {
            for _ in 0..events {
                subject = self.event(appends, &mut body);
                body.push(b'\n');
            }
            format!("/{context}/events")
        } else {
            subject = self.pick();
            let (entity, id) = (appends.entities[subject], self.id(appends));
            template.write(&mut body, self.made, &mut self.random, entity);
            format!("/{context}/{event_type}/{entity}/{id}")
        };
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = Method::POST;
        // Names and ids hold nothing that a URL escapes.
        *request.uri_mut() = Uri::from_maybe_shared(Bytes::from(path)).unwrap_or_default();
        (request, subject)
    }

    /// Writes an event as it stands in batches, and gives the number of its entity.
    fn event(&mut self, appends: &Appends, out: &mut impl Write) -> usize {
        let Appends { event_type, entities, template, .. } = appends;
        let subject = self.pick();
        let (entity, id) = (entities[subject], self.id(appends));
        // Writing to memory cannot fail; names and ids hold nothing that JSON escapes.
        let _ = write!(out, r#"{{"id":"{id}","type":"{event_type}","entity":"{entity}","data":"#);
        template.write(out, self.made, &mut self.random, entity);
        let _ = out.write_all(b"}");
        subject
    }

    fn id(&mut self, appends: &Appends) -> EventId {
        self.made += 1;
        let now = self.clock.now();
        if appends.late_percent > 0 && self.random.u8(..100) < appends.late_percent {
            self.ids.late(now, appends.late_ticks)
        } else {
            self.ids.next(now)
        }
    }

    /// One of this connection's own entities: an entity that two connections post to gets its events in
    /// another order than that of their ids, and that is the workload `late`. Only if there are fewer
    /// entities than connections do some share one.
    fn pick(&mut self) -> usize {
        let (lane, lanes, all) = (self.lane, self.lanes, self.work.subjects);
        if all <= lanes {
            return lane % all;
        }
        lane + lanes * self.random.usize(..(all - lane).div_ceil(lanes))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ::http::{HeaderMap, HeaderValue, header};
    use http_body_util::BodyExt as _;
    use serde_json::json;

    use super::*;
    use crate::{
        bench::{
            BenchOptions, Workload,
            ids::entities,
            options::{Plan, tests::options},
        },
        ingest::{BatchFormat, read_batch},
    };

    fn work(workload: Workload, count: usize, change: impl FnOnce(&mut BenchOptions)) -> Arc<Work> {
        let mut options = options(workload);
        options.data = r#"{"n":{{number}}}"#.to_owned();
        change(&mut options);
        let plan = Plan::new(options).unwrap();
        let host = (header::HOST, HeaderValue::from_static("127.0.0.1:4580"));
        Arc::new(Work::appends(&plan, entities(count), HeaderMap::from_iter([host])))
    }

    async fn body(request: Outgoing) -> Bytes {
        request.into_body().collect().await.unwrap().to_bytes()
    }

    #[tokio::test]
    async fn an_append_names_everything_in_its_path() {
        let mut source = Source::new(work(Workload::AppendFold, 1, |_| {}), 0, 1);
        let mut ids: Vec<EventId> = Vec::new();
        for n in 1..=3 {
            let (request, subject) = source.request(1);
            assert_eq!((request.method(), subject), (&Method::POST, 0));
            assert_eq!(request.headers()["host"], "127.0.0.1:4580");
            let (front, id) = request.uri().path().rsplit_once('/').unwrap();
            assert_eq!(front, format!("/shop/item_added/{}", entities(1)[0]));
            ids.push(id.parse().unwrap());
            assert_eq!(body(request).await, format!(r#"{{"n":{n}}}"#));
        }
        assert!(ids.is_sorted(), "in the order of time");
    }

    #[tokio::test]
    async fn a_batch_holds_as_many_events_as_asked_for() {
        let mut source = Source::new(work(Workload::Batches, 10, |_| {}), 0, 1);
        let (request, _) = source.request(7);
        assert_eq!(request.uri().path(), "/shop/events");
        assert_eq!(request.headers()["content-type"], "application/x-ndjson");
        let body = body(request).await;
        let members = read_batch(&body, BatchFormat::Lines).unwrap();
        let ids: Vec<EventId> = members.iter().map(|member| member.as_event().id.parse().unwrap()).collect();
        assert!(ids.len() == 7 && ids.is_sorted());
        assert_eq!(members[6].as_event().data, br#"{"n":7}"#);
    }

    #[test]
    fn a_message_holds_one_event_and_the_number_that_its_answer_names() {
        let work = work(Workload::Sockets, 1, |_| {});
        assert_eq!(work.socket().as_deref(), Some("/shop/subscribe"));
        let mut source = Source::new(work, 0, 1);
        let mut out = BytesMut::new();
        source.message(3, &mut out);
        out.clear();
        source.message(39, &mut out);
        let mut message: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let id = message["events"][0]["id"].take();
        assert!(id.as_str().unwrap().parse::<EventId>().is_ok());
        let event = json!({"id": null, "type": "item_added", "entity": entities(1)[0], "data": {"n": 2}});
        assert_eq!(message, json!({"op": "append", "id": 39, "events": [event]}));
    }

    #[test]
    fn connections_share_entities_only_if_there_are_too_few() {
        let picked = |count, lanes| {
            let work = work(Workload::AppendFold, count, |_| {});
            let of = |lane| {
                let mut source = Source::new(Arc::clone(&work), lane, lanes);
                (0..200).map(|_| source.pick()).collect::<BTreeSet<_>>()
            };
            (0..lanes).map(of).collect::<Vec<_>>()
        };
        let own = picked(10, 3);
        assert_eq!(own.iter().map(BTreeSet::len).sum::<usize>(), 10, "each belongs to one: {own:?}");
        assert_eq!(own.into_iter().flatten().collect::<BTreeSet<_>>(), (0..10).collect());
        assert_eq!(picked(2, 3), [[0], [1], [0]].map(BTreeSet::from));
    }

    #[test]
    fn as_many_are_late_as_asked_for() {
        let late = |percent| {
            let change = |options: &mut BenchOptions| options.late_percent = Some(percent);
            let mut source = Source::new(work(Workload::Late, 5, change), 0, 1);
            let mut newest = None;
            let mut is_late = || {
                let (request, _) = source.request(1);
                let id: EventId = request.uri().path().rsplit('/').next().unwrap().parse().unwrap();
                let late = newest.is_some_and(|newest| id < newest);
                newest = newest.max(Some(id));
                late
            };
            (0..1_000).filter(|_| is_late()).count()
        };
        assert_eq!(late(0), 0);
        let tenth = late(10);
        assert!((50..200).contains(&tenth), "{tenth} of 1000");
    }
}
