//! One websocket that follows a model.

use std::{sync::Arc, time::Instant};

use serde::Deserialize;

use super::{
    connection::Failure,
    target::Target,
    updates::Updates,
    websocket::{self, Socket},
};

/// One websocket that follows a model.
pub(super) struct Follower {
    socket: Socket,
    updates: Arc<Updates>,
    model: usize,
    /// Up to here the model has come.
    covers: u64,
}

impl Follower {
    /// Opens it and takes the model as it is now.
    pub(super) async fn open(
        target: &Target,
        path: &str,
        model: usize,
        updates: Arc<Updates>,
    ) -> Result<Self, Failure> {
        let mut socket = websocket::open(target, path, None).await?;
        let covers = position(&websocket::text(&mut socket).await?).unwrap_or(0);
        updates.joined(model, covers);
        Ok(Self { socket, updates, model, covers })
    }

    /// Looks at every frame, until the websocket ends.
    pub(super) async fn run(mut self) -> Failure {
        loop {
            let frame = match websocket::text(&mut self.socket).await {
                Ok(frame) => frame,
                Err(failure) => return failure,
            };
            if let Some(covers) = position(&frame).filter(|covers| *covers > self.covers) {
                self.updates.frame(self.model, self.covers, covers, Instant::now());
                self.covers = covers;
            }
        }
    }
}

/// A frame, as far as it matters here.
#[derive(Deserialize)]
struct Frame {
    position: Option<u64>,
}

/// Up to where a frame covers the events, if it says so. That stands before the model, which may be long and is not
/// read then.
fn position(frame: &str) -> Option<u64> {
    let in_front = || {
        let (before, behind) = frame.split_once(r#""position":"#)?;
        let digits = behind.split_once(',').filter(|_| !before.contains(r#""model":"#))?.0;
        digits.parse().ok()
    };
    in_front().or_else(|| serde_json::from_str::<Frame>(frame).ok()?.position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_position_of_a_frame_is_not_that_of_something_in_its_model() {
        for (frame, expected) in [
            (
                r#"{"type":"model","version":7,"position":12,"module":null,"epoch":"E","model":{"position":9}}"#,
                Some(12),
            ),
            (r#"{"type":"model","model":{"position":9,"a":1},"position":12,"epoch":"E"}"#, Some(12)),
            (r#"{"type":"model","epoch":"E","model":[],"position": 18446744073709551615}"#, Some(u64::MAX)),
            (r#"{"type":"none","epoch":"E"}"#, None),
            (r#"{"type":"deleted","version":9,"epoch":"E"}"#, None),
            (r#"{"type":"model","model":{"position":9,"a":1}}"#, None),
            ("", None),
        ] {
            assert_eq!(position(frame), expected, "{frame}");
        }
    }
}
