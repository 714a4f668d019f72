//! `everfold backup`: copies a SQLite store, also while a host is using it.

use everfold::moving::backup;

use super::{Outcome, configured};
use crate::cli::BackupArgs;

pub(crate) async fn run(arguments: BackupArgs) -> Outcome {
    let config = configured(arguments.config.as_deref(), arguments.store)?;
    let contents = Box::pin(backup(&config.store, &arguments.to)).await?;
    println!(
        "{} holds {} events, up to version {}; checked, and on the disk",
        arguments.to.display(),
        contents.head.position,
        contents.head.version
    );
    Ok(())
}
