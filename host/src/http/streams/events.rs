//! Events as frames: every one, in the order of the log.

use std::{ops::RangeInclusive, sync::Arc, time::Duration, vec};

use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use super::{Frame, Frames, LogReader};
use crate::{
    error::Error,
    http::render,
    store::Head,
    words::{Event, Position},
};

/// Events read at once, at first and at most; a stream holds no more.
const PAGES: RangeInclusive<u32> = 4..=100;

/// Pages with more data than this are followed by shorter ones.
const PAGE_BYTES: usize = 262_144;

/// How often a reader for whom there is nothing is told how far it has come.
const POSITION_EVERY: Duration = Duration::from_secs(1);

/// The events of a part of the log.
pub(crate) struct EventFrames {
    head: watch::Receiver<Head>,
    reader: LogReader,
    page: vec::IntoIter<Arc<Event>>,
    /// Events of the next page.
    limit: u32,
    resets: bool,
    caught_up: bool,
    /// Up to where the reader knows that it has come, and when it was told.
    told: (Position, Instant),
}

impl EventFrames {
    /// Follows the log from where the reader stands, telling first (`resets`) that earlier cursors are
    /// void.
    pub(crate) fn new(reader: LogReader, resets: bool) -> Self {
        let head = reader.host().watch_head();
        let told = (reader.after, Instant::now());
        let (page, limit) = (Vec::new().into_iter(), *PAGES.start());
        Self { head, reader, page, limit, resets, caught_up: false, told }
    }

    /// Reads the next page.
    async fn read(&mut self) -> Result<(), Error> {
        let events = self.reader.read_stretch(self.limit).await?;
        let bytes: usize = events.iter().map(|event| event.fact.data.len()).sum();
        if bytes > PAGE_BYTES {
            self.limit = (self.limit / 2).max(1);
        } else if render::is_full(events.len(), self.limit) && 2 * bytes <= PAGE_BYTES {
            self.limit = (2 * self.limit).min(*PAGES.end());
        }
        self.page = events.into_iter();
        Ok(())
    }

    /// Tells of an event.
    fn event(&mut self, event: &Event) -> Frame {
        self.told = (event.position, Instant::now());
        let json = render::event_frame(self.reader.host().epoch(), event);
        Frame::new("event", event.position.0, json)
    }

    /// Tells how far the reader has come.
    fn position(&mut self, kind: &'static str) -> Frame {
        let (position, epoch) = (self.reader.after, self.reader.host().epoch());
        let json = format!(r#"{{"type":"{kind}","position":{position},"epoch":"{epoch}"}}"#);
        self.told = (position, Instant::now());
        Frame::new(kind, position.0, json)
    }

    /// When to tell how far the reader has come, unless an event comes first; never, if it knows.
    fn tells_position_at(&self) -> Option<Instant> {
        let (position, at) = self.told;
        (self.reader.after > position).then(|| at + POSITION_EVERY)
    }

    /// Waits for something to read, or until it is time to tell how far the reader has come. None: the host ends.
    async fn something(&mut self) -> Option<()> {
        match self.tells_position_at() {
            None => self.head.changed().await.ok(),
            Some(at) => tokio::select! {
                changed = self.head.changed() => changed.ok(),
                () = sleep_until(at) => Some(()),
            },
        }
    }
}

impl Frames for EventFrames {
    async fn next(&mut self) -> Option<Frame> {
        if std::mem::take(&mut self.resets) {
            return Some(Frame::reset(self.reader.host().epoch()));
        }
        loop {
            if let Some(event) = self.page.next() {
                return Some(self.event(&event));
            }
            if self.tells_position_at().is_some_and(|at| at <= Instant::now()) {
                return Some(self.position("position"));
            }
            if self.reader.after < self.head.borrow_and_update().position {
                if let Err(error) = self.read().await {
                    tracing::error!(%error, context = %self.reader.context, "a stream of events ended early");
                    return None;
                }
                continue;
            }
            if !std::mem::replace(&mut self.caught_up, true) {
                return Some(self.position("caught-up"));
            }
            self.something().await?;
        }
    }
}
