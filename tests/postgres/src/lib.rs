//! Databases for tests. The first one that a test process asks for starts a Postgres in a temporary folder, without a
//! port; it ends, and the folder goes, when the process ends, however it ends.

mod cluster;
mod programs;
mod server;

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use server::{Shell, psql};

pub use cluster::Cluster;

/// An empty database, which no other test has.
#[derive(Debug)]
pub struct Database {
    name: String,
    server: &'static Shell,
}

impl Database {
    /// Makes a database, on the server of this process.
    ///
    /// # Panics
    /// If there is no Postgres, in a sentence with the way out, or if it fails.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it starts a server")]
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let server = Shell::of_this_process();
        let name = format!("test{}", COUNT.fetch_add(1, Relaxed));
        // Not template1: nobody may be connected to what is copied.
        psql(server, "postgres", &format!("CREATE DATABASE {name} TEMPLATE template0"));
        Self { name, server }
    }

    /// The URL that hosts are given.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres:///{}?host={}&user=everfold", self.name, self.server.folder())
    }

    /// Where the server's socket lies.
    #[must_use]
    pub fn folder(&self) -> &str {
        self.server.folder()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Executes SQL as `psql` does and gives what it prints: a line for each row, values parted by `|`.
    ///
    /// # Panics
    /// If it fails.
    #[expect(clippy::must_use_candidate, reason = "some SQL has nothing to say")]
    pub fn execute(&self, sql: &str) -> String {
        psql(self.server, &self.name, sql)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_database_is_empty_and_its_own() {
        let (one, other) = (Database::new(), Database::new());
        one.execute("CREATE TABLE mine (id int)");
        let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
        assert_eq!((one.execute(tables).as_str(), other.execute(tables).as_str()), ("1", "0"));
        assert_ne!(one.url(), other.url());
        assert_eq!(one.execute("SHOW fsync"), "on");
    }

    #[test]
    fn a_cluster_can_be_killed_and_replaced() {
        let mut cluster = Cluster::new();
        cluster.execute("CREATE TABLE mine (id int)");
        cluster.copy();
        cluster.execute("INSERT INTO mine VALUES (1)");
        cluster.crash();
        cluster.start();
        assert_eq!(cluster.execute("SELECT count(*) FROM mine"), "1");
        cluster.crash();
        cluster.promote();
        assert_eq!(cluster.execute("SELECT count(*), pg_is_in_recovery() FROM mine"), "0|f");
    }
}
