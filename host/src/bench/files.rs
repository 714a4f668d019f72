//! Room for as many connections as a run opens.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::BenchError;

/// Files that a program has open beside its connections, generously.
const OTHERS: u64 = 100;

/// Sees to it that so many connections can be open at once. Programs begin with a low limit of open files, which
/// they may raise up to a hard one.
pub(super) fn make_room(connections: usize) -> Result<(), BenchError> {
    let limit = getrlimit(Resource::Nofile);
    if let Some(raised) = raised(&limit, connections as u64 + OTHERS)? {
        setrlimit(Resource::Nofile, raised).map_err(std::io::Error::from)?;
    }
    Ok(())
}

/// The limit as it has to become, if it is too low.
fn raised(limit: &Rlimit, needed: u64) -> Result<Option<Rlimit>, BenchError> {
    if limit.current.is_none_or(|current| current >= needed) {
        return Ok(None);
    }
    match limit.maximum {
        Some(most) if most < needed => Err(BenchError::Files { needed, most }),
        maximum => Ok(Some(Rlimit { current: Some(needed), maximum })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_only_if_it_is_too_low_and_as_far_as_it_may() {
        let limit = |current, maximum| Rlimit { current, maximum };
        for (current, maximum, expected) in [
            (Some(1_024), Some(4_096), Some(2_000)),
            (Some(1_024), None, Some(2_000)),
            (Some(2_000), Some(2_000), None),
            (None, None, None),
        ] {
            let raised = raised(&limit(current, maximum), 2_000).unwrap();
            assert_eq!(raised, expected.map(|current| limit(Some(current), maximum)));
        }
        let said = raised(&limit(Some(1_024), Some(1_999)), 2_000).unwrap_err().to_string();
        assert!(
            said.contains("2000 open files") && said.contains("1999") && said.contains("ulimit -n"),
            "{said}"
        );
    }
}
