//! What a session has of a serial port: its link, and what outlasts that.

use std::path::Path;
use std::sync::Arc;

use espalier_core::board::{BoardCommand, BoardRefusal, BoardStatus, LinkState, Symbols};
use espalier_core::session::SerialSpec;
use parking_lot::RwLock;

use crate::board::link::{Link, LinkSink};
use crate::board::ports::SimulatedBoards;
use crate::board::symbols::file_name;
use crate::receipt::{Piece, Receipt};

/// What a session has of a serial port. The link stays after its end, so that the board can still be looked at.
pub struct SerialState {
    link: RwLock<Option<Link>>,
    simulated: Arc<dyn SimulatedBoards>,
}

impl std::fmt::Debug for SerialState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SerialState").field("link", &*self.link.read()).finish_non_exhaustive()
    }
}

impl SerialState {
    /// No port yet.
    pub fn new(simulated: Arc<dyn SimulatedBoards>) -> Self {
        Self { link: RwLock::new(None), simulated }
    }

    /// Another port of the same session: none yet.
    pub fn beside(&self) -> Self {
        Self::new(self.simulated.clone())
    }

    /// Whether what is given to the port goes in: a board that is away, or in the hands of its loader, would lose it.
    pub fn takes(&self) -> bool {
        self.board(None).link == LinkState::Monitoring
    }

    /// The board as it is; nothing is known before the port was opened but the `elf` that was chosen for its backtraces.
    pub fn board(&self, elf: Option<&Path>) -> Arc<BoardStatus> {
        let status = self.link.read().as_ref().map(Link::status).unwrap_or_default();
        match elf {
            // While nobody decodes, what will be decoded with.
            Some(elf) if !self.is_open() => {
                let symbols = Some(Symbols::Elf(file_name(elf)));
                Arc::new(BoardStatus { symbols, ..(*status).clone() })
            }
            _ => status,
        }
    }

    /// Whether there is a link that hears commands.
    pub fn is_open(&self) -> bool {
        self.link.read().as_ref().is_some_and(|link| !link.is_closed())
    }

    /// Bytes that wait to be sent.
    pub fn queued(&self) -> u64 {
        self.link.read().as_ref().map_or(0, Link::queued)
    }

    /// Sends to the port; `None`: this session has none open.
    pub fn send(&self, bytes: &Arc<[u8]>, receipt: Option<&Receipt>) -> Option<bool> {
        let link = self.link.read();
        let link = link.as_ref().filter(|link| !link.is_closed())?;
        Some(link.write(Piece::new(bytes.clone(), receipt.cloned())).is_ok())
    }

    /// Opens the port; what comes of it goes to `sink`.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn open(&self, spec: SerialSpec, sink: Box<dyn LinkSink>) -> std::io::Result<()> {
        let link = Link::open(spec, self.simulated.clone(), sink)?;
        *self.link.write() = Some(link);
        Ok(())
    }

    /// Has the link close its port. Does not wait.
    pub fn close(&self) {
        if let Some(link) = &*self.link.read() {
            link.close();
        }
    }

    /// Asks something of the board.
    ///
    /// # Errors
    /// [`BoardRefusal`]: too much waits already, or no port is open.
    pub fn command(&self, command: BoardCommand) -> Result<(), BoardRefusal> {
        let link = self.link.read();
        match link.as_ref().filter(|link| !link.is_closed()) {
            Some(link) => link.command(command),
            None => Err(BoardRefusal::Closed),
        }
    }

    /// Applies a changed specification to the port, when there is one; the next one is opened with it.
    pub fn configure(&self, spec: SerialSpec) {
        if let Some(link) = &*self.link.read() {
            link.configure(spec).ok();
        }
    }
}
