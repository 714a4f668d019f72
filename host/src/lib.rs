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
//! known), [`deploy`] (files become activations), [`config`] (the only one that reads the environment),
//! [`clock`] (time and randomness as parameters), [`build`] (crates become components), [`demo`].

pub mod build;
pub mod catalog;
pub mod clock;
pub mod committer;
pub mod config;
pub mod demo;
pub mod deploy;
pub mod error;
pub mod feed;
mod host;
pub mod http;
pub mod ingest;
mod lifecycle;
pub mod sandbox;
pub mod scheduler;
pub mod store;
pub mod words;

pub use config::Config;
pub use error::{Error, Invalid};
pub use host::Host;
pub use lifecycle::{StartError, serve};
