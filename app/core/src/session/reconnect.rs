//! When a client session tries again.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What to do when a connection ends that we did not close ourselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "policy")]
pub enum Reconnect {
    /// Stay closed.
    #[default]
    Off,
    /// Try again after the same wait each time.
    Fixed {
        /// The wait in milliseconds, at least 50.
        delay_ms: u64,
    },
    /// Wait 0.5 s, 1 s, 2 s … up to 30 s; a connection that lived for [`Backoff::STABLE`] begins anew.
    Exponential,
}

/// The waits of one series of attempts.
#[derive(Clone, Debug)]
pub struct Backoff {
    policy: Reconnect,
    failures: u32,
}

impl Backoff {
    /// The longest wait of [`Reconnect::Exponential`].
    pub const LONGEST: Duration = Duration::from_secs(30);
    /// How long a connection lives at least to count as one: a peer that accepts and closes at once is no better than one that
    /// refuses.
    pub const STABLE: Duration = Duration::from_secs(1);
    const FIRST: Duration = Duration::from_millis(500);
    const SHORTEST: Duration = Duration::from_millis(50);

    /// A series that has not failed yet.
    pub const fn new(policy: Reconnect) -> Self {
        Self { policy, failures: 0 }
    }

    /// A connection stood for so long: the next wait is the first again, if that was for [`Self::STABLE`].
    pub fn lived(&mut self, life: Duration) {
        if life >= Self::STABLE {
            self.succeeded();
        }
    }

    /// What was attempted is done: the next wait is the first again.
    pub const fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// How long to wait before the next attempt, and its number (from 2); `None` when the policy is to stay closed.
    pub fn failed(&mut self) -> Option<(Duration, u32)> {
        let delay = match self.policy {
            Reconnect::Off => return None,
            Reconnect::Fixed { delay_ms } => Duration::from_millis(delay_ms).max(Self::SHORTEST),
            Reconnect::Exponential => {
                (Self::FIRST * 2_u32.pow(self.failures.min(6))).min(Self::LONGEST)
            }
        };
        self.failures = self.failures.saturating_add(1);
        Some((delay, self.failures.saturating_add(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_waits_double_up_to_thirty_seconds_and_start_over_after_success() {
        let mut backoff = Backoff::new(Reconnect::Exponential);
        let waits: Vec<f32> =
            (0..8).filter_map(|_| backoff.failed()).map(|(d, _)| d.as_secs_f32()).collect();
        assert_eq!(waits, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]);
        backoff.succeeded();
        assert_eq!(backoff.failed(), Some((Duration::from_millis(500), 2)));
    }

    #[test]
    fn a_connection_that_hardly_lived_is_a_failure_as_any_other() {
        let mut backoff = Backoff::new(Reconnect::Exponential);
        let mut wait_after = |life| {
            backoff.lived(Duration::from_millis(life));
            backoff.failed().map(|(delay, attempt)| (delay.as_millis(), attempt))
        };
        assert_eq!(wait_after(10), Some((500, 2)));
        assert_eq!(wait_after(999), Some((1000, 3)));
        assert_eq!(wait_after(10), Some((2000, 4)));
        assert_eq!(wait_after(1000), Some((500, 2)));
    }

    #[test]
    fn off_never_tries_again() {
        assert_eq!(Backoff::new(Reconnect::Off).failed(), None);
    }
}
