//! Folds every model again, from the log, with the modules that made it, and compares: promise 3, checked.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    config::Config,
    lifecycle::{self, StartError},
    sandbox::{Sandbox, SandboxSettings},
    scheduler::{Verifier, VerifyError},
    store::Which,
    words::{ActivationNumber, DomainKey},
};

/// Rows read at once.
const PAGE: u32 = 500;

/// Why a store could not be verified.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store or the sandbox cannot be used.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A row could not be folded again.
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

/// What was found on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// So many models will be looked at, and rows that should hold none.
    Total(u64),
    /// One more model is as it should be, or was reported.
    Checked,
    /// A model is not what its events fold to.
    Different(String),
    /// Emissions would be others today. No error: late events legitimately cause it.
    Divergent(String),
}

/// Verifies the store that `config` names, which no host may be using. Findings are told as they come.
/// Gives how many models differ.
///
/// # Errors
/// [`Error`], where not everything could be looked at.
pub async fn verify(config: Config, mut tell: impl FnMut(Finding)) -> Result<u64, Error> {
    let store = lifecycle::open(&config).await?;
    let known = store.catalogue().await.map_err(StartError::from)?;
    let keys: BTreeSet<DomainKey> =
        known.activations.iter().map(|activation| activation.key.clone()).collect();
    let mut total = 0;
    for key in &keys {
        let counts = store.count_rows(key, ActivationNumber(0)).await.map_err(StartError::from)?;
        total += counts.all;
    }
    tell(Finding::Total(total));
    let sandbox = Sandbox::new(&SandboxSettings::from(&config)).map_err(StartError::from)?;
    let mut verifier = Verifier::new(Arc::clone(&store), sandbox, config, known.activations);
    let mut different = 0;
    for key in keys {
        let mut after = None;
        loop {
            let rows = store.rows_page(&key, Which::All, after, PAGE).await.map_err(StartError::from)?;
            for (entity, row) in rows.entries {
                let refolded = verifier.refold(&key, entity, &row).await?;
                let what = entity.map_or_else(|| key.to_string(), |entity| format!("{key} of {entity}"));
                if let Some(difference) = refolded.difference {
                    different += 1;
                    tell(Finding::Different(format!("{what}: {difference}")));
                }
                refolded.divergences.into_iter().for_each(|divergence| tell(Finding::Divergent(divergence)));
                tell(Finding::Checked);
            }
            after = rows.next;
            if after.is_none() {
                break;
            }
        }
    }
    store.close().await;
    Ok(different)
}
