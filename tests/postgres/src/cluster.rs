//! A server of one test, which may be killed and replaced.

use std::{
    io::{BufRead, Write},
    process::ChildStdin,
};

use crate::server::{Said, Shell, psql};

/// A Postgres of its own. It ends when this is dropped, or when the test process does.
#[derive(Debug)]
pub struct Cluster {
    shell: Shell,
    commands: ChildStdin,
}

impl Cluster {
    /// Starts one.
    ///
    /// # Panics
    /// If there is no Postgres, in a sentence with the way out, or if it fails.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it starts a server")]
    pub fn new() -> Self {
        let mut shell = Shell::start(include_str!("cluster.sh"));
        let commands = shell.input();
        Self { shell, commands }
    }

    /// The URL that hosts are given.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres:///postgres?host={}&user=everfold", self.shell.folder())
    }

    /// Where the server's socket lies.
    #[must_use]
    pub fn folder(&self) -> &str {
        self.shell.folder()
    }

    /// Executes SQL, as [`Database::execute`](crate::Database::execute) does.
    ///
    /// # Panics
    /// If it fails.
    #[expect(clippy::must_use_candidate, reason = "some SQL has nothing to say")]
    pub fn execute(&self, sql: &str) -> String {
        psql(&self.shell, "postgres", sql)
    }

    /// Ends the server as a machine that loses its power does.
    pub fn crash(&mut self) {
        self.tell("crash");
    }

    /// Starts it again.
    pub fn start(&mut self) {
        self.tell("start");
    }

    /// Copies all that is there to a second server, which is not started yet.
    pub fn copy(&mut self) {
        self.tell("copy");
    }

    /// Lets the second server take the place of the first, which has ended.
    pub fn promote(&mut self) {
        self.tell("promote");
    }

    fn tell(&mut self, command: &str) {
        writeln!(self.commands, "{command}").expect("the shell listens");
        let Said(said) = self.shell.said();
        let mut answer = String::new();
        said.read_line(&mut answer).expect("the shell answers");
        assert_eq!(answer.trim_end(), "done", "{command}");
    }
}
