//! A session of the engine in memory: its status and its rows.

use std::net::SocketAddr;
use std::sync::Arc;

use espalier_core::session::{
    ConnectionState, EndReason, PeerStatus, SessionEvent, SessionId, SessionSpec, SessionState,
    SessionStatus, Traffic,
};
use espalier_core::view::{Row, RowKind};
use espalier_core::{Direction, PeerId, Position, Timestamp};

use super::NOON;
use super::rows::Rows;

pub(super) struct Session {
    pub(super) id: SessionId,
    pub(super) spec: SessionSpec,
    pub(super) status: SessionStatus,
    pub(super) rows: Arc<Rows>,
}

impl Session {
    pub(super) fn row(&self, direction: Direction, peer: PeerId, kind: RowKind, bytes: &[u8]) {
        let mut rows = self.rows.rows.lock();
        let number = rows.len() as u64;
        let previous = rows.last().map_or(NOON, |row| row.at.0);
        let text = match &kind {
            RowKind::Event(event) => event.to_string(),
            RowKind::Data => {
                // The fonts of tests have no replacement character.
                String::from_utf8_lossy(bytes).trim_end().replace('\u{FFFD}', "?")
            }
        };
        rows.push(Row {
            number,
            position: Position(number * 100),
            offset: 0,
            at: Timestamp(NOON + number as i64 * 12_345_678),
            previous_at: Timestamp(previous),
            direction,
            peer,
            kind,
            bytes: bytes.into(),
            text: text.into(),
            spans: Arc::default(),
            ..Row::blank(number)
        });
    }

    pub(super) fn event(&self, peer: PeerId, event: SessionEvent) {
        self.row(Direction::In, peer, RowKind::Event(event), &[]);
    }

    pub(super) fn end(&mut self, reason: EndReason, detail: &str) {
        self.event(PeerId(1), SessionEvent::Ended { reason, detail: detail.to_owned() });
        self.status.state = SessionState::Ended { reason, detail: detail.into() };
    }

    pub(super) fn peers(&mut self, change: impl FnOnce(&mut Vec<PeerStatus>)) {
        let mut peers = self.status.peers.to_vec();
        change(&mut peers);
        self.status.peers = peers.into();
    }

    pub(super) fn receive(&mut self, peer: PeerId, bytes: &[u8]) {
        self.row(Direction::In, peer, RowKind::Data, bytes);
        self.status.traffic.received.add(bytes.len() as u64);
        self.peers(|peers| {
            if let Some(peer) = peers.iter_mut().find(|other| other.id == peer) {
                peer.traffic.received.add(bytes.len() as u64);
            }
        });
    }
}

pub(super) fn peer(id: PeerId, remote: SocketAddr, local: SocketAddr) -> PeerStatus {
    PeerStatus {
        id,
        remote,
        local,
        since: Timestamp(NOON - 754_000_000_000),
        state: ConnectionState::Open,
        traffic: Traffic::default(),
        queued: 0,
    }
}
