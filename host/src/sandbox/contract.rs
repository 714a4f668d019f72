//! The types of `wit/` as wasmtime passes them. What goes in is borrowed: nothing is copied on the host's
//! side of the boundary.

use wasmtime::component::{ComponentType, Lift, Lower};

use crate::words::{Descriptor, Fold, History, Order, Upgrade};

pub(super) const LOG: &str = "everfold:domain/log@0.1.0";
pub(super) const TYPES: &str = "everfold:domain/types@0.1.0";
pub(super) const REDUCER: &str = "everfold:domain/reducer@0.1.0";

#[derive(ComponentType, Lower)]
#[component(record)]
pub(super) struct Target<'a> {
    pub(super) context: &'a str,
    pub(super) domain: &'a str,
    pub(super) entity: Option<&'a str>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(super) struct Event<'a> {
    pub(super) id: &'a str,
    pub(super) entity: &'a str,
    #[component(name = "event-type")]
    pub(super) event_type: &'a str,
    pub(super) data: &'a [u8],
    #[component(name = "occurred-at")]
    pub(super) occurred_at: i64,
    pub(super) position: Option<u64>,
    pub(super) cause: Option<&'a str>,
    pub(super) metadata: &'a [(String, String)],
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(super) struct Reduction {
    pub(super) model: ModelChange,
    pub(super) events: Vec<NewEvent>,
}

#[derive(ComponentType, Lift)]
#[component(variant)]
pub(super) enum ModelChange {
    #[component(name = "keep")]
    Keep,
    #[component(name = "put")]
    Put(Vec<u8>),
    #[component(name = "delete")]
    Delete,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(super) struct NewEvent {
    pub(super) cause: u32,
    #[component(name = "event-type")]
    pub(super) event_type: String,
    pub(super) entity: Option<String>,
    pub(super) data: Vec<u8>,
    pub(super) metadata: Vec<(String, String)>,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(super) struct GuestFailure {
    pub(super) event: Option<u32>,
    pub(super) code: String,
    pub(super) message: String,
    pub(super) trace: Option<String>,
}

#[derive(ComponentType, Lift, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
#[expect(dead_code, reason = "wasmtime makes values of it, from the number of the case")]
pub(super) enum Level {
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

impl Level {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

#[derive(ComponentType, Lift, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
#[expect(dead_code, reason = "wasmtime makes values of it, from the number of the case")]
pub(super) enum GuestOrder {
    #[component(name = "occurred")]
    Occurred,
    #[component(name = "recorded")]
    Recorded,
}

#[derive(ComponentType, Lift, Clone, Copy)]
#[component(variant)]
pub(super) enum GuestFold {
    #[component(name = "entity")]
    Entity(GuestOrder),
    #[component(name = "whole-context")]
    WholeContext,
}

#[derive(ComponentType, Lift, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
#[expect(dead_code, reason = "wasmtime makes values of it, from the number of the case")]
pub(super) enum GuestUpgrade {
    #[component(name = "rebuild")]
    Rebuild,
    #[component(name = "resume")]
    Resume,
}

#[derive(ComponentType, Lift, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
#[expect(dead_code, reason = "wasmtime makes values of it, from the number of the case")]
pub(super) enum GuestHistory {
    #[component(name = "emit")]
    Emit,
    #[component(name = "silent")]
    Silent,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(super) struct GuestDescriptor {
    #[component(name = "event-types")]
    event_types: Vec<String>,
    fold: GuestFold,
    upgrade: GuestUpgrade,
    history: GuestHistory,
    #[component(name = "content-type")]
    content_type: Option<String>,
    emits: Vec<String>,
    attributes: Vec<(String, String)>,
}

impl From<GuestDescriptor> for Descriptor {
    fn from(guest: GuestDescriptor) -> Self {
        Self {
            event_types: guest.event_types,
            fold: match guest.fold {
                GuestFold::Entity(GuestOrder::Occurred) => Fold::Entity(Order::Occurred),
                GuestFold::Entity(GuestOrder::Recorded) => Fold::Entity(Order::Recorded),
                GuestFold::WholeContext => Fold::WholeContext,
            },
            upgrade: match guest.upgrade {
                GuestUpgrade::Rebuild => Upgrade::Rebuild,
                GuestUpgrade::Resume => Upgrade::Resume,
            },
            history: match guest.history {
                GuestHistory::Emit => History::Emit,
                GuestHistory::Silent => History::Silent,
            },
            content_type: guest.content_type,
            emits: guest.emits,
            attributes: guest.attributes,
        }
    }
}
