//! A model as frames: what it is, then what it becomes. States that came and went while the reader was
//! busy are skipped.

use super::{Frame, Frames};
use crate::{
    Host,
    error::Error,
    feed::ModelFollower,
    http::{query::Seen, render},
    words::{DomainKey, EntityId, Epoch, Model, Version},
};

/// One model.
pub(crate) struct ModelFrames {
    follower: ModelFollower,
    host: Host,
    key: DomainKey,
    entity: Option<EntityId>,
    /// The version that the reader knows; 0 stands for "there is none".
    told: Option<Version>,
    resets: bool,
    is_read: bool,
}

impl ModelFrames {
    /// Follows a model, from what the reader has seen on.
    pub(crate) fn new(
        host: Host,
        key: DomainKey,
        entity: Option<EntityId>,
        seen: Option<&Seen>,
    ) -> Result<Self, Error> {
        let follower = host.follow_model(&key, entity)?;
        let (told, resets) = match seen {
            Some(Seen::Number(version)) => (Some(Version(*version)), false),
            Some(Seen::OtherEpoch) => (None, true),
            None => (None, false),
        };
        Ok(Self { follower, host, key, entity, told, resets, is_read: false })
    }
}

impl Frames for ModelFrames {
    async fn next(&mut self) -> Option<Frame> {
        if std::mem::take(&mut self.resets) {
            return Some(Frame::reset(self.host.epoch()));
        }
        loop {
            if self.is_read {
                self.follower.written().await;
            }
            let model = match self.host.model(&self.key, self.entity).await {
                Ok(model) => Some(model),
                Err(Error::NoModel(..)) => None,
                Err(error) => {
                    tracing::error!(%error, domain = %self.key, "a stream of a model ended early");
                    return None;
                }
            };
            self.is_read = true;
            let version = model.as_ref().map_or(Version(0), |model| model.version);
            // Versions rise: what is older than the reader's knowledge was read too early.
            if self.told.is_none_or(|told| version > told) {
                self.told = Some(version);
                return Some(frame(self.host.epoch(), model.as_ref()));
            }
        }
    }
}

fn frame(epoch: &Epoch, model: Option<&Model>) -> Frame {
    let Some(model) = model.filter(|model| model.version > Version(0)) else {
        return Frame { kind: "none", number: 0, json: format!(r#"{{"type":"none","epoch":"{epoch}"}}"#) };
    };
    let version = model.version;
    match &model.data {
        Some(data) => {
            Frame { kind: "model", number: version.0, json: render::model_frame(epoch, model, data) }
        }
        None => {
            let json = format!(r#"{{"type":"deleted","version":{version},"epoch":"{epoch}"}}"#);
            Frame { kind: "deleted", number: version.0, json }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::words::Position;

    fn model(version: u64, data: Option<&str>) -> Model {
        Model {
            entity: None,
            data: data.map(|data| Arc::from(data.as_bytes())),
            version: Version(version),
            position: Position(9),
            module: None,
            parked: None,
        }
    }

    #[test]
    fn a_frame_tells_what_there_is() {
        let json = |model: Option<&Model>| frame(&Epoch("e".into()), model).json;
        assert_eq!(json(None), r#"{"type":"none","epoch":"e"}"#);
        assert_eq!(json(Some(&model(0, None))), r#"{"type":"none","epoch":"e"}"#);
        assert_eq!(json(Some(&model(4, None))), r#"{"type":"deleted","version":4,"epoch":"e"}"#);
        assert_eq!(
            json(Some(&model(4, Some("[1]")))),
            r#"{"type":"model","version":4,"position":9,"module":null,"epoch":"e","model":[1]}"#
        );
    }
}
