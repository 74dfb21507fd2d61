//! The way out of a transfer: to a port, or to some connections.

use std::sync::Arc;
use std::time::Duration;

use espalier_core::backend::{PeerSelector, Refusal};
use espalier_core::session::{
    ConnectionState, DataBits, EndReason, FlowControl, Parity, SerialSpec, SessionState, StopBits,
    TransportSpec, UdpSpec,
};
use espalier_core::transfer::TransferProtocol;
use espalier_core::{PeerId, Sentence, say};

use super::super::outbox::{LIMIT, PushError};
use super::host::TransferHost;
use crate::receipt::Receipt;

/// Bytes that wait for a connection at most: so soon a pause or a cancel takes effect.
const TCP_IN_FLIGHT: usize = 4 << 20;

/// What waits for a port at most takes so long to be sent.
const SERIAL_IN_FLIGHT: Duration = Duration::from_millis(250);

/// Where a transfer goes to, and comes from.
#[derive(Clone, Debug)]
pub struct TransferTarget {
    /// `None`: a port. Else these connections, as they were when it began; none: all of them, whoever comes.
    pub peers: Option<Vec<PeerId>>,
    /// Bytes that may wait to be sent.
    pub in_flight: usize,
    /// How long a byte takes on the line, where that is known.
    pub byte_time: Duration,
}

impl TransferTarget {
    /// To or from these, when that can be.
    ///
    /// # Errors
    /// Why not, for the user.
    pub fn new(
        session: &dyn TransferHost,
        to: &PeerSelector,
        protocol: TransferProtocol,
        sends: bool,
    ) -> Result<Self, Sentence> {
        let transport = session.transport();
        if let TransportSpec::Serial(serial) = &transport {
            check_line(serial, protocol)?;
            let byte_time = byte_time(serial);
            let in_flight = SERIAL_IN_FLIGHT.as_secs_f64() / byte_time.as_secs_f64();
            return Ok(Self { peers: None, in_flight: (in_flight as usize).max(64), byte_time });
        }
        let carries_datagrams = matches!(transport, TransportSpec::Udp(_));
        if carries_datagrams && protocol.is_spoken() {
            return Err(say!(
                "transfer-no-datagrams",
                "{protocol} needs a connection: datagrams may be lost, or come in another order. Raw bytes can be sent, each chunk a datagram",
                protocol = protocol.name().unwrap_or_default(),
            ));
        }
        let peers = match session.receivers(to) {
            Ok(peers) => peers.iter().map(|peer| peer.id).collect(),
            // Whoever has closed our way to it may still send.
            Err(Refusal::Closed(_)) if !sends && !protocol.is_spoken() => match to {
                PeerSelector::All | PeerSelector::Counterpart => Vec::new(),
                PeerSelector::Peers(peers) => peers.clone(),
            },
            Err(Refusal::Nobody) if !sends && !protocol.is_spoken() => Vec::new(),
            Err(refusal) => return Err(gone(refusal)),
        };
        if protocol.is_spoken() && peers.len() != 1 {
            return Err(say!(
                "transfer-one-peer",
                "a protocol is spoken with one connection alone: choose one"
            ));
        }
        // Raw bytes of all of a server's clients are of whoever comes, too.
        let follows =
            transport.has_peers() && !sends && !protocol.is_spoken() && *to == PeerSelector::All;
        let peers = if follows { Vec::new() } else { peers };
        // What is handed over at once is one datagram.
        let in_flight = match carries_datagrams {
            true => UdpSpec::MOST_V4 as usize,
            false => TCP_IN_FLIGHT,
        };
        Ok(Self { peers: Some(peers), in_flight, byte_time: Duration::ZERO })
    }

    /// Whether this connection, or the port, is meant.
    pub fn has(&self, peer: PeerId) -> bool {
        self.peers.as_ref().is_none_or(|peers| peers.is_empty() || peers.contains(&peer))
    }

    /// Bytes that wait to be sent: the most of any connection.
    ///
    /// # Errors
    /// One has gone, or cannot receive.
    pub fn waiting(&self, session: &dyn TransferHost) -> Result<usize, Sentence> {
        let Some(peers) = &self.peers else {
            return session.port_waiting().ok_or_else(port_gone);
        };
        let receivers = session.receivers(&PeerSelector::Peers(peers.clone())).map_err(gone)?;
        Ok(receivers.iter().map(|peer| peer.outbox.queued()).max().unwrap_or_default())
    }

