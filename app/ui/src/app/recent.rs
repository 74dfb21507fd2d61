//! What was connected to, for the next time: a target is remembered when it was found, not when it was asked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use egui::Context;
use espalier_core::SessionId;
use espalier_core::session::{EndReason, SessionState, SessionStatus, TransportSpec};

use super::App;
use crate::state::{Recent, UiState};

/// The sessions that were asked to connect, and how they were then: that says nothing of what was asked.
pub(super) type AskedTargets = BTreeMap<SessionId, Option<Arc<SessionStatus>>>;

impl App {
    /// The user has asked this session to connect.
    pub(super) fn asked_to_connect(&mut self, id: SessionId) {
        self.asked.insert(id, self.backend.status(id));
    }

    /// Remembers the targets of those whose names were found meanwhile.
    pub(super) fn remember_targets(&mut self, ctx: &Context) {
        let mut found = Vec::new();
        self.asked.retain(|id, before| {
            let (Some(spec), Some(status)) = (self.backend.spec(*id), self.backend.status(*id))
            else {
                return false;
            };
            let TransportSpec::TcpClient(client) = &spec.transport else { return false };
            let is_old = before.as_ref().is_some_and(|before| Arc::ptr_eq(before, &status));
            if is_old || !is_found(&status) {
                return true;
            }
            found.push(Recent { host: client.host.clone(), port: client.port });
            false
        });
        for target in found {
            self.recent.retain(|other| *other != target);
            self.recent.insert(0, target);
            self.recent.truncate(UiState::RECENT);
            self.store_soon(ctx);
        }
    }
}

/// Whether the target's name has an address, however it went on.
fn is_found(status: &SessionStatus) -> bool {
    match &status.state {
        SessionState::Connected(_) => true,
        // Cancelled, perhaps before the name was found: only a connection shows that it was.
        SessionState::Ended { reason: EndReason::ClosedByUs, .. } => !status.peers.is_empty(),
        SessionState::Ended { reason, .. } | SessionState::Waiting { reason, .. } => {
            !matches!(reason, EndReason::NameNotFound)
        }
        _ => false,
    }
}
