//! What a chat room, and a member of one, ask of the session that they are of.

use std::sync::Arc;

use encoding_rs::Encoding;
use espalier_core::{PeerId, Sentence};

use super::outbox::PushError;
use super::peer::Peer;

/// A session as the host of a chat.
pub trait ChatHost: Sync {
    /// In what names and texts are written.
    fn encoding(&self) -> &'static Encoding;
    /// Writes a sentence into the log, about a connection or about the session itself.
    fn note(&self, peer: Option<PeerId>, sentence: Sentence);
    /// Its connections that stand.
    fn open_peers(&self) -> Vec<Arc<Peer>>;
    /// Whether something else has this connection for itself: what is for it waits.
    fn is_occupied(&self, peer: PeerId) -> bool;
    /// Whether it runs: there is a connection, or there will be one by itself.
    fn is_running(&self) -> bool;
    /// Gives a connection what is to be sent, which is written at once where nothing waits before it.
    ///
    /// # Errors
    /// The connection takes nothing more, now or at all.
    fn push(&self, peer: &Peer, bytes: &Arc<[u8]>) -> Result<(), PushError>;
    /// Ends it in order; `false` when it has too much to do to hear of that now.
    fn stop(&self) -> bool;
    /// Has a new status published.
    fn mark_dirty(&self);
}
