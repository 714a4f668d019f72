//! `everfold serve`: runs a host until it is told to stop.

use std::io::{self, Write as _};

use everfold::{Config, Entrance, Host};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Outcome, signals};
use crate::cli::ServeArgs;

/// Files that are open beside streams: other connections, the store, modules.
const OTHERS: u64 = 2000;

pub(crate) async fn run(arguments: &ServeArgs) -> Outcome {
    let config = Config::load(arguments.config.as_deref(), arguments.overrides())?;
    let listener =
        TcpListener::bind(&config.listen).await.map_err(|error| cannot_listen(&config.listen, &error))?;
    let entrance = Entrance::new(&config, listener)?;
    let url = entrance.url();
    let shutdown = CancellationToken::new();
    signals::cancel(shutdown.clone())?;
    let host = Box::pin(Host::start(config)).await?;
    make_room(host.config().limits.streams);
    // Whoever started us may have closed our output: that is no reason not to serve.
    drop(writeln!(io::stdout(), "everfold is listening on {url}"));
    Box::pin(host.serve(entrance, shutdown)).await?;
    Ok(())
}

/// Each stream is an open file, and programs begin with a low limit of those, which they may raise up to a hard one.
fn make_room(streams: usize) {
    let needed = streams as u64 + OTHERS;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let most = maximum.map_or(needed, |maximum| maximum.min(needed));
    if most < needed {
        tracing::info!(
            needed,
            most,
            "fewer files may be open than limits.streams may need: raise `ulimit -Hn`"
        );
    }
    if current.is_some_and(|current| current < most)
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum })
    {
        tracing::warn!(%error, most, "the limit of open files stays as it is");
    }
}

fn cannot_listen(address: &str, error: &io::Error) -> String {
    let way_out = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another program listens there: stop it, or choose another port with --listen (0 takes any that is free)"
        }
        io::ErrorKind::PermissionDenied => "choose a port from 1024 on with --listen",
        io::ErrorKind::AddrNotAvailable => "this machine has no such address: choose another with --listen",
        _ => "choose another address with --listen",
    };
    format!("cannot listen on {address} ({error}): {way_out}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_in_use_is_named_with_the_way_out() {
        let first = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = first.local_addr().unwrap().to_string();
        let error = TcpListener::bind(&address).await.unwrap_err();
        let said = cannot_listen(&address, &error);
        assert!(said.contains(&address) && said.contains("--listen"), "{said}");
        assert!(said.contains("another program listens there"), "{said}");
    }
}
