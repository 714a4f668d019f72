//! Two things measured in turns: what the machine does meanwhile touches both alike, so that a small difference
//! shows that would drown between two measurements one after the other.

use std::time::{Duration, Instant};

const ROUNDS: usize = 4000;
/// Rounds whose times are thrown away.
const WARM_UP: usize = 200;

/// Prints the medians of both, and the median of their differences with the middle half of these.
pub(crate) fn compare(what: &str, mut floor: impl FnMut(), mut ours: impl FnMut()) {
    let mut rounds = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS + WARM_UP {
        // Whoever is second finds caches warm that the first one filled: each is as often second.
        let (floor, ours) = if round % 2 == 0 {
            (time(&mut floor), time(&mut ours))
        } else {
            let ours = time(&mut ours);
            (time(&mut floor), ours)
        };
        if round >= WARM_UP {
            rounds.push((micros(floor), micros(ours)));
        }
    }
    let floor = sorted(rounds.iter().map(|(floor, _)| *floor));
    let ours = sorted(rounds.iter().map(|(_, ours)| *ours));
    let more = sorted(rounds.iter().map(|(floor, ours)| ours - floor));
    let at = |sorted: &[f64], quarter: usize| sorted[(sorted.len() - 1) * quarter / 4];
    println!(
        "{what}: floor {:.2} µs, everfold {:.2} µs; in pairs {:+.2} µs ({:+.2} to {:+.2})",
        at(&floor, 2),
        at(&ours, 2),
        at(&more, 2),
        at(&more, 1),
        at(&more, 3)
    );
}

fn time(work: &mut impl FnMut()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn sorted(times: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut times: Vec<f64> = times.collect();
    times.sort_by(f64::total_cmp);
    times
}
