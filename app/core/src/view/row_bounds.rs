//! Where a row begins, and why it ends.

use crate::timeline::LanePeer;
use crate::{Direction, Origin, PeerId, Position, Timestamp};

/// Where a row begins: its record, and the byte in it.
pub(super) type RowPosition = (Position, u32);

/// The key of a stream: one direction of one peer, whose bytes make rows together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct StreamKey {
    pub(super) peer: PeerId,
    pub(super) direction: Direction,
}

impl StreamKey {
    /// What goes the other way between the same two.
    pub(super) const fn opposite(self) -> Self {
        let direction = match self.direction {
            Direction::In => Direction::Out,
            Direction::Out => Direction::In,
        };
        Self { direction, ..self }
    }

    /// Whether it is a serial line's: that has no connections, and so no peers.
    pub(super) fn is_serial(self) -> bool {
        let peer = LanePeer::of(self.peer).map_or(self.peer, |it| it.peer);
        peer == PeerId::SESSION
    }
}

/// Where and when a row begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RowHead {
    /// The row's number in the capture, before any filter.
    pub(super) number: u64,
    /// The record of its first byte.
    pub(super) position: Position,
    /// Which byte of that record's payload.
    pub(super) offset: u32,
    pub(super) at: Timestamp,
    /// When the row before it began.
    pub(super) previous_at: Timestamp,
    pub(super) stream: StreamKey,
    /// What its first record was copied from, on a timeline.
    pub(super) origin: Option<Origin>,
    /// How many bytes of its frame came in the rows before it.
    pub(super) frame_offset: u64,
    /// The row's first byte is the second half of a UTF-16 code unit whose first half ended another row.
    pub(super) odd: bool,
}

impl RowHead {
    /// The direction of a row's stream.
    pub(super) const fn direction(&self) -> Direction {
        self.stream.direction
    }
}

/// Why a row ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum RowEnd {
    /// The row's frame is complete.
    Frame = 1,
    /// The row was full; its frame goes on in the next row.
    Limit = 2,
    /// The row's connection or session ended.
    Peer = 3,
    /// The row was left unfinished for too much capture.
    Horizon = 4,
}

impl RowEnd {
    pub(super) const fn of(value: u8) -> Option<Self> {
        match value {
            1 => Some(Self::Frame),
            2 => Some(Self::Limit),
            3 => Some(Self::Peer),
            4 => Some(Self::Horizon),
            _ => None,
        }
    }
}
