//! A session as what is sent on time needs it, and as rules act on it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use espalier_core::backend::{ListControl, ListRequest, PeerSelector, Refusal, SessionCommand};
use espalier_core::board::LinkState;
use espalier_core::send::OutgoingBytes;
use espalier_core::session::{SessionEvent, SessionState, TransportSpec};
use espalier_core::view::EncodingName;
use espalier_core::{PeerId, Sentence};
use tokio::sync::mpsc::WeakSender;

use super::beat_sink::BeatSink;
use super::connection;
use super::outbox::PushError;
use super::rule_sink::RuleSink;
use super::shared::SessionShared;
use crate::receipt::Receipt;

/// Bytes that may wait for a serial port before what is sent on time waits, too: a queue of minutes helps nobody.
const SERIAL_WAITING: u64 = 64 << 10;

impl SessionShared {
    /// Sends to these connections in the caller's thread, as far as the system takes it without waiting; what is left is the
    /// connections' tasks'.
    pub(super) fn deliver_now(
        &self,
        to: &PeerSelector,
        bytes: &OutgoingBytes,
        receipt: Option<&Receipt>,
    ) -> Result<(), Refusal> {
        self.deliver(to, bytes, receipt, |peer, bytes| match &peer.datagrams {
            Some((_, sender)) => match sender.upgrade() {
                Some(sender) => sender.push_now(peer, bytes, receipt),
                None => Err(PushError::Closed),
            },
            None => connection::push_now(self, peer, bytes, receipt),
        })
    }
}

impl BeatSink for SessionShared {
    fn deliver(
        &self,
        to: &PeerSelector,
        bytes: &OutgoingBytes,
        receipt: Option<&Receipt>,
    ) -> Result<(), Refusal> {
        if self.is_serial() && self.serial.queued() > SERIAL_WAITING {
            return Err(Refusal::Full);
        }
        self.deliver_now(to, bytes, receipt)
    }

    fn reach(&self, to: &PeerSelector) -> Result<(), Refusal> {
        // While the board is away or being flashed, the link lets go of what it is given.
        let takes = || self.serial.board(None).link == LinkState::Monitoring;
        match self.is_serial() {
            true if self.state() == SessionState::Open && takes() => Ok(()),
            true => Err(Refusal::Nobody),
            false => self.receivers(to).map(|_| ()),
        }
    }

    fn compose(
        &self,
        to: &PeerSelector,
        session: &EncodingName,
        compose: &mut dyn FnMut(&EncodingName) -> Result<Vec<u8>, String>,
    ) -> Result<OutgoingBytes, String> {
        let spec = self.spec.read().clone();
        let clients = spec.transport.clients();
        if clients.is_empty() {
            return compose(session).map(Into::into);
        }
        let peers = self.receivers(to).unwrap_or_default();
        clients.compose(session, peers.iter().map(|peer| peer.ends.remote.ip()), compose)
    }

    fn address(&self, to: &PeerSelector) -> String {
        if let TransportSpec::Serial(serial) = &self.spec.read().transport {
            return serial.port.clone();
        }
        match self.receivers(to).as_deref() {
            Ok([peer]) => peer.ends.remote.to_string(),
            _ => String::new(),
        }
    }

    fn note(&self, sentence: Sentence) {
        Self::note(self, None, sentence);
    }

    fn mark_dirty(&self) {
        Self::mark_dirty(self);
    }
}

impl RuleSink for SessionShared {
    fn event(&self, peer: PeerId, event: SessionEvent) {
        let found = self.peers.read().find(peer);
        self.event_of(peer, found.as_ref().map(|peer| &peer.ends), event);
    }

    fn run_list(self: Arc<Self>, request: ListRequest) {
        self.start_list(request);
        self.mark_dirty();
    }

    fn stop_list(&self) {
        self.control_list(ListControl::Stop);
    }

    fn end_session(&self) {
        // What has ended by itself keeps its reason.
        if matches!(self.state(), SessionState::Ended { .. }) {
            return;
        }
        self.ended_by_rule.store(true, Ordering::Release);
        self.let_port_write();
        let orders = self.orders.get().and_then(WeakSender::upgrade);
        // The rules' own thread can wait for room: what is lost here is never asked again.
        if let Some(orders) = orders {
            orders.blocking_send(SessionCommand::Stop).ok();
        }
    }
}
