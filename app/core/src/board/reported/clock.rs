//! What our clock said when the board's said that.
//!
//! The board prints milliseconds since its start. Two kinds of evidence bound the offset between that and our clock, and
//! both follow from cause coming before effect:
//!
//! - a line that we received at *r* was printed before *r*: `offset ≤ r − board`;
//! - bytes that we sent at *s* were reported by the board after *s*: `offset ≥ s − board − 1 ms` (its clock is cut to a
//!   millisecond).
//!
//! Between observations both bounds drift apart by the worst crystal we expect. Contradiction means that the board
//! restarted or its clock jumped: the estimate begins anew.

use std::time::Duration;

use crate::Timestamp;

const MILLISECOND: i64 = 1_000_000;
/// Two crystals of at most 50 ppm each.
const DRIFT_PPM: i64 = 100;

/// Where a moment of the board lies on our clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockBounds {
    /// Not before this, when anything bounds it from below.
    pub earliest: Option<Timestamp>,
    /// Not after this.
    pub latest: Timestamp,
}

impl ClockBounds {
    /// The middle of the bounds; the upper one while there is no lower one.
    pub fn estimate(&self) -> Timestamp {
        match self.earliest {
            Some(earliest) => Timestamp(earliest.0.midpoint(self.latest.0)),
            None => self.latest,
        }
    }

    /// The same for what was caused at this time: it cannot be earlier. The board's clock is cut to a millisecond, so that its
    /// stamp may be. Where nothing bounds it from below, a cause of long ago does not either.
    pub fn not_before(self, cause: Timestamp) -> Self {
        let earliest = self.earliest.map(|earliest| earliest.max(cause));
        Self { earliest, latest: self.latest.max(cause) }
    }

    /// Half the distance of the bounds; `None` while there is no lower one.
    pub fn uncertainty(&self) -> Option<Duration> {
        let width = self.latest.0.saturating_sub(self.earliest?.0);
        Some(Duration::from_nanos(u64::try_from(width / 2).unwrap_or(0)))
    }
}

/// Ties the clock of one board, from one start to the next, to ours.
#[derive(Clone, Debug, Default)]
pub struct BoardClock {
    bounds: Option<Offset>,
}

#[derive(Clone, Copy, Debug)]
struct Offset {
    low: Option<i64>,
    high: i64,
    as_of: i64,
}

impl BoardClock {
    /// The board restarted: its clock begins anew.
    pub const fn restarted(&mut self) {
        self.bounds = None;
    }

    /// A line stamped `board_ms` was received at `received`.
    pub fn line(&mut self, board_ms: u64, received: Timestamp) {
        let high = received.0.saturating_sub(nanoseconds(board_ms));
        let Some(old) = self.bounds.map(|bounds| bounds.aged(received.0)) else {
            self.bounds = Some(Offset { low: None, high, as_of: received.0 });
            return;
        };
        let consistent = old.low.is_none_or(|low| low <= high);
        self.bounds = Some(Offset {
            low: old.low.filter(|_| consistent),
            high: if consistent { old.high.min(high) } else { high },
            as_of: old.as_of,
        });
    }

    /// The board reported at `board_ms` what we caused at `caused` (bytes sent, a connection opened). The line that reported
    /// it must have been given to [`Self::line`] before; otherwise this says nothing.
    pub fn effect(&mut self, board_ms: u64, caused: Timestamp) {
        let Some(bounds) = &mut self.bounds else { return };
        let low = caused.0.saturating_sub(nanoseconds(board_ms)).saturating_sub(MILLISECOND);
        if low <= bounds.high {
            bounds.low = Some(bounds.low.map_or(low, |old| old.max(low)));
        }
    }

    /// Where the board's zero, its start, lies on our clock: the offset between both; `None` before the first line.
    pub fn zero(&self) -> Option<ClockBounds> {
        self.locate(0)
    }

    /// Where the board's `board_ms` lies on our clock; `None` before the first line.
    pub fn locate(&self, board_ms: u64) -> Option<ClockBounds> {
        let bounds = self.bounds?;
        let at = |offset: i64| Timestamp(offset.saturating_add(nanoseconds(board_ms)));
        Some(ClockBounds { earliest: bounds.low.map(at), latest: at(bounds.high) })
    }
}

impl Offset {
    /// The same bounds, as wide as they have become by `now`.
    fn aged(self, now: i64) -> Self {
        let drift = now.saturating_sub(self.as_of).max(0) / 1_000_000 * DRIFT_PPM;
        Self {
            low: self.low.map(|low| low.saturating_sub(drift)),
            high: self.high.saturating_add(drift),
            as_of: self.as_of.max(now),
        }
    }
}

fn nanoseconds(board_ms: u64) -> i64 {
    i64::try_from(board_ms).unwrap_or(i64::MAX).saturating_mul(MILLISECOND)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_bound_the_offset_from_above_and_effects_from_below() {
        let mut clock = BoardClock::default();
        let at = |ms: i64| Timestamp(1_000_000 * MILLISECOND + ms * MILLISECOND);
        clock.line(100, at(107));
        clock.line(200, at(203));
        assert_eq!(clock.locate(200).unwrap().uncertainty(), None);
        clock.effect(200, at(199));
        let bounds = clock.locate(200).unwrap();
        assert_eq!(bounds.earliest, Some(at(198)));
        assert!(bounds.latest >= at(203) && bounds.latest.0 - at(203).0 < MILLISECOND);
        assert!(bounds.uncertainty().unwrap() < Duration::from_millis(3));
    }

    #[test]
    fn a_restart_forgets_the_old_clock() {
        let mut clock = BoardClock::default();
        clock.line(1_000_000, Timestamp(5_000_000 * MILLISECOND));
        clock.restarted();
        assert_eq!(clock.locate(0), None);
    }

    proptest! {
        /// Whatever the delays and a drift within the crystals' tolerance, the true time lies within the bounds.
        #[test]
        fn the_truth_lies_within_the_bounds(
            offset in 0_i64..1_000_000_000_000,
            ppm in -90_i64..90,
            steps in proptest::collection::vec((1_u64..20_000, 0_i64..50_000_000, 0_i64..50_000_000), 1..40),
        ) {
            let mut clock = BoardClock::default();
            let mut board_ns = 0_i64;
            for (step_ms, to_board, to_us) in steps {
                board_ns += nanoseconds(step_ms);
                let truth = offset + board_ns + board_ns / 1_000_000 * ppm;
                let board_ms = (board_ns / MILLISECOND) as u64;
                clock.line(board_ms, Timestamp(truth + to_us));
                clock.effect(board_ms, Timestamp(truth - to_board));
                let bounds = clock.locate(board_ms).unwrap();
                prop_assert!(bounds.latest.0 >= truth - 1000, "late {} truth {truth}", bounds.latest.0);
                prop_assert!(bounds.earliest.unwrap().0 <= truth + 1000);
            }
        }
    }
}
