//! A model as frames: what it is, then what it becomes. States that came and went while the reader was
//! busy, or did not want to hear of them, are skipped.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep_until};

use super::{
    Frame, Frames,
    views::{State, Viewer, Views},
};
use crate::{
    Host,
    error::Error,
    feed::ModelFollower,
    http::query::Seen,
    words::{DomainKey, EntityId, Version},
};

/// How a model is followed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Manner {
    /// What the reader has seen.
    pub(crate) seen: Option<Seen>,
    /// Whether changes are sent in the place of whole models, where they are shorter.
    pub(crate) patch: bool,
    /// The least time between two frames.
    pub(crate) interval: Duration,
}

/// One model.
pub(crate) struct ModelFrames {
    follower: ModelFollower,
    viewer: Viewer,
    host: Host,
    key: DomainKey,
    manner: Manner,
    /// The version that the reader knows; 0 stands for "there is none".
    told: Option<Version>,
    /// The model that the reader knows, if it wants to hear what changes.
    known: Option<Arc<State>>,
    resets: bool,
    is_read: bool,
    not_before: Option<Instant>,
}

impl ModelFrames {
    /// Follows a model, from what the reader has seen on.
    pub(crate) fn new(
        host: Host,
        views: &Views,
        key: DomainKey,
        entity: Option<EntityId>,
        manner: Manner,
    ) -> Result<Self, Error> {
        let follower = host.follow_model(&key, entity)?;
        let viewer = views.join(key.clone(), entity);
        let (told, resets) = match &manner.seen {
            Some(Seen::Number(version)) => (Some(Version(*version)), false),
            Some(Seen::OtherEpoch) => (None, true),
            None => (None, false),
        };
        let (known, is_read, not_before) = (None, false, None);
        Ok(Self { follower, viewer, host, key, manner, told, known, resets, is_read, not_before })
    }

    /// The model, at once or when there may be a newer one.
    async fn newer(&mut self) -> Result<Arc<State>, Error> {
        if !std::mem::replace(&mut self.is_read, true) {
            return self.viewer.now(&self.host).await;
        }
        self.follower.written().await;
        if let Some(time) = self.not_before {
            sleep_until(time).await;
        }
        self.viewer.since(&self.host, self.follower.heard()).await
    }

    /// How the reader is told of a state that it does not know.
    async fn frame(&mut self, state: &Arc<State>) -> Frame {
        self.told = Some(state.version());
        self.not_before = (!self.manner.interval.is_zero()).then(|| Instant::now() + self.manner.interval);
        match self.know(state) {
            Some(known) => state.patch(&self.host, &known).await.unwrap_or_else(|| state.whole.clone()),
            None => state.whole.clone(),
        }
    }

    /// Remembers what the reader knows from now on, and tells what it knew, if it wants to hear what changes.
    fn know(&mut self, state: &Arc<State>) -> Option<Arc<State>> {
        if self.manner.patch { self.known.replace(Arc::clone(state)) } else { None }
    }
}

impl Frames for ModelFrames {
    async fn next(&mut self) -> Option<Frame> {
        if std::mem::take(&mut self.resets) {
            return Some(Frame::reset(self.host.epoch()));
        }
        loop {
            let state = match self.newer().await {
                Ok(state) => state,
                Err(error) => {
                    tracing::error!(%error, domain = %self.key, "a stream of a model ended early");
                    return None;
                }
            };
            match self.told {
                // Versions rise: what is older than the reader's knowledge was read too early.
                Some(told) if state.version() < told => {}
                Some(told) if state.version() == told => drop(self.know(&state)),
                _ => return Some(self.frame(&state).await),
            }
        }
    }
}
