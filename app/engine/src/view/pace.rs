//! How much to do at a time.

use std::time::{Duration, Instant};

/// Bytes of capture for one slice of work, so that a slice takes a few milliseconds on any computer and with any filter.
#[derive(Debug)]
pub(super) struct Pace {
    budget: u64,
    looked: Option<Instant>,
}

impl Pace {
    const SMALLEST: u64 = 64 << 10;
    const LARGEST: u64 = 16 << 20;
    const SHORT: Duration = Duration::from_millis(3);
    const LONG: Duration = Duration::from_millis(10);
    /// Rests between looks at a growing capture: while the window draws this view, and while it does not.
    const SEEN: Duration = Duration::from_millis(8);
    const UNSEEN: Duration = Duration::from_millis(100);
    /// A view that was not drawn for this long is not seen.
    const FORGOTTEN: Duration = Duration::from_millis(300);

    pub const fn new() -> Self {
        Self { budget: 1 << 20, looked: None }
    }

    /// How much the next slice should do.
    pub const fn budget(&self) -> u64 {
        self.budget
    }

    /// A whole slice took this long.
    pub fn took(&mut self, time: Duration) {
        if time > Self::LONG {
            self.budget = (self.budget / 2).max(Self::SMALLEST);
        } else if time < Self::SHORT {
            self.budget = (self.budget * 2).min(Self::LARGEST);
        }
    }

    /// The window has drawn.
    pub const fn looked(&mut self, now: Instant) {
        self.looked = Some(now);
    }

    /// When growth is looked at again.
    pub fn rest(&self, now: Instant) -> Instant {
        let seen = self.looked.is_some_and(|it| now.duration_since(it) < Self::FORGOTTEN);
        now + if seen { Self::SEEN } else { Self::UNSEEN }
    }
}
