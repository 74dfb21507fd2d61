//! What a connection sends and checks in its mode.

use crate::{
    api::{Flow, Write},
    rate_limiter::RateLimiter,
    time::Time,
};
use espalier_protocol::{
    Mode,
    pattern::{self, Checker},
};

/// What the board says when it has dialled.
pub const GREETING: &str = "Hello from Espalier\n";
/// Pause between two lines that tell wrong bytes, milliseconds.
const WRONG_PAUSE_MS: u64 = 1_000;

/// What a connection has to do in its mode; begun anew when the mode changes.
#[derive(Debug, Clone)]
pub(crate) struct Transfer {
    /// Bytes of greeting still to be sent, counted from its end.
    greeting: usize,
    /// Position in the pattern that is sent.
    sent: u64,
    limiter: RateLimiter,
    checker: Checker,
    /// When the last wrong byte was told.
    told: Option<Time>,
    /// Errors that were told then.
    told_errors: u64,
}

/// What mode `check` has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CheckTotals {
    pub(crate) bytes: u64,
    pub(crate) errors: u64,
}

impl Transfer {
    pub(crate) const fn new(now: Time) -> Self {
        let (limiter, checker) = (RateLimiter::new(now), Checker::new());
        Self { greeting: 0, sent: 0, limiter, checker, told: None, told_errors: 0 }
    }

    /// One that begins with [`GREETING`].
    pub(crate) const fn greeting(now: Time) -> Self {
        Self { greeting: GREETING.len(), ..Self::new(now) }
    }

    /// How bytes move now. `log_grant` is what mode `log` may read.
    pub(crate) fn flow(&self, mode: Mode, rate: u32, log_grant: usize, now: Time) -> Flow {
        if self.greeting > 0 {
            return Flow { read: 0, write: Write::Produce(self.greeting) };
        }
        let all = usize::MAX;
        match mode {
            Mode::Echo | Mode::Client => Flow { read: all, write: Write::Echo },
            Mode::Discard | Mode::Check => Flow { read: all, write: Write::Nothing },
            // What moves in a chat is the room's matter.
            Mode::Chat => Flow::HOLD,
            Mode::Log => Flow { read: log_grant, write: Write::Nothing },
            Mode::Source => match self.limiter.allowed(rate, now) {
                0 => Flow { read: all, write: Write::Nothing },
                most => Flow { read: all, write: Write::Produce(most) },
            },
        }
    }

    /// Fills `out` with what is sent next; gives how many bytes.
    pub(crate) fn produce(&mut self, mode: Mode, rate: u32, out: &mut [u8], now: Time) -> usize {
        if self.greeting > 0 {
            let rest = GREETING.as_bytes();
            let rest = rest.get(rest.len().saturating_sub(self.greeting)..).unwrap_or_default();
            let len = rest.len().min(out.len());
            for (slot, byte) in out.iter_mut().zip(rest) {
                *slot = *byte;
            }
            self.greeting -= len;
            return len;
        }
        if mode != Mode::Source {
            return 0;
        }
        let len = out.len().min(self.limiter.allowed(rate, now));
        let Some(out) = out.get_mut(..len) else { return 0 };
        pattern::fill(self.sent, out);
        self.sent += len as u64;
        self.limiter.spend(rate, len, now);
        len
    }

    /// When more may be sent at this rate; `None` when that is now.
    pub(crate) fn due(&self, rate: u32, now: Time) -> Option<Time> {
        self.limiter.due(rate, now)
    }

    /// Takes bytes that should be the check pattern; gives how many are wrong.
    pub(crate) fn check(&mut self, bytes: &[u8]) -> u64 {
        self.checker.check(bytes)
    }

    /// Wrong bytes that are to be told now, and where the first is: the first at once, more of them
    /// each second.
    pub(crate) fn wrong(&mut self, now: Time) -> Option<(CheckTotals, u64)> {
        let first = self.checker.first_error()?;
        let totals = self.totals();
        let due = self.told.is_none_or(|told| now.since(told) >= WRONG_PAUSE_MS);
        if totals.errors == self.told_errors || !due {
            return None;
        }
        self.told = Some(now);
        self.told_errors = totals.errors;
        Some((totals, first))
    }

    /// What was checked so far.
    pub(crate) fn totals(&self) -> CheckTotals {
        CheckTotals { bytes: self.checker.bytes(), errors: self.checker.errors() }
    }
}
