//! What a transfer asks of the session whose guest it is.

use std::sync::Arc;

use espalier_core::Sentence;
use espalier_core::backend::{PeerSelector, Refusal};
use espalier_core::session::{PeerStatus, SessionState, TransportSpec};

use super::super::peer::Peer;
use crate::receipt::Receipt;

/// The session whose guest a transfer is.
pub trait TransferHost: Send + Sync + 'static {
    /// How its bytes move.
    fn transport(&self) -> TransportSpec;

    /// Where it stands.
    fn state(&self) -> SessionState;

    /// The connections that get what is sent to these.
    ///
    /// # Errors
    /// [`Refusal`]: why not.
    fn receivers(&self, to: &PeerSelector) -> Result<Vec<Arc<Peer>>, Refusal>;

    /// All its connections, those that are over included.
    fn connections(&self) -> Vec<PeerStatus>;

    /// Bytes that wait for its port; `None` while that cannot be used.
    fn port_waiting(&self) -> Option<usize>;

    /// Gives bytes to its port; whether it had room, `None` where there is none.
    fn send_to_port(&self, bytes: &Arc<[u8]>, receipt: &Receipt) -> Option<bool>;

    /// Writes down a sentence.
    fn note(&self, sentence: Sentence);

    /// What is under way has come further.
    fn mark_dirty(&self);
}
