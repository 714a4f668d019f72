//! Where tests' hosts keep their stores: each in a file of its own, or, where `EVERFOLD_TESTS_STORE=postgres` is in the
//! environment, each in a database of its own.

use std::path::Path;

use everfold_test_postgres::Database;

/// What decides it.
const VARIABLE: &str = "EVERFOLD_TESTS_STORE";

/// Where a host's store lies. It is there for as long as this is.
pub(crate) enum Place {
    File(String),
    Database(Database),
}

fn is_postgres() -> bool {
    match std::env::var_os(VARIABLE) {
        None => false,
        Some(name) if name == "sqlite" => false,
        Some(name) if name == "postgres" => true,
        Some(other) => panic!("{VARIABLE} is {}: it may be sqlite or postgres", other.display()),
    }
}

impl Place {
    /// A new place; a file lies in this folder.
    pub(crate) fn new(folder: &Path) -> Self {
        if is_postgres() { Self::Database(Database::new()) } else { Self::file(folder) }
    }

    /// A database, also where stores are in files: what many hosts can share.
    pub(crate) fn shared() -> Self {
        Self::Database(Database::new())
    }

    /// The file in this folder, also where stores are in databases.
    pub(crate) fn file(folder: &Path) -> Self {
        Self::File(format!("sqlite:{}", folder.join("everfold.db").display()))
    }

    /// What `--store` names it.
    pub(crate) fn store(&self) -> String {
        match self {
            Self::File(store) => store.clone(),
            Self::Database(database) => database.url(),
        }
    }

    pub(crate) fn database(&self) -> Option<&Database> {
        if let Self::Database(database) = self { Some(database) } else { None }
    }
}

/// Whether a test is left out, because it is about what only a file has: the test says what that is.
pub(crate) fn left_out(about: &str) -> bool {
    if is_postgres() {
        println!("left out on Postgres: it is about {about}");
    }
    is_postgres()
}
