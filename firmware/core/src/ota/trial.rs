//! The first minutes of a new program: it is confirmed once it is known to come up, or given up.

use crate::time::Time;

/// A new program that is not confirmed after so many seconds is given up.
pub const TRIAL_S: u32 = 300;
/// `ota allow` holds for so many seconds.
pub const ALLOWED_S: u32 = 300;
/// Commands on the console confirm a program when so much lies between them, milliseconds: it lives, and somebody reads it.
const SPOKEN_MS: u64 = 10_000;

/// Where the trial stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trial {
    /// There is none, or it is over.
    Over,
    /// It runs.
    Running {
        until: Time,
        /// When the first command came.
        spoken: Option<Time>,
    },
    /// It went well: the glue is to write that down.
    Passed,
    /// The glue is at it.
    Handed,
}

impl Trial {
    pub(crate) fn begin(now: Time) -> Self {
        Self::Running { until: now + u64::from(TRIAL_S) * 1_000, spoken: None }
    }

    /// The board has an address.
    pub(crate) fn reached(&mut self) {
        if matches!(self, Self::Running { .. }) {
            *self = Self::Passed;
        }
    }

    /// A command came on the console.
    pub(crate) fn spoken_to(&mut self, now: Time) {
        if let Self::Running { spoken, .. } = self {
            let first = *spoken.get_or_insert(now);
            if now >= first + SPOKEN_MS {
                *self = Self::Passed;
            }
        }
    }

    /// Whether the glue should confirm the program, once.
    pub(crate) fn next_action(&mut self) -> bool {
        let passed = *self == Self::Passed;
        if passed {
            *self = Self::Handed;
        }
        passed
    }

    /// Whether the time is over, once.
    pub(crate) fn given_up(&mut self, now: Time) -> bool {
        let over = matches!(*self, Self::Running { until, .. } if now >= until);
        if over {
            *self = Self::Over;
        }
        over
    }

    pub(crate) const fn poll_at(&self) -> Option<Time> {
        match *self {
            Self::Running { until, .. } => Some(until),
            _ => None,
        }
    }
}
