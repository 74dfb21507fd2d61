//! The atoms of a capture: one read or write, or one event, with its time stamp.

use serde::{Deserialize, Serialize};

use crate::session::SessionEvent;
use crate::timeline::Origin;

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

/// What a record holds.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordBody<'a> {
    /// The bytes of one read or write, unaltered.
    Data(&'a [u8]),
    /// Something that happened to the session or a connection.
    Event(SessionEvent),
}

/// One read or write, or one event.
#[derive(Clone, Debug, PartialEq)]
pub struct Record<'a> {
    /// Where the record begins in its capture.
    pub position: Position,
    /// When it happened.
    pub at: Timestamp,
    /// Which way; events that have none say [`Direction::In`].
    pub direction: Direction,
    /// Whose it is.
    pub peer: PeerId,
    /// What it was copied from, in the capture of a timeline.
    pub origin: Option<Origin>,
    /// What it holds.
    pub body: RecordBody<'a>,
}
