//! A way to the database that can be shut: nothing comes through, and nobody is told.

use everfold_test_postgres::Database;
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{UnixListener, UnixStream},
    sync::watch,
};

/// What the socket of a server is called.
const SOCKET: &str = ".s.PGSQL.5432";

pub(crate) struct Gate {
    folder: TempDir,
    open: watch::Sender<bool>,
}

impl Gate {
    pub(crate) fn to(database: &Database) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(SOCKET)).unwrap();
        let server = format!("{}/{SOCKET}", database.folder());
        let open = watch::Sender::new(true);
        let is_open = open.subscribe();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = UnixStream::connect(&server).await.unwrap();
                let (client, server) = (client.into_split(), server.into_split());
                tokio::spawn(carry(client.0, server.1, is_open.clone()));
                tokio::spawn(carry(server.0, client.1, is_open.clone()));
            }
        });
        Self { folder, open }
    }

    pub(crate) fn url(&self, database: &Database) -> String {
        database.url().replace(database.folder(), self.folder.path().to_str().unwrap())
    }

    pub(crate) fn shut(&self) {
        self.open.send_replace(false);
    }

    /// What was held back goes on its way.
    pub(crate) fn open(&self) {
        self.open.send_replace(true);
    }
}

/// Carries bytes one way until one side ends.
async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut is_open: watch::Receiver<bool>,
) {
    let mut bytes = vec![0; 65_536];
    while let Ok(count) = from.read(&mut bytes).await
        && count > 0
        && is_open.wait_for(|open| *open).await.is_ok()
        && to.write_all(&bytes[..count]).await.is_ok()
    {}
}
