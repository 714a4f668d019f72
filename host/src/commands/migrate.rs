//! `everfold migrate`: brings a store's schema up to date. A host does so as well when it starts; this is for whoever
//! gives hosts no right to make tables.

use std::io::{self, Write as _};

use everfold::{Config, store::postgres};

use super::Outcome;
use crate::cli::MigrateArgs;

pub(crate) async fn run(arguments: MigrateArgs) -> Outcome {
    if arguments.print {
        io::stdout().write_all(postgres::printed().as_bytes())?;
        return Ok(());
    }
    let mut config = Config::load(arguments.config.as_deref(), Vec::new())?;
    if let Some(store) = arguments.store {
        config.store = store;
    }
    everfold::migrate(&config).await?;
    println!("the store has the newest schema");
    Ok(())
}
