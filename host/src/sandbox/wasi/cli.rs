//! `wasi:cli`: no arguments, no environment, no terminal; what ends itself gives no result.

use wasmtime::component::{Linker, Resource};

use crate::sandbox::{failure::Ended, instance::Instance};

use super::{
    resource,
    streams::{InputStream, OutputStream, STDERR, STDOUT},
    wasi,
};

struct TerminalInput;
struct TerminalOutput;

pub(super) fn add_to(linker: &mut Linker<Instance>) -> wasmtime::Result<()> {
    let mut environment = linker.instance(wasi!("cli/environment"))?;
    environment.func_wrap("get-environment", |_, (): ()| Ok((Vec::<(String, String)>::new(),)))?;
    environment.func_wrap("get-arguments", |_, (): ()| Ok((Vec::<String>::new(),)))?;
    environment.func_wrap("initial-cwd", |_, (): ()| Ok((None::<String>,)))?;
    let mut exit = linker.instance(wasi!("cli/exit"))?;
    exit.func_wrap("exit", |_, (status,): (Result<(), ()>,)| -> wasmtime::Result<()> {
        Err(wasmtime::Error::new(Ended::Exit(u8::from(status.is_err()))))
    })?;
    exit.func_wrap("exit-with-code", |_, (code,): (u8,)| -> wasmtime::Result<()> {
        Err(wasmtime::Error::new(Ended::Exit(code)))
    })?;
    add_streams(linker)?;
    add_terminals(linker)
}

fn add_streams(linker: &mut Linker<Instance>) -> wasmtime::Result<()> {
    resource::<InputStream>(linker, wasi!("cli/stdin"), "input-stream")?;
    resource::<OutputStream>(linker, wasi!("cli/stdout"), "output-stream")?;
    resource::<OutputStream>(linker, wasi!("cli/stderr"), "output-stream")?;
    let mut stdin = linker.instance(wasi!("cli/stdin"))?;
    stdin.func_wrap("get-stdin", |_, (): ()| Ok((Resource::<InputStream>::new_own(0),)))?;
    let mut stdout = linker.instance(wasi!("cli/stdout"))?;
    stdout.func_wrap("get-stdout", |_, (): ()| Ok((Resource::<OutputStream>::new_own(STDOUT),)))?;
    let mut stderr = linker.instance(wasi!("cli/stderr"))?;
    stderr.func_wrap("get-stderr", |_, (): ()| Ok((Resource::<OutputStream>::new_own(STDERR),)))
}

fn add_terminals(linker: &mut Linker<Instance>) -> wasmtime::Result<()> {
    resource::<TerminalInput>(linker, wasi!("cli/terminal-input"), "terminal-input")?;
    resource::<TerminalInput>(linker, wasi!("cli/terminal-stdin"), "terminal-input")?;
    resource::<TerminalOutput>(linker, wasi!("cli/terminal-output"), "terminal-output")?;
    resource::<TerminalOutput>(linker, wasi!("cli/terminal-stdout"), "terminal-output")?;
    resource::<TerminalOutput>(linker, wasi!("cli/terminal-stderr"), "terminal-output")?;
    let mut stdin = linker.instance(wasi!("cli/terminal-stdin"))?;
    stdin.func_wrap("get-terminal-stdin", |_, (): ()| Ok((None::<Resource<TerminalInput>>,)))?;
    let mut stdout = linker.instance(wasi!("cli/terminal-stdout"))?;
    stdout.func_wrap("get-terminal-stdout", |_, (): ()| Ok((None::<Resource<TerminalOutput>>,)))?;
    let mut stderr = linker.instance(wasi!("cli/terminal-stderr"))?;
    stderr.func_wrap("get-terminal-stderr", |_, (): ()| Ok((None::<Resource<TerminalOutput>>,)))
}
