//! TLS: the same interface, behind a certificate that may be replaced while the host runs.

use std::{fs, path::Path};

use futures_util::StreamExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::client_async;
use tokio_util::sync::CancellationToken;

use crate::harness::{Host, Http2, Pair, patiently, wait_until};

/// A host with a certificate whose files lie in this folder.
async fn secure(pair: &Pair, folder: &Path, change: impl FnOnce(&mut everfold::Config)) -> Host {
    Host::start(|config| {
        pair.serve_from(folder, config);
        config.poll_ms = 10;
        change(config);
    })
    .await
}

#[tokio::test]
async fn requests_and_websockets_go_over_tls_and_nothing_else_does() {
    let (pair, folder) = (Pair::new(), tempfile::tempdir().unwrap());
    let host = secure(&pair, folder.path(), |_| {}).await;
    let answer = pair.get(host.base(), "/shop/events").await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("{\"events\":[],\"next\":null}"),
        "{answer}"
    );
    let stream = pair.connect(host.base()).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let stream_2 = pair.connect_to_speak(host.base(), &["http/1.1", "h2"]).await.unwrap();
    assert_eq!(stream_2.get_ref().1.alpn_protocol(), Some(&b"h2"[..]), "the host likes it better");
    let http2 = Http2::over(stream_2).await;
    assert_eq!(http2.get("/shop/events").await.expect(200).text(), "{\"events\":[],\"next\":null}");
    http2.socket("/shop/events", &[]).await.ok().unwrap().frame("caught-up").await;
    let url = "wss://localhost/shop/events";
    let (mut socket, _) = patiently("a websocket", Box::pin(client_async(url, stream))).await.unwrap();
    let frame = patiently("a frame", socket.next()).await.unwrap().unwrap();
    assert!(frame.to_text().unwrap().contains("caught-up"), "{frame}");
    assert!(reqwest::get(format!("{}/shop/events", host.base())).await.is_err(), "plain HTTP is not spoken");
    assert!(
        Pair::new().get(host.base(), "/shop/events").await.is_err(),
        "the client looks at the certificate"
    );
}

#[tokio::test]
async fn another_certificate_is_taken_without_a_restart_once_both_files_are_there() {
    let (old, new, folder) = (Pair::new(), Pair::new(), tempfile::tempdir().unwrap());
    let host = secure(&old, folder.path(), |_| {}).await;
    let mut before = old.connect(host.base()).await.unwrap();
    let (certificate, key) = (folder.path().join("certificate.pem"), folder.path().join("key.pem"));
    // Half a file, and then a certificate without its key: neither can be used.
    for unusable in [&new.certificate[..new.certificate.len() / 2], new.certificate.as_str()] {
        fs::write(&certificate, unusable).unwrap();
        // While the host looks, looks again, and reads.
        for _ in 0..20 {
            assert!(old.get(host.base(), "/_/live").await.is_ok(), "the one before stays");
        }
    }
    fs::write(&key, &new.key).unwrap();
    wait_until("the new certificate", async || {
        new.get(host.base(), "/_/live").await.map_err(|error| error.to_string())
    })
    .await;
    assert!(old.get(host.base(), "/_/live").await.is_err());
    // Who was connected stays so.
    let request = "GET /_/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    before.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    patiently("an answer", before.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn who_does_not_shake_hands_holds_a_place_for_a_while_only() {
    let (pair, folder) = (Pair::new(), tempfile::tempdir().unwrap());
    let host = secure(&pair, folder.path(), |config| {
        config.limits.handshakes = 1;
        config.limits.handshake_ms = 50;
    })
    .await;
    let (_, address) = host.base().split_once("://").unwrap();
    let mut silent = TcpStream::connect(address).await.unwrap();
    pair.get(host.base(), "/_/live").await.unwrap();
    let mut said = vec![];
    let ended = patiently("the end of a silent connection", silent.read_to_end(&mut said)).await;
    assert!(said.is_empty(), "{ended:?}");
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_named_before_anything_starts() {
    let (pair, other, folder) = (Pair::new(), Pair::new(), tempfile::tempdir().unwrap());
    for (certificate, key, words) in [
        ("", pair.key.as_str(), &["tls_certificate", "certificate.pem", "PEM"][..]),
        (&pair.certificate, "", &["tls_key", "key.pem", "no private key"]),
        (&pair.certificate, &other.key, &["certificate.pem", "key.pem", "cannot be used"]),
    ] {
        let mut config = everfold::Config::embedded();
        pair.serve_from(folder.path(), &mut config);
        fs::write(&config.tls_certificate, certificate).unwrap();
        fs::write(&config.tls_key, key).unwrap();
        let store = folder.path().join("everfold.db");
        config.store = format!("sqlite:{}", store.display());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let refused =
            everfold::serve(config, listener, CancellationToken::new()).await.unwrap_err().to_string();
        assert!(words.iter().all(|word| refused.contains(word)), "{words:?}: {refused}");
        assert!(!store.exists(), "nothing was opened");
    }
    let mut config = everfold::Config::embedded();
    pair.serve_from(folder.path(), &mut config);
    fs::remove_file(&config.tls_key).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refused = everfold::serve(config, listener, CancellationToken::new()).await.unwrap_err().to_string();
    assert!(refused.contains("tls_key: cannot read"), "{refused}");
}
