//! The command line.

mod bench;
mod moving;
mod projects;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use everfold::config::Scope;

pub(crate) use bench::BenchArgs;
pub(crate) use moving::{BackupArgs, ExportArgs, ImportArgs, RestoreArgs};
pub(crate) use projects::{BuildArgs, CheckArgs, DevArgs, NewArgs, Terms, TestArgs};

/// Folds immutable events into models with sandboxed WebAssembly reducers.
#[derive(Debug, Parser)]
#[command(version, after_help = "EVERFOLD_LOG says what is logged, such as info or warn,everfold=debug.")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a host.
    Serve(ServeArgs),
    /// Make a project for a reducer: it builds and passes its tests at once.
    New(NewArgs),
    /// Serve the reducers of a project while they are being written: what is saved is built, served and tested.
    ///
    /// A host of its own keeps its events in target/everfold/dev of the project. What cannot be built is told, and the
    /// module before it goes on serving.
    Dev(DevArgs),
    /// Make components of reducers' sources, in any language that has an SDK, or of a core module.
    Build(BuildArgs),
    /// Tell whether the host would take a module, and what the module says about itself.
    Check(CheckArgs),
    /// Run the cases of a module: given events and a model, when events come, then a model and new events.
    Test(TestArgs),
    /// Print the id of an event that happens now (a UUIDv1), or of a new entity (a UUIDv4).
    Id(IdArgs),
    /// Make a token for whoever shall talk to a host, and print the configuration's lines for it.
    Token(TokenArgs),
    /// Make a captured call again: what the host gives at /_/parked/{context}/{domain}/{entity}.
    Replay(ReplayArgs),
    /// Bring a store's schema up to date, or print what makes that of a Postgres store.
    Migrate(MigrateArgs),
    /// Fold every model of a store again and compare. No host may be using the store.
    Verify(VerifyArgs),
    /// Write all that a store holds as lines of JSON, for another store of any kind.
    ///
    /// The lines hold contexts, modules, domains, activations, what hosts saw in their folders, every event
    /// and every row, with all their numbers; data and models stand there byte for byte. What can be made
    /// again is left out: snapshots, indexes, compiled code. The same store gives the same bytes every time,
    /// with digests in between and at the end.
    ///
    /// All is as of one moment. A SQLite store that a host is using is held by it: make a backup, which needs
    /// no pause, and export that (--store sqlite:BACKUP).
    Export(ExportArgs),
    /// Fill an empty store from an export, or go on with that.
    ///
    /// Ids, positions, versions, activations, modules and what was emitted stay as they are, and so do the
    /// cursors of clients: the store goes on where the exported one stood. Nothing is taken that its digest
    /// does not prove.
    ///
    /// Interrupted, or stopped by a damaged line, the same command goes on where it was with the same (whole)
    /// export; until it has ended no host serves the store. In the end all is read back and compared.
    Import(ImportArgs),
    /// Copy a SQLite store into a new file, also while a host is using it.
    ///
    /// The copy is as of one moment and holds whatever was acknowledged before. It is written under another
    /// name, checked (all pages and indexes, the number of events), put on the disk, and then given its name.
    /// The host goes on meanwhile; its write-ahead log is as long as what it writes until then.
    ///
    /// Of a Postgres store, pg_dump or an archive of its WAL makes backups.
    Backup(BackupArgs),
    /// Put a backup where no store is, as a history of its own.
    ///
    /// The backup is checked first, and stays. The store gets a new epoch, because what was written after the
    /// backup is not in it and its numbers are given again: the cursors and ETags of clients are void, and
    /// streams begin anew by themselves. (To go on with the same history, move the store's file itself while
    /// no host uses it.)
    Restore(RestoreArgs),
    /// Load a host and measure: rates, latencies, errors. It writes events into the host's store.
    Bench(Box<BenchArgs>),
    /// Build the example shop, feed it, show what its models answer, then keep serving.
    Demo(DemoArgs),
}

