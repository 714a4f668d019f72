//! `everfold demo`: the shop, from nothing to answers.

use everfold::demo::{self, DemoOptions};
use tokio_util::sync::CancellationToken;

use super::{Outcome, signals};
use crate::cli::DemoArgs;

pub(crate) async fn run(arguments: DemoArgs) -> Outcome {
    let DemoArgs { once, data, seed, listen, insecure } = arguments;
    let shutdown = CancellationToken::new();
    signals::cancel(shutdown.clone())?;
    Box::pin(demo::run(DemoOptions { once, data, seed, listen, insecure }, shutdown)).await?;
    Ok(())
}
