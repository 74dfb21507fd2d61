//! Where a thread that sends on time puts what it sends.

use espalier_core::Sentence;
use espalier_core::backend::{PeerSelector, Refusal};
use espalier_core::send::OutgoingBytes;
use espalier_core::view::EncodingName;

use crate::receipt::Receipt;

/// Where the beats of a cyclic send and of a send list go: the session.
pub trait BeatSink: Send + Sync + 'static {
    /// Sends to these connections; the receipt tells what the system does not take.
    ///
    /// # Errors
    /// [`Refusal`]: nothing was sent to anybody.
    fn deliver(
        &self,
        to: &PeerSelector,
        bytes: &OutgoingBytes,
        receipt: Option<&Receipt>,
    ) -> Result<(), Refusal>;

    /// Whether these connections can be sent to.
    ///
    /// # Errors
    /// [`Refusal`]: why not.
    fn reach(&self, to: &PeerSelector) -> Result<(), Refusal>;

    /// A message for these connections, in the encoding of the session, and in their own for those that have one.
    ///
    /// # Errors
    /// What `compose` says of one of the encodings that are needed.
    fn compose(
        &self,
        to: &PeerSelector,
        session: &EncodingName,
        compose: &mut dyn FnMut(&EncodingName) -> Result<Vec<u8>, String>,
    ) -> Result<OutgoingBytes, String>;

    /// The address of the one that it goes to; empty when there are several, or none.
    fn address(&self, to: &PeerSelector) -> String;

    /// Writes down a sentence.
    fn note(&self, sentence: Sentence);

    /// What is under way has come further.
    fn mark_dirty(&self);
}
