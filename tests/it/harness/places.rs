//! Stores and files beside those of a host, and what the program says of them.

use std::path::PathBuf;

use tempfile::TempDir;

use super::{Host, Reducer, guest, run, wait_until};

/// A folder for stores and files. Dropping it removes it.
pub(crate) struct Places(TempDir);

impl Places {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The same as an argument.
    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// The same as a store.
    pub(crate) fn store(&self, name: &str) -> String {
        format!("sqlite:{}", self.text(name))
    }
}

/// Calls the program, which must succeed, and gives what it prints.
pub(crate) async fn told(arguments: &[&str]) -> String {
    let (status, told, said) = run(arguments, &[]).await;
    assert!(status.success(), "{arguments:?}: {told}{said}");
    told
}

/// Calls the program, which must fail, and gives what it says.
pub(crate) async fn refused(arguments: &[&str]) -> String {
    let (status, told, said) = run(arguments, &[]).await;
    assert!(!status.success(), "{arguments:?}: {told}");
    said
}

/// Fails the test unless every model of a store is what its events fold to.
pub(crate) async fn verified(store: &str) {
    let told = told(&["verify", "--store", store]).await;
    assert!(told.contains(" 0 different"), "{told}");
}

impl Host {
    /// A host of its own process in whose shop the ledger serves.
    pub(crate) async fn with_ledger_process() -> Self {
        let host = Self::start_process().await;
        host.deploy("shop", "ledger", guest("ledger")).await;
        host
    }

    /// Its store, as an argument.
    pub(crate) fn store(&self) -> String {
        self.config().store.clone()
    }

    /// Waits until every reducer has folded all there is, and what the others emitted.
    pub(crate) async fn settles(&self) {
        wait_until("all reducers to settle", async || {
            let all = self.get("/_/reducers").await.expect(200).json();
            let mut reducers = all["reducers"].as_array().unwrap().iter().cloned().map(Reducer);
            let settled = reducers.all(|reducer| reducer.state() == "active" && reducer.lag() == 0);
            if settled { Ok(()) } else { Err(all.to_string()) }
        })
        .await;
    }

    /// Ends its process as a service manager would.
    pub(crate) async fn terminate(&mut self) {
        self.process().signal("TERM");
        self.process_mut().ended().await;
    }
}
