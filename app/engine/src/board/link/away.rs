//! Waiting for a board that is not there: at the beginning, and after it went away.

use std::time::Duration;

use espalier_core::board::{BoardFault, FaultKind, LinkState, PortAccess, PortKind};
use espalier_core::say;
use espalier_core::session::EndReason;

use super::command::LinkCommand;
use super::worker::{LinkWorker, OpenPort, unsent_away};
use crate::board::port;
use crate::board::ports;
use crate::clock::now;

/// How often a board that is away is looked for: it is open again well within 300 ms of its return.
const EVERY: Duration = Duration::from_millis(50);

impl LinkWorker {
    /// Opens the port, or waits until it can be opened. `detail` tells how it went away, when it was there before.
    pub(super) fn await_port(
        &mut self,
        detail: Option<String>,
    ) -> Result<OpenPort, (EndReason, String)> {
        let was_there = detail.is_some();
        if let Some(detail) = detail {
            self.went_away(&detail)?;
        }
        let mut reported = None;
        loop {
            if self.is_closing() {
                return Err((EndReason::ClosedByUs, String::new()));
            }
            let fault = match self.try_open() {
                Ok(open) => return Ok(open),
                Err(fault) => fault,
            };
            // Somebody else's program, or a missing right, does not go away by waiting. A board that has just come back is
            // another matter: the system sets its rights, and modem programs try it, in its first moments.
            if !was_there && fault.kind != FaultKind::Gone {
                return Err((end_reason(fault.kind), format!("{fault}. {}", fault.hint)));
            }
            if reported.as_ref() != Some(&fault) {
                self.status.link = LinkState::Away;
                self.publish();
                self.sink.waiting(now(), &fault);
                reported = Some(fault);
            }
            // Not before the first try: what was asked right after opening is for the open port.
            self.apply_while_away();
            std::thread::sleep(EVERY);
        }
    }

    fn went_away(&mut self, detail: &str) -> Result<(), (EndReason, String)> {
        self.tracker.start_over(&mut self.status);
        self.drop_waiting(unsent_away);
        if self.status.port == Some(PortKind::Pty) && is_bare_pty(&self.spec.port) {
            // Its number may belong to somebody's terminal by now.
            return Err((EndReason::PortGone, detail.to_owned()));
        }
        Ok(())
    }

    fn try_open(&mut self) -> Result<OpenPort, BoardFault> {
        let name = self.spec.port.clone();
        if self.simulated.knows(&name) {
            let path = self.simulated.start(&name)?;
            let (port, lines) = port::open(&path, &self.spec)?;
            let offered = self.simulated.ports().into_iter().find(|port| port.name == name);
            let kind = offered.map_or(PortKind::Pty, |port| port.kind);
            self.opened(&name, kind, lines);
            return Ok(OpenPort { port, usb: None });
        }
        let info = ports::look_up(&name);
        let info = match (&self.spec.board, info.kind.usb()) {
            // Another board has taken the name, or none: where is ours?
            (Some(board), usb) if !usb.is_some_and(|usb| usb.is_same_board(board)) => {
                let now_at = ports::find_board(board).ok_or_else(|| gone(&name))?;
                ports::look_up(&now_at)
            }
            _ => info,
        };
        let (port, lines) = port::open(&info.name, &self.spec)?;
        let usb = info.kind.usb().cloned();
        // From now on the board counts, not the name.
        self.spec.board = self.spec.board.take().or_else(|| usb.clone());
        self.opened(&info.name, info.kind, lines);
        Ok(OpenPort { port, usb })
    }

    /// Nothing can be sent; settings are kept for the next opening.
    fn apply_while_away(&mut self) {
        while let Ok(command) = self.inbox.try_recv() {
            match command {
                LinkCommand::Write(piece) => {
                    self.note(unsent_away(piece.rest().len()));
                }
                LinkCommand::Configure(spec) => self.adopt(*spec),
                LinkCommand::Board(espalier_core::board::BoardCommand::Symbols(elf)) => {
                    self.tracker.choose(elf, &self.status);
                }
                LinkCommand::Board(command) => {
                    if matches!(command, espalier_core::board::BoardCommand::Flash(_)) {
                        self.flash_taken();
                    }
                    self.note(say!("note-away", "The board is away: nothing was done"))
                }
            }
        }
    }
}

fn gone(name: &str) -> BoardFault {
    PortAccess::Gone.fault(name).unwrap_or_else(BoardFault::cancelled)
}

/// `/dev/pts/5` itself, not a link that leads to it.
fn is_bare_pty(name: &str) -> bool {
    name.starts_with("/dev/pts/")
}

/// Why a session ends, for the capture.
fn end_reason(kind: FaultKind) -> EndReason {
    match kind {
        FaultKind::Busy => EndReason::PortBusy,
        FaultKind::Forbidden => EndReason::PortForbidden,
        FaultKind::Gone => EndReason::PortGone,
        _ => EndReason::Other,
    }
}
