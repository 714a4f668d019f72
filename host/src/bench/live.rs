//! How soon is an event seen by whoever follows the model?
//!
//! Websockets follow the models; an event counts as seen once a frame came whose position covers it. The
//! frame may come before the answer to the POST that says which position the event has.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures_util::StreamExt as _;
use serde::Deserialize;
use tokio::{net::TcpStream, task::JoinSet, time::interval};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest as _},
};
use tokio_util::sync::CancellationToken;

use super::{
    BenchError,
    connection::stream,
    tally::{Latencies, latencies, record},
    target::Target,
};

/// How long to wait for an update that has not come, once nothing is sent any more.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often to look whether all have come.
const LOOK: Duration = Duration::from_millis(10);
/// Frames of one model that are remembered for answers that are still to come.
const REMEMBERED: usize = 1_024;

/// The events of one model that wait to be seen, and the frames that came.
#[derive(Debug, Default)]
struct Followed {
    /// Position, and when the event was due.
    waiting: Vec<(u64, Instant)>,
    /// Position, and when the frame came; positions rise.
    frames: VecDeque<(u64, Instant)>,
}

impl Followed {
    /// An event was appended. Gives when it was seen, if it was.
    fn posted(&mut self, position: u64, due: Instant) -> Option<Instant> {
        let seen = self.frames.iter().find(|(covers, _)| *covers >= position);
        if seen.is_none() {
            self.waiting.push((position, due));
        }
        seen.map(|(_, at)| *at)
    }

    /// A frame came. Gives when the events that it covers were due.
    fn frame(&mut self, covers: u64, at: Instant) -> impl Iterator<Item = Instant> {
        if self.frames.len() == REMEMBERED {
            self.frames.pop_front();
        }
        self.frames.push_back((covers, at));
        let seen = self.waiting.extract_if(.., move |(position, _)| *position <= covers);
        seen.map(|(_, due)| due)
    }
}

/// What was seen of all models.
pub(super) struct Updates {
    followed: Vec<Mutex<Followed>>,
    latencies: Mutex<Latencies>,
}

/// A frame, as far as it matters here.
#[derive(Deserialize)]
struct Frame {
    position: Option<u64>,
}

impl Updates {
    fn new(models: usize) -> Result<Self, BenchError> {
        let followed = (0..models).map(|_| Mutex::default()).collect();
        Ok(Self { followed, latencies: Mutex::new(latencies()?) })
    }

    /// An event of this entity was appended at a position; it was due then. One model for all entities is
    /// followed once.
    pub(super) fn posted(&self, subject: usize, position: u64, due: Instant) {
        let seen = self.followed(subject).posted(position, due);
        if let Some(at) = seen {
            record(&mut lock(&self.latencies), due, at);
        }
    }

    fn frame(&self, subject: usize, covers: u64, at: Instant) {
        let mut followed = self.followed(subject);
        let mut latencies = lock(&self.latencies);
        followed.frame(covers, at).for_each(|due| record(&mut latencies, due, at));
    }

    fn followed(&self, subject: usize) -> MutexGuard<'_, Followed> {
        lock(&self.followed[subject % self.followed.len()])
    }

    fn unseen(&self) -> u64 {
        self.followed.iter().map(|followed| lock(followed).waiting.len() as u64).sum()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Open websockets and what came over them.
pub(super) struct Followers {
    pub(super) updates: Arc<Updates>,
    sockets: JoinSet<()>,
}

type Socket = WebSocketStream<TcpStream>;

impl Followers {
    /// Follows the models at these paths, and returns once each has been sent as it is now.
    pub(super) async fn open(target: &Target, models: &[String]) -> Result<Self, BenchError> {
        let updates = Arc::new(Updates::new(models.len())?);
        let mut sockets = JoinSet::new();
        for (subject, path) in models.iter().enumerate() {
            let failed = |why| BenchError::NotFollowed { path: path.clone(), why };
            let mut socket = open(target, path).await.map_err(failed)?;
            let present = positions(&mut socket).await;
            present.ok_or_else(|| failed("it ended before the first frame".to_owned()))?;
            let updates = Arc::clone(&updates);
            sockets.spawn(async move {
                while let Some(position) = positions(&mut socket).await {
                    if let Some(position) = position {
                        updates.frame(subject, position, Instant::now());
                    }
                }
            });
        }
        Ok(Self { updates, sockets })
    }

    /// Waits until every event was seen, or no more updates come. Gives the latencies and how many events
    /// were never seen.
    pub(super) async fn settle(mut self, stop: &CancellationToken) -> (Latencies, u64) {
        let (mut unseen, mut since) = (self.updates.unseen(), Instant::now());
        let mut look = interval(LOOK);
        while unseen > 0 && since.elapsed() < PATIENCE && !stop.is_cancelled() {
            look.tick().await;
            let now = self.updates.unseen();
            if now < unseen {
                (unseen, since) = (now, Instant::now());
            }
        }
        self.sockets.shutdown().await;
        let latencies = lock(&self.updates.latencies).clone();
        (latencies, unseen)
    }
}

async fn open(target: &Target, path: &str) -> Result<Socket, String> {
    let stream = stream(target).await.map_err(|failure| failure.to_string())?;
    let url = format!("{}{path}", target.url().replacen("http://", "ws://", 1));
    let mut request = url.into_client_request().map_err(|error| error.to_string())?;
    request.headers_mut().extend(target.headers());
    match client_async(request, stream).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => {
            let said = response.body().as_deref().map(String::from_utf8_lossy).unwrap_or_default();
            Err(format!("{} {said}", response.status()))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// The position of the next frame, if it has one; `None` once the socket has ended.
async fn positions(socket: &mut Socket) -> Option<Option<u64>> {
    loop {
        // The library answers pings.
        if let Message::Text(text) = socket.next().await?.ok()? {
            let frame = serde_json::from_str::<Frame>(&text);
            return Some(frame.ok().and_then(|frame| frame.position));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_shows_every_event_up_to_its_position() {
        let (start, ms) = (Instant::now(), Duration::from_millis(1));
        let mut followed = Followed::default();
        assert_eq!(followed.posted(3, start), None);
        assert_eq!(followed.posted(9, start + ms), None);
        assert_eq!(followed.posted(5, start + 2 * ms), None);
        assert_eq!(followed.frame(2, start + 3 * ms).count(), 0);
        assert_eq!(followed.frame(5, start + 4 * ms).collect::<Vec<_>>(), [start, start + 2 * ms]);
        assert_eq!(followed.waiting, [(9, start + ms)]);
    }

    #[test]
    fn a_frame_that_came_before_the_answer_counts_from_when_it_came() {
        let (start, ms) = (Instant::now(), Duration::from_millis(1));
        let updates = Updates::new(1).unwrap();
        for (covers, n) in [(3, 1), (7, 2), (8, 3)] {
            updates.frame(0, covers, start + n * ms);
        }
        updates.posted(0, 4, start);
        assert_eq!(updates.unseen(), 0);
        let latencies = lock(&updates.latencies);
        assert!(latencies.len() == 1 && latencies.equivalent(latencies.max(), 2_000), "the second one");
    }

    #[test]
    fn frames_are_not_remembered_for_ever() {
        let mut followed = Followed::default();
        for covers in 0..=REMEMBERED as u64 {
            followed.frame(covers, Instant::now()).for_each(drop);
        }
        assert_eq!(followed.frames.len(), REMEMBERED);
        assert_eq!(followed.frames[0].0, 1);
    }
}
