//! `everfold demo`: the shop, from nothing to answers.

use everfold::demo::{self, DemoOptions};

use super::Outcome;
use crate::cli::DemoArgs;

pub(crate) async fn run(arguments: DemoArgs) -> Outcome {
    let DemoArgs { once, data, seed, listen } = arguments;
    Box::pin(demo::run(DemoOptions { once, data, seed, listen })).await?;
    Ok(())
}