/// A flag goes before the environment (`EVERFOLD_LISTEN` and so on), that before the file, that before the
/// embedded default.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Where to listen [default: 127.0.0.1:4580]; port 0 takes any that is free
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<String>,
    /// Where events and models are kept: sqlite:FILE, sqlite::memory: or postgres://... [default: sqlite:everfold.db]
    #[arg(long, value_name = "STORE")]
    pub(crate) store: Option<String>,
    /// The folder of <context>/<domain>.wasm that is watched [default: reducers]
    #[arg(long, value_name = "DIR")]
    pub(crate) reducers: Option<PathBuf>,
    /// The configuration file (also `EVERFOLD_CONFIG`); host/default.toml documents every option
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// This host's name in its store [default: local]
    #[arg(long, value_name = "NAME")]
    pub(crate) node: Option<String>,
    /// A context that exists from the start; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Vec<String>,
    /// Of a store that hosts share, reduce only these contexts [default: all]
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub(crate) contexts: Vec<String>,
    /// Of a store that hosts share, reduce only these domains, like shop/cart [default: all]
    #[arg(long, value_name = "CONTEXT/DOMAIN,...", value_delimiter = ',')]
    pub(crate) domains: Vec<String>,
    /// Let a host without tokens listen where other machines reach it: everybody there may do everything
    #[arg(long)]
    pub(crate) insecure: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    /// Who has it, for people [default: token- and the beginning of its hash]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// A context in which it counts; may be given several times; * stands for all
    #[arg(long, value_name = "NAME", default_value = "*")]
    pub(crate) context: Vec<String>,
    /// What it may do there (read, write or admin); may be given several times
    #[arg(long, value_name = "SCOPE", default_values = ["read", "write"])]
    pub(crate) scope: Vec<Scope>,
}

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// The capture
    pub(crate) file: PathBuf,
    /// The module to call: the captured one, or one that should do better [default: out of the store]
    #[arg(long, value_name = "FILE")]
    pub(crate) module: Option<PathBuf>,
    /// The store that holds the captured module [default: as configured]; no host may be using it
    #[arg(long, value_name = "STORE", conflicts_with = "module")]
    pub(crate) store: Option<String>,
    /// The configuration whose limits apply (also `EVERFOLD_CONFIG`)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct MigrateArgs {
    /// The store [default: as configured]
    #[arg(long, value_name = "STORE")]
    pub(crate) store: Option<String>,
    /// The configuration file (also `EVERFOLD_CONFIG`)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Only print the SQL that makes the tables of a Postgres store
    #[arg(long, conflicts_with_all = ["store", "config"])]
    pub(crate) print: bool,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The store [default: as configured]
    #[arg(long, value_name = "STORE")]
    pub(crate) store: Option<String>,
    /// The configuration file
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct IdArgs {
    /// An entity's id instead of an event's
    #[arg(long)]
    pub(crate) entity: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Exit after the answers
    #[arg(long)]
    pub(crate) once: bool,
    /// The folder for the store and the modules [default: a fresh one]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Decides what happens in the shop: the same seed, the same events
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Where to listen [default: 127.0.0.1:4580]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<String>,
    /// Let it listen where other machines reach it: everybody there may do everything
    #[arg(long)]
    pub(crate) insecure: bool,
}

impl Command {
    /// What it logs where `EVERFOLD_LOG` says nothing.
    pub(crate) fn default_log(&self) -> &'static str {
        match self {
            // What they show is their own.
            Self::Demo(_) | Self::Bench(_) => "warn",
            // What the reducer logs is of interest while it is being written.
            Self::Dev(_) => "warn,everfold::guest=debug",
            // What a reducer logged is shown with the case that failed.
            Self::Test(_) => "warn,everfold::guest=off",
            // What the reducer logs now is what one wants to see.
            Self::Replay(_) => "warn,everfold::guest=trace",
            _ => "info",
        }
    }
}

impl ServeArgs {
    /// The options that the flags set.
    pub(crate) fn overrides(&self) -> Vec<(&'static str, String)> {
        let list = |given: &[String]| (!given.is_empty()).then(|| given.join(","));
        let reducers = self.reducers.as_ref().map(|path| path.to_string_lossy().into_owned());
        let flags = [
            ("listen", self.listen.clone()),
            ("store", self.store.clone()),
            ("reducers", reducers),
            ("node", self.node.clone()),
            ("contexts", list(&self.context)),
            ("reduce_contexts", list(&self.contexts)),
            ("reduce_domains", list(&self.domains)),
            ("insecure", self.insecure.then(|| "true".to_owned())),
        ];
        flags.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn only_given_flags_override() {
        let cli =
            Cli::parse_from(["everfold", "serve", "--listen", "[::1]:0", "--context", "a", "--context", "b"]);
        let Command::Serve(arguments) = cli.command else { panic!("not serve") };
        assert_eq!(arguments.overrides(), [("listen", "[::1]:0".to_owned()), ("contexts", "a,b".to_owned())]);
        let cli = Cli::parse_from(["everfold", "serve", "--insecure"]);
        let Command::Serve(arguments) = cli.command else { panic!("not serve") };
        assert_eq!(arguments.overrides(), [("insecure", "true".to_owned())]);
    }
}
