//! What a replay asks of the session whose guest it is.

use std::sync::Arc;
use std::time::Duration;

use espalier_core::backend::{PeerSelector, Refusal};
use espalier_core::{PeerId, Sentence};

use crate::receipt::Receipt;

/// Where a replay goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayTarget {
    /// To this connection; [`PeerId::SESSION`]: to the port.
    pub peer: PeerId,
    /// Each part is a datagram.
    pub datagrams: bool,
    /// Bytes that may wait there: so soon a pause or an end takes effect.
    pub in_flight: usize,
    /// How long its line takes for a byte; nothing where that is not known, as of a connection.
    pub byte_time: Duration,
}

/// Why a replay goes nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoTarget {
    /// Nobody is there; why.
    Nobody(Sentence),
    /// It cannot be played there; why.
    Impossible(Sentence),
}

impl NoTarget {
    /// The same for the user.
    pub fn sentence(self) -> Sentence {
        match self {
            Self::Nobody(why) | Self::Impossible(why) => why,
        }
    }
}

/// The session whose guest a replay is.
pub trait ReplayHost: Send + Sync + 'static {
    /// The one that these are.
    ///
    /// # Errors
    /// [`NoTarget`]: nobody is there yet, or it cannot be played to these.
    fn target(&self, to: &PeerSelector) -> Result<ReplayTarget, NoTarget>;

    /// Sends to it; the receipt tells what the system does not take.
    ///
    /// # Errors
    /// [`Refusal`]: nothing was sent.
    fn play(&self, to: ReplayTarget, bytes: Arc<[u8]>, receipt: &Receipt) -> Result<(), Refusal>;

    /// Sends no more there (FIN), where there is such a thing.
    fn finish(&self, to: ReplayTarget);

    /// Bytes that wait to be sent there; `None`: it has gone.
    fn waiting(&self, to: ReplayTarget) -> Option<usize>;

    /// Whether it has said that it sends no more (FIN).
    fn has_finished(&self, to: ReplayTarget) -> bool;

    /// Writes down a sentence.
    fn note(&self, sentence: Sentence);

    /// What is under way has come further.
    fn mark_dirty(&self);
}
