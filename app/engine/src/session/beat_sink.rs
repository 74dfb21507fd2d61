//! Where a thread that sends on time puts what it sends.

use std::sync::Arc;

use espalier_core::Sentence;
use espalier_core::backend::{PeerSelector, Refusal};

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
        bytes: &Arc<[u8]>,
        receipt: Option<&Receipt>,
    ) -> Result<(), Refusal>;

    /// Whether these connections can be sent to.
    ///
    /// # Errors
    /// [`Refusal`]: why not.
    fn reach(&self, to: &PeerSelector) -> Result<(), Refusal>;

    /// The address of the one that it goes to; empty when there are several, or none.
    fn address(&self, to: &PeerSelector) -> String;

    /// Writes down a sentence.
    fn note(&self, sentence: Sentence);

    /// What is under way has come further.
    fn mark_dirty(&self);
}
