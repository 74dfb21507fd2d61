//! Looking at connections: what TCP knows of them is read while somebody looks, and once when one is over.

use std::sync::Arc;
use std::time::Duration;

use espalier_core::backend::PeerSelector;
use espalier_core::figures::{ListenerFigures, SessionFigures, listener_changes, summary};
use espalier_core::session::EndReason;

use super::figure_watch::Seen;
use super::peer::Peer;
use super::shared::SessionShared;
use super::stream::Stream;
use crate::tcp_info;

impl SessionShared {
    /// We made this connection, in this time.
    pub fn made(&self, peer: &Peer, time: Duration) {
        // It is made once.
        peer.connect_time.set(time).ok();
        self.recorder.lock().connected(time);
    }

    /// Looks at these connections and at where it listens, and tells what happened since the last look.
    pub fn look(&self, of: &PeerSelector) -> Arc<SessionFigures> {
        let peers: Vec<Arc<Peer>> = match of {
            PeerSelector::Peers(ids) => {
                let all = self.peers.read();
                ids.iter().take(SessionFigures::MOST).filter_map(|id| all.find(*id)).collect()
            }
            PeerSelector::All | PeerSelector::Counterpart => {
                let mut open = self.peers.read().open();
                open.truncate(SessionFigures::MOST);
                open
            }
        };
        let mut told = Vec::new();
        let figures = {
            let mut seen = self.figures.seen.lock();
            seen.looks += 1;
            for peer in &peers {
                let Some(stream) = peer.stream.upgrade() else { continue };
                let made_by_us = peer.connect_time.get().is_some();
                let Some(figures) = tcp_info::of_connection(stream.tcp(), made_by_us) else {
                    continue;
                };
                let happened = seen.see(peer, figures);
                told.extend(happened.into_iter().map(|sentence| (Some(peer), sentence)));
            }
            seen.forget_oldest();
            let listener = self.figures.ask_listener();
            if let (Some(before), Some(after)) = (&seen.listener, &listener) {
                told.extend(listener_changes(before, after).into_iter().map(|it| (None, it)));
            }
            seen.listener = listener;
            self.publish_figures(&seen)
        };
        for (peer, sentence) in told {
            self.note(peer.map(|peer| &**peer), sentence);
        }
        self.figures.looked(of);
        figures
    }

    /// A connection is over, for this reason: what there is to say of it is said.
    pub fn look_at_end(&self, peer: &Peer, stream: &Stream, reason: EndReason) {
        let made_by_us = peer.connect_time.get().is_some();
        let Some(figures) = tcp_info::of_connection(stream.tcp(), made_by_us) else { return };
        {
            let mut seen = self.figures.seen.lock();
            if seen.see_end(peer, figures) {
                self.publish_figures(&seen);
            }
        }
        for sentence in summary(&figures, is_cut_off(reason)) {
            self.note(Some(peer), sentence);
        }
    }

    /// It listens no more: what the listener dropped since the last look is told.
    pub fn look_at_listener_end(&self) {
        let after = self.figures.listens_no_more();
        let before = self.figures.seen.lock().listener.take();
        let unheard = ListenerFigures { dropped: Some(0), ..ListenerFigures::default() };
        let before = before.unwrap_or(unheard);
        for sentence in after.iter().flat_map(|after| listener_changes(&before, after)) {
            self.note(None, sentence);
        }
    }

    fn publish_figures(&self, seen: &Seen) -> Arc<SessionFigures> {
        let [answers, connects] = self.recorder.lock().latencies();
        let figures = Arc::new(SessionFigures {
            connections: seen.connections(),
            listener: seen.listener,
            answers,
            connects,
            is_told: tcp_info::IS_TOLD,
            looks: seen.looks,
        });
        self.figures.publish(figures.clone());
        figures
    }
}

/// Whether what was on its way at the end is lost: an end in order waits for it, or the system goes on sending it.
const fn is_cut_off(reason: EndReason) -> bool {
    matches!(
        reason,
        EndReason::ResetByPeer
            | EndReason::ResetByUs
            | EndReason::KeepaliveLost
            | EndReason::BoardRestarted
            | EndReason::Unreachable
            | EndReason::Other
    )
}
