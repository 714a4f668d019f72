//! One websocket at work: many appends are under way, and each is answered by its number.

use std::{
    future::poll_fn,
    io,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use bytes::BytesMut;
use futures_util::{FutureExt as _, SinkExt as _};
use serde::Deserialize;
use tokio::time::{Interval, interval, sleep};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::{
    connection::{Failure, PATIENCE, Problem},
    lane::{BREATH, Lane, OverSockets},
    pacer::Turn,
    target::Target,
    under_way::UnderWay,
    websocket::{self, Socket},
};

/// What is spoken over such a websocket.
const PROTOCOL: &str = "everfold.v1";
/// How often to look whether the host keeps still.
const LOOK: Duration = Duration::from_secs(5);
/// Messages are written into one piece of memory, which is used again once they are sent.
const ROOM: usize = 16_384;

/// Opens a websocket for appends.
pub(super) async fn open(target: &Target, path: &str) -> Result<Socket, Failure> {
    websocket::open(target, path, Some(PROTOCOL)).await
}

/// One websocket and what goes over it.
pub(super) struct Messages {
    lane: Lane,
    path: String,
    socket: Socket,
    under_way: UnderWay,
    out: BytesMut,
    /// Whether something was written that may still wait for more.
    is_written: bool,
    /// When the host last gave a sign, or began to owe one.
    heard: Instant,
    look: Interval,
}

/// What comes next.
enum Step {
    /// A turn to send, or none any more.
    Turn(io::Result<Option<Turn>>),
    /// The host said something.
    Text(Utf8Bytes),
    /// The websocket is of no more use.
    Failed(Failure),
}

impl Messages {
    /// What a lane sends, over a websocket.
    pub(super) fn new(lane: Lane, socket: Socket, over: OverSockets) -> Self {
        Self {
            lane,
            socket,
            path: over.path,
            under_way: UnderWay::new(over.in_flight),
            out: BytesMut::new(),
            is_written: false,
            heard: Instant::now(),
            look: interval(LOOK),
        }
    }

    /// Sends until the phase is over and all is answered, or the host has answered nothing for too long.
    pub(super) async fn run(mut self) -> io::Result<()> {
        let mut first = None;
        while let Err(failure) = self.talk(first).await? {
            self.lost(&failure);
            first = self.reopen().await?;
            if first.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// Sends the first turn and all that follow. Fails if the websocket does.
    async fn talk(&mut self, first: Option<Turn>) -> io::Result<Result<(), Failure>> {
        if let Some(Err(failure)) = first.map(|turn| self.send(turn)) {
            return Ok(Err(failure));
        }
        let pacer = self.lane.pacer.clone();
        let mut next = pin!(pacer.next());
        let mut is_over = false;
        while !(is_over && self.under_way.is_empty()) {
            let step = poll_fn(|context| self.step(context, next.as_mut(), is_over)).await;
            let done = match step {
                Step::Turn(turn) => match turn? {
                    Some(turn) => {
                        next.set(pacer.next());
                        self.send(turn)
                    }
                    None => {
                        is_over = true;
                        Ok(())
                    }
                },
                Step::Text(text) => {
                    self.answered(&text);
                    Ok(())
                }
                Step::Failed(failure) => Err(failure),
            };
            if done.is_err() {
                return Ok(done);
            }
        }
        // Whoever does not take it is not waited for.
        let _ = self.socket.close(None).now_or_never();
        Ok(Ok(()))
    }

    /// Sends whatever may be sent and takes whatever has come; only then is what was written sent, in one piece.
    fn step(
        &mut self,
        context: &mut Context<'_>,
        next: Pin<&mut impl Future<Output = io::Result<Option<Turn>>>>,
        is_over: bool,
    ) -> Poll<Step> {
        if !is_over && self.under_way.has_room() {
            match self.socket.poll_ready_unpin(context) {
                Poll::Ready(Ok(())) => {
                    if let Poll::Ready(turn) = next.poll(context) {
                        return Poll::Ready(Step::Turn(turn));
                    }
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Step::Failed(error.into())),
                Poll::Pending => {}
            }
        }
        match websocket::poll_text(&mut self.socket, context) {
            Poll::Ready(Ok(text)) => return Poll::Ready(Step::Text(text)),
            Poll::Ready(Err(failure)) => return Poll::Ready(Step::Failed(failure)),
            Poll::Pending => {}
        }
        if self.is_written {
            match self.socket.poll_flush_unpin(context) {
                Poll::Ready(Ok(())) => self.is_written = false,
                Poll::Ready(Err(error)) => return Poll::Ready(Step::Failed(error.into())),
                Poll::Pending => {}
            }
        }
        while self.look.poll_tick(context).is_ready() {
            if !self.under_way.is_empty() && self.heard.elapsed() >= PATIENCE {
                return Poll::Ready(Step::Failed(Failure::Silent));
            }
        }
        Poll::Pending
    }

    /// Writes an append of one event.
    fn send(&mut self, turn: Turn) -> Result<(), Failure> {
        if self.under_way.is_empty() {
            self.heard = Instant::now();
        }
        let number = self.under_way.begin(turn);
        self.out.reserve(ROOM);
        self.lane.source.message(number, &mut self.out);
        // It is UTF-8: names, ids, and data that is checked to be JSON.
        let text = Utf8Bytes::try_from(self.out.split().freeze()).unwrap_or_default();
        self.is_written = true;
        Ok(self.socket.start_send_unpin(Message::Text(text))?)
    }

    /// Counts what the host says. What is no answer matters not.
    fn answered(&mut self, text: &str) {
        let at = Instant::now();
        self.heard = at;
        let said = Said::read(text);
        let turn = said.id.and_then(|number| self.under_way.end(number));
        let mut tally = self.lane.tally();
        match (turn, said.positions, said.problem) {
            (Some(turn), Some([position]), None) => tally.appended(turn, position, at),
            (Some(turn), _, Some(problem)) => tally.refused(turn, problem.status, problem, at),
            (Some(turn), _, None) => tally.not_understood(turn, text.as_bytes(), at),
            (None, _, Some(problem)) => tally.trouble(problem.name().to_owned(), problem.detail),
            (None, _, None) => {}
        }
    }

    /// Counts what has no answer any more.
    fn lost(&mut self, failure: &Failure) {
        let (at, lost) = (Instant::now(), self.under_way.end_all());
        let mut tally = self.lane.tally();
        if lost.is_empty() {
            tally.failed(failure);
        }
        lost.into_iter().for_each(|turn| tally.failure(turn, failure, at));
    }

    /// Opens the websocket again, once it is somebody's turn. Gives that turn; none once the phase is over, or the
    /// host has answered nothing for too long.
    async fn reopen(&mut self) -> io::Result<Option<Turn>> {
        while self.heard.elapsed() < PATIENCE {
            sleep(BREATH).await;
            let Some(turn) = self.lane.pacer.next().await? else { break };
            match open(&self.lane.target, &self.path).await {
                Ok(socket) => {
                    self.socket = socket;
                    return Ok(Some(turn));
                }
                Err(failure) => self.lane.tally().failure(turn, &failure, Instant::now()),
            }
        }
        Ok(None)
    }
}

/// What the host says, as far as it matters here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    id: Option<usize>,
    /// An append has one event.
    positions: Option<[u64; 1]>,
    problem: Option<Problem>,
}

impl Said {
    fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_as_the_host_writes_them() {
        let said = Said::read(r#"{"op":"append","id":39,"positions":[12]}"#);
        assert_eq!((said.id, said.positions), (Some(39), Some([12])));
        let said = Said::read(
            r#"{"op":"append","id":0,"problem":{"type":"urn:everfold:problem:overloaded","title":"T","status":503,"detail":"later"}}"#,
        );
        assert_eq!((said.id, said.positions), (Some(0), None));
        let problem = said.problem.unwrap();
        assert_eq!((problem.name(), problem.status, problem.detail.as_str()), ("overloaded", 503, "later"));
        for other in
            [r#"{"op":"reconnect","after_ms":1234}"#, r#"{"op":"append","id":1,"positions":[1,2]}"#, "["]
        {
            let said = Said::read(other);
            assert!(said.positions.is_none() && said.problem.is_none(), "{other}");
        }
    }
}
