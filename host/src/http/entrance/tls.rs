//! TLS, by rustls: its versions and ciphers are its own defaults.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use tokio::{
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::{CryptoProvider, ring},
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
        server::{ClientHello, ResolvesServerCert},
        sign::CertifiedKey,
    },
    server::TlsStream,
};

use super::{EntranceError, unreadable};
use crate::config::Config;

/// What is spoken behind the handshake, the best first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Turns connections into secure ones. Cheap to clone; every clone has the same certificate.
#[derive(Clone)]
pub(in crate::http) struct Tls {
    acceptor: TlsAcceptor,
    pair: Arc<Pair>,
    places: Arc<Semaphore>,
    patience: Duration,
}

/// The certificate in force, and where it comes from.
struct Pair {
    certificate: PathBuf,
    key: PathBuf,
    provider: Arc<CryptoProvider>,
    present: RwLock<Arc<CertifiedKey>>,
}

impl Tls {
    /// As the configuration says; none if it names no certificate.
    pub(super) fn new(config: &Config) -> Result<Option<Self>, EntranceError> {
        let Some((certificate, key)) = config.tls_files() else { return Ok(None) };
        let provider = Arc::new(ring::default_provider());
        let present = RwLock::new(Arc::new(read(certificate, key, &provider)?));
        let (certificate, key) = (certificate.to_owned(), key.to_owned());
        let refused = |why: tokio_rustls::rustls::Error| EntranceError::NoPair {
            certificate: certificate.clone(),
            key: key.clone(),
            why: why.to_string(),
        };
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_safe_default_protocol_versions().map_err(refused)?;
        let pair = Arc::new(Pair { certificate, key, provider, present });
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Pair>::clone(&pair);
        let mut server = builder.with_no_client_auth().with_cert_resolver(resolver);
        server.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        Ok(Some(Self {
            acceptor: TlsAcceptor::from(Arc::new(server)),
            pair,
            places: Arc::new(Semaphore::new(config.limits.handshakes.min(Semaphore::MAX_PERMITS))),
            patience: Duration::from_millis(config.limits.handshake_ms),
        }))
    }

    /// Waits until another handshake may begin. Connections beyond that wait in the system's queue, where they
    /// cost this process nothing.
    pub(in crate::http) async fn place(&self) -> Option<OwnedSemaphorePermit> {
        // Fails only if the semaphore is closed, which it never is.
        Arc::clone(&self.places).acquire_owned().await.ok()
    }

    /// Shakes hands; none if the client does not, or not in time.
    pub(in crate::http) async fn secure(&self, socket: TcpStream) -> Option<TlsStream<TcpStream>> {
        match timeout(self.patience, self.acceptor.accept(socket)).await {
            Ok(Ok(stream)) => Some(stream),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a TLS handshake failed");
                None
            }
            Err(_) => {
                tracing::debug!("a TLS handshake took too long (limits.handshake_ms)");
                None
            }
        }
    }

    /// The files that it was read from.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        vec![self.pair.certificate.clone(), self.pair.key.clone()]
    }

    /// Reads the files again; tells whether there is another certificate now. One that cannot be used changes
    /// nothing.
    pub(super) fn reload(&self) -> Result<bool, EntranceError> {
        let Pair { certificate, key, provider, present } = &*self.pair;
        let found = Arc::new(read(certificate, key, provider)?);
        let mut present = present.write().unwrap_or_else(PoisonError::into_inner);
        let differs = present.cert != found.cert;
        *present = found;
        Ok(differs)
    }
}

impl ResolvesServerCert for Pair {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.present.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// Shows no key.
impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pair").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

/// Reads a certificate and its key. Half a file, or a key that belongs to another certificate, is refused: so the
/// two may be replaced one after the other.
fn read(certificate: &Path, key: &Path, provider: &CryptoProvider) -> Result<CertifiedKey, EntranceError> {
    let text = |option, path: &Path| fs::read(path).map_err(|error| unreadable(option, path, error));
    let not_pem =
        |option, path: &Path, why: String| EntranceError::NotPem { option, path: path.to_owned(), why };
    let of_certificate = |why| not_pem("tls_certificate", certificate, why);
    let chain = CertificateDer::pem_slice_iter(&text("tls_certificate", certificate)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|why| of_certificate(format!("is not whole, or not PEM: {why}")))?;
    if chain.is_empty() {
        return Err(of_certificate(
            "holds no certificate: it must be PEM (-----BEGIN CERTIFICATE-----)".to_owned(),
        ));
    }
    let private = PrivateKeyDer::from_pem_slice(&text("tls_key", key)?)
        .map_err(|why| not_pem("tls_key", key, format!("holds no private key in PEM: {why}")))?;
    CertifiedKey::from_der(chain, private, provider).map_err(|why| EntranceError::NoPair {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
        why: why.to_string(),
    })
}
