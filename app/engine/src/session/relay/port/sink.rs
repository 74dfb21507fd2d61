//! What the link tells of the port of a relay.

use std::path::Path;
use std::sync::Arc;

use espalier_core::board::{BoardFault, UsbIdentity};
use espalier_core::session::{EndReason, SessionEvent};
use espalier_core::{Direction, PeerId, Timestamp};
use tokio::sync::mpsc::Sender;
use tokio::sync::watch;

use crate::board::link::LinkSink;
use crate::session::end_cause::EndCause;
use crate::session::shared::SessionShared;

/// Writes down what the link reports, and gives what it reads to the clients; called from the link's thread.
pub struct PortSink {
    /// The session.
    pub shared: Arc<SessionShared>,
    /// The port's number, where the session has two.
    pub port: PeerId,
    /// Who hears of the end.
    pub over: Sender<EndCause>,
    /// Who gives it to the clients.
    pub bytes: Sender<Arc<[u8]>>,
    /// Who looks at the modem lines.
    pub look: watch::Sender<()>,
}

impl PortSink {
    fn tell(&self, event: SessionEvent) {
        self.shared.event_of(self.port, None, event);
    }
}

impl LinkSink for PortSink {
    fn opened(&mut self, _at: Timestamp, port: &str, baud: u32) {
        self.tell(SessionEvent::PortOpened { port: port.to_owned(), baud });
    }

    fn received(&mut self, at: Timestamp, bytes: &[u8]) -> Result<(), String> {
        self.shared.port_data_of(self.port, at, Direction::In, bytes).map_err(|end| end.detail)?;
        // While this waits nothing more is read. An error says that the relay ends.
        self.bytes.blocking_send(bytes.into()).ok();
        Ok(())
    }

    fn sent(&mut self, at: Timestamp, bytes: &[u8]) -> Result<(), String> {
        self.shared.port_data_of(self.port, at, Direction::Out, bytes).map_err(|end| end.detail)
    }

    fn event(&mut self, _at: Timestamp, event: SessionEvent) {
        self.tell(event);
    }

    fn waiting(&mut self, _at: Timestamp, fault: &BoardFault) {
        let (reason, detail) = (EndReason::PortGone, fault.what.to_string());
        self.tell(SessionEvent::Ended { reason, detail });
    }

    fn ended(&mut self, _at: Timestamp, reason: EndReason, detail: &str) {
        let end = EndCause { reason, detail: detail.to_owned() };
        self.tell(SessionEvent::Ended { reason, detail: end.detail.clone() });
        // There is room for the only one.
        self.over.try_send(end).ok();
    }

    fn symbols(&mut self, _elf: Option<&Path>, _board: Option<&UsbIdentity>) {}

    fn changed(&mut self) {
        self.look.send_replace(());
        self.shared.mark_dirty();
    }
}
