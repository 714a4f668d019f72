//! `wasi:io`: nothing can be read, and what is written becomes log lines.

use wasmtime::{
    StoreContextMut,
    component::{ComponentType, Lift, Linker, Lower, Resource, WasmList},
};

use crate::sandbox::{
    contract::Level,
    failure::Ended,
    instance::{Instance, charge},
};

use super::{
    World,
    clocks::{Pollable, READY},
    resource, wasi,
};

pub(super) struct InputStream;
pub(super) struct OutputStream;
pub(super) struct IoError;

/// The two streams that there are, by their handles.
pub(super) const STDOUT: u32 = 1;
pub(super) const STDERR: u32 = 2;
/// What `check-write` permits at once, in bytes.
const PERMITTED: u64 = 1 << 16;
/// Fuel for a call of any function of the world, besides what it does.
const CALL: u64 = 100;

#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
enum StreamError {
    #[component(name = "last-operation-failed")]
    LastOperationFailed(Resource<IoError>),
    #[component(name = "closed")]
    Closed,
}

type Context<'a> = StoreContextMut<'a, Instance>;
type Output<T> = wasmtime::Result<(Result<T, StreamError>,)>;

/// What was printed since the last end of a line.
#[derive(Default)]
pub(super) struct Printed {
    out: Vec<u8>,
    err: Vec<u8>,
}

impl Printed {
    /// What a stream has for a line, and the level that it is logged at.
    fn of(&mut self, stream: u32) -> (&mut Vec<u8>, Level) {
        match stream {
            STDOUT => (&mut self.out, Level::Info),
            _ => (&mut self.err, Level::Warn),
        }
    }
}

impl Instance {
    /// Takes what was printed. Whole lines are logged: those of stdout as `info`, of stderr as `warn`.
    fn print(&mut self, stream: u32, bytes: &[u8]) {
        // No more of a line than can be logged, and one byte, so that the cut is told.
        let most = self.limits().log_bytes + 1;
        let Some(world) = &mut self.world else { return };
        let (kept, level) = world.printed.of(stream);
        let Some(end) = bytes.iter().rposition(|byte| *byte == b'\n') else {
            let room = most.saturating_sub(kept.len()).min(bytes.len());
            kept.extend_from_slice(&bytes[..room]);
            return;
        };
        let (lines, rest) = (&bytes[..end], &bytes[end + 1..]);
        let rest = rest[..rest.len().min(most)].to_vec();
        let mut whole = std::mem::replace(kept, rest);
        whole.extend_from_slice(lines);
        for line in whole.split(|byte| *byte == b'\n') {
            self.log_bytes(level, line);
        }
    }

    /// Logs lines that nobody ended: the call is over.
    pub(in crate::sandbox) fn end_lines(&mut self) {
        let Some(world) = &mut self.world else { return };
        let Printed { out, err } = std::mem::take(&mut world.printed);
        for (level, line) in [(Level::Info, out), (Level::Warn, err)] {
            if !line.is_empty() {
                self.log_bytes(level, &line);
            }
        }
    }

    fn log_bytes(&mut self, level: Level, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        if let Some(kept) = self.loggable(&text) {
            self.log(level, kept);
        }
    }
}

impl World {
    /// The world, of which a function was called: that costs fuel. Only a component that imports WASI has one,
    /// and no other can call its functions.
    pub(super) fn called<'a>(store: &'a mut Context<'_>) -> wasmtime::Result<&'a mut Self> {
        charge(store, CALL)?;
        let world = store.data_mut().world.as_deref_mut();
        world.ok_or_else(|| Ended::refused("has no world to look at"))
    }
}

