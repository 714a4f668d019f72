//! `everfold verify`: is every model what its events fold to?

use everfold::{
    Config,
    verify::{Finding, verify},
};
use indicatif::{ProgressBar, ProgressStyle};

use super::Outcome;
use crate::cli::VerifyArgs;

/// Divergences that are shown; the rest is counted.
const SHOWN: u64 = 20;

pub(crate) async fn run(arguments: VerifyArgs) -> Outcome {
    let mut config = Config::load(arguments.config.as_deref(), Vec::new())?;
    if let Some(store) = arguments.store {
        config.store = store;
    }
    let style = ProgressStyle::with_template("  {bar:40} {pos}/{len} models, {per_sec}")?;
    let bar = ProgressBar::new(0).with_style(style);
    let mut divergent = 0;
    let tell = |finding| match finding {
        Finding::Total(total) => bar.set_length(total),
        Finding::Checked => bar.inc(1),
        Finding::Different(what) => bar.suspend(|| println!("different: {what}")),
        Finding::Divergent(what) => {
            divergent += 1;
            if divergent <= SHOWN {
                bar.suspend(|| println!("divergent: {what}"));
            }
        }
    };
    let different = Box::pin(verify(config, tell)).await?;
    bar.finish_and_clear();
    println!("{} models checked, {different} different, {divergent} emissions divergent", bar.position());
    if different == 0 {
        Ok(())
    } else {
        Err(format!("{different} models are not what their events fold to").into())
    }
}
