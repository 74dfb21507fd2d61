//! What is asked of a replay.

use std::ops::Range;
use std::time::Duration;

use super::ignore::{IgnoreFault, IgnorePatterns};
use crate::{Direction, PeerId, Position, Timestamp};

/// Which part of a capture is played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayChoice {
    /// Who is played: `Out` sends again what was sent, `In` takes the part of the other side.
    pub direction: Direction,
    /// Which connection; `None`: the only one that there is.
    pub peer: Option<PeerId>,
    /// Records from the first of these places up to the second; `None`: all there are.
    pub places: Option<Range<Position>>,
    /// Nothing before this moment.
    pub since: Option<Timestamp>,
    /// Nothing from this moment on.
    pub until: Option<Timestamp>,
}

impl Default for ReplayChoice {
    fn default() -> Self {
        Self { direction: Direction::Out, peer: None, places: None, since: None, until: None }
    }
}

/// How fast parts follow each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ReplayPace {
    /// So many times as fast as they were recorded: 1 is as recorded.
    Recorded(f64),
    /// Each as soon as there is room for it.
    Fast,
    /// Each when the answer to the one before it has come, or did not come in time.
    ByAnswer,
}

impl ReplayPace {
    /// The slowest and the fastest factor.
    pub const FACTORS: std::ops::RangeInclusive<f64> = 0.01..=1000.0;

    /// Whether it can be played so.
    pub fn is_possible(self) -> bool {
        match self {
            Self::Recorded(factor) => Self::FACTORS.contains(&factor),
            Self::Fast | Self::ByAnswer => true,
        }
    }
}

/// A replay, as it is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplayRequest {
    /// What is played.
    pub choice: ReplayChoice,
    /// How fast.
    pub pace: ReplayPace,
    /// Regular expressions: what they match is left out on both sides before answers are compared.
    pub ignore: Vec<String>,
    /// Milliseconds without a byte after which an answer does not come any more, beyond what it took then; at least 1.
    pub timeout_ms: u32,
    /// Play what there is of a capture that is damaged, or lacks parts.
    pub damaged: bool,
}

impl Default for ReplayRequest {
    fn default() -> Self {
        Self {
            choice: ReplayChoice::default(),
            pace: ReplayPace::Recorded(1.0),
            ignore: Vec::new(),
            timeout_ms: 5000,
            damaged: false,
        }
    }
}

impl ReplayRequest {
    /// Its time limit.
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms.max(1).into())
    }

    /// What does not count.
    ///
    /// # Errors
    /// [`IgnoreFault`]: one of the expressions cannot be used.
    pub fn ignored(&self) -> Result<IgnorePatterns, IgnoreFault> {
        IgnorePatterns::new(&self.ignore)
    }
}

/// What can be done with a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplayControl {
    /// Send nothing until it is resumed; what is due meanwhile is due later.
    Pause,
    /// Go on.
    Resume,
    /// Send the next part at once, and pause before the one behind it.
    Step,
    /// End it.
    Stop,
    /// Forget how it ended; one that runs ends.
    Dismiss,
}
