//! SIGTERM and SIGINT: the first asks, the second insists.

use std::{io, process};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Cancels `shutdown` at the first SIGTERM or SIGINT, and ends the process at the second.
pub(super) fn cancel(shutdown: CancellationToken) -> io::Result<()> {
    let (terminate, interrupt) = (SignalKind::terminate(), SignalKind::interrupt());
    let mut signals = (signal(terminate)?, signal(interrupt)?);
    tokio::spawn(async move {
        next(&mut signals).await;
        tracing::info!("stopping: finishing what was begun; a second signal ends at once");
        shutdown.cancel();
        let kind = next(&mut signals).await;
        tracing::warn!("stopped at once");
        // As shells expect it of a program that a signal ended.
        process::exit(128 + kind.as_raw_value());
    });
    Ok(())
}

async fn next((terminate, interrupt): &mut (Signal, Signal)) -> SignalKind {
    tokio::select! {
        _ = terminate.recv() => SignalKind::terminate(),
        _ = interrupt.recv() => SignalKind::interrupt(),
    }
}
