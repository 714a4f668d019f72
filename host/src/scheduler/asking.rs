//! Questions to the store by a fold that may make way.

use std::sync::Arc;

use crate::store::{Store, StoreError};

/// Asks the store on a task of its own. A fold that has made way is not polled for a while: were it to ask
/// by itself, it would meanwhile hold one of the store's few connections, and those whose turn it is would
/// wait for it.
///
/// # Errors
/// As the store answers.
pub(super) async fn ask<T, A>(
    store: &Arc<dyn Store>,
    question: impl FnOnce(Arc<dyn Store>) -> A,
) -> Result<T, StoreError>
where
    T: Send + 'static,
    A: Future<Output = Result<T, StoreError>> + Send + 'static,
{
    let asked = tokio::spawn(question(Arc::clone(store))).await;
    asked.unwrap_or_else(|_| Err(StoreError::crashed()))
}
