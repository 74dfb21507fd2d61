//! What rules do to a session.

use std::sync::Arc;

use espalier_core::PeerId;
use espalier_core::backend::ListRequest;
use espalier_core::session::SessionEvent;

use super::beat_sink::BeatSink;

/// What rules do to a session, besides sending.
pub trait RuleSink: BeatSink {
    /// Writes down an event of a connection, or of the session itself.
    fn event(&self, peer: PeerId, event: SessionEvent);

    /// Runs a send list; one that runs already is stopped.
    fn run_list(self: Arc<Self>, request: ListRequest);

    /// Stops the send list that runs.
    fn stop_list(&self);

    /// Ends the session in order.
    fn end_session(&self);
}
