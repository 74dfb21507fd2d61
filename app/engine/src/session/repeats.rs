//! What would be told again and again is told once a second, with how often it happened.

use std::time::{Duration, Instant};

/// How often the same is told at most.
const EVERY: Duration = Duration::from_secs(1);

/// Counts what happened since it was told last.
#[derive(Debug, Default)]
pub struct Repeats {
    told: Option<Instant>,
    count: u64,
}

impl Repeats {
    /// It happened: how often since it was told last, if it is to be told now.
    pub fn happens(&mut self, now: Instant) -> Option<u64> {
        self.count += 1;
        if self.told.is_some_and(|told| now.saturating_duration_since(told) < EVERY) {
            return None;
        }
        self.told = Some(now);
        Some(std::mem::take(&mut self.count))
    }

    /// How often it happened without being told.
    pub const fn rest(&mut self) -> Option<u64> {
        match std::mem::replace(&mut self.count, 0) {
            0 => None,
            count => Some(count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_often_is_told_once_a_second_and_all_of_it() {
        let begun = Instant::now();
        let mut repeats = Repeats::default();
        let told = (0..2500).filter_map(|ms| repeats.happens(begun + Duration::from_millis(ms)));
        assert_eq!(told.collect::<Vec<_>>(), [1, 1000, 1000]);
        assert_eq!((repeats.rest(), repeats.rest()), (Some(499), None));
    }
}
