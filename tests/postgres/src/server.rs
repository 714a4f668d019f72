//! Servers, and the shells that look after them.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    os::unix::fs::MetadataExt,
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::OnceLock,
};

use crate::programs;

/// A shell that runs a Postgres for as long as its standard input is held open.
#[derive(Debug)]
pub(crate) struct Shell {
    programs: PathBuf,
    folder: String,
    child: Child,
    said: Said,
}

/// What a shell says, behind the first line.
#[derive(Debug)]
pub(crate) struct Said(pub(crate) BufReader<ChildStdout>);

impl Shell {
    /// The shell of the server that all tests of this process share. The first who asks starts it.
    pub(crate) fn of_this_process() -> &'static Self {
        static SHELL: OnceLock<Shell> = OnceLock::new();
        SHELL.get_or_init(|| Self::start(include_str!("server.sh")))
    }

    /// Starts one, and waits until its server is ready.
    pub(crate) fn start(script: &str) -> Self {
        let programs = programs::folder();
        let script = ["sh", "-c", script, "sh"];
        // Postgres does not run as root.
        let as_postgres = ["runuser", "-u", "postgres", "--"];
        let words: Vec<&str> =
            if is_root() { [&as_postgres[..], &script[..]].concat() } else { script.to_vec() };
        let mut child = Command::new(words[0])
            .args(&words[1..])
            .arg(&programs)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be started: {error}", words[0]));
        let mut said = BufReader::new(child.stdout.take().expect("its output is piped"));
        let mut first = String::new();
        said.read_line(&mut first).expect("it says something");
        let Some(folder) = first.trim_end().strip_prefix("ready ") else {
            let mut rest = String::new();
            said.read_to_string(&mut rest).expect("it says why");
            panic!("Postgres ({}) did not start:\n{first}{rest}", programs.display());
        };
        Self { programs, folder: folder.to_owned(), child, said: Said(said) }
    }

    /// Where its server's socket lies.
    pub(crate) fn folder(&self) -> &str {
        &self.folder
    }

    /// Its standard input: the server ends with it.
    pub(crate) fn input(&mut self) -> ChildStdin {
        self.child.stdin.take().expect("it is taken once")
    }

    /// What it says next.
    pub(crate) fn said(&mut self) -> &mut Said {
        &mut self.said
    }
}

/// Executes SQL on a server as `psql` does, and gives what it prints.
pub(crate) fn psql(shell: &Shell, database: &str, sql: &str) -> String {
    let output = Command::new(shell.programs.join("psql"))
        .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"])
        .args(["--host", &shell.folder, "--username=everfold", "--dbname", database, "--command", sql])
        .output()
        .expect("psql can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{sql}: {said}");
    String::from_utf8(output.stdout).expect("psql prints UTF-8").trim_end().to_owned()
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
