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
    /// It is one datagram: no part of a stream, so what comes next does not go on where it ends. Says nothing of events.
    pub datagram: bool,
    /// What it holds.
    pub body: RecordBody<'a>,
}

/// The two ends of a connection, or of what datagrams go between, kept with each of its records for Wireshark's sake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Our end.
    pub local: SocketAddr,
    /// The other end.
    pub remote: SocketAddr,
    /// What carries the bytes between them.
    pub protocol: TransportProtocol,
}

/// What carries bytes between two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportProtocol {
    /// A stream of bytes.
    Tcp,
    /// Datagrams, each a record of its own.
    Udp,
}

impl Endpoints {
    /// The ends of a TCP connection.
    pub const fn tcp(local: SocketAddr, remote: SocketAddr) -> Self {
        Self { local, remote, protocol: TransportProtocol::Tcp }
    }

    /// What UDP datagrams go between.
    pub const fn udp(local: SocketAddr, remote: SocketAddr) -> Self {
        Self { local, remote, protocol: TransportProtocol::Udp }
    }

    /// Whether what moves between them are datagrams.
    pub fn carry_datagrams(&self) -> bool {
        self.protocol == TransportProtocol::Udp
    }
}
