//! The one place that reads the clock.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use espalier_core::Timestamp;
use parking_lot::Mutex;

/// The time now, in nanoseconds since the Unix epoch. The system's wall clock, so that stamps agree with other programs'
/// logs; it may step when somebody sets it, which [`steps`] tells.
pub fn now() -> Timestamp {
    let before = Instant::now();
    let wall = wall();
    // Another thread looks at this very moment: that is enough.
    if let Some(mut pair) = CLOCK_PAIR.try_lock()
        && before.elapsed() < SHORT
        && let Some(by) = pair.see(before, wall)
    {
        step(by);
    }
    Timestamp(wall)
}

fn wall() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => {
            i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, std::ops::Neg::neg)
        }
    }
}

/// How often the wall clock was seen to step, and by how many nanoseconds in all; below zero: back.
pub fn steps() -> (u64, i64) {
    // The number first: a step that comes in between is told again by its own number.
    let count = STEPS.load(Ordering::Acquire);
    (count, STEPPED.load(Ordering::Acquire))
}

/// As if somebody had set the clock.
pub(crate) fn step(by: i64) {
    STEPPED.fetch_add(by, Ordering::AcqRel);
    STEPS.fetch_add(1, Ordering::AcqRel);
}

static STEPS: AtomicU64 = AtomicU64::new(0);
static STEPPED: AtomicI64 = AtomicI64::new(0);
static CLOCK_PAIR: Mutex<ClockPair> = Mutex::new(ClockPair(None));

/// A step that nobody would notice, in nanoseconds.
const SMALL: i64 = 100_000_000;

/// Two clocks that are read at the same time are read within this; otherwise the system was busy in between.
const SHORT: Duration = Duration::from_millis(1);

/// Both clocks at one moment. The steady one cannot be set, and stands still while the computer sleeps.
#[derive(Debug)]
struct ClockPair(Option<(Instant, i64)>);

impl ClockPair {
    /// Compares with the last moment: by how much the wall clock has stepped since. Clocks that merely run at different
    /// speeds, while one is being corrected slowly, do not step.
    fn see(&mut self, steady: Instant, wall: i64) -> Option<i64> {
        /// Clocks are corrected by at most 500 parts in a million; twice that.
        const DRIFT: i64 = 1000;
        let (last, was) = self.0.replace((steady, wall))?;
        let Some(passed) = steady.checked_duration_since(last) else {
            // This thread came late to the lock.
            self.0 = Some((last, was));
            return None;
        };
        let passed = i64::try_from(passed.as_nanos()).unwrap_or(i64::MAX);
        let by = wall.saturating_sub(was).saturating_sub(passed);
        (by.saturating_abs() > SMALL.saturating_add(passed / DRIFT)).then_some(by)
    }
}

/// Stamps of one session: they never go back, whatever the clock does.
#[derive(Clone, Copy, Debug)]
pub struct MonotonicClock {
    last: i64,
    /// How far they are ahead of a clock that was set back. Nothing again as soon as the clock has come there, at the latest
    /// when nothing happens for so long.
    ahead: i64,
}

impl Default for MonotonicClock {
    fn default() -> Self {
        Self { last: i64::MIN, ahead: 0 }
    }
}

impl MonotonicClock {
    /// What arrived is told after what was sent meanwhile; a clock that was set back by no more than this waits, and nobody notices.
    const LATE: i64 = SMALL;

    /// The stamp of something that happened at this time, as the clock says.
    pub fn of(&mut self, at: Timestamp) -> Timestamp {
        if at.0 >= self.last {
            self.ahead = 0;
            self.last = at.0;
        } else {
            let shifted = at.0.saturating_add(self.ahead);
            let behind = self.last.saturating_sub(shifted);
            if behind > Self::LATE {
                self.ahead = self.ahead.saturating_add(behind);
            }
            self.last = self.last.max(shifted);
        }
        Timestamp(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn a_step_is_told_from_slow_correction_and_from_reading_late() {
        let begun = Instant::now();
        let after = |ms: u64| begun + Duration::from_millis(ms);
        let mut pair = ClockPair(None);
        assert_eq!(pair.see(after(0), 50 * SECOND), None);
        assert_eq!(pair.see(after(1000), 51 * SECOND + 1_000_000), None);
        assert_eq!(pair.see(after(2000), 52 * SECOND - 3 * SECOND), Some(-3_001_000_000));
        assert_eq!(pair.see(after(1500), 60 * SECOND), None, "read before, told after");
        assert_eq!(pair.see(after(3000), 50 * SECOND), None);
        assert_eq!(pair.see(after(4000), 3651 * SECOND), Some(3600 * SECOND));
        // A day at the speed of a clock that is corrected as fast as can be.
        let day = 86_400;
        assert_eq!(pair.see(after(4000 + day * 1000), (3651 + day as i64 + 43) * SECOND), None);
    }

    #[test]
    fn stamps_never_go_back_and_come_true_again() {
        let mut stamps = MonotonicClock::default();
        let mut of = |at: i64| stamps.of(Timestamp(at.saturating_mul(SECOND))).0 / SECOND;
        assert_eq!((of(100), of(110)), (100, 110));
        // Set back by 50: time goes on from where it was, at its own speed.
        assert_eq!((of(60), of(65), of(75)), (110, 115, 125));
        // And by 20 more.
        assert_eq!((of(60), of(70)), (125, 135));
        // Nothing happened for long enough.
        assert_eq!((of(140), of(150)), (140, 150));
        let last = i64::MAX / SECOND;
        assert_eq!((of(i64::MIN), of(i64::MAX), of(0)), (150, last, last));
    }

    #[test]
    fn what_arrived_before_the_last_record_does_not_send_later_stamps_ahead() {
        let mut stamps = MonotonicClock::default();
        let mut of = |ms: i64| stamps.of(Timestamp(ms * 1_000_000)).0 / 1_000_000;
        assert_eq!((of(1000), of(990), of(995), of(1001)), (1000, 1000, 1000, 1001));
        // The same behind a clock that was set back by a second.
        assert_eq!((of(1), of(11), of(10), of(12)), (1001, 1011, 1011, 1012));
    }
}
