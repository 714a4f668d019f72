//! Which paths have rested long enough to be believed: half a copy must not be taken for a file, nor the
//! moment between a deletion and its replacement for a retirement.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

use crate::words::DomainKey;

use super::folder::Look;

#[derive(Debug)]
struct Watched {
    look: Look,
    /// When it will be believed, unless it changes before. None: it is settled.
    due: Option<Instant>,
    /// Whether somebody is acting on it.
    busy: bool,
}

/// What is at each path, and whether that has been acted upon.
#[derive(Debug, Default)]
pub(super) struct Paths(BTreeMap<DomainKey, Watched>);

impl Paths {
    /// Notes what a look found. What is different has to rest from now on.
    pub(super) fn observe(&mut self, key: &DomainKey, look: Look, now: Instant, rest: Duration) {
        match self.0.get_mut(key) {
            Some(watched) if watched.look == look => {}
            Some(watched) => {
                watched.look = look;
                watched.due = Some(now + rest);
            }
            None => {
                self.0.insert(key.clone(), Watched { look, due: Some(now + rest), busy: false });
            }
        }
    }

    /// The paths that are watched.
    pub(super) fn keys(&self) -> impl Iterator<Item = &DomainKey> {
        self.0.keys()
    }

    /// What is to be acted upon now. Each path stays busy until it is [released](Self::release).
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<(DomainKey, Look)> {
        let due = self.0.iter_mut().filter(|(_, path)| !path.busy && path.due.is_some_and(|due| due <= now));
        due.map(|(key, path)| {
            path.busy = true;
            (key.clone(), path.look.clone())
        })
        .collect()
    }

    /// Holds a path back until it is [released](Self::release), whatever is found there.
    pub(super) fn hold(&mut self, key: &DomainKey) {
        let watched = Watched { look: Look::NoFolder, due: None, busy: true };
        self.0.entry(key.clone()).or_insert(watched).busy = true;
    }

    /// Ends what [`Self::take_due`] or [`Self::hold`] began. What was `acted` upon is settled, unless
    /// something else is there by now; with `retry` it is due again then.
    pub(super) fn release(&mut self, key: &DomainKey, acted: Option<&Look>, retry: Option<Instant>) {
        if let Some(watched) = self.0.get_mut(key) {
            watched.busy = false;
            if acted == Some(&watched.look) {
                watched.due = retry;
            }
        }
    }

    /// When the next path is to be believed.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.0.values().filter(|path| !path.busy).filter_map(|path| path.due).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: Duration = Duration::from_millis(100);

    fn key() -> DomainKey {
        DomainKey { context: "shop".parse().unwrap(), domain: "cart".parse().unwrap() }
    }

    fn half(size: &str) -> Look {
        Look::Unreadable(size.to_owned())
    }

    #[test]
    fn what_keeps_changing_is_not_believed() {
        let (mut paths, start) = (Paths::default(), Instant::now());
        for step in 0..5u32 {
            let now = start + REST / 2 * step;
            paths.observe(&key(), half(&step.to_string()), now, REST);
            assert!(paths.take_due(now).is_empty(), "step {step}");
        }
        let later = start + REST * 3;
        paths.observe(&key(), half("4"), later, REST);
        assert_eq!(paths.take_due(later), [(key(), half("4"))]);
    }

    #[test]
    fn what_was_acted_upon_is_settled_unless_it_changed_meanwhile() {
        let (mut paths, start) = (Paths::default(), Instant::now());
        paths.observe(&key(), half("1"), start, REST);
        let (_, acted) = paths.take_due(start + REST).remove(0);
        assert!(paths.take_due(start + REST).is_empty(), "it is busy");
        paths.observe(&key(), half("2"), start + REST, REST);
        paths.release(&key(), Some(&acted), None);
        assert_eq!(paths.next_due(), Some(start + REST * 2));
        let (_, acted) = paths.take_due(start + REST * 2).remove(0);
        paths.release(&key(), Some(&acted), None);
        assert_eq!(paths.next_due(), None);
    }

    #[test]
    fn what_failed_is_tried_again_later() {
        let (mut paths, start) = (Paths::default(), Instant::now());
        paths.observe(&key(), half("1"), start, REST);
        let (_, acted) = paths.take_due(start + REST).remove(0);
        paths.release(&key(), Some(&acted), Some(start + REST * 9));
        assert!(paths.take_due(start + REST * 8).is_empty());
        assert_eq!(paths.take_due(start + REST * 9).len(), 1);
    }

    #[test]
    fn a_held_path_waits_for_its_release() {
        let (mut paths, start) = (Paths::default(), Instant::now());
        paths.hold(&key());
        paths.observe(&key(), half("1"), start, REST);
        assert!(paths.take_due(start + REST).is_empty());
        paths.release(&key(), None, None);
        assert_eq!(paths.take_due(start + REST).len(), 1);
    }
}
