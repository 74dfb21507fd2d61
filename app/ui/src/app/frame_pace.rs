//! How often the window draws by itself: what comes from outside is drawn as often as that is cheap, what the user does at once.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// When frames were drawn, and what they cost.
///
/// Data wait for their frame: it begins so long after the last one that drawing takes [`Self::SHARE`] of the window's thread at most,
/// but not sooner than [`Self::SHORTEST`] and not later than [`Self::LONGEST`] after it. Keys and the pointer wake the window
/// themselves; for as long as [`Self::ATTENTION`] after them, what comes may be the answer, and has its frame at the shortest.
#[derive(Debug, Default)]
pub(super) struct FramePace(Mutex<Frames>);

#[derive(Debug, Default)]
struct Frames {
    /// When the last one began.
    begun: Option<Instant>,
    /// What one costs: the mean of the last few.
    cost: Duration,
    /// When the user last did something.
    attended: Option<Instant>,
}

impl FramePace {
    /// The part of the window's thread that frames for data may take. What a software renderer does in threads of its own comes on
    /// top, several times as much.
    const SHARE: f32 = 0.1;
    /// 60 frames a second: what most displays show.
    const SHORTEST: Duration = Duration::from_micros(16_667);
    /// 10 frames a second: fewer would not look alive.
    const LONGEST: Duration = Duration::from_millis(100);
    const ATTENTION: Duration = Duration::from_millis(300);

    /// A frame begins, with something that the user did or without.
    pub(super) fn begins(&self, now: Instant, by_user: bool) {
        let mut frames = self.0.lock();
        frames.begun = Some(now);
        if by_user {
            frames.attended = Some(now);
        }
    }

    /// So much a frame took of the window's thread.
    pub(super) fn took(&self, time: Duration) {
        let cost = &mut self.0.lock().cost;
        *cost = if cost.is_zero() { time } else { (*cost * 3 + time) / 4 };
    }

    /// How long what has come just now waits for its frame. Never nothing at all: egui draws twice then.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        let frames = self.0.lock();
        let since = |then: Instant| now.saturating_duration_since(then);
        let is_attended = frames.attended.is_some_and(|at| since(at) < Self::ATTENTION);
        let apart = match is_attended {
            true => Self::SHORTEST,
            false => frames.cost.div_f32(Self::SHARE).clamp(Self::SHORTEST, Self::LONGEST),
        };
        let rest = frames.begun.map_or(Duration::ZERO, |begun| apart.saturating_sub(since(begun)));
        rest.max(Duration::from_micros(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn frames_for_data_are_as_far_apart_as_they_are_dear() {
        let (pace, begun) = (FramePace::default(), Instant::now());
        assert!(pace.wait(begun) < ms(1), "the first one is drawn at once");
        for (cost, apart) in [(ms(0), FramePace::SHORTEST), (ms(4), ms(40)), (ms(80), ms(100))] {
            (0..40).for_each(|_| pace.took(cost));
            pace.begins(begun, false);
            let wait = pace.wait(begun);
            assert!(wait.abs_diff(apart) < ms(1), "{cost:?}: {wait:?}");
            assert_eq!(pace.wait(begun + ms(5)), wait - ms(5));
            assert!(pace.wait(begun + ms(200)) < ms(1), "the last one is long ago");
        }
    }

    #[test]
    fn what_may_answer_the_user_is_not_held_back() {
        let (pace, begun) = (FramePace::default(), Instant::now());
        pace.took(ms(50));
        pace.begins(begun, true);
        pace.begins(begun + ms(100), false);
        assert_eq!(pace.wait(begun + ms(100)), FramePace::SHORTEST);
        pace.begins(begun + ms(400), false);
        assert_eq!(pace.wait(begun + ms(400)), FramePace::LONGEST);
    }
}
