//! A real browser without a screen, driven by its DevTools protocol.

use std::process::{Command as Blocking, Stdio};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use super::{patiently, wait_until};

/// What it says where it listens.
const LISTENING: &str = "DevTools listening on ";

/// A running Chromium with a profile of its own. Dropping it kills it, and all processes that it started.
pub(crate) struct Browser {
    process: Child,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    calls: u64,
    _profile: TempDir,
}

/// An open page, by the session in which it is talked to.
pub(crate) struct Page(String);

impl Browser {
    pub(crate) async fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut process = Command::new("chromium")
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"])
            .args(["--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-port=0"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .env("HOME", profile.path())
            .env_remove("XDG_CONFIG_HOME")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // A group of its own, so that all of it can be ended.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("chromium cannot be run ({error}): tests/run installs it"));
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut said = String::new();
        let address = loop {
            let line = patiently("the browser", lines.next_line()).await.unwrap();
            let line = line.unwrap_or_else(|| panic!("the browser ended: {said}"));
            match line.strip_prefix(LISTENING) {
                Some(address) => break address.trim().to_owned(),
                None => said = format!("{said}{line}\n"),
            }
        };
        // It goes on complaining, and must not wait for a reader.
        tokio::spawn(async move { lines.into_inner().read_to_end(&mut Vec::new()).await });
        let (socket, _) = patiently("the browser", connect_async(address)).await.unwrap();
        Self { process, socket, calls: 0, _profile: profile }
    }

    /// Opens a page in a window of its own.
    pub(crate) async fn open(&mut self, url: &str) -> Page {
        let target = self.call(None, "Target.createTarget", &json!({"url": url, "newWindow": true})).await;
        let wanted = json!({"targetId": target["targetId"], "flatten": true});
        let session = self.call(None, "Target.attachToTarget", &wanted).await;
        Page(session["sessionId"].as_str().unwrap().to_owned())
    }

    /// What an expression is worth in a page.
    pub(crate) async fn evaluate(&mut self, page: &Page, expression: &str) -> Result<Value, String> {
        let wanted = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let answer = self.call(Some(page), "Runtime.evaluate", &wanted).await;
        match &answer["exceptionDetails"] {
            Value::Null => Ok(answer["result"]["value"].clone()),
            failed => Err(failed.to_string()),
        }
    }

    /// Waits until an expression is worth that in a page.
    pub(crate) async fn shows(&mut self, page: &Page, expression: &str, expected: &Value) {
        wait_until(&format!("{expression} to be {expected}"), async || {
            let now = self.evaluate(page, expression).await?;
            if now == *expected { Ok(()) } else { Err(now.to_string()) }
        })
        .await;
    }

    async fn call(&mut self, page: Option<&Page>, method: &str, wanted: &Value) -> Value {
        self.calls += 1;
        let mut call = json!({"id": self.calls, "method": method, "params": wanted});
        if let Some(Page(session)) = page {
            call["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(call.to_string())).await.unwrap();
        loop {
            let message = patiently(method, self.socket.next()).await.expect("the browser is there").unwrap();
            let Message::Text(text) = message else { continue };
            let mut answer: Value = serde_json::from_str(&text).unwrap();
            if answer["id"] == self.calls {
                assert_eq!(answer["error"], Value::Null, "{method} {wanted}");
                return answer["result"].take();
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(id) = self.process.id() {
            // A negative number means the group.
            let _ = Blocking::new("kill").args(["-KILL", "--", &format!("-{id}")]).status();
        }
    }
}
