//! Certificates made for a test, and a client that trusts one of them.

use std::{fs, io, path::Path, sync::Arc};

use everfold::Config;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName},
    },
};

use super::patiently;

/// A certificate of `localhost` that signs itself, and its key, in PEM.
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
    der: CertificateDer<'static>,
}

impl Pair {
    pub(crate) fn new() -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        Self { certificate: cert.pem(), key: signing_key.serialize_pem(), der: cert.der().clone() }
    }

    /// Writes both into a folder, and lets a host use them.
    pub(crate) fn serve_from(&self, folder: &Path, config: &mut Config) {
        config.tls_certificate = folder.join("certificate.pem");
        config.tls_key = folder.join("key.pem");
        fs::write(&config.tls_certificate, &self.certificate).unwrap();
        fs::write(&config.tls_key, &self.key).unwrap();
    }

    /// Connects to a host (`https://ADDRESS`, or `http`) that must have this certificate, to speak HTTP/1.1.
    pub(crate) async fn connect(&self, base: &str) -> io::Result<TlsStream<TcpStream>> {
        self.connect_to_speak(base, &["http/1.1"]).await
    }

    /// The same, to speak one of these versions, as the host likes best.
    pub(crate) async fn connect_to_speak(
        &self,
        base: &str,
        versions: &[&str],
    ) -> io::Result<TlsStream<TcpStream>> {
        let mut trusted = RootCertStore::empty();
        trusted.add(self.der.clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let mut config = builder.with_root_certificates(trusted).with_no_client_auth();
        config.alpn_protocols = versions.iter().map(|version| version.as_bytes().to_vec()).collect();
        let (_, address) = base.split_once("://").unwrap();
        let socket = TcpStream::connect(address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        patiently("a handshake", TlsConnector::from(Arc::new(config)).connect(name, socket)).await
    }

    /// Gets a URL; gives the answer whole.
    pub(crate) async fn get(&self, base: &str, path: &str) -> io::Result<String> {
        let mut stream = self.connect(base).await?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        patiently("an answer", stream.read_to_string(&mut answer)).await?;
        Ok(answer)
    }
}
