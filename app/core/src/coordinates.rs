//! Where a byte or an event belongs: when it was, which way it went, of which peer, and where it is kept. Everything else
//! is built on these.

use serde::{Deserialize, Serialize};

/// Nanoseconds since the Unix epoch, taken at the read or write itself.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Timestamp(pub i64);

/// Which way bytes moved, seen from this computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Received by us.
    In,
    /// Sent by us.
    Out,
}

/// Number of a connection within a session, dense, in order of appearance.
///
/// 0 speaks of the session itself (a listener, a port); connections count from 1, and a reconnected
/// client is a new one, so two lives of one address never mix.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct PeerId(pub u32);

impl PeerId {
    /// The session itself, not one of its connections.
    pub const SESSION: Self = Self(0);
}

/// Byte offset of a record in its capture, counted over all its segments from the first ever written.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Position(pub u64);

/// Which record of which session a record of a timeline is a copy of, or tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Which of the timeline's lanes, from 0.
    pub lane: u32,
    /// Where the record begins in that session's capture.
    pub position: Position,
}

impl Origin {
    const BITS: u32 = 56;

    /// As it stands in the timeline's records.
    pub(crate) const fn id(self) -> u64 {
        (self.lane as u64) << Self::BITS | self.position.0 & ((1 << Self::BITS) - 1)
    }

    /// What stands in a timeline's record.
    pub(crate) const fn of(id: u64) -> Self {
        let position = Position(id & ((1 << Self::BITS) - 1));
        Self { lane: (id >> Self::BITS) as u32, position }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_comes_back() {
        for lane in [0, 255] {
            for position in [0, 1, (1 << 56) - 1] {
                let it = Origin { lane, position: Position(position) };
                assert_eq!(Origin::of(it.id()), it);
            }
        }
    }
}
