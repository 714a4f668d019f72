//! The interface `everfold:domain/log`: what a reducer says reaches the host's log, up to a limit.

use wasmtime::{
    StoreContextMut,
    component::{Linker, WasmStr},
};

use super::{
    contract::{LOG, Level},
    instance::{Instance, charge},
};

/// What a line costs besides its bytes, in fuel.
const LINE: u64 = 200;

pub(super) fn add_to(linker: &mut Linker<Instance>) -> wasmtime::Result<()> {
    linker.instance(LOG)?.func_wrap(
        "write",
        |mut store: StoreContextMut<'_, Instance>, (level, message): (Level, WasmStr)| {
            let text = message.to_str(&store)?;
            let cost = LINE + text.len() as u64;
            let kept = store.data().loggable(&text);
            if let Some(kept) = kept {
                store.data_mut().log(level, kept);
            }
            // A line costs fuel like any other work, whether it is kept or not: nobody logs for ever.
            charge(&mut store, cost)
        },
    )
}
