//! Events as frames: every one, in the order of the log.

use std::{sync::Arc, vec};

use tokio::sync::watch;

use super::{Frame, Frames, LogReader};
use crate::{
    http::render,
    store::Head,
    words::{Event, Position},
};

/// Events read at once; a stream holds no more.
const PAGE: u32 = 100;

/// The events of a part of the log.
pub(crate) struct EventFrames {
    head: watch::Receiver<Head>,
    reader: LogReader,
    page: vec::IntoIter<Arc<Event>>,
    resets: bool,
    caught_up: bool,
}

impl EventFrames {
    /// Follows the log from where the reader stands, telling first (`resets`) that earlier cursors are
    /// void.
    pub(crate) fn new(reader: LogReader, resets: bool) -> Self {
        let head = reader.host().watch_head();
        Self { head, reader, page: Vec::new().into_iter(), resets, caught_up: false }
    }

    fn frame(&self, kind: &'static str, position: Position, json: String) -> Frame {
        Frame { kind, number: position.0, json }
    }

    /// Tells, once, that everything that was there has been sent.
    fn caught_up(&mut self) -> Option<Frame> {
        if std::mem::replace(&mut self.caught_up, true) {
            return None;
        }
        let (position, epoch) = (self.reader.after, self.reader.host().epoch());
        let json = format!(r#"{{"type":"caught-up","position":{position},"epoch":"{epoch}"}}"#);
        Some(self.frame("caught-up", position, json))
    }
}

impl Frames for EventFrames {
    async fn next(&mut self) -> Option<Frame> {
        if std::mem::take(&mut self.resets) {
            return Some(Frame::reset(self.reader.host().epoch()));
        }
        loop {
            if let Some(event) = self.page.next() {
                let json = render::event_frame(self.reader.host().epoch(), &event);
                return Some(self.frame("event", event.position, json));
            }
            if self.reader.after < self.head.borrow_and_update().position {
                match self.reader.read(PAGE).await {
                    Ok(events) => self.page = events.into_iter(),
                    Err(error) => {
                        tracing::error!(%error, context = %self.reader.context, "a stream of events ended early");
                        return None;
                    }
                }
                continue;
            }
            if let Some(frame) = self.caught_up() {
                return Some(frame);
            }
            self.head.changed().await.ok()?;
        }
    }
}
