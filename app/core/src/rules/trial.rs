//! Rules tried on what has passed already.

use crate::{PeerId, Position, Timestamp};

/// What came of trying rules on a history: nothing was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleTrial {
    /// How often each rule would have matched.
    pub matches: Vec<u64>,
    /// Where: the first [`Self::PLACES`] of all of them.
    pub places: Vec<TrialPlace>,
    /// How many received bytes were looked at.
    pub bytes: u64,
}

/// A place where a rule would have matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialPlace {
    /// Which rule, from 0.
    pub rule: usize,
    /// When.
    pub at: Timestamp,
    /// Of what.
    pub peer: PeerId,
    /// The record in which the match ends.
    pub record: Position,
    /// Its last byte there.
    pub offset: u32,
    /// Its first bytes, at most [`RuleTrial::SHOWN`]; empty when it is none of bytes.
    pub bytes: Vec<u8>,
}

impl RuleTrial {
    /// How many places are kept.
    pub const PLACES: usize = 1000;

    /// How many bytes of a match are kept.
    pub const SHOWN: usize = 64;

    /// How often any rule would have matched.
    pub fn total(&self) -> u64 {
        self.matches.iter().sum()
    }
}
