//! Scripts of the JavaScript client's tests, run by Node beside a host.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    task::JoinHandle,
};

use super::{guests::root, patiently};

/// A script that runs. It says what it knows as lines of JSON, and is told what to do in the same way. Dropping it
/// kills it.
pub(crate) struct Script {
    child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    complaints: JoinHandle<String>,
}

impl Script {
    /// Starts a script of `sdk/js-client/test/live`.
    pub(crate) fn start(name: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new("node")
            .arg(root().join("sdk/js-client/test/live").join(name))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("node cannot be run ({error}): tests/run installs it"));
        let input = child.stdin.take().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut stderr = child.stderr.take().unwrap();
        let complaints = tokio::spawn(async move {
            let mut said = String::new();
            stderr.read_to_string(&mut said).await.unwrap();
            said
        });
        Self { child, input, lines, complaints }
    }

    /// What it says next.
    pub(crate) async fn said(&mut self) -> Value {
        let line = patiently("a line of a script", self.lines.next_line()).await.unwrap();
        let Some(line) = line else {
            let complaints = patiently("its last words", &mut self.complaints).await.unwrap();
            panic!("the script ended: {complaints}");
        };
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Tells it to go on.
    pub(crate) async fn tell(&mut self, what: Value) {
        self.input.write_all(format!("{what}\n").as_bytes()).await.unwrap();
    }

    /// Waits for its end, which must be a good one.
    pub(crate) async fn ended(mut self) {
        drop(self.input);
        let status = patiently("the script's end", self.child.wait()).await.unwrap();
        let complaints = patiently("its last words", self.complaints).await.unwrap();
        assert!(status.success(), "{status}: {complaints}");
        let left = self.lines.next_line().await.unwrap().unwrap_or_default();
        assert_eq!(json!(left), json!(""), "nobody heard it");
    }
}
