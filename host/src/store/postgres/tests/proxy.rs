//! A way to the server that can be cut at the worst moments.

use std::sync::{
    Arc,
    atomic::{
        AtomicU8,
        Ordering::{Relaxed, SeqCst},
    },
};

use everfold_test_postgres::Database;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{UnixListener, UnixStream},
};

/// Where the next thing that the store asks for is lost.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cut {
    /// On its way to the server.
    Question = 1,
    /// The server has done it; its answer is lost.
    Answer = 2,
}

pub(super) struct Proxy {
    folder: TempDir,
    cut: Arc<AtomicU8>,
}

impl Proxy {
    pub(super) fn to(database: &Database) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).unwrap();
        let server = format!("{}/.s.PGSQL.5432", database.folder());
        let cut = Arc::new(AtomicU8::new(0));
        let armed = Arc::clone(&cut);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = UnixStream::connect(&server).await.unwrap();
                tokio::spawn(carry(client, server, Arc::clone(&armed)));
            }
        });
        Self { folder, cut }
    }

    pub(super) fn url(&self, database: &Database) -> String {
        let folder = self.folder.path().to_str().unwrap();
        database.url().replace(database.folder(), folder)
    }

    /// From now on, once.
    pub(super) fn cut(&self, cut: Cut) {
        self.cut.store(cut as u8, SeqCst);
    }

    /// Whether it was cut.
    pub(super) fn was_cut(&self) -> bool {
        self.cut.load(Relaxed) == 0
    }
}

/// Carries bytes both ways until one side ends, or the way is cut.
async fn carry(mut client: UnixStream, mut server: UnixStream, armed: Arc<AtomicU8>) {
    let (mut question, mut answer) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut question) => {
                let count = read.unwrap_or(0);
                if count == 0 || armed.compare_exchange(Cut::Question as u8, 0, SeqCst, SeqCst).is_ok() {
                    return;
                }
                server.write_all(&question[..count]).await.unwrap();
            }
            read = server.read(&mut answer) => {
                let count = read.unwrap_or(0);
                if count == 0 || armed.compare_exchange(Cut::Answer as u8, 0, SeqCst, SeqCst).is_ok() {
                    return;
                }
                if client.write_all(&answer[..count]).await.is_err() {
                    return;
                }
            }
        }
    }
}
