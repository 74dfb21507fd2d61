//! Whose a row of a timeline is: which connection of which of its sessions.

use crate::PeerId;

/// A connection of one of the timeline's sessions. A timeline is a capture like any other, so this travels in its records'
/// [`PeerId`]: the session in the upper bits, the connection in the lower twenty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LanePeer {
    /// Which of the timeline's lanes, from 0; at most [`LanePeer::LANES`].
    pub lane: u32,
    /// The connection within that session.
    pub peer: PeerId,
}

impl LanePeer {
    /// How many lanes a timeline can have.
    pub const LANES: u32 = 256;
    const BITS: u32 = 20;

    /// As it stands in the timeline's records. A session's connections beyond the first million share the last number.
    pub fn id(self) -> PeerId {
        let peer = self.peer.0.min((1 << Self::BITS) - 1);
        PeerId((self.lane.min(Self::LANES - 1) + 1) << Self::BITS | peer)
    }

    /// What stands in a timeline's record; `None` for what the timeline says of itself.
    pub const fn of(id: PeerId) -> Option<Self> {
        let lane = id.0 >> Self::BITS;
        if lane == 0 {
            return None;
        }
        Some(Self { lane: lane - 1, peer: PeerId(id.0 & ((1 << Self::BITS) - 1)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lane_and_connection_come_back() {
        for lane in [0, 1, 255] {
            for peer in [0, 1, 77_777] {
                let it = LanePeer { lane, peer: PeerId(peer) };
                assert_eq!(LanePeer::of(it.id()), Some(it));
            }
        }
        assert_eq!(LanePeer::of(PeerId::SESSION), None);
    }
}
