//! Connections: taken until the shutdown begins, then ended, kindly first.

use std::{io, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::OwnedSemaphorePermit,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{
    connection::Connections,
    entrance::{Entrance, Tls},
    front::Front,
    guard::Guard,
    streams::Streams,
    visit::Shared,
};
use crate::Host;

/// How long to wait when the machine gives no more connections, so that some may end meanwhile.
const BREATH: Duration = Duration::from_millis(100);

/// Answers requests that come through `entrance` until `shutdown` fires. Then it takes no more, lets requests and
/// streams end for as long as `grace`, cuts what is left, and returns; the host is free of requests afterwards.
pub(crate) async fn serve(host: Host, entrance: Entrance, shutdown: CancellationToken, grace: Duration) {
    for context in entrance.access.unreachable(host.catalog().contexts()) {
        tracing::warn!(%context, "no token names this context: nobody can reach it");
    }
    let streams = Streams::new(host.config().limits.streams, shutdown.clone());
    let guard = Guard::new(host.config(), entrance.address);
    let limits = host.config().limits.clone();
    let front = Front::new(Shared::new(host, guard, entrance.access.clone(), streams.clone()));
    let all = Connections::new(front, &limits, shutdown.clone());
    let requests = all.requests().clone();
    let (listener, tls, fresh) = entrance.split();
    let fresh = AbortOnDropHandle::new(tokio::spawn(fresh));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => break,
            (socket, place) = arrival(&listener, tls.as_ref()) => {
                let all = all.clone();
                match &tls {
                    None => connections.spawn(all.answer(socket)),
                    Some(tls) => connections.spawn(secured(tls.clone(), place, socket, all, shutdown.clone())),
                };
            }
            // Those that ended are forgotten.
            Some(_) = connections.join_next() => {}
        }
    }
    drop((listener, all, fresh));
    let ended = async {
        while connections.join_next().await.is_some() {}
        requests.ended().await;
        streams.ended().await;
    };
    if timeout(grace, ended).await.is_err() {
        tracing::warn!(connections = connections.len(), "clients that did not let go were cut off");
        connections.shutdown().await;
        requests.cut();
        requests.ended().await;
    }
}

/// The next connection; under TLS with a place for its handshake, which comes first.
async fn arrival(listener: &TcpListener, tls: Option<&Tls>) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    let place = match tls {
        Some(tls) => tls.place().await,
        None => None,
    };
    (accept(listener).await, place)
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((socket, _)) => {
                // Frames are small and must not wait for each other.
                if let Err(error) = socket.set_nodelay(true) {
                    tracing::debug!(%error, "a connection stays slow");
                }
                return socket;
            }
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

async fn secured(
    tls: Tls,
    place: Option<OwnedSemaphorePermit>,
    socket: TcpStream,
    all: Connections,
    shutdown: CancellationToken,
) {
    let stream = tokio::select! {
        stream = tls.secure(socket) => stream,
        () = shutdown.cancelled() => None,
    };
    drop(place);
    if let Some(stream) = stream {
        all.answer(stream).await;
    }
}
