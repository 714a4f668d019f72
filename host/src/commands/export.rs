//! `everfold export`: all that a store holds, as lines.

use std::path::Path;

use everfold::{
    moving::{Summary, export},
    store::Part,
};
use indicatif::{ProgressBar, ProgressStyle};

use super::{Outcome, configured};
use crate::cli::ExportArgs;

pub(crate) async fn run(arguments: ExportArgs) -> Outcome {
    let config = configured(arguments.config.as_deref(), arguments.store)?;
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("  {bar:40} {pos}/{len} events, {msg} rows")?;
    let mut parts = Parts::on(&bar, style);
    let to = Some(&*arguments.to).filter(|to| *to != Path::new("-"));
    let summary = Box::pin(export(&config, to, |part| parts.show(part))).await?;
    bar.finish_and_clear();
    // The export itself may be on stdout.
    eprintln!("exported {}", described(&summary));
    Ok(())
}

/// A bar that shows the parts of a store as they come.
pub(super) struct Parts {
    bar: ProgressBar,
    rows: u64,
}

impl Parts {
    /// Begins anew on a bar.
    pub(super) fn on(bar: &ProgressBar, style: ProgressStyle) -> Self {
        bar.set_style(style);
        bar.reset();
        Self { bar: bar.clone(), rows: 0 }
    }

    pub(super) fn show(&mut self, part: &Part) {
        match part {
            Part::Head { head, .. } => self.bar.set_length(head.position.0),
            Part::Event(_) => self.bar.inc(1),
            Part::Row(_) => {
                self.rows += 1;
                // A line for each would cost more than the row.
                if self.rows.is_multiple_of(1000) {
                    self.bar.set_message(self.rows.to_string());
                }
            }
            _ => {}
        }
    }
}

/// What an export holds, for people.
pub(super) fn described(summary: &Summary) -> String {
    let Summary { head, counts, sha256 } = summary;
    format!(
        "{} events, {} rows, {} modules, {} activations; head {}, version {}; SHA-256 {sha256}",
        counts.events, counts.rows, counts.modules, counts.activations, head.position, head.version
    )
}
