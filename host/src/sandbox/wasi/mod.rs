//! WASI 0.2 without a machine behind it, so that a component of any toolchain runs unchanged and still
//! gives the same result everywhere: clocks read the event's time, randomness follows from which event it
//! is, what is printed becomes log lines, and there are no arguments, no environment and no files.
//!
//! This is not `wasmtime-wasi`, which stands between a guest and a real machine: its streams and timers
//! wait on an asynchronous runtime, and files and sockets come with it. Here nothing ever waits: a guest
//! that sleeps moves its own clock.

mod cli;
mod clocks;
mod random;
mod streams;

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use wasmtime::component::{Component, Linker, Resource, ResourceType, types::ComponentItem};

use crate::words::{DomainKey, EntityId, EventId};

use super::{failure::Ended, inspect::offered_wasi, instance::Instance};

use random::Random;
use streams::{InputStream, IoError, OutputStream, Printed};

/// Every interface is defined in this version; components that ask for another 0.2.x are served alike.
macro_rules! wasi {
    ($name:literal) => {
        concat!("wasi:", $name, "@0.2.6")
    };
}
use wasi;

fn wasi_named(interface: &str) -> String {
    format!("wasi:{interface}@0.2.6")
}

/// What an instance's world is made of: which event it folds, for which model.
pub(super) struct Origin<'a> {
    /// The domain; none while a module describes itself.
    pub(super) key: Option<&'a DomainKey>,
    pub(super) entity: Option<EntityId>,
    pub(super) event: Option<EventId>,
}

/// What one instance sees of the world.
pub(super) struct World {
    /// Microseconds since the Unix epoch, for the whole call; 0 for what happened before, because WASI cannot
    /// tell such a time.
    now_us: u64,
    /// Nanoseconds on the clock that only rises.
    monotonic_ns: u64,
    random: Random,
    /// Deadlines on that clock of what the guest may wait for, by their handles.
    deadlines: BTreeMap<u32, u64>,
    /// The newest handle.
    handles: u32,
    printed: Printed,
}

impl World {
    pub(super) fn new(origin: &Origin<'_>) -> Self {
        Self {
            now_us: origin.event.and_then(|event| event.occurred_at().try_into().ok()).unwrap_or_default(),
            monotonic_ns: 0,
            random: Random::new(seed(origin)),
            deadlines: BTreeMap::new(),
            handles: 0,
            printed: Printed::default(),
        }
    }
}

/// SHA-256 over the length-prefixed context, domain, entity and event id.
fn seed(origin: &Origin<'_>) -> [u8; 32] {
    let (context, domain) =
        origin.key.map(|key| (key.context.as_str(), key.domain.as_str())).unwrap_or_default();
    let entity = origin.entity.as_ref().map_or(&[][..], |entity| entity.as_bytes());
    let event = origin.event.as_ref().map_or(&[][..], |event| event.as_sorted_bytes());
    let mut hash = Sha256::new();
    for part in [context.as_bytes(), domain.as_bytes(), entity, event] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// A file or a folder, of which there is none.
struct Descriptor;
struct DirectoryEntryStream;

/// Names a resource in an interface: in the one that defines it, and in every one that uses it.
fn resource<T: 'static>(linker: &mut Linker<Instance>, interface: &str, name: &str) -> wasmtime::Result<()> {
    linker.instance(interface)?.resource(name, ResourceType::host::<T>(), |_, _| Ok(()))
}

/// Lets a linker's components import WASI, without files: what is missing of `wasi:filesystem` can only be
/// called with a descriptor, and nobody has one.
pub(super) fn add_to(linker: &mut Linker<Instance>) -> wasmtime::Result<()> {
    streams::add_to(linker)?;
    clocks::add_to(linker)?;
    random::add_to(linker)?;
    cli::add_to(linker)?;
    resource::<Descriptor>(linker, wasi!("filesystem/types"), "descriptor")?;
    resource::<DirectoryEntryStream>(linker, wasi!("filesystem/types"), "directory-entry-stream")?;
    resource::<InputStream>(linker, wasi!("filesystem/types"), "input-stream")?;
    resource::<OutputStream>(linker, wasi!("filesystem/types"), "output-stream")?;
    resource::<IoError>(linker, wasi!("filesystem/types"), "error")?;
    resource::<Descriptor>(linker, wasi!("filesystem/preopens"), "descriptor")?;
    linker
        .instance(wasi!("filesystem/preopens"))?
        .func_wrap("get-directories", |_, (): ()| Ok((Vec::<(Resource<Descriptor>, String)>::new(),)))
}

/// Stands in for every function of WASI that a component imports and that is not defined: those of files,
/// which nobody can call without one, and what later releases of 0.2 have added. Calling it ends the call.
pub(super) fn add_rest_to(linker: &mut Linker<Instance>, component: &Component) -> wasmtime::Result<()> {
    let engine = linker.engine().clone();
    for (name, item) in component.component_type().imports(&engine) {
        let (Some(interface), ComponentItem::ComponentInstance(instance)) = (offered_wasi(name), item.ty)
        else {
            continue;
        };
        // Under our version: the linker serves other releases of 0.2 from there.
        let mut defined = linker.instance(&wasi_named(interface))?;
        for (function, item) in instance.exports(&engine) {
            if matches!(item.ty, ComponentItem::ComponentFunc(_)) {
                let missing = format!("called {name}#{function}, which there is not");
                // Refused, and rightly, where it is defined already: linkers shadow nothing.
                let _ = defined.func_new(function, move |_, _, _, _| Err(Ended::refused(missing.clone())));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_the_origin_counts_and_nothing_else() {
        let key = |context: &str, domain: &str| DomainKey {
            context: context.parse().unwrap(),
            domain: domain.parse().unwrap(),
        };
        let entity = |byte| Some(EntityId::from_stored([byte; 16]));
        let event = |ticks| Some(EventId::from_parts(ticks, [1; 8]));
        let of = |key: &DomainKey, entity, event| seed(&Origin { key: Some(key), entity, event });
        let seeds = [
            of(&key("a", "bc"), entity(1), event(1)),
            of(&key("ab", "c"), entity(1), event(1)),
            of(&key("a", "bc"), entity(2), event(1)),
            of(&key("a", "bc"), None, event(1)),
            of(&key("a", "bc"), entity(1), event(2)),
            seed(&Origin { key: None, entity: None, event: None }),
        ];
        for (index, seed) in seeds.iter().enumerate() {
            assert!(!seeds[..index].contains(seed), "{index}");
        }
        assert_eq!(seeds[0], of(&key("a", "bc"), entity(1), event(1)));
    }
}
