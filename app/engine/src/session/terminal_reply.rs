//! What a session's terminal answers, on its way to the peer that asked.

use std::sync::{Arc, Weak};

use espalier_core::backend::PeerSelector;
use espalier_core::{PeerId, say};

use super::beat_sink::BeatSink as _;
use super::peer::Peer;
use super::shared::SessionShared;

/// Sends what the terminal answers, as long as there is somebody to send it to; each answer is told in the log.
#[derive(Clone, Debug)]
pub struct TerminalAnswers(Weak<SessionShared>);

impl TerminalAnswers {
    pub(super) fn of(shared: &Arc<SessionShared>) -> Self {
        Self(Arc::downgrade(shared))
    }

    /// Sends an answer to this connection. When nothing runs, or it has gone, it is dropped: nobody waits for it.
    pub fn answer(&self, peer: PeerId, bytes: &[u8]) {
        let Some(shared) = self.0.upgrade() else { return };
        let to = selector(peer);
        if shared.reach(&to).is_err() {
            return;
        }
        let asker = shared.peers.read().find(peer);
        let shown = shown(bytes);
        shared.note(
            asker.as_deref(),
            say!(
                "note-terminal-answer",
                "by the terminal, asked by the other side: {bytes}",
                bytes = shown
            ),
        );
        let push = |peer: &Peer, bytes: &Arc<[u8]>| peer.outbox.push(bytes, None);
        let sent = shared.deliver(&to, &bytes.into(), None, push);
        if sent.is_err() {
            shared.note(
                asker.as_deref(),
                say!(
                    "note-terminal-unsent",
                    "the answer of the terminal was not sent: too much waits already"
                ),
            );
        }
    }

    /// Tells that it does not answer for a while.
    pub fn asked_too_often(&self, peer: PeerId) {
        let Some(shared) = self.0.upgrade() else { return };
        let asker = shared.peers.read().find(peer);
        shared.note(
            asker.as_deref(),
            say!(
                "note-terminal-too-often",
                "the other side asks the terminal too often: it answers no more within this second"
            ),
        );
    }
}

/// An answer as it is read: control characters as the log shows them, `\x1B`.
fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let shown = |char: char| match u32::from(char) {
        code @ (0..=0x1F | 0x7F) => format!("\\x{code:02X}"),
        code @ 0x80..=0x9F => format!("\\u{{{code:X}}}"),
        _ => char.to_string(),
    };
    text.chars().map(shown).collect()
}

fn selector(peer: PeerId) -> PeerSelector {
    match peer {
        PeerId::SESSION => PeerSelector::All,
        peer => PeerSelector::Peers(vec![peer]),
    }
}
