//! How long answers take: a histogram of bounded size, and what is told of it.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Times from 1 µs to an hour, each kept to 1 %, in 13 kB once there is one: the memory does not grow with their number.
#[derive(Clone, Debug, Default)]
pub struct LatencyHistogram {
    counts: Option<Box<Histogram<u32>>>,
    /// The longest one, exactly.
    max_us: u64,
}

impl LatencyHistogram {
    /// What is longer counts as this long, in microseconds.
    const LONGEST_US: u64 = 3_600_000_000;

    /// Significant digits: 2 are 1 %.
    const DIGITS: u8 = 2;

    /// Counts one.
    pub fn record(&mut self, time: Duration) {
        if self.counts.is_none() {
            self.counts =
                Histogram::new_with_bounds(1, Self::LONGEST_US, Self::DIGITS).ok().map(Box::new);
        }
        let us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.max_us = self.max_us.max(us);
        if let Some(histogram) = &mut self.counts {
            histogram.saturating_record(us);
        }
    }

    /// Forgets all.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// What is told of them. Looks at each of some thousand counts: for who reads it, not for each that is counted.
    pub fn summary(&self) -> LatencySummary {
        let Some(histogram) = &self.counts else { return LatencySummary::default() };
        let at = |share: f64| histogram.value_at_quantile(share).min(self.max_us);
        let mut bars: Vec<LatencyBar> = Vec::new();
        let mut edges = edges();
        let mut edge = edges.next().unwrap_or(u64::MAX);
        for step in histogram.iter_recorded() {
            let value = step.value_iterated_to();
            while value > edge {
                edge = edges.next().unwrap_or(u64::MAX);
                if !bars.is_empty() {
                    bars.push(LatencyBar { up_to_us: edge, count: 0 });
                }
            }
            let count = step.count_since_last_iteration();
            match bars.last_mut().filter(|bar| bar.up_to_us == edge) {
                Some(bar) => bar.count += count,
                None => bars.push(LatencyBar { up_to_us: edge, count }),
            }
        }
        LatencySummary {
            count: histogram.len(),
            p50_us: at(0.5),
            p90_us: at(0.9),
            p99_us: at(0.99),
            max_us: self.max_us,
            bars: bars.into(),
        }
    }
}

/// 1, 2, 5, 10, 20, 50 … microseconds, to two hours.
fn edges() -> impl Iterator<Item = u64> {
    (0..10u32).flat_map(|power| [1, 2, 5].map(|digit| digit * 10u64.pow(power)))
}

/// What is told of a histogram; all times in microseconds, 0 while there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LatencySummary {
    /// How many were counted.
    pub count: u64,
    /// Half of them took no longer.
    pub p50_us: u64,
    /// 90 % took no longer.
    pub p90_us: u64,
    /// 99 % took no longer.
    pub p99_us: u64,
    /// The longest one.
    pub max_us: u64,
    /// How many took how long, shortest first, without gaps.
    pub bars: std::sync::Arc<[LatencyBar]>,
}

/// A bar of a histogram. Its borders are 1, 2, 5, 10, 20, 50 … microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatencyBar {
    /// Up to this long, and longer than the border below.
    pub up_to_us: u64,
    /// How many.
    pub count: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_tells_the_times_that_it_was_given() {
        let mut histogram = LatencyHistogram::default();
        assert_eq!(histogram.summary(), LatencySummary::default());
        for ms in 1..=1000 {
            histogram.record(Duration::from_millis(ms));
        }
        let summary = histogram.summary();
        assert_eq!(summary.count, 1000);
        let near = |value: u64, wanted: u64| value.abs_diff(wanted) <= wanted / 100;
        assert!(near(summary.p50_us, 500_000), "{summary:?}");
        assert!(near(summary.p90_us, 900_000), "{summary:?}");
        assert!(near(summary.p99_us, 990_000), "{summary:?}");
        assert_eq!(summary.max_us, 1_000_000);
        assert_eq!(summary.bars.iter().map(|bar| bar.count).sum::<u64>(), 1000);
        histogram.reset();
        assert_eq!(histogram.summary().count, 0);
    }

    #[test]
    fn bars_have_no_gaps_and_nothing_is_too_short_or_too_long() {
        let mut histogram = LatencyHistogram::default();
        histogram.record(Duration::ZERO);
        histogram.record(Duration::from_micros(30));
        histogram.record(Duration::from_secs(100_000));
        let summary = histogram.summary();
        assert_eq!(summary.count, 3);
        let edges: Vec<u64> = super::edges().collect();
        let begin = edges.iter().position(|edge| *edge == summary.bars[0].up_to_us);
        let begin = begin.expect("a border");
        for (bar, edge) in summary.bars.iter().zip(&edges[begin..]) {
            assert_eq!(bar.up_to_us, *edge);
        }
        assert_eq!(summary.bars.iter().map(|bar| bar.count).sum::<u64>(), 3);
        assert_eq!(
            summary.bars.iter().find(|bar| bar.up_to_us == 50).map(|bar| bar.count),
            Some(1)
        );
    }
}
