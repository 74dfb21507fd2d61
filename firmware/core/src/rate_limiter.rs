//! Sending at a rate.

use crate::time::Time;

/// Lets bytes through at a rate: credit grows with time and is spent by sending.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RateLimiter {
    since: Time,
    /// Thousandths of a byte at `since`.
    credit: u64,
}

impl RateLimiter {
    pub(crate) const fn new(now: Time) -> Self {
        Self { since: now, credit: 0 }
    }

    /// Least that is worth a packet at this rate: a tenth of a second, but at most 512 bytes.
    fn portion(rate: u32) -> u64 {
        u64::from(rate / 10).clamp(1, 512)
    }

    fn credit_at(&self, rate: u32, now: Time) -> u64 {
        // Half a second of credit is kept at most, so that a stalled peer is not flooded later.
        let most = (u64::from(rate) * 500).max(Self::portion(rate) * 1000);
        let earned = now.since(self.since).min(1_000) * u64::from(rate);
        (self.credit + earned).min(most)
    }

    /// Bytes that may be sent now; 0 until a portion is worth it. Rate 0 is without limit.
    pub(crate) fn allowed(&self, rate: u32, now: Time) -> usize {
        if rate == 0 {
            return usize::MAX;
        }
        let bytes = self.credit_at(rate, now) / 1000;
        if bytes < Self::portion(rate) { 0 } else { usize::try_from(bytes).unwrap_or(usize::MAX) }
    }

    /// When [`RateLimiter::allowed`] is more than 0; `None` when it is already.
    pub(crate) fn due(&self, rate: u32, now: Time) -> Option<Time> {
        if rate == 0 || self.allowed(rate, now) > 0 {
            return None;
        }
        let missing = (Self::portion(rate) * 1000).saturating_sub(self.credit_at(rate, now));
        Some(now + missing.div_ceil(u64::from(rate)))
    }

    pub(crate) fn spend(&mut self, rate: u32, bytes: usize, now: Time) {
        if rate > 0 {
            let spent = (bytes as u64).saturating_mul(1000);
            *self = Self { since: now, credit: self.credit_at(rate, now).saturating_sub(spent) };
        }
    }
}
