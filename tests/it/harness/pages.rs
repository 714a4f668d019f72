//! Serves the JavaScript client's folder, as anything that serves files would.

use std::fs;

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use super::guests::root;

/// A server of files. Dropping it ends it.
pub(crate) struct Pages {
    origin: String,
    serving: JoinHandle<()>,
}

impl Pages {
    pub(crate) async fn serve() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // A browser may open connections that it never uses, or leave while it is answered.
                tokio::spawn(async move { answer(client).await.ok() });
            }
        });
        Self { origin, serving }
    }

    /// `http://ADDRESS:PORT`, as pages of it are known by.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(mut client: TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(&mut client).lines();
    let request = lines.next_line().await?.unwrap_or_default();
    // The client's side ends only when it was heard to the end.
    while lines.next_line().await?.is_some_and(|line| !line.is_empty()) {}
    let path = request.split([' ', '?']).nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
    let file = root().join("sdk/js-client").join(&path);
    let (status, body) = match fs::read(file) {
        Ok(body) if !path.contains("..") => ("200 OK", body),
        _ => ("404 Not Found", Vec::new()),
    };
    let kind = if path.ends_with(".html") { "text/html" } else { "text/javascript" };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    client.write_all(head.as_bytes()).await?;
    client.write_all(&body).await?;
    client.shutdown().await
}
