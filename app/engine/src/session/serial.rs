//! A serial session: the link owns the port in its own thread; here its events are recorded like any other session's.

use std::path::Path;
use std::sync::Arc;

use espalier_core::backend::SessionCommand;
use espalier_core::board::{BoardFault, UsbIdentity};
use espalier_core::session::{EndReason, SerialSpec, SessionEvent, SessionState, TransportSpec};
use espalier_core::{Direction, PeerId, Timestamp};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::commands::TaskCommand;
use super::end_cause::EndCause;
use super::shared::SessionShared;
use crate::board::link::LinkSink;

/// Runs until the user stops it, the port cannot be opened, or the capture cannot be written.
pub async fn run(
    shared: &Arc<SessionShared>,
    commands: &mut Receiver<SessionCommand>,
    spec: SerialSpec,
) {
    let (over, mut ended) = channel(1);
    shared.update_phase(|phase| phase.state = SessionState::Connecting);
    let sink = SessionSink { shared: shared.clone(), over };
    if let Err(error) = shared.serial.open(spec, Box::new(sink)) {
        let detail = format!("no thread for the port: {error}");
        return shared.end_session(Some(&EndCause { reason: EndReason::Other, detail }));
    }
    let mut stopped = false;
    let mut broken = None;
    loop {
        tokio::select! {
            end = ended.recv() => {
                let end = broken.or(end).unwrap_or_else(|| EndCause::plain(EndReason::Other));
                return shared.end_session(if stopped { None } else { Some(&end) });
            }
            // Also while the board is away, and nothing but events happens.
            end = shared.broken(), if broken.is_none() => {
                broken = Some(end);
                shared.serial.close();
            }
            command = commands.recv(), if !stopped => {
                if apply(shared, command) == Some(TaskCommand::Stop) {
                    stopped = true;
                    shared.serial.close();
                }
            }
        }
    }
}

fn apply(shared: &Arc<SessionShared>, command: Option<SessionCommand>) -> Option<TaskCommand> {
    match command {
        Some(command @ SessionCommand::SetSpec(_)) => {
            shared.apply(Some(command));
            if let TransportSpec::Serial(spec) = &shared.spec.read().transport {
                shared.serial.configure(spec.clone());
            }
        }
        // Closing all connections of a port is closing the port.
        Some(SessionCommand::Close(_) | SessionCommand::Reset(_)) => {
            return Some(TaskCommand::Stop);
        }
        other => return shared.apply(other),
    }
    shared.mark_dirty();
    None
}

/// Writes what the link reports into the session's shared state; called from the link's thread.
struct SessionSink {
    shared: Arc<SessionShared>,
    over: Sender<EndCause>,
}

impl SessionSink {
    fn data(&self, at: Timestamp, direction: Direction, bytes: &[u8]) -> Result<(), String> {
        self.shared.port_data(at, direction, bytes).map_err(|end| end.detail)
    }
}

impl LinkSink for SessionSink {
    fn opened(&mut self, at: Timestamp, port: &str, baud: u32) {
        let opened = SessionEvent::PortOpened { port: port.to_owned(), baud };
        let record = self.shared.event(None, opened);
        self.shared.update_phase(|phase| {
            phase.state = SessionState::Open;
            phase.since = Some(at);
        });
        self.shared.rules_connected(None, record);
    }

    fn received(&mut self, at: Timestamp, bytes: &[u8]) -> Result<(), String> {
        self.data(at, Direction::In, bytes)?;
        let bridge = self.shared.bridge.read().clone();
        if let Some(bridge) = bridge.filter(|_| !self.shared.is_transferring(PeerId::SESSION)) {
            // A port cannot be made to wait.
            bridge.pass_now(&bytes.into(), false);
        }
        Ok(())
    }

    fn sent(&mut self, at: Timestamp, bytes: &[u8]) -> Result<(), String> {
        self.data(at, Direction::Out, bytes)
    }

    fn event(&mut self, _at: Timestamp, event: SessionEvent) {
        self.shared.event(None, event);
    }

    fn waiting(&mut self, _at: Timestamp, fault: &BoardFault) {
        let reason = EndReason::PortGone;
        let ended = SessionEvent::Ended { reason, detail: fault.what.to_string() };
        let record = self.shared.event(None, ended);
        self.shared.update_phase(|phase| {
            phase.state = SessionState::Waiting { reason, until: None };
            phase.since = None;
        });
        self.shared.rules_disconnected(PeerId::SESSION, record);
    }

    fn ended(&mut self, _at: Timestamp, reason: EndReason, detail: &str) {
        let end = EndCause { reason, detail: detail.to_owned() };
        let ended = SessionEvent::Ended { reason, detail: end.detail.clone() };
        let record = self.shared.event(None, ended);
        if self.shared.state() == SessionState::Open {
            self.shared.rules_disconnected(PeerId::SESSION, record);
        }
        // There is room for the only one; it is not taken when the session itself is gone.
        self.over.try_send(end).ok();
    }

    fn symbols(&mut self, elf: Option<&Path>, board: Option<&UsbIdentity>) {
        self.shared.choose_elf(elf, board);
    }

    fn changed(&mut self) {
        self.shared.mark_dirty();
    }
}
