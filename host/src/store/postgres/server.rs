//! Which servers are trusted.

use sqlx::postgres::PgConnection;

/// Versions before this lack functions and settings that are used here.
const OLDEST: i32 = 140_000;

const LOOK: &str = "SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), \
     pg_is_in_recovery(), current_setting('fsync'), current_setting('full_page_writes'), \
     current_setting('synchronous_commit'), current_setting('synchronous_standby_names'), \
     greatest((SELECT count(*) FROM pg_stat_replication), \
              (SELECT count(*) FROM pg_replication_slots WHERE slot_type = 'physical'))";

/// What a server says about itself.
struct Server {
    version: i32,
    encoding: String,
    is_replica: bool,
    fsync: String,
    full_page_writes: String,
    /// As this session has it.
    synchronous_commit: String,
    synchronous_standby_names: String,
    replicas: i64,
}

/// Whether a server keeps what it acknowledges, and can do what is asked of it; if not, a sentence that says why.
pub(super) async fn check(connection: &mut PgConnection) -> sqlx::Result<Result<(), String>> {
    let (version, encoding, is_replica, fsync, full_page_writes, synchronous_commit, standbys, replicas) =
        sqlx::query_as(LOOK).fetch_one(connection).await?;
    let synchronous_standby_names: String = standbys;
    let server = Server {
        version,
        encoding,
        is_replica,
        fsync,
        full_page_writes,
        synchronous_commit,
        synchronous_standby_names,
        replicas,
    };
    Ok(server.judge())
}

impl Server {
    fn judge(&self) -> Result<(), String> {
        if self.version < OLDEST {
            return Err(format!("it is Postgres {}; 14 or newer is needed", self.version / 10_000));
        }
        if self.encoding != "UTF8" {
            return Err(format!(
                "its encoding is {}, which cannot hold every JSON: name a database with encoding UTF8",
                self.encoding
            ));
        }
        if self.is_replica {
            return Err("it is a replica, which takes no writes: name the primary".to_owned());
        }
        for (name, value) in [("fsync", &self.fsync), ("full_page_writes", &self.full_page_writes)] {
            if value != "on" {
                return Err(format!(
                    "it runs with {name}={value}: what is acknowledged could be lost; set {name}=on in its configuration"
                ));
            }
        }
        if self.synchronous_commit != "on" {
            return Err(format!(
                "its sessions run with synchronous_commit={}, although this one asked for on: what is acknowledged could be lost; let nothing between here and the server set it",
                self.synchronous_commit
            ));
        }
        if self.synchronous_standby_names.is_empty() && self.replicas > 0 {
            tracing::warn!(
                replicas = self.replicas,
                "synchronous_standby_names is empty: if a replica takes over, what was acknowledged in the last moments may be lost, and the store gets another epoch"
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> Server {
        let on = || "on".to_owned();
        Server {
            version: 150_018,
            encoding: "UTF8".to_owned(),
            is_replica: false,
            fsync: on(),
            full_page_writes: on(),
            synchronous_commit: on(),
            synchronous_standby_names: String::new(),
            replicas: 1,
        }
    }

    #[test]
    fn a_server_that_could_lose_what_is_acknowledged_is_refused() {
        assert_eq!(server().judge(), Ok(()), "a replica that may lag is a warning");
        let off = || "off".to_owned();
        for (other, words) in [
            (Server { version: 130_022, ..server() }, "14 or newer"),
            (Server { encoding: "LATIN1".to_owned(), ..server() }, "LATIN1"),
            (Server { is_replica: true, ..server() }, "name the primary"),
            (Server { fsync: off(), ..server() }, "fsync=off"),
            (Server { full_page_writes: off(), ..server() }, "full_page_writes=off"),
            (Server { synchronous_commit: off(), ..server() }, "synchronous_commit=off"),
            (Server { synchronous_commit: "local".to_owned(), ..server() }, "synchronous_commit=local"),
        ] {
            let refusal = other.judge().unwrap_err();
            assert!(refusal.contains(words), "{refusal}");
        }
    }
}
