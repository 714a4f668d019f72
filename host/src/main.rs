//! The program: parses, sets up logging, dispatches.

mod cli;
mod commands;

use std::{
    io::{self, IsTerminal as _},
    process::ExitCode,
};

use clap::Parser as _;
use tracing_subscriber::EnvFilter;

use cli::{Cli, Command};

/// Events, models and what carries them are made on one thread and dropped on another: this allocator takes
/// that more lightly than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = start_logging(&cli.command).and_then(|()| dispatch(cli.command));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("everfold: {error}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: Command) -> commands::Outcome {
    match command {
        Command::New(arguments) => commands::new::run(&arguments),
        Command::Dev(arguments) => on_a_runtime(commands::dev::run(arguments)),
        Command::Build(arguments) => commands::build::run(&arguments),
        Command::Check(arguments) => commands::check::run(&arguments),
        Command::Test(arguments) => commands::test::run(&arguments),
        Command::Id(arguments) => commands::id::run(&arguments),
        Command::Token(arguments) => commands::token::run(arguments),
        Command::Serve(arguments) => on_a_runtime(commands::serve::run(&arguments)),
        Command::Replay(arguments) => on_a_runtime(commands::replay::run(arguments)),
        Command::Migrate(arguments) => on_a_runtime(commands::migrate::run(arguments)),
        Command::Verify(arguments) => on_a_runtime(commands::verify::run(arguments)),
        Command::Export(arguments) => on_a_runtime(commands::export::run(arguments)),
        Command::Import(arguments) => on_a_runtime(commands::import::run(arguments)),
        Command::Backup(arguments) => on_a_runtime(commands::backup::run(arguments)),
        Command::Restore(arguments) => on_a_runtime(commands::restore::run(arguments)),
        Command::Bench(arguments) => on_a_runtime(commands::bench::run(*arguments)),
        Command::Demo(arguments) => on_a_runtime(commands::demo::run(arguments)),
    }
}

fn on_a_runtime(command: impl Future<Output = commands::Outcome>) -> commands::Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(command);
    // All that matters is written by now; a module that is still being compiled is not worth waiting for.
    runtime.shutdown_background();
    outcome
}

fn start_logging(command: &Command) -> commands::Outcome {
    let filter = everfold::config::log_filter(command.default_log());
    let parsed = EnvFilter::try_new(&filter).map_err(|error| {
        format!("EVERFOLD_LOG={filter} is not valid: {error}; try info, or everfold=debug")
    })?;
    let format = tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    format.with_env_filter(parsed).init();
    Ok(())
}
