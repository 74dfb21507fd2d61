//! When parts are due.

use std::time::Duration;

use super::ReplayPace;
use crate::Timestamp;

/// When parts are due, counted from the beginning of a replay in absolute times: what is sent late does not make late what
/// follows.
#[derive(Clone, Copy, Debug)]
pub struct ReplayBeats {
    pace: ReplayPace,
    first: Timestamp,
    /// How much later all of it is.
    shift: Duration,
}

impl ReplayBeats {
    /// Beats of a conversation whose first record is of this time.
    pub const fn new(pace: ReplayPace, first: Timestamp) -> Self {
        Self { pace, first, shift: Duration::ZERO }
    }

    /// When what was recorded then is due. What a clock that was set back has stamped before the beginning is due at once.
    pub fn due(&self, at: Timestamp) -> Duration {
        let ReplayPace::Recorded(factor) = self.pace else { return Duration::ZERO };
        let since = at.0.saturating_sub(self.first.0).max(0).cast_unsigned();
        let seconds = Duration::from_nanos(since).as_secs_f64() / factor;
        let due = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        due.saturating_add(self.shift)
    }

    /// It was paused for so long: what was not sent by then is due later by that.
    pub fn paused(&mut self, span: Duration) {
        self.shift = self.shift.saturating_add(span);
    }

    /// What was recorded then is due now, and what follows it as much later as it was.
    pub const fn begin_from(&mut self, at: Timestamp, now: Duration) {
        self.first = at;
        self.shift = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn parts_are_due_as_they_were_recorded_faster_or_at_once() {
        let first = Timestamp(7 * SECOND);
        let due = |pace, at| ReplayBeats::new(pace, first).due(Timestamp(at));
        let pace = ReplayPace::Recorded;
        assert_eq!(due(pace(1.0), 9 * SECOND), Duration::from_secs(2));
        assert_eq!(due(pace(4.0), 9 * SECOND), Duration::from_millis(500));
        assert_eq!(due(pace(0.5), 9 * SECOND), Duration::from_secs(4));
        assert_eq!(due(pace(1.0), 3 * SECOND), Duration::ZERO, "the clock was set back");
        assert_eq!(due(pace(0.01), i64::MAX).as_secs(), 922_337_202_985);
        for pace in [ReplayPace::Fast, ReplayPace::ByAnswer] {
            assert_eq!(due(pace, 900 * SECOND), Duration::ZERO);
        }
    }

    #[test]
    fn a_pause_moves_what_follows_and_nothing_else() {
        let mut beats = ReplayBeats::new(ReplayPace::Recorded(2.0), Timestamp(0));
        beats.paused(Duration::from_secs(3));
        beats.paused(Duration::from_secs(1));
        assert_eq!(beats.due(Timestamp(2 * SECOND)), Duration::from_secs(5));
        beats.begin_from(Timestamp(10 * SECOND), Duration::from_secs(60));
        assert_eq!(beats.due(Timestamp(10 * SECOND)), Duration::from_secs(60));
        assert_eq!(beats.due(Timestamp(14 * SECOND)), Duration::from_secs(62));
    }
}
