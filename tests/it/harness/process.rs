//! The real program, where a process matters.

use std::{
    path::PathBuf,
    process::{Command as Blocking, ExitStatus, Output, Stdio},
    sync::OnceLock,
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader},
    process::{Child, Command},
    task::JoinHandle,
};

use super::{CODE, guests::root, patiently};

/// What cargo tells a test about its crate. Of some of it build scripts want to know: a cargo that is called with
/// it would build what depends on them again, and the next one without it once more.
const ABOUT_THIS_CRATE: [&str; 4] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
/// What the configuration of cargo sets, which the next one reads itself.
const CONFIGURED: &str = "LIBSQLITE3_FLAGS";

/// The program, built like these tests. Cargo has mostly nothing left to do.
fn program() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| {
        let mut cargo = Blocking::new(env!("CARGO"));
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text == CONFIGURED || ABOUT_THIS_CRATE.iter().any(|about| text.starts_with(about)) {
                cargo.env_remove(name);
            }
        }
        // With the tests, so that it shares what was compiled for them.
        cargo.current_dir(root()).args([
            "build",
            "--quiet",
            "--workspace",
            "--bin",
            "everfold",
            "--test",
            "it",
        ]);
        if !cfg!(debug_assertions) {
            cargo.arg("--release");
        }
        assert!(cargo.status().unwrap().success(), "cargo cannot build the program");
        // target/PROFILE/deps/it-HASH lies two below target/PROFILE/everfold.
        let tests = std::env::current_exe().unwrap();
        tests.ancestors().nth(2).unwrap().join("everfold")
    });
    program.clone()
}

/// A call of the program, at the top of the checkout, that hears nothing of this process's own environment.
fn command(arguments: &[&str]) -> Command {
    prepared(Command::new(program()), arguments)
}

fn prepared(mut command: Command, arguments: &[&str]) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("EVERFOLD_") {
            command.env_remove(name);
        }
    }
    command
        .current_dir(root())
        .args(arguments)
        .env("EVERFOLD_CODE_CACHE", CODE)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Calls the program and waits for its end.
pub(crate) async fn run(arguments: &[&str], environment: &[(&str, &str)]) -> (ExitStatus, String, String) {
    let mut command = command(arguments);
    command.envs(environment.iter().copied());
    let Output { status, stdout, stderr } =
        patiently(&format!("the end of {arguments:?}"), command.output()).await.unwrap();
    (status, String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// The same of a call that has much to do.
pub(crate) async fn run_within(limit: Duration, arguments: &[&str]) -> (ExitStatus, String, String) {
    let output = tokio::time::timeout(limit, command(arguments).output()).await;
    let Output { status, stdout, stderr } = output.expect("it ends in time").unwrap();
    (status, String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// Starts a call of the program that reads its stdin.
pub(crate) fn fed(arguments: &[&str]) -> Child {
    command(arguments).stdin(Stdio::piped()).spawn().unwrap()
}

/// Reads to the end, so that nobody has to wait for a reader.
async fn heard(mut pipe: impl AsyncRead + Unpin) -> String {
    let mut said = String::new();
    pipe.read_to_string(&mut said).await.unwrap();
    said
}

/// The running program. Dropping it kills it.
pub(crate) struct Process {
    child: Child,
    base: String,
    said: JoinHandle<String>,
}

impl Process {
    /// Starts `everfold serve` on a free port and waits until it says where it listens.
    pub(crate) async fn serve(arguments: &[&str]) -> Self {
        Self::serve_with(arguments, &[]).await
    }

    /// The same, with an environment.
    pub(crate) async fn serve_with(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::start(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat(), environment).await
    }

    /// The same, within a limit as the shell's `ulimit` takes it: `-v 1000000`, so much address space in KiB.
    pub(crate) async fn serve_within(limit: &str, arguments: &[&str]) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit {limit} && exec \"$0\" \"$@\"")]).arg(program());
        Self::spawn(prepared(shell, &[&["serve", "--listen", "127.0.0.1:0"], arguments].concat())).await
    }

    /// Starts the program and waits until it says where it listens.
    pub(crate) async fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = command(arguments);
        command.envs(environment.iter().copied());
        Self::spawn(command).await
    }

    async fn spawn(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let said = tokio::spawn(heard(child.stderr.take().unwrap()));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let base = loop {
            let line = patiently("a line with an address", lines.next_line()).await.unwrap();
            let Some(line) = line else { panic!("it ended: {}", said.await.unwrap()) };
            if let Some(start) = line.find("http://127.0.0.1:") {
                break line[start..].split([',', ' ']).next().unwrap().to_owned();
            }
        };
        tokio::spawn(heard(lines.into_inner()));
        Self { child, base, said }
    }

    /// `http://ADDRESS:PORT`.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// How much of the machine's memory it has.
    pub(crate) fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        resident.split_whitespace().next().unwrap().parse().unwrap()
    }

    /// `kill -9`.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Sends it a signal, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let status = Blocking::new("kill").args([format!("-{name}"), self.id().to_string()]).status();
        assert!(status.unwrap().success());
    }

    /// Waits for its end, and gives what it said on stderr.
    pub(crate) async fn ended(&mut self) -> (ExitStatus, String) {
        let status = patiently("the program's end", self.child.wait()).await.unwrap();
        (status, patiently("its last words", &mut self.said).await.unwrap())
    }
}
