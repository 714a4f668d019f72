//! Files that are read again once they have changed: the certificate and its key, and the tokens.
//!
//! By looking at them now and then, not by watching: whoever renews such files replaces them by renaming, or
//! points a link elsewhere, which a watch on the file itself does not survive; and a look costs a few
//! microseconds.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};

use super::Tls;
use crate::{config::Config, deploy::Stat, http::access::Access};

/// Some files, as they were when they were last looked at.
#[derive(Debug, Clone)]
struct Watched {
    paths: Vec<PathBuf>,
    seen: Vec<Option<Stat>>,
    /// How they were when they were read; empty: not yet, so that what changed before the first look counts.
    read: Vec<Option<Stat>>,
}

impl Watched {
    fn new(paths: Vec<PathBuf>) -> Self {
        Self { paths, seen: Vec::new(), read: Vec::new() }
    }

    /// Whether they are to be read again: they have changed, and then rested from one look to the next.
    fn is_due(&mut self) -> bool {
        let stat = |path: &PathBuf| fs::metadata(path).ok().as_ref().map(Stat::of);
        let now: Vec<_> = self.paths.iter().map(stat).collect();
        let has_rested = now == self.seen;
        self.seen = now;
        if !has_rested || self.seen == self.read {
            return false;
        }
        self.read.clone_from(&self.seen);
        true
    }
}

/// What is read again while the host runs.
#[derive(Clone)]
pub(super) struct Fresh {
    access: Access,
    tokens: Watched,
    pair: Watched,
    tls: Option<Tls>,
    every: Duration,
}

impl Fresh {
    pub(super) fn new(config: &Config, access: Access, tls: Option<Tls>) -> Self {
        let pair = Watched::new(tls.as_ref().map(Tls::files).unwrap_or_default());
        let tokens = Watched::new(config.file.iter().cloned().collect());
        Self { access, tokens, pair, tls, every: Duration::from_millis(config.poll_ms) }
    }

    /// Looks at the files for ever, if there are any.
    pub(super) async fn keep(mut self) {
        if self.tokens.paths.is_empty() && self.pair.paths.is_empty() {
            return;
        }
        let mut looks = interval(self.every);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            let looked = spawn_blocking(move || {
                self.look();
                self
            });
            match looked.await {
                Ok(fresh) => self = fresh,
                // The runtime ends.
                Err(_) => return,
            }
        }
    }

    fn look(&mut self) {
        if self.pair.is_due()
            && let Some(tls) = &self.tls
        {
            match tls.reload() {
                Ok(true) => tracing::info!("another certificate is in force"),
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(%error, "the files of the certificate have changed and cannot be used; the one before stays in force");
                }
            }
        }
        if self.tokens.is_due()
            && let Some(file) = self.tokens.paths.first()
        {
            self.read_tokens(file);
        }
    }

    fn read_tokens(&self, file: &Path) {
        let read = Config::tokens_in(file).map_err(|error| error.to_string());
        let replaced = read.and_then(|tokens| Ok(self.access.replace(&tokens)?));
        let file = file.display();
        match replaced {
            Ok(true) => {
                tracing::info!(%file, "other tokens are in force; other options count from the next start");
            }
            Ok(false) => {}
            Err(why) => {
                tracing::warn!(%file, why, "the tokens cannot be read again; those before stay in force");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_due_once_they_have_changed_and_rested() {
        let folder = tempfile::tempdir().unwrap();
        let paths = vec![folder.path().join("one"), folder.path().join("other")];
        fs::write(&paths[0], "1").unwrap();
        let mut watched = Watched::new(paths.clone());
        assert_eq!([watched.is_due(), watched.is_due(), watched.is_due()], [false, true, false]);
        fs::write(&paths[1], "1").unwrap();
        assert!(!watched.is_due(), "it has just come");
        fs::write(&paths[1], "12").unwrap();
        assert!(!watched.is_due(), "it has changed again");
        assert_eq!([watched.is_due(), watched.is_due()], [true, false]);
        fs::remove_file(&paths[0]).unwrap();
        assert_eq!([watched.is_due(), watched.is_due(), watched.is_due()], [false, true, false]);
    }
}
