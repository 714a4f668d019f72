//! The types of `wit/`, as `sandbox` has them: what goes in is borrowed.

#![expect(dead_code, reason = "wasmtime writes it and nobody reads it")]

use wasmtime::component::{ComponentType, Lift, Lower};

#[derive(ComponentType, Lower, Clone, Copy)]
#[component(record)]
pub(crate) struct Target<'a> {
    pub(crate) context: &'a str,
    pub(crate) domain: &'a str,
    pub(crate) entity: Option<&'a str>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct Event<'a> {
    pub(crate) id: &'a str,
    pub(crate) entity: &'a str,
    #[component(name = "event-type")]
    pub(crate) event_type: &'a str,
    pub(crate) data: &'a [u8],
    #[component(name = "occurred-at")]
    pub(crate) occurred_at: i64,
    pub(crate) position: Option<u64>,
    pub(crate) cause: Option<&'a str>,
    pub(crate) metadata: &'a [(String, String)],
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Reduction {
    pub(crate) model: ModelChange,
    pub(crate) events: Vec<NewEvent>,
}

#[derive(ComponentType, Lift)]
#[component(variant)]
pub(crate) enum ModelChange {
    #[component(name = "keep")]
    Keep,
    #[component(name = "put")]
    Put(Vec<u8>),
    #[component(name = "delete")]
    Delete,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct NewEvent {
    pub(crate) cause: u32,
    #[component(name = "event-type")]
    pub(crate) event_type: String,
    pub(crate) entity: Option<String>,
    pub(crate) data: Vec<u8>,
    pub(crate) metadata: Vec<(String, String)>,
}

#[derive(ComponentType, Lift, Debug)]
#[component(record)]
pub(crate) struct Failure {
    pub(crate) event: Option<u32>,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) trace: Option<String>,
}

#[derive(ComponentType, Lift, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
pub(crate) enum Level {
    #[component(name = "trace")]
    Trace,
    #[component(name = "debug")]
    Debug,
    #[component(name = "info")]
    Info,
    #[component(name = "warn")]
    Warn,
    #[component(name = "error")]
    Error,
}
