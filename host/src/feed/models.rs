//! Who follows which model.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::watch;

use crate::{
    store::Change,
    words::{DomainKey, EntityId, Version},
};

type Followers = HashMap<(DomainKey, Option<EntityId>), watch::Sender<Version>>;

/// The models that somebody follows; no others take space here.
#[derive(Debug, Default)]
pub(super) struct Followed(Mutex<Followers>);

impl Followed {
    pub(super) fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    pub(super) fn written(&self, models: &[Change]) {
        let followers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if followers.is_empty() {
            return;
        }
        for (key, entity, version) in models {
            // The tuple is only built where somebody listens at all.
            if let Some(sender) = followers.get(&(key.clone(), *entity)) {
                sender.send_replace(*version);
            }
        }
    }
}

/// Follows one model until it is dropped.
#[derive(Debug)]
pub struct ModelFollower {
    followed: Arc<Followed>,
    model: (DomainKey, Option<EntityId>),
    written: watch::Receiver<Version>,
}

impl ModelFollower {
    /// Waits until the model is written or deleted again. Writes in between are not told one by one.
    pub async fn written(&mut self) {
        // The sender lives in the map at least as long as this follower.
        if self.written.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl ModelFollower {
    /// Up to which version it was told that the model was written; what is written later wakes it again.
    pub(crate) fn heard(&mut self) -> Version {
        *self.written.borrow_and_update()
    }
}

impl Drop for ModelFollower {
    fn drop(&mut self) {
        let mut followers = self.followed.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(entry) = followers.entry(self.model.clone())
            && entry.get().receiver_count() <= 1
        {
            entry.remove();
        }
    }
}

pub(super) fn follow(followed: &Arc<Followed>, key: DomainKey, entity: Option<EntityId>) -> ModelFollower {
    let model = (key, entity);
    let mut followers = followed.0.lock().unwrap_or_else(PoisonError::into_inner);
    let sender = followers.entry(model.clone()).or_insert_with(|| watch::Sender::new(Version(0)));
    ModelFollower { written: sender.subscribe(), followed: Arc::clone(followed), model }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_followed_models_take_space() {
        let followed = Arc::new(Followed::default());
        let key = DomainKey { context: "shop".parse().unwrap(), domain: "cart".parse().unwrap() };
        let mut one = follow(&followed, key.clone(), None);
        let two = follow(&followed, key.clone(), None);
        followed.written(&[(key, None, Version(7))]);
        one.written().await;
        drop(one);
        assert_eq!(followed.0.lock().unwrap().len(), 1);
        drop(two);
        assert_eq!(followed.0.lock().unwrap().len(), 0);
    }
}
