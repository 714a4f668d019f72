//! One connection at work, with one request under way at a time or many.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::time::sleep;

use super::{
    connection::{Answer, Connection, Failure, Outgoing, PATIENCE},
    messages::{self, Messages},
    pacer::Pacer,
    requests::Source,
    tally::Tally,
    target::Target,
    updates::Updates,
    websocket::Socket,
};

/// How long to wait before a broken connection is opened again.
pub(super) const BREATH: Duration = Duration::from_millis(50);

/// What a connection sends, and what it counts.
pub(super) struct Lane {
    pub(super) target: Target,
    pub(super) source: Source,
    pub(super) pacer: Arc<Pacer>,
    pub(super) tally: Arc<Mutex<Tally>>,
    /// Whether what is sent appends events.
    pub(super) appends: bool,
    pub(super) updates: Option<Arc<Updates>>,
}

/// An open connection.
pub(super) enum Link {
    /// For requests, one at a time.
    Requests(Box<Connection>),
    /// For messages, many at a time.
    Messages(Box<Socket>, OverSockets),
}

/// How appends go over websockets.
#[derive(Debug, Clone)]
pub(super) struct OverSockets {
    /// Where those are opened.
    pub(super) path: String,
    /// Appends under way on each.
    pub(super) in_flight: usize,
}

impl Link {
    /// Opens a connection of the kind that is needed.
    pub(super) async fn open(target: &Target, over: Option<&OverSockets>) -> Result<Self, Failure> {
        match over {
            None => Ok(Self::Requests(Box::new(Connection::open(target).await?))),
            Some(over) => {
                Ok(Self::Messages(Box::new(messages::open(target, &over.path).await?), over.clone()))
            }
        }
    }
}

impl Lane {
    /// Sends until the phase is over, or the host has answered nothing for too long.
    pub(super) async fn run(self, link: Link) -> io::Result<()> {
        match link {
            Link::Requests(connection) => self.requests(*connection).await,
            Link::Messages(socket, over) => Box::pin(Messages::new(self, *socket, over).run()).await,
        }
    }

    async fn requests(mut self, connection: Connection) -> io::Result<()> {
        let mut connection = Some(connection);
        let mut heard = Instant::now();
        while let Some(turn) = self.pacer.next().await? {
            let (request, subject) = self.source.request(turn.events);
            let sent = send(&self.target, &mut connection, request).await;
            let now = Instant::now();
            match sent {
                Ok(answer) => {
                    heard = now;
                    let position = self.tally().answer(turn, &answer, now, self.appends);
                    if let (Some(position), Some(updates)) = (position, &self.updates) {
                        updates.posted(subject, position, turn.due);
                    }
                }
                Err(failure) => {
                    connection = None;
                    self.tally().failure(turn, &failure, now);
                    if now.duration_since(heard) >= PATIENCE {
                        return Ok(());
                    }
                    sleep(BREATH).await;
                }
            }
        }
        Ok(())
    }

    pub(super) fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn send(
    target: &Target,
    connection: &mut Option<Connection>,
    request: Outgoing,
) -> Result<Answer, Failure> {
    let connection = match connection {
        Some(connection) => connection,
        none => none.insert(Connection::open(target).await?),
    };
    connection.send(request).await
}