    /// Gives these bytes to all of them; whether there was room. `waiting` was asked before.
    ///
    /// # Errors
    /// One has gone, or cannot receive.
    pub fn hand_over(
        &self,
        session: &dyn TransferHost,
        bytes: &Arc<[u8]>,
        receipt: &Receipt,
    ) -> Result<bool, Sentence> {
        let Some(peers) = &self.peers else {
            return session.send_to_port(bytes, receipt).ok_or_else(port_gone);
        };
        let receivers = session.receivers(&PeerSelector::Peers(peers.clone())).map_err(gone)?;
        // All or none, as far as nobody else fills them meanwhile.
        if receivers.iter().any(|peer| peer.outbox.queued() + bytes.len() > LIMIT / 2) {
            return Ok(false);
        }
        for peer in &receivers {
            match peer.outbox.push(bytes, Some(receipt)) {
                Ok(()) => {}
                Err(PushError::Closed) => return Err(gone(Refusal::Closed(peer.id))),
                Err(PushError::Full) => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Whether nothing more can come: `Some(true)` after an end in order.
    pub fn is_over(&self, session: &dyn TransferHost) -> Option<bool> {
        let Some(peers) = &self.peers else {
            return self.waiting(session).is_err().then_some(false);
        };
        if peers.is_empty() {
            // A client's only connection; one that has only said that it sends no more stands still.
            let last = session.connections().last().map(|peer| peer.state);
            return match session.state() {
                SessionState::Connected(_) if last == Some(ConnectionState::PeerHalfClosed) => {
                    Some(true)
                }
                SessionState::Idle => Some(true),
                SessionState::Ended { reason, .. } | SessionState::Waiting { reason, .. } => {
                    Some(is_in_order(reason))
                }
                _ => None,
            };
        }
        let statuses = session.connections();
        let is_over = |id: &PeerId| match statuses.iter().find(|peer| peer.id == *id) {
            Some(peer) => match peer.state {
                ConnectionState::Open | ConnectionState::HalfClosed => None,
                ConnectionState::PeerHalfClosed => Some(true),
                ConnectionState::Ended(reason) => Some(is_in_order(reason)),
            },
            None => Some(false),
        };
        // Over when all are; in order when all were.
        peers.iter().map(is_over).try_fold(true, |all, one| one.map(|one| all && one))
    }
}

const fn is_in_order(reason: EndReason) -> bool {
    matches!(reason, EndReason::ClosedByPeer | EndReason::ClosedByUs)
}

fn port_gone() -> Sentence {
    say!("transfer-port-gone", "the port went away, or is used otherwise")
}

fn gone(refusal: Refusal) -> Sentence {
    match refusal {
        Refusal::Gone(peer) => say!("transfer-peer-gone", "#{number} has gone", number = peer.0),
        Refusal::Closed(peer) => say!(
            "transfer-peer-closed",
            "#{number} cannot receive: our side of it is closed",
            number = peer.0
        ),
        _ => say!("transfer-nobody", "no connection"),
    }
}

/// How long a character takes: a start bit, and what the port was asked for.
pub fn byte_time(serial: &SerialSpec) -> Duration {
    let stop = match serial.stop_bits {
        StopBits::One => 1.0,
        StopBits::OneAndAHalf => 1.5,
        StopBits::Two => 2.0,
    };
    let check = if serial.parity == Parity::None { 0.0 } else { 1.0 };
    let bits = 1.0 + f64::from(serial.data_bits.count()) + check + stop;
    Duration::from_secs_f64(bits / f64::from(serial.baud.max(1)))
}

/// Whether all bytes of a protocol come through such a line.
fn check_line(serial: &SerialSpec, protocol: TransferProtocol) -> Result<(), Sentence> {
    let name = protocol.name().unwrap_or_default();
    if protocol.is_spoken() && serial.data_bits != DataBits::Eight {
        return Err(say!("transfer-eight-bits", "{protocol} needs 8 data bits", protocol = name));
    }
    if protocol.needs_clean_line() && serial.flow_control == FlowControl::Software {
        return Err(say!(
            "transfer-no-xon",
            "{protocol} sends XON and XOFF as data: choose another flow control",
            protocol = name
        ));
    }
    Ok(())
}
