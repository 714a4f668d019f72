//! A model that many follow is read once for all of them, and its frames are written once.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, PoisonError},
};

use super::{Frame, patch};
use crate::{
    Host,
    error::Error,
    http::render,
    words::{DomainKey, EntityId, Model, Version},
};

type Place = (DomainKey, Option<EntityId>);

/// Longer models are compared on a thread that may take its time.
const LONG: usize = 65_536;

/// The models that somebody follows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Views(Arc<Mutex<HashMap<Place, Arc<View>>>>);

/// One reader's part in a view.
#[derive(Debug)]
pub(crate) struct Viewer {
    views: Views,
    place: Place,
    view: Arc<View>,
}

/// What the readers of one model share.
#[derive(Debug, Default)]
struct View {
    newest: Shared<State>,
}

/// A model as it was read.
#[derive(Debug)]
pub(crate) struct State {
    /// Everything up to here was in the store when it was read.
    as_of: Version,
    model: Option<Model>,
    /// All of it.
    pub(crate) whole: Frame,
    /// What has changed since another state, for whoever asked last.
    patch: Shared<(Version, Option<Frame>)>,
}

impl Views {
    /// Joins those who follow a model.
    pub(crate) fn join(&self, key: DomainKey, entity: Option<EntityId>) -> Viewer {
        let place = (key, entity);
        let mut views = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let view = Arc::clone(views.entry(place.clone()).or_default());
        Viewer { view, views: self.clone(), place }
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        let mut views = self.views.0.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_alone()
            && let Entry::Occupied(entry) = views.entry(self.place.clone())
        {
            entry.remove();
        }
    }
}

impl Viewer {
    /// The model as the store has it now.
    pub(crate) async fn now(&self, host: &Host) -> Result<Arc<State>, Error> {
        self.get(|_| false, host, Version(0)).await
    }

    /// The model as the store had it when, or after, this version was told of.
    pub(crate) async fn since(&self, host: &Host, told: Version) -> Result<Arc<State>, Error> {
        self.get(|state| state.as_of >= told, host, told).await
    }

    async fn get(
        &self,
        will_do: impl Fn(&State) -> bool,
        host: &Host,
        told: Version,
    ) -> Result<Arc<State>, Error> {
        let state = self.view.newest.get(will_do, self.read(host, told)).await;
        // For one reader it is not worth the memory.
        if self.is_alone() {
            self.view.newest.forget();
        }
        state
    }

    /// Beside this one only the map knows the view; it lends it under its lock.
    fn is_alone(&self) -> bool {
        Arc::strong_count(&self.view) <= 2
    }

    async fn read(&self, host: &Host, told: Version) -> Result<State, Error> {
        let (key, entity) = &self.place;
        let model = match host.model(key, *entity).await {
            Ok(model) => Some(model),
            Err(Error::NoModel(..)) => None,
            Err(error) => return Err(error),
        };
        let version = model.as_ref().map_or(Version(0), |model| model.version);
        let whole = frame(host, model.as_ref());
        Ok(State { as_of: told.max(version), model, whole, patch: Shared::default() })
    }
}

impl State {
    /// The model's version; 0 stands for "there is none".
    pub(crate) fn version(&self) -> Version {
        self.model.as_ref().map_or(Version(0), |model| model.version)
    }

    /// What has changed since `from`, if that is shorter than all of it.
    pub(crate) async fn patch(&self, host: &Host, from: &Self) -> Option<Frame> {
        let is_of = |(version, _): &(Version, Option<Frame>)| *version == from.version();
        let made = async {
            let frame = self.compared(host, from).await;
            Ok::<_, std::convert::Infallible>((from.version(), frame))
        };
        match self.patch.get(is_of, made).await {
            Ok(patch) => patch.1.clone(),
            Err(never) => match never {},
        }
    }

    async fn compared(&self, host: &Host, from: &Self) -> Option<Frame> {
        let data = |state: &Self| state.model.as_ref()?.data.clone();
        let (old, new) = (data(from)?, data(self)?);
        let patch = if old.len() + new.len() > LONG {
            tokio::task::spawn_blocking(move || patch::between(&old, &new)).await.ok()?
        } else {
            patch::between(&old, &new)
        }?;
        let model = self.model.as_ref()?;
        let json = render::patch_frame(host.epoch(), from.version(), model, &patch);
        Some(Frame::new("patch", model.version.0, json))
    }
}

fn frame(host: &Host, model: Option<&Model>) -> Frame {
    let epoch = host.epoch();
    let Some(model) = model.filter(|model| model.version > Version(0)) else {
        return Frame::new("none", 0, format!(r#"{{"type":"none","epoch":"{epoch}"}}"#));
    };
    let version = model.version;
    match &model.data {
        Some(data) => Frame::new("model", version.0, render::model_frame(epoch, model, data)),
        None => {
            let json = format!(r#"{{"type":"deleted","version":{version},"epoch":"{epoch}"}}"#);
            Frame::new("deleted", version.0, json)
        }
    }
}

/// Something that is made once for all who want it at the same time.
#[derive(Debug)]
struct Shared<T> {
    made: Mutex<Option<Arc<T>>>,
    turn: tokio::sync::Mutex<()>,
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self { made: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }
}

impl<T> Shared<T> {
    /// What was made, if it will do; otherwise makes it anew.
    async fn get<E>(
        &self,
        will_do: impl Fn(&T) -> bool,
        make: impl Future<Output = Result<T, E>>,
    ) -> Result<Arc<T>, E> {
        let made = || {
            let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            made.clone().filter(|made| will_do(made))
        };
        if let Some(made) = made() {
            return Ok(made);
        }
        let _turn = self.turn.lock().await;
        // Somebody else may have made it meanwhile.
        if let Some(made) = made() {
            return Ok(made);
        }
        let new = Arc::new(make.await?);
        *self.made.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&new));
        Ok(new)
    }

    fn forget(&self) {
        *self.made.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_shared_is_made_once_until_it_does_not_do() {
        let shared = Shared::default();
        let at_least = |least: u32| shared.get(move |made| *made >= least, async move { Ok::<_, ()>(least) });
        let (a, b, c) = tokio::join!(at_least(3), at_least(3), at_least(2));
        assert!([&b, &c].iter().all(|other| Arc::ptr_eq(a.as_ref().unwrap(), other.as_ref().unwrap())));
        assert_eq!(*at_least(4).await.unwrap(), 4);
        assert_eq!(shared.get(|_| false, async { Err::<u32, _>("gone") }).await, Err("gone"));
        assert_eq!(*at_least(1).await.unwrap(), 4, "what failed changes nothing");
    }

    #[test]
    fn only_models_that_somebody_follows_take_space() {
        let views = Views::default();
        let key: DomainKey = "shop/cart".parse().unwrap();
        let one = views.join(key.clone(), None);
        let two = views.join(key, None);
        assert!(Arc::ptr_eq(&one.view, &two.view));
        drop(one);
        assert_eq!(views.0.lock().unwrap().len(), 1);
        drop(two);
        assert_eq!(views.0.lock().unwrap().len(), 0);
    }
}
