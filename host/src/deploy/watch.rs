//! Tells that something may have changed below a folder. A hint that carries no data: a poll backs it.

use std::{path::Path, sync::Arc};

use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{AccessKind, AccessMode},
};
use tokio::sync::Notify;

/// Watches until it is dropped.
pub(super) struct Watch {
    changed: Arc<Notify>,
    /// None where the system refuses to watch; then only the poll sees changes.
    _watcher: Option<RecommendedWatcher>,
}

impl Watch {
    /// Starts watching a folder and everything below it.
    pub(super) fn start(root: &Path) -> Self {
        let changed = Arc::new(Notify::new());
        let watcher = watcher(root, changed.clone())
            .inspect_err(|error| {
                let folder = root.display();
                tracing::warn!(%folder, %error, "cannot watch the reducers folder; changes are seen by polling only");
            })
            .ok();
        Self { changed, _watcher: watcher }
    }

    /// Returns once something may have changed since it was last awaited.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }
}

fn watcher(root: &Path, changed: Arc<Notify>) -> notify::Result<RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        // An error may hide a change: looking once too often is harmless.
        if event.map_or(true, |event| is_change(event.kind)) {
            changed.notify_one();
        }
    })?;
    watcher.watch(root, RecursiveMode::Recursive)?;
    Ok(watcher)
}

/// Our own looks open files and folders, too: they must not wake us.
fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, time::Duration};

    use super::*;

    #[tokio::test]
    async fn a_file_in_a_context_folder_is_noticed() {
        let root = tempfile::tempdir().unwrap();
        // Made before: a file that follows its folder at once may be seen by the poll only.
        fs::create_dir(root.path().join("shop")).unwrap();
        let watch = Watch::start(root.path());
        fs::write(root.path().join("shop/cart.wasm"), "x").unwrap();
        tokio::time::timeout(Duration::from_secs(10), watch.changed()).await.unwrap();
    }

    #[test]
    fn reading_is_no_change() {
        assert!(!is_change(EventKind::Access(AccessKind::Open(AccessMode::Any))));
        assert!(!is_change(EventKind::Access(AccessKind::Close(AccessMode::Read))));
        assert!(is_change(EventKind::Access(AccessKind::Close(AccessMode::Write))));
        assert!(is_change(EventKind::Any));
    }
}
