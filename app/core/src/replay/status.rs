//! How a replay goes.

use std::sync::Arc;

use super::{Difference, ReplayPace, ReplayTotals};
use crate::{PeerId, Sentence};

/// What a replay does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplayPhase {
    /// Nobody is there yet.
    Connecting,
    /// The capture is looked through.
    Reading,
    /// Parts are sent.
    Playing,
    /// The next part waits for an answer.
    Waiting,
    /// The other end has no room.
    HeldUp,
    /// All was sent: the rest of the answers may come.
    Ending,
    /// It is over.
    Over(ReplayEnd),
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplayEnd {
    /// All was played.
    Done,
    /// The user stopped it.
    Stopped,
    /// The other end went away before all was played: why.
    TargetGone(Sentence),
    /// It cannot be played: why.
    Failed(Sentence),
}

/// A replay under way, or how it ended.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplayStatus {
    /// What it does.
    pub phase: ReplayPhase,
    /// Nothing is sent until it is resumed.
    pub paused: bool,
    /// How fast it goes.
    pub pace: ReplayPace,
    /// To which connection; [`PeerId::SESSION`]: to a port, or nobody is there yet.
    pub to: PeerId,
    /// Parts that were given away.
    pub sent: u64,
    /// Bytes of them.
    pub sent_bytes: u64,
    /// Parts there are; 0 before that is known.
    pub parts: u64,
    /// Bytes there are.
    pub bytes: u64,
    /// Bytes that were answered then.
    pub expected: u64,
    /// Parts that were given away and that the system did not take, as far as it is known.
    pub unsent: u64,
    /// How much of the capture is looked through, 0 to 1, while it is.
    pub read: Option<f32>,
    /// What was compared.
    pub totals: ReplayTotals,
    /// Where answers differ: the first [`Comparison::KEPT`](super::Comparison::KEPT).
    pub differences: Arc<Vec<Arc<Difference>>>,
}

impl ReplayStatus {
    /// One that has not begun.
    pub fn new(pace: ReplayPace) -> Self {
        Self {
            phase: ReplayPhase::Reading,
            paused: false,
            pace,
            to: PeerId::SESSION,
            sent: 0,
            sent_bytes: 0,
            parts: 0,
            bytes: 0,
            expected: 0,
            unsent: 0,
            read: None,
            totals: ReplayTotals::default(),
            differences: Arc::default(),
        }
    }

    /// Whether it is over.
    pub const fn is_over(&self) -> bool {
        matches!(self.phase, ReplayPhase::Over(_))
    }

    /// How much of it was sent, 0 to 1; `None` before that is known.
    pub fn fraction(&self) -> Option<f32> {
        (self.parts > 0).then(|| (self.sent as f64 / self.parts as f64).min(1.0) as f32)
    }
}
