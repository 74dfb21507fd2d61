//! A record: one read or write, or one event.

use std::net::SocketAddr;

use crate::session::SessionEvent;
use crate::{Direction, Origin, PeerId, Position, Timestamp};

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

/// The two ends of a connection, kept with each of its records for Wireshark's sake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Our end.
    pub local: SocketAddr,
    /// The other end.
    pub remote: SocketAddr,
}
