//! `wasi:clocks` and `wasi:io/poll`: the wall clock stands at the event's time; the other one moves only
//! when the guest looks at it or waits.

use wasmtime::{
    StoreContextMut,
    component::{ComponentType, Linker, Lower, Resource, ResourceType},
};

use crate::sandbox::{
    failure::Ended,
    instance::{Instance, charge},
};

use super::{World, resource, wasi};

/// How far the clock moves whenever it is read.
const STEP_NS: u64 = 1_000_000;
/// Deadlines that a guest may hold at once.
const DEADLINES: usize = 4096;
/// The handle of what is always ready.
pub(super) const READY: u32 = 0;

#[derive(ComponentType, Lower)]
#[component(record)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

/// Something to wait for: a deadline, or a stream.
pub(super) struct Pollable;

type Context<'a> = StoreContextMut<'a, Instance>;

impl World {
    fn read_monotonic(&mut self) -> u64 {
        self.monotonic_ns = self.monotonic_ns.saturating_add(STEP_NS);
        self.monotonic_ns
    }

    /// A handle for a deadline.
    fn wait_until(&mut self, deadline_ns: u64) -> wasmtime::Result<Resource<Pollable>> {
        if self.deadlines.len() >= DEADLINES {
            return Err(Ended::refused(format!("waits for more than {DEADLINES} things at once")));
        }
        let handle = self.handles.checked_add(1).ok_or_else(|| Ended::refused("made too many pollables"))?;
        self.handles = handle;
        self.deadlines.insert(handle, deadline_ns);
        Ok(Resource::new_own(handle))
    }

    /// Streams are always ready: their deadline is none.
    fn deadline(&self, pollable: &Resource<Pollable>) -> u64 {
        self.deadlines.get(&pollable.rep()).copied().unwrap_or_default()
    }

    /// Indexes of what is ready. If nothing is, time passes until something is.
    fn poll(&mut self, deadlines: &[u64]) -> Vec<u32> {
        self.monotonic_ns = self.monotonic_ns.max(deadlines.iter().copied().min().unwrap_or_default());
        (0..).zip(deadlines).filter(|(_, at)| **at <= self.monotonic_ns).map(|(index, _)| index).collect()
    }
}

pub(super) fn add_to(linker: &mut Linker<Instance>) -> wasmtime::Result<()> {
    add_clocks(linker)?;
    resource::<Pollable>(linker, wasi!("clocks/monotonic-clock"), "pollable")?;
    let mut poll = linker.instance(wasi!("io/poll"))?;
    poll.resource("pollable", ResourceType::host::<Pollable>(), |mut store, handle| {
        World::called(&mut store)?.deadlines.remove(&handle);
        Ok(())
    })?;
    poll.func_wrap("[method]pollable.ready", |mut store: Context<'_>, (it,): (Resource<Pollable>,)| {
        let world = World::called(&mut store)?;
        // Time passes here too, so that who asks again and again gets an answer some day.
        let now = world.read_monotonic();
        Ok((world.deadline(&it) <= now,))
    })?;
    poll.func_wrap("[method]pollable.block", |mut store: Context<'_>, (it,): (Resource<Pollable>,)| {
        let world = World::called(&mut store)?;
        world.monotonic_ns = world.monotonic_ns.max(world.deadline(&it));
        Ok(())
    })?;
    poll.func_wrap("poll", |mut store: Context<'_>, (all,): (Vec<Resource<Pollable>>,)| {
        if all.is_empty() {
            return Err(Ended::refused("polls nothing"));
        }
        charge(&mut store, all.len() as u64)?;
        let world = World::called(&mut store)?;
        let deadlines: Vec<u64> = all.iter().map(|pollable| world.deadline(pollable)).collect();
        Ok((world.poll(&deadlines),))
    })
}

fn add_clocks(linker: &mut Linker<Instance>) -> wasmtime::Result<()> {
    let mut wall = linker.instance(wasi!("clocks/wall-clock"))?;
    wall.func_wrap("now", |mut store: Context<'_>, (): ()| {
        let now_us = World::called(&mut store)?.now_us;
        // Below a million times a thousand: it fits.
        let nanoseconds = u32::try_from(now_us % 1_000_000 * 1_000)?;
        Ok((Datetime { seconds: now_us / 1_000_000, nanoseconds },))
    })?;
    wall.func_wrap("resolution", |_, (): ()| Ok((Datetime { seconds: 0, nanoseconds: 1_000 },)))?;
    let mut monotonic = linker.instance(wasi!("clocks/monotonic-clock"))?;
    monotonic.func_wrap("now", |mut store: Context<'_>, (): ()| {
        Ok((World::called(&mut store)?.read_monotonic(),))
    })?;
    monotonic.func_wrap("resolution", |_, (): ()| Ok((STEP_NS,)))?;
    monotonic.func_wrap("subscribe-instant", |mut store: Context<'_>, (at,): (u64,)| {
        Ok((World::called(&mut store)?.wait_until(at)?,))
    })?;
    monotonic.func_wrap("subscribe-duration", |mut store: Context<'_>, (lasting,): (u64,)| {
        let world = World::called(&mut store)?;
        Ok((world.wait_until(world.monotonic_ns.saturating_add(lasting))?,))
    })
}