pub(super) fn add_to(linker: &mut Linker<Instance>) -> wasmtime::Result<()> {
    resource::<IoError>(linker, wasi!("io/error"), "error")?;
    resource::<IoError>(linker, wasi!("io/streams"), "error")?;
    resource::<Pollable>(linker, wasi!("io/streams"), "pollable")?;
    resource::<InputStream>(linker, wasi!("io/streams"), "input-stream")?;
    resource::<OutputStream>(linker, wasi!("io/streams"), "output-stream")?;
    linker
        .instance(wasi!("io/error"))?
        .func_wrap("[method]error.to-debug-string", |_, (_,): (Resource<IoError>,)| {
            Ok(("there are no errors here".to_owned(),))
        })?;
    add_input(linker)?;
    add_output(linker)
}

/// Every stream that is read from is at its end.
fn add_input(linker: &mut Linker<Instance>) -> wasmtime::Result<()> {
    fn read(mut store: Context<'_>, (_, _): (Resource<InputStream>, u64)) -> Output<Vec<u8>> {
        World::called(&mut store)?;
        Ok((Err(StreamError::Closed),))
    }
    fn skip(mut store: Context<'_>, (_, _): (Resource<InputStream>, u64)) -> Output<u64> {
        World::called(&mut store)?;
        Ok((Err(StreamError::Closed),))
    }
    let mut streams = linker.instance(wasi!("io/streams"))?;
    streams.func_wrap("[method]input-stream.read", read)?;
    streams.func_wrap("[method]input-stream.blocking-read", read)?;
    streams.func_wrap("[method]input-stream.skip", skip)?;
    streams.func_wrap("[method]input-stream.blocking-skip", skip)?;
    streams.func_wrap("[method]input-stream.subscribe", ready::<InputStream>)
}

/// Every stream that is written to takes everything at once.
fn add_output(linker: &mut Linker<Instance>) -> wasmtime::Result<()> {
    type Stream = Resource<OutputStream>;
    fn write(mut store: Context<'_>, (stream, bytes): (Stream, WasmList<u8>)) -> Output<()> {
        World::called(&mut store)?;
        charge(&mut store, bytes.len() as u64)?;
        let bytes = bytes.as_le_slice(&store).to_vec();
        store.data_mut().print(stream.rep(), &bytes);
        Ok((Ok(()),))
    }
    fn check_write(mut store: Context<'_>, (_,): (Stream,)) -> Output<u64> {
        World::called(&mut store)?;
        Ok((Ok(PERMITTED),))
    }
    fn flush(mut store: Context<'_>, (_,): (Stream,)) -> Output<()> {
        World::called(&mut store)?;
        Ok((Ok(()),))
    }
    fn write_zeroes(mut store: Context<'_>, (_, count): (Stream, u64)) -> Output<()> {
        // Nobody reads zeroes in a log.
        World::called(&mut store)?;
        charge(&mut store, count)?;
        Ok((Ok(()),))
    }
    fn splice(mut store: Context<'_>, (_, _, _): (Stream, Resource<InputStream>, u64)) -> Output<u64> {
        World::called(&mut store)?;
        Ok((Err(StreamError::Closed),))
    }
    let mut streams = linker.instance(wasi!("io/streams"))?;
    streams.func_wrap("[method]output-stream.check-write", check_write)?;
    streams.func_wrap("[method]output-stream.write", write)?;
    streams.func_wrap("[method]output-stream.blocking-write-and-flush", write)?;
    streams.func_wrap("[method]output-stream.flush", flush)?;
    streams.func_wrap("[method]output-stream.blocking-flush", flush)?;
    streams.func_wrap("[method]output-stream.write-zeroes", write_zeroes)?;
    streams.func_wrap("[method]output-stream.blocking-write-zeroes-and-flush", write_zeroes)?;
    streams.func_wrap("[method]output-stream.splice", splice)?;
    streams.func_wrap("[method]output-stream.blocking-splice", splice)?;
    streams.func_wrap("[method]output-stream.subscribe", ready::<OutputStream>)
}

fn ready<T: 'static>(
    mut store: Context<'_>,
    (_,): (Resource<T>,),
) -> wasmtime::Result<(Resource<Pollable>,)> {
    World::called(&mut store)?;
    Ok((Resource::new_own(READY),))
}
