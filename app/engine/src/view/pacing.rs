//! How much to do at a time.

use std::time::{Duration, Instant};

/// Bytes of capture for one slice of work, so that a slice takes a few milliseconds on any computer and with any filter.
#[derive(Debug)]
pub(super) struct Pacing {
    budget: u64,
    drawn: Option<Instant>,
    /// When a page was published last, and since when one is wanted.
    published: Option<Instant>,
    wanted: Option<Instant>,
}

impl Pacing {
    const SMALLEST: u64 = 64 << 10;
    const LARGEST: u64 = 16 << 20;
    const SHORT: Duration = Duration::from_millis(3);
    const LONG: Duration = Duration::from_millis(10);
    /// Rests between looks at a growing capture: while the window draws this view, and while it does not.
    const SEEN: Duration = Duration::from_millis(8);
    const UNSEEN: Duration = Duration::from_millis(100);
    /// Between pages that the window has not taken yet: on a slow display the one it takes at last must be a fresh one.
    const REFRESH: Duration = Duration::from_millis(30);
    /// What is newer is waited for this long before what is known is shown instead …
    const PATIENCE: Duration = Duration::from_millis(80);
    /// … and longer when that would leave a part of the window blank.
    const MORE_PATIENCE: Duration = Duration::from_millis(250);
    /// A view that was not drawn for this long is not seen.
    const FORGOTTEN: Duration = Duration::from_millis(300);

    pub const fn new() -> Self {
        Self { budget: 1 << 20, drawn: None, published: None, wanted: None }
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
    pub fn drawn(&mut self, now: Instant) {
        if !self.seen(now) {
            self.wanted = None;
        }
        self.drawn = Some(now);
    }

    /// When growth is looked at again.
    pub fn rest(&self, now: Instant) -> Instant {
        now + if self.seen(now) { Self::SEEN } else { Self::UNSEEN }
    }

    fn seen(&self, now: Instant) -> bool {
        self.drawn.is_some_and(|it| now.duration_since(it) < Self::FORGOTTEN)
    }

    /// Whether it is time for a page that nobody has asked for.
    pub fn refreshes(&self, now: Instant) -> bool {
        let due = self.published.is_none_or(|it| now.duration_since(it) >= Self::REFRESH);
        due && self.seen(now)
    }

    /// A page is wanted that is not what it should be yet, but fills the window or not; whether that was waited for long
    /// enough.
    pub fn has_waited_enough(&mut self, now: Instant, full: bool) -> bool {
        let patience = if full { Self::PATIENCE } else { Self::MORE_PATIENCE };
        now.duration_since(*self.wanted.get_or_insert(now)) >= patience
    }

    /// A page was published.
    pub const fn published(&mut self, now: Instant) {
        (self.published, self.wanted) = (Some(now), None);
    }
}
