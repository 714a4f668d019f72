//! `everfold demo`: builds the shop's reducers, starts a host on a fresh store, plays five days of a shop
//! over its HTTP interface, and reads the answers to eight questions out of the models.

mod answers;
mod client;
mod feed;
mod play;
mod text;

use std::{
    io,
    path::{Path, PathBuf},
};

use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    build::{self, BuildError, BuildOptions, Built},
    clock::{Clock, SystemClock, new_event_id, random_name},
    config::Config,
    http::EntranceError,
    lifecycle::{self, StartError},
};

use client::ClientError;

/// What a demo may be told.
#[derive(Debug, Clone, Default)]
pub struct DemoOptions {
    /// Exit after the answers.
    pub once: bool,
    /// The folder for the store and the modules; none: a fresh one.
    pub data: Option<PathBuf>,
    /// The same seed, the same events.
    pub seed: u64,
    /// Where to listen; none: where the default config says, or any free port if that is taken.
    pub listen: Option<String>,
    /// Whether it may listen where other machines reach it.
    pub insecure: bool,
}

/// Why a demo did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// No sources.
    #[error("there is no reducers/Cargo.toml in {0}: run the demo in a clone of Everfold")]
    NoReducers(PathBuf),
    /// The reducers cannot be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The data folder is not empty.
    #[error("{0} is not empty: name a folder that is, or leave --data out")]
    NotEmpty(PathBuf),
    /// A file or folder cannot be written.
    #[error("cannot write {path}: {error}")]
    Write {
        /// What.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The port is taken.
    #[error("cannot listen on {listen}: {error}; choose another with --listen")]
    Listen {
        /// Where.
        listen: String,
        /// Why.
        error: io::Error,
    },
    /// The host did not start or stop as it should.
    #[error(transparent)]
    Host(#[from] StartError),
    /// The host did not answer as it should.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A part of the demo broke.
    #[error("a part of the demo broke: {0}")]
    Broken(String),
}

type Result<T> = std::result::Result<T, DemoError>;

/// How many carts the shop sees.
const CARTS: usize = 400;

/// Runs the demo until its end, or, unless `once`, until `shutdown` fires.
///
/// # Errors
/// [`DemoError`], with the way out.
pub async fn run(options: DemoOptions, shutdown: CancellationToken) -> Result<()> {
    let sources = Path::new("reducers");
    if !sources.join("Cargo.toml").is_file() {
        let here = std::env::current_dir().unwrap_or_default();
        return Err(DemoError::NoReducers(here));
    }
    println!("Building the shop's reducers …");
    let building = tokio::task::spawn_blocking(|| build::components(sources, BuildOptions::default()));
    let built = building.await.map_err(|error| DemoError::Broken(error.to_string()))??;
    let data = fresh_folder(options.data.as_deref())?;
    let (listener, mut config) = listen(options.listen.as_deref(), &data).await?;
    config.insecure = options.insecure;
    let address = listener.local_addr().map_err(EntranceError::from).map_err(StartError::from)?;
    let base = format!("http://{address}");
    println!("Host on {base}, data in {}", data.display());
    let host = tokio::spawn(lifecycle::serve(config, listener, shutdown.clone()));
    let played = tokio::select! {
        played = play(&base, &data, &built, options.seed) => played,
        () = shutdown.cancelled() => return end(host).await,
    };
    if options.once || played.is_err() {
        shutdown.cancel();
    }
    if let Ok(cart) = &played
        && !options.once
    {
        print!("{}", suggestions(&base, cart));
    }
    end(host).await?;
    if options.once && options.data.is_none() {
        // Nobody was told where it is to come back to it.
        std::fs::remove_dir_all(&data).map_err(|error| DemoError::Write { path: data, error })?;
    }
    played.map(drop)
}

async fn end(host: JoinHandle<std::result::Result<(), StartError>>) -> Result<()> {
    Ok(host.await.map_err(|error| DemoError::Broken(error.to_string()))??)
}

/// Deploys, feeds, waits until all is folded, prints the answers. Gives the cart that was looked at.
async fn play(base: &str, data: &Path, built: &[Built], seed: u64) -> Result<String> {
    let client = client::Client::new(base);
    for Built { name, component, .. } in built {
        let path = data.join(format!("reducers/shop/{name}.wasm"));
        build::save(&path, component)?;
        println!(
            "  {name}.wasm, {} KiB, dropped into {}",
            component.len() / 1024,
            data.join("reducers/shop").display()
        );
    }
    play::wait_for(&client, built.len(), 0).await?;
    let events = feed::shop_events(seed, CARTS, SystemClock.now());
    let posted = play::feed(&client, events).await?;
    play::wait_for(&client, built.len(), posted).await?;
    let (cart, text) = play::answers(&client).await?;
    println!("\n{text}");
    Ok(cart)
}

fn fresh_folder(named: Option<&Path>) -> Result<PathBuf> {
    let folder = named.map_or_else(
        || std::env::temp_dir().join(format!("everfold-demo-{}", &random_name()[..8])),
        Path::to_path_buf,
    );
    let failed = |error| DemoError::Write { path: folder.clone(), error };
    std::fs::create_dir_all(folder.join("reducers/shop")).map_err(failed)?;
    let mut entries = std::fs::read_dir(&folder).map_err(failed)?;
    let others = entries.any(|entry| entry.is_ok_and(|entry| entry.file_name() != "reducers"));
    if others { Err(DemoError::NotEmpty(folder)) } else { Ok(folder) }
}

async fn listen(named: Option<&str>, data: &Path) -> Result<(TcpListener, Config)> {
    let mut config = Config::embedded();
    config.store = format!("sqlite:{}", data.join("everfold.db").display());
    config.reducers = data.join("reducers");
    if let Some(listen) = named {
        config.listen = listen.to_owned();
    }
    let listener = match TcpListener::bind(&config.listen).await {
        Err(error) if named.is_none() && error.kind() == io::ErrorKind::AddrInUse => {
            println!("{} is taken, so the demo takes another port", config.listen);
            config.listen = "127.0.0.1:0".to_owned();
            TcpListener::bind(&config.listen).await
        }
        bound => bound,
    };
    match listener {
        Ok(listener) => Ok((listener, config)),
        Err(error) => Err(DemoError::Listen { listen: config.listen, error }),
    }
}

fn suggestions(base: &str, cart: &str) -> String {
    let id = new_event_id(SystemClock.now());
    format!(
        "The host keeps serving (Ctrl-C ends it). Try:\n\n  \
         # post an event\n  \
         curl -i {base}/shop/item_added/{cart}/{id} -H 'content-type: application/json' \\\n       \
         -d '{{\"sku\":\"kettle\",\"qty\":1,\"price\":4900}}'\n\n  \
         # read the cart\n  \
         curl {base}/shop/cart/{cart}/model\n\n  \
         # follow it\n  \
         curl -N -H 'accept: text/event-stream' {base}/shop/cart/{cart}/model\n\n"
    )
}
