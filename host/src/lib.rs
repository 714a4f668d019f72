//! Everfold keeps every event that ever happened to an entity and folds those events into models with
//! *reducers*: sandboxed WebAssembly components in any language.
//!
//! Data flows one way; the modules below stand in that order.
//!
//! | module | what it does |
//! |---|---|
//! | [`http`] | requests and streams; the only one that knows axum |
//! | [`ingest`] | the door: raw input becomes facts, or a clear refusal |
//! | [`committer`] | the one writer: everything that waits is one transaction |
//! | [`store`] | events, models, modules on disk; the only one that knows sqlx |
//! | [`scheduler`] | decides which entity is reduced next, and folds it |
//! | [`sandbox`] | runs a reducer's code; the only one that knows wasmtime |
//! | [`feed`] | tells readers that something was committed |
//!
//! Beside the flow: [`words`] (the field's terms as types), [`catalog`] (contexts and domains that are
//! known), [`deploy`] (files become activations), [`sharing`] (many hosts on one store), [`config`] (the only one that reads the environment),
//! [`clock`] (time and randomness as parameters), [`build`] (sources become components), [`projects`] (new ones),
//! [`dev`] (what is saved is served), [`cases`] (given, when,
//! then: tests of a module), [`replay`] (a failed call made again), [`verify`] (models folded again and
//! compared), [`moving`] (export, import, backup), [`bench`] (a host loaded and measured, over HTTP), [`demo`].
//!
//! The binary is a thin shell around this library, and so can be yours:
//!
//! ```
//! use everfold::{Config, Host, LogQuery, RawEvent};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! let mut config = Config::embedded();
//! config.store = "sqlite::memory:".to_owned();
//! config.reducers = folder.path().to_owned();
//! config.contexts = vec!["shop".to_owned()];
//! let host = Host::start(config).await?;
//!
//! // Subscribe first, then read, then wait: so nothing is missed.
//! let mut head = host.watch_head();
//! let event = RawEvent {
//!     id: "c232ab00-9414-11ec-b3c8-9f6bdeced846",
//!     event_type: "item_added",
//!     entity: "7d444840-9dc0-41d1-b245-5ffdce74fad2",
//!     data: br#"{ "sku": "kettle" }"#,
//!     metadata: Vec::new(),
//! };
//! let appended = host.append(&"shop".parse()?, &[event]).await?;
//! assert_eq!(appended[0].position.0, 1);
//!
//! head.changed().await?;
//! let events = host.log(&LogQuery::of("shop".parse()?)).await?;
//! assert_eq!(events[0].fact.data, br#"{"sku":"kettle"}"#);
//!
//! // `host.serve(Entrance::new(&config, listener)?, shutdown)` answers HTTP; this one only ends.
//! host.shut_down().await?;
//! # Ok(())
//! # }
//! # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
//! ```

pub mod bench;
pub mod build;
pub mod cases;
pub mod catalog;
pub mod clock;
pub mod committer;
pub mod config;
pub mod demo;
pub mod deploy;
pub mod dev;
pub mod error;
pub mod feed;
mod host;
pub mod http;
pub mod ingest;
mod lifecycle;
pub mod moving;
pub mod projects;
pub mod replay;
pub mod sandbox;
pub mod scheduler;
pub mod sharing;
pub mod store;
pub mod verify;
pub mod words;

pub use config::Config;
pub use error::{Error, Invalid};
pub use host::{Admission, Host, ParkedQuery, ParkedRow, Waited};
pub use http::Entrance;
pub use ingest::RawEvent;
pub use lifecycle::{StartError, migrate, serve};
pub use store::{Expectation, LogQuery};
