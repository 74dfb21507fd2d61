//! A board whose port is open, and the conversation with it: what `board` and `go` share.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use espalier_core::backend::prelude::*;
use espalier_core::board::ProvisionFault;
use espalier_core::session::{EndReason, SerialSpec, SessionSpec, SessionState, TransportSpec};
use espalier_engine::Engine;
use espalier_engine::provision::{BoardConsole, Deadline};
use espalier_engine::session::Session;
use espalier_engine::workspace::ProgramPaths;

use super::exit::Exit;
use super::interrupt::Interrupts;
use crate::print::{complain, complain_with};
use crate::simulated::BoardSimulators;

/// How long a port may take to open; some drivers are slow.
const OPENING: Duration = Duration::from_secs(10);

/// A board on an open port. Dropping it closes the port.
pub struct OpenBoard {
    /// The board's serial session.
    pub session: Session,
    /// The conversation with our firmware, if that is what runs there.
    pub console: BoardConsole,
    /// Set by Ctrl-C.
    cancel: Arc<AtomicBool>,
    /// Kept for the session; its capture is deleted at the end.
    _engine: Engine,
}

/// Why there is no open port.
#[derive(Debug)]
pub struct NotOpen {
    reason: EndReason,
    detail: String,
}

impl NotOpen {
    /// Says why on stderr.
    pub fn tell(&self, port: &str) -> Exit {
        let what = match self.reason {
            EndReason::PortGone => "is not there",
            EndReason::PortBusy => "is in use by another program",
            EndReason::PortForbidden => "may not be opened by this user",
            EndReason::CaptureFailed => "is of no use while what the board says cannot be kept",
            _ => "could not be opened",
        };
        complain(format_args!("port {port} {what}: {}", self.detail));
        Exit::of(self.reason)
    }
}

impl OpenBoard {
    /// Opens a port; a port that is not there is an answer, not something to wait for.
    ///
    /// # Errors
    /// The outer one: no engine on this system. The inner one: no such port.
    pub fn open(port: &str) -> anyhow::Result<Result<Self, NotOpen>> {
        let paths = ProgramPaths::of_user().context("this user has no home for captures")?;
        let engine =
            Engine::with_simulated_boards(&paths.captures, Arc::new(BoardSimulators::of_user()))?;
        let interrupts = Interrupts::heard(engine.runtime());
        let id = engine.open(SessionSpec::new(TransportSpec::Serial(SerialSpec::new(port))));
        let until = Instant::now() + OPENING;
        let not_open =
            |reason, detail: &str| Ok(Err(NotOpen { reason, detail: detail.to_owned() }));
        loop {
            match engine.session(id).map(|session| session.state()) {
                Some(SessionState::Open) => break,
                Some(SessionState::Ended { reason, detail }) => return not_open(reason, &detail),
                Some(SessionState::Waiting { reason, .. }) => {
                    return not_open(
                        reason,
                        "it is not plugged in, or has another name (espalier ports)",
                    );
                }
                _ if Instant::now() >= until => {
                    return not_open(EndReason::Other, "it took too long");
                }
                _ => std::thread::sleep(Duration::from_millis(5)),
            }
        }
        let (session, console) = engine.console(id).context("the session was closed")?;
        let cancel = interrupts.flag();
        Ok(Ok(Self { session, console, cancel, _engine: engine }))
    }

    /// The console, and how long to wait for it at most: so long, or until Ctrl-C.
    pub fn within(&mut self, time: Duration) -> (&mut BoardConsole, Deadline<'_>) {
        (&mut self.console, Deadline::of(time, &self.cancel))
    }
}

/// Says what went wrong with a board.
pub fn tell(fault: &ProvisionFault) -> Exit {
    match fault {
        ProvisionFault::Board(of_board) => {
            complain_with(fault, &[&of_board.detail, &of_board.hint]);
        }
        _ => complain(fault),
    }
    Exit::of_provisioning(fault)
}
