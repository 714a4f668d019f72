//! `everfold id`: ids for the command line.

use everfold::clock::{Clock as _, SystemClock, new_entity, new_event_id};

use super::Outcome;
use crate::cli::IdArgs;

pub(crate) fn run(arguments: &IdArgs) -> Outcome {
    if arguments.entity {
        println!("{}", new_entity());
    } else {
        println!("{}", new_event_id(SystemClock.now()));
    }
    Ok(())
}
