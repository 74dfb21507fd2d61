//! A token bucket: so many bytes in a second, in portions of some milliseconds.

use std::time::Duration;

/// What is saved up at most, as a part of a second: 20 ms, so that a timer that is late loses nothing.
const SAVED: u64 = 50;
/// The portion that is waited for, as a part of a second: 5 ms.
const PORTION: u64 = 200;
const NANOS: u128 = 1_000_000_000;

/// How many bytes may pass now.
#[derive(Clone, Debug, Default)]
pub struct RateLimit {
    rate: Option<u64>,
    /// Bytes that may pass, times 10^9.
    credit: u128,
    at: Duration,
}

impl RateLimit {
    /// From now on so many bytes in a second; `None`: any number.
    pub fn set(&mut self, rate: Option<u64>, now: Duration) {
        let rate = rate.map(|rate| rate.max(1));
        if rate != self.rate {
            self.rate = rate;
            self.credit = 0;
            self.at = now;
        }
    }

    /// How many of `wanted` bytes may pass now.
    ///
    /// # Errors
    /// When a portion of them may.
    pub fn allows(&mut self, wanted: usize, now: Duration) -> Result<usize, Duration> {
        let Some(rate) = self.rate else { return Ok(wanted) };
        let passed = now.saturating_sub(self.at);
        self.at = self.at.max(now);
        let saved = u128::from((rate / SAVED).max(1)) * NANOS;
        self.credit = (self.credit + u128::from(rate) * passed.as_nanos()).min(saved);
        let portion = u128::from((rate / PORTION).max(1)).min(wanted as u128);
        let allowed = self.credit / NANOS;
        if allowed >= portion {
            return Ok(wanted.min(usize::try_from(allowed).unwrap_or(usize::MAX)));
        }
        let missing = (portion * NANOS - self.credit).div_ceil(u128::from(rate));
        Err(now + Duration::from_nanos(u64::try_from(missing).unwrap_or(u64::MAX)))
    }

    /// So many have passed.
    pub fn take(&mut self, bytes: usize) {
        if self.rate.is_some() {
            self.credit = self.credit.saturating_sub(bytes as u128 * NANOS);
        }
    }
}
