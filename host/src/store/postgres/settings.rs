//! What every session is given.

use std::{str::FromStr, time::Duration};

use sqlx::{
    ConnectOptions, Connection,
    postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions},
};

use super::{epoch::History, trouble::within};

/// So long may it take to connect, ...
const CONNECT: Duration = Duration::from_secs(5);
/// ... and a reader wait for a connection.
const ACQUIRE: Duration = Duration::from_secs(5);
/// A connection that nobody used for so long is tried before it is used.
const RESTED: Duration = Duration::from_secs(1);

/// Settings of each session.
const SETTINGS: [(&str, &str); 13] = [
    // A commit is answered once it is on the disk (and on the synchronous replicas, if there are any).
    ("synchronous_commit", "on"),
    ("default_transaction_isolation", "read committed"),
    ("default_transaction_read_only", "off"),
    // A host that stops in the middle of a transaction holds the counters for so long, and no longer.
    ("idle_in_transaction_session_timeout", "5s"),
    ("lock_timeout", "10s"),
    // Readers may have to go through much.
    ("statement_timeout", "60s"),
    // A host whose machine is gone is noticed within 25 s.
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
    // Statements have one good plan each, by an index. Without these, plans would be made while tables are small,
    // or made again for each of the first calls, which takes longer than the calls.
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("jit", "off"),
];

/// What a URL says, with our settings.
pub(super) fn options(url: &str) -> sqlx::Result<PgConnectOptions> {
    Ok(PgConnectOptions::from_str(url)?
        .application_name("everfold")
        .statement_cache_capacity(1024)
        .options(SETTINGS)
        // A line for each statement would cost more than many statements.
        .disable_statement_logging())
}

/// Which server it is, without the password.
pub(super) fn shown(options: &PgConnectOptions) -> String {
    let place = match options.get_socket() {
        Some(folder) => folder.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let database = options.get_database().unwrap_or_else(|| options.get_username());
    format!("postgres://{}@{place}/{database}", options.get_username())
}

/// A connection that writes. Others wait for it, so it gives up earlier.
pub(super) async fn connect(options: &PgConnectOptions) -> sqlx::Result<PgConnection> {
    within(CONNECT, options.clone().options([("statement_timeout", "20s")]).connect()).await
}

/// The connections that read. Each looks first whether the history is still the same.
pub(super) fn readers(options: PgConnectOptions, most: u32, history: &History) -> PgPool {
    let history = history.clone();
    PgPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            let history = history.clone();
            Box::pin(async move { history.look(connection).await })
        })
        .before_acquire(|connection, about| {
            Box::pin(async move {
                if about.idle_for > RESTED {
                    within(CONNECT, connection.ping()).await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options)
}

/// A single connection, for what is told by the server.
pub(super) fn one(options: PgConnectOptions) -> PgPool {
    PgPoolOptions::new().max_connections(1).acquire_timeout(ACQUIRE).connect_lazy_with(options)
}
