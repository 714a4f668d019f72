//! The server of a test process.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

use crate::programs;

/// A running Postgres.
#[derive(Debug)]
pub(crate) struct Server {
    programs: PathBuf,
    folder: String,
    #[expect(dead_code, reason = "the server ends when its standard input does, which this holds open")]
    shell: Child,
}

impl Server {
    /// The server that all tests of this process share. The first who asks starts it.
    pub(crate) fn of_this_process() -> &'static Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(Self::start)
    }

    fn start() -> Self {
        let programs = programs::folder();
        let script = ["sh", "-c", include_str!("server.sh"), "sh"];
        // Postgres does not run as root.
        let as_postgres = ["runuser", "-u", "postgres", "--"];
        let words: Vec<&str> =
            if is_root() { [&as_postgres[..], &script[..]].concat() } else { script.to_vec() };
        let mut shell = Command::new(words[0])
            .args(&words[1..])
            .arg(&programs)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be started: {error}", words[0]));
        let mut said = BufReader::new(shell.stdout.take().expect("its output is piped"));
        let mut first = String::new();
        said.read_line(&mut first).expect("it says something");
        let Some(folder) = first.trim_end().strip_prefix("ready ") else {
            let mut rest = String::new();
            said.read_to_string(&mut rest).expect("it says why");
            panic!("Postgres ({}) did not start:\n{first}{rest}", programs.display());
        };
        Self { programs, folder: folder.to_owned(), shell }
    }

    /// Where its socket lies.
    pub(crate) fn folder(&self) -> &str {
        &self.folder
    }

    /// Where its programs are.
    pub(crate) fn programs(&self) -> &Path {
        &self.programs
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
