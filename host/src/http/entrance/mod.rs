//! Where requests come in: a listener, TLS if there is a certificate, and the tokens. What of that lies in
//! files is read again while the host runs.
//!
//! | file | what it does |
//! |---|---|
//! | `tls` | the certificate, and handshakes |
//! | `fresh` | reads files again once they have changed |

mod fresh;
mod tls;

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::net::TcpListener;

use super::access::Access;
use crate::config::Config;

use fresh::Fresh;
pub(super) use tls::Tls;

/// Why a host cannot be entered as its configuration says.
#[derive(Debug, thiserror::Error)]
pub enum EntranceError {
    /// The listener is none.
    #[error("the listener failed: {0}")]
    Listener(#[from] io::Error),
    /// Everybody could do everything.
    #[error(
        "{0} can be reached from other machines, and without tokens everybody there may do everything: make a token (everfold token) and put it into the configuration file, or listen on this machine only (--listen 127.0.0.1:4580), or say that it is meant (--insecure)"
    )]
    Exposed(SocketAddr),
    /// A file that cannot be read.
    #[error("{option}: cannot read {path}: {error}; name a file that this user may read")]
    Unreadable {
        /// The option that names it.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A file that does not hold what it should.
    #[error("{option}: {path} {why}")]
    NotPem {
        /// The option that names it.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong, and what would be right.
        why: String,
    },
    /// A certificate and a key that cannot be used together.
    #[error(
        "tls_certificate {certificate} and tls_key {key} cannot be used: {why}; the key must be that of the first certificate"
    )]
    NoPair {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// What is wrong.
        why: String,
    },
}

/// A listener, with everything that decides who may come in through it. Cheap to clone; it closes with the last one.
#[derive(Clone)]
pub struct Entrance {
    pub(super) listener: Arc<TcpListener>,
    pub(super) address: SocketAddr,
    pub(super) tls: Option<Tls>,
    pub(super) access: Access,
    fresh: Fresh,
}

impl Entrance {
    /// Puts an entrance together as the configuration says. Nothing is taken yet.
    ///
    /// # Errors
    /// [`EntranceError`]: the listener opens the host to everybody, or the certificate cannot be used.
    pub fn new(config: &Config, listener: TcpListener) -> Result<Self, EntranceError> {
        let address = listener.local_addr()?;
        let access = Access::new(&config.tokens);
        let is_exposed = !address.ip().to_canonical().is_loopback();
        if is_exposed && access.is_open() && !config.insecure {
            return Err(EntranceError::Exposed(address));
        }
        let tls = Tls::new(config)?;
        if is_exposed && tls.is_none() && !access.is_open() {
            tracing::warn!(
                %address,
                "tokens go over the network as they are: set tls_certificate and tls_key, unless something before this host speaks TLS"
            );
        }
        let fresh = Fresh::new(config, access.clone(), tls.clone());
        Ok(Self { listener: Arc::new(listener), address, tls, access, fresh })
    }

    /// `http://ADDRESS:PORT`, or `https`.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Takes it apart: what files are read again by runs for as long as requests are taken.
    pub(super) fn split(self) -> (Arc<TcpListener>, Option<Tls>, impl Future<Output = ()> + Send + use<>) {
        (self.listener, self.tls, self.fresh.keep())
    }
}

fn unreadable(option: &'static str, path: &Path, error: io::Error) -> EntranceError {
    EntranceError::Unreadable { option, path: path.to_owned(), error }
}
