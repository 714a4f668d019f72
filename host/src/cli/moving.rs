//! What `export`, `import`, `backup` and `restore` are told.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The file to write, which must not exist; -: stdout
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) to: PathBuf,
    /// The store [default: as configured]
    #[arg(long, value_name = "STORE")]
    pub(crate) store: Option<String>,
    /// The configuration file (also `EVERFOLD_CONFIG`)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The export; -: stdin
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) from: PathBuf,
    /// The store, in which nothing may be [default: as configured]
    #[arg(long, value_name = "STORE")]
    pub(crate) store: Option<String>,
    /// The exported store goes on being served: this one gets a history (an epoch) of its own, and cursors of the
    /// other are void here
    #[arg(long)]
    pub(crate) as_copy: bool,
    /// The configuration file (also `EVERFOLD_CONFIG`)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The file to write, which must not exist
    #[arg(value_name = "TO")]
    pub(crate) to: PathBuf,
    /// The store, sqlite:FILE [default: as configured]
    #[arg(long, value_name = "STORE")]
    pub(crate) store: Option<String>,
    /// The configuration file (also `EVERFOLD_CONFIG`)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// The backup
    #[arg(value_name = "BACKUP")]
    pub(crate) backup: PathBuf,
    /// Where the store is to be, sqlite:FILE; nothing may be there [default: as configured]
    #[arg(long, value_name = "STORE")]
    pub(crate) store: Option<String>,
    /// The configuration file (also `EVERFOLD_CONFIG`)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}
