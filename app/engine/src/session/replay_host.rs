//! A session as the host of a replay.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use espalier_core::backend::{PeerSelector, Refusal};
use espalier_core::board::LinkState;
use espalier_core::replay::ReplayControl;
use espalier_core::session::{SessionState, TransportSpec};
use espalier_core::{PeerId, Sentence, say};

use super::beat_sink::BeatSink;
use super::replay::{self, NoTarget, Replay, ReplayHost, ReplayState, ReplayTarget, ReplayTask};
use super::shared::SessionShared;
use super::transfer::byte_time;
use crate::receipt::Receipt;

/// Bytes that may wait for a connection, and for a port.
const IN_FLIGHT: usize = 1 << 20;
const PORT_IN_FLIGHT: usize = 2 << 10;

impl SessionShared {
    /// Begins a replay; one that runs stays, and the other one is refused.
    pub fn start_replay(self: &Arc<Self>, task: ReplayTask) {
        let is_busy = self.replay().is_some_and(|replay| !replay.is_over());
        if is_busy {
            return self.note(
                None,
                say!(
                    "note-replay-runs",
                    "only one capture is played to a session at a time: the new one was not begun"
                ),
            );
        }
        let pace = task.request.pace;
        let target = match self.target(&task.to) {
            Ok(target) => Ok(Some(target)),
            Err(NoTarget::Nobody(_)) if task.waits => Ok(None),
            Err(why) => Err(why.sentence()),
        };
        let begun = target.and_then(|target| {
            let session: Weak<Self> = Arc::downgrade(self);
            replay::start(session, target, task).map_err(|error| {
                say!("transfer-no-thread", "the system gives no thread: {error}", error = error)
            })
        });
        let replay = begun.unwrap_or_else(|why| {
            self.note(None, say!("note-no-replay", "the capture is not played: {why}", why = why));
            Replay::refused(pace, why)
        });
        drop(self.replay.lock().replace(replay));
        self.mark_dirty();
    }

    /// The replay that runs, or the last one.
    pub fn replay(&self) -> Option<Arc<ReplayState>> {
        self.replay.lock().as_ref().map(|replay| replay.state().clone())
    }

    pub(super) fn control_replay(&self, control: ReplayControl) {
        let mut replay = self.replay.lock();
        if let Some(replay) = &*replay {
            replay.state().control(control);
        }
        if control == ReplayControl::Dismiss {
            replay.take();
        }
    }
}

impl ReplayHost for SessionShared {
    fn target(&self, to: &PeerSelector) -> Result<ReplayTarget, NoTarget> {
        if self.transfer().is_some_and(|transfer| !transfer.is_over()) {
            let why = say!("replay-transfer", "a file is being transferred there");
            return Err(NoTarget::Impossible(why));
        }
        self.reach(to).map_err(|refusal| match refusal {
            Refusal::Closed(_) => {
                NoTarget::Impossible(say!("replay-closed", "our side of the connection is closed"))
            }
            _ => NoTarget::Nobody(say!("transfer-nobody", "no connection")),
        })?;
        if self.is_serial() {
            let byte_time = match &self.spec.read().transport {
                TransportSpec::Serial(serial) => byte_time(serial),
                _ => Duration::ZERO,
            };
            let (peer, in_flight) = (PeerId::SESSION, PORT_IN_FLIGHT);
            return Ok(ReplayTarget { peer, datagrams: false, in_flight, byte_time });
        }
        let datagrams = matches!(self.spec.read().transport, TransportSpec::Udp(_));
        let (in_flight, byte_time) = (IN_FLIGHT, Duration::ZERO);
        match self.receivers(to).as_deref() {
            Ok([peer]) => Ok(ReplayTarget { peer: peer.id, datagrams, in_flight, byte_time }),
            Err(_) => Err(NoTarget::Nobody(say!("transfer-nobody", "no connection"))),
            Ok(_) => Err(NoTarget::Impossible(say!(
                "replay-one-peer",
                "a capture is played to one connection alone: choose one"
            ))),
        }
    }

    fn play(&self, to: ReplayTarget, bytes: Arc<[u8]>, receipt: &Receipt) -> Result<(), Refusal> {
        let to = PeerSelector::Peers(vec![to.peer]);
        BeatSink::deliver(self, &to, &bytes.into(), Some(receipt))
    }

    fn finish(&self, to: ReplayTarget) {
        if !to.datagrams
            && let Some(peer) = self.peers.read().find(to.peer)
        {
            peer.outbox.finish();
        }
    }

    fn waiting(&self, to: ReplayTarget) -> Option<usize> {
        if to.peer == PeerId::SESSION {
            let takes = Self::state(self) == SessionState::Open
                && self.serial.board(None).link == LinkState::Monitoring;
            return takes.then(|| usize::try_from(self.serial.queued()).unwrap_or(usize::MAX));
        }
        let peer = self.peers.read().find(to.peer)?;
        let waiting = peer.outbox.queued();
        // The other end has sent its FIN, and ours is on its way: that is all there is to it.
        let is_ending = waiting == 0 && self.has_finished(to) && !peer.outbox.accepts();
        (!is_ending).then_some(waiting)
    }

    fn has_finished(&self, to: ReplayTarget) -> bool {
        let peer = self.peers.read().find(to.peer);
        peer.is_some_and(|peer| peer.has_finished.load(Ordering::Acquire))
    }

    fn note(&self, sentence: Sentence) {
        Self::note(self, None, sentence);
    }

    fn mark_dirty(&self) {
        Self::mark_dirty(self);
    }
}
