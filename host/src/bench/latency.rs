//! Latencies as they are reported: percentiles, and how many lie where.

use serde::Serialize;

use super::tally::Latencies;

/// How long something took, in microseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Latency {
    /// What took so long: `answered` (a request, from when it was due to its whole answer), `updated` (an
    /// event, from when it was due until a follower had the model with it), or `first update` and `last update`
    /// (the same, until the first and the last of many followers had it).
    pub of: &'static str,
    /// How many were measured.
    pub count: u64,
    /// The mean.
    pub mean_us: f64,
    /// Half took no longer.
    pub p50_us: u64,
    /// 90 % took no longer.
    pub p90_us: u64,
    /// 99 % took no longer.
    pub p99_us: u64,
    /// 99.9 % took no longer.
    pub p99_9_us: u64,
    /// The longest.
    pub max_us: u64,
    /// How many took how long, in steps of 1, 2, 5, 10 …, from the shortest to the longest.
    pub buckets: Vec<Bucket>,
}

/// How many took no longer than this, but longer than the bucket before says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Bucket {
    /// The longest that counts here, in microseconds.
    pub up_to_us: u64,
    /// How many.
    pub count: u64,
}

impl Latency {
    /// What was measured; none if nothing was.
    pub(super) fn of(of: &'static str, latencies: &Latencies) -> Option<Self> {
        if latencies.is_empty() {
            return None;
        }
        let at = |quantile| latencies.value_at_quantile(quantile);
        Some(Self {
            of,
            count: latencies.len(),
            mean_us: latencies.mean(),
            p50_us: at(0.5),
            p90_us: at(0.9),
            p99_us: at(0.99),
            p99_9_us: at(0.999),
            max_us: latencies.max(),
            buckets: buckets(latencies),
        })
    }
}

/// Counts in steps of 1, 2, 5, 10 …; what is empty before the first and behind the last is left out.
fn buckets(latencies: &Latencies) -> Vec<Bucket> {
    let mut buckets: Vec<Bucket> = Vec::new();
    let steps = (0..).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u64.pow(power)));
    let mut counts = latencies.iter_recorded().map(|step| (step.value_iterated_to(), step.count_at_value()));
    let mut next = counts.next();
    for up_to_us in steps {
        if next.is_none() {
            break;
        }
        let mut count = 0;
        while let Some((_, more)) = next.filter(|(value, _)| latencies.lowest_equivalent(*value) <= up_to_us)
        {
            count += more;
            next = counts.next();
        }
        if count > 0 || !buckets.is_empty() {
            buckets.push(Bucket { up_to_us, count });
        }
    }
    buckets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::tally::latencies;

    fn latency(values: impl IntoIterator<Item = u64>) -> Latency {
        let mut recorded = latencies().unwrap();
        values.into_iter().for_each(|value| recorded.saturating_record(value));
        Latency::of("answered", &recorded).unwrap()
    }

    #[test]
    fn percentiles_are_of_what_was_measured() {
        let latency = latency(1..=1_000);
        let seen = [latency.p50_us, latency.p90_us, latency.p99_us, latency.p99_9_us, latency.max_us];
        assert_eq!(seen, [500, 900, 990, 999, 1_000]);
        assert_eq!((latency.count, latency.mean_us), (1_000, 500.5));
        assert_eq!(Latency::of("answered", &latencies().unwrap()), None);
    }

    #[test]
    fn buckets_reach_from_the_shortest_to_the_longest() {
        let bucket = |(up_to_us, count)| Bucket { up_to_us, count };
        let seen = latency([150, 200, 201, 2_000, 1_500_000]).buckets;
        let expected =
            [(200, 2), (500, 1), (1_000, 0), (2_000, 1), (5_000, 0), (10_000, 0), (20_000, 0), (50_000, 0)]
                .into_iter()
                .chain([(100_000, 0), (200_000, 0), (500_000, 0), (1_000_000, 0), (2_000_000, 1)]);
        assert_eq!(seen, expected.map(bucket).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_is_lost_between_buckets() {
        let latency = latency((0..5_000).map(|n: u64| (n % 100).pow(3)));
        assert_eq!(latency.buckets.iter().map(|bucket| bucket.count).sum::<u64>(), 5_000);
    }
}
