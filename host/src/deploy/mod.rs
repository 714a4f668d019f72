//! Files become activations: `<reducers>/<context>/<domain>.wasm`.
//!
//! ```text
//! watch ─▶ deployer ─▶ folder (look) ─▶ rest (has it settled?) ─▶ decide ─▶ workshop ─▶ committer, scheduler
//! ```
//!
//! | file | what it does |
//! |---|---|
//! | `watch` | wakes the deployer when something may have changed; a poll backs it |
//! | `deployer` | the loop: looks, starts what is due, notes what came of it |
//! | `folder` | what is below the folder at this moment |
//! | `rest` | which paths have rested long enough to be believed |
//! | `decide` | what a file says: every rule of the folder, as a pure function |
//! | `workshop` | does what a path says: asks the rules, then acts; restores what the store names |
//! | `actions` | the single steps: read, compile, activate, retire, refuse |
//! | `read` | a module's file, within its limit |

mod actions;
mod decide;
mod deployer;
mod folder;
mod read;
mod rest;
mod watch;
mod workshop;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::sync::Notify;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    catalog::Catalog,
    clock::SharedClock,
    committer::Committer,
    config::Config,
    sandbox::Sandbox,
    scheduler,
    store::{Store, StoreError},
};

use deployer::Deployer;
use folder::Folder;

pub(crate) use folder::Stat;
pub use read::{ReadError, read_module};

/// What deploying needs of the host.
pub struct DeployParts {
    /// The configuration.
    pub config: Config,
    /// Keeps modules, and what was recorded of files.
    pub store: Arc<dyn Store>,
    /// Writes activations.
    pub committer: Committer,
    /// Holds every activation that the store has, and is kept up to date.
    pub catalog: Arc<Catalog>,
    /// Checks and compiles.
    pub sandbox: Arc<Sandbox>,
    /// Is told which module serves which domain.
    pub scheduler: scheduler::Handle,
    /// Stamps activations.
    pub clock: SharedClock,
    /// Wakes when another host that shares the store has put something in force, or made a context known.
    pub elsewhere: Arc<Notify>,
}

/// Why deploying cannot start.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// The folder cannot be made or read.
    #[error("cannot use the reducers folder {}: {why}; make it readable, or name another with --reducers", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Lets every domain of the catalog be served again by the module that the store names, and follows the
/// folder until `shutdown`. Once this returns, the contexts that have a folder are known; modules are
/// still being compiled.
///
/// # Errors
/// [`DeployError`], if the folder cannot be used or the store fails.
pub async fn start(
    parts: DeployParts,
    shutdown: CancellationToken,
    tracker: &TaskTracker,
) -> Result<(), DeployError> {
    let path = parts.config.reducers.clone();
    let folder = first_look(path).await?;
    let records = parts.store.files(&parts.config.node).await?;
    let mut deployer = Deployer::new(parts, records);
    deployer.restore();
    deployer.take_in(folder).await;
    tracker.spawn(deployer.run(shutdown));
    Ok(())
}

/// Makes the folder if it is missing, and looks through it.
async fn first_look(path: PathBuf) -> Result<Folder, DeployError> {
    let root = path.clone();
    let looked = tokio::task::spawn_blocking(move || make_and_scan(&root)).await;
    let folder = looked.unwrap_or_else(|crash| Err(io::Error::other(crash)));
    folder.map_err(|error| DeployError::Folder { path, why: error.to_string() })
}

fn make_and_scan(root: &Path) -> io::Result<Folder> {
    if root.is_file() {
        return Err(io::Error::other("it is a file, not a folder"));
    }
    fs::create_dir_all(root)?;
    folder::scan(root)
}
