//! What a session publishes of itself: snapshots, which everybody else reads.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use espalier_core::session::{CycleStatus, PeerStatus, SessionState, SessionStatus};

use super::cyclic_send::CyclicSend;
use super::shared::{SessionPhase, SessionShared};
use crate::capture::Capture;
use crate::clock::now;
use crate::log_file::LogFileRun;

impl SessionShared {
    /// Whether something changed since the last snapshot; asking clears it.
    pub fn take_dirty(&self) -> bool {
        self.dirty.swap(false, Ordering::AcqRel)
    }

    /// The status as it was published last.
    pub fn status(&self) -> Arc<SessionStatus> {
        self.status.read().clone()
    }

    /// Whether the last snapshot shows a rate, which must fall to zero by itself.
    pub fn is_lively(&self) -> bool {
        let traffic = self.status.read().traffic;
        traffic.receive_rate > 0.0 || traffic.send_rate > 0.0
    }

    /// Makes a new snapshot.
    pub fn publish(&self) {
        let at = now();
        // Before the queues: what it has handed over by then is in one of them, or was taken.
        let list = self.list.lock().as_ref().map(|run| Arc::new(run.status()));
        let transfer = self.transfer().map(|transfer| Arc::new(transfer.status()));
        let replay = self.replay().map(|replay| Arc::new(replay.status()));
        let offer = self.other_end.lock().offer();
        let SessionPhase { mut state, local, remote, since } = self.phase.lock().clone();
        let peers = self.peers.read().statuses(at);
        if let (SessionState::Connected(shown), Some(peer)) = (&mut state, peers.last()) {
            *shown = peer.state;
        }
        let (traffic, digests, capture) = {
            let recorder = self.recorder.lock();
            let (traffic, digests) = recorder.totals(at);
            (traffic, digests, recorder.capture().cloned())
        };
        let status = SessionStatus {
            id: self.id,
            state,
            local,
            remote,
            counterpart: self.present_counterpart(),
            since,
            queued: peers.iter().map(|peer: &PeerStatus| peer.queued).sum::<u64>()
                + self.serial.queued(),
            peers,
            traffic,
            // Of what moved meanwhile, too.
            integrity: digests.integrity(),
            cycle: self.cycle_status(),
            list,
            rules: self.rules.lock().as_ref().map(|rules| Arc::new(rules.status())),
            chat: self.chat().map(|chat| Arc::new(chat.status(self))),
            room: self.room().map(|room| Arc::new(room.status(self))),
            transfer,
            replay,
            offer,
            log_file: self.log_file.lock().as_ref().and_then(LogFileRun::status).map(Arc::new),
            load: self.load.lock().clone(),
            tls: self.tls.lock().clone(),
            bridge: self.bridge.read().as_ref().map(|bridge| bridge.other),
            capture_bytes: capture.as_ref().map_or(0, Capture::kept_bytes),
            retired_bytes: capture.as_ref().map_or(0, Capture::retired_bytes),
            torn_bytes: capture.as_ref().map_or(0, Capture::torn_bytes),
            continues: self.continues.load(Ordering::Acquire),
        };
        *self.status.write() = Arc::new(status);
    }

    fn cycle_status(&self) -> Option<CycleStatus> {
        self.cycle.lock().as_ref().and_then(CyclicSend::status)
    }
}
