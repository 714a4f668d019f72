//! `everfold dev`: what is saved is served.

use std::io::{self, IsTerminal as _};

use everfold::{
    cases::Colour,
    dev::{self, DevOptions},
};
use tokio_util::sync::CancellationToken;

use super::{Outcome, signals};
use crate::cli::DevArgs;

pub(crate) async fn run(arguments: DevArgs) -> Outcome {
    let DevArgs { project, context, listen, config } = arguments;
    let colour = if io::stdout().is_terminal() { Colour::On } else { Colour::Off };
    let shutdown = CancellationToken::new();
    signals::cancel(shutdown.clone())?;
    Box::pin(dev::run(DevOptions { project, context, listen, config, colour }, shutdown)).await?;
    Ok(())
}
