//! One connection at work.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::time::sleep;

use super::{
    connection::{Answer, Connection, Failure, Outgoing, PATIENCE},
    live::Updates,
    pacer::Pacer,
    requests::Source,
    tally::Tally,
    target::Target,
};

/// How long to wait before a broken connection is opened again.
const BREATH: Duration = Duration::from_millis(50);

/// One connection and what it sends.
pub(super) struct Lane {
    pub(super) target: Target,
    pub(super) connection: Option<Connection>,
    pub(super) source: Source,
    pub(super) pacer: Arc<Pacer>,
    pub(super) tally: Arc<Mutex<Tally>>,
    /// Whether what is sent appends events.
    pub(super) appends: bool,
    pub(super) updates: Option<Arc<Updates>>,
}

impl Lane {
    /// Sends until the phase is over, or the host has answered nothing for too long.
    pub(super) async fn run(mut self) -> io::Result<()> {
        let mut heard = Instant::now();
        while let Some(turn) = self.pacer.next().await? {
            let (request, subject) = self.source.request(turn.events);
            let sent = self.send(request).await;
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
                    self.connection = None;
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

    async fn send(&mut self, request: Outgoing) -> Result<Answer, Failure> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(Connection::open(&self.target).await?),
        };
        connection.send(request).await
    }

    fn tally(&self) -> std::sync::MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
