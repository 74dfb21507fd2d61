//! How often something may happen.

use std::time::Duration;

/// A token bucket: so many at once, and so many a second in the long run.
#[derive(Clone, Copy, Debug)]
pub struct TokenBucket {
    /// How long one token takes to come.
    each: Duration,
    /// How far back the tokens reach that may have gathered.
    whole: Duration,
    /// When the bucket was, or will be, full.
    full_at: Duration,
}

impl TokenBucket {
    /// A full bucket of `burst` tokens, into which `rate` a second come; both at least 1.
    pub fn new(rate: u32, burst: u32) -> Self {
        let each = Duration::from_secs(1) / rate.max(1);
        Self { each, whole: each * burst.max(1), full_at: Duration::ZERO }
    }

    /// Takes a token, if there is one. Times that go back count as no time.
    pub fn take(&mut self, now: Duration) -> bool {
        let full_at = self.full_at.max(now) + self.each;
        let has = full_at <= now + self.whole;
        if has {
            self.full_at = full_at;
        }
        has
    }

    /// Whether there is a token.
    pub fn has(&self, now: Duration) -> bool {
        let mut copy = *self;
        copy.take(now)
    }

    /// Fills it.
    pub const fn fill(&mut self) {
        self.full_at = Duration::ZERO;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_let_through_and_then_the_rate() {
        let mut bucket = TokenBucket::new(100, 100);
        let at = Duration::from_secs(5);
        assert_eq!((0..200).filter(|_| bucket.take(at)).count(), 100);
        assert!(!bucket.has(at) && bucket.has(at + Duration::from_millis(10)));
        let later = at + Duration::from_millis(55);
        assert_eq!((0..200).filter(|_| bucket.take(later)).count(), 5);
        assert_eq!((0..200).filter(|_| bucket.take(at + Duration::from_secs(60))).count(), 100);
        bucket.fill();
        assert!(bucket.take(at));
    }
}
