//! Connections: taken until the shutdown begins, then ended, kindly first.

use std::{io, pin::pin, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{router::router, streams::Streams};
use crate::Host;

/// How long to wait when the machine gives no more connections, so that some may end meanwhile.
const BREATH: Duration = Duration::from_millis(100);

/// Answers requests on `listener` until `shutdown` fires. Then it takes no more, lets requests and streams
/// end for as long as `grace`, cuts what is left, and returns; the host is free of requests afterwards.
///
/// # Errors
/// If the listener is not one.
pub async fn serve(
    host: Host,
    listener: TcpListener,
    shutdown: CancellationToken,
    grace: Duration,
) -> io::Result<()> {
    let streams = Streams::new(host.config().limits.streams, shutdown.clone());
    let router = router(&host, listener.local_addr()?, streams.clone());
    drop(host);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => break,
            socket = accept(&listener) => {
                connections.spawn(answer(socket, router.clone(), shutdown.clone()));
            }
            // Those that ended are forgotten.
            Some(_) = connections.join_next() => {}
        }
    }
    drop((listener, router));
    let ended = async {
        while connections.join_next().await.is_some() {}
        streams.ended().await;
    };
    if timeout(grace, ended).await.is_err() {
        tracing::warn!(connections = connections.len(), "clients that did not let go were cut off");
        connections.shutdown().await;
    }
    Ok(())
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((socket, _)) => return socket,
            // The client went away before it was taken.
            Err(error) if is_of_client(&error) => {}
            Err(error) => {
                tracing::error!(%error, "cannot take a connection; trying again in a moment");
                sleep(BREATH).await;
            }
        }
    }
}

fn is_of_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn answer(socket: TcpStream, router: Router, shutdown: CancellationToken) {
    // Frames are small and must not wait for each other.
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "a connection stays slow");
    }
    let service = TowerToHyperService::new(router);
    let connection = http1::Builder::new().serve_connection(TokioIo::new(socket), service).with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}
