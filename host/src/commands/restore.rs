//! `everfold restore`: puts a backup where no store is.

use everfold::moving::restore;

use super::{Outcome, configured};
use crate::cli::RestoreArgs;

pub(crate) async fn run(arguments: RestoreArgs) -> Outcome {
    let config = configured(arguments.config.as_deref(), arguments.store)?;
    let contents = Box::pin(restore(&arguments.backup, &config.store)).await?;
    println!(
        "{} holds {} events, up to version {}; checked, and on the disk",
        config.store, contents.head.position, contents.head.version
    );
    println!("its history has a new name, {}: cursors and ETags that clients have are void", contents.epoch);
    Ok(())
}
