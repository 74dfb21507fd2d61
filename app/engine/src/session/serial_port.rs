//! What a session has of a serial port: its link, and what outlasts that.

use std::path::PathBuf;
use std::sync::Arc;

use espalier_core::board::{BoardCommand, BoardRefusal, BoardStatus, Symbols};
use espalier_core::session::SerialSpec;
use parking_lot::{Mutex, RwLock};

use crate::board::link::{Link, LinkSink};
use crate::board::ports::SimulatedBoards;
use crate::board::symbols::file_name;
use crate::receipt::Piece;

/// What a session has of a serial port. The link stays after its end, so that the board can still be looked at.
pub struct SerialState {
    link: RwLock<Option<Link>>,
    /// The ELF that was chosen for backtraces: it outlasts the link.
    elf: Mutex<Option<PathBuf>>,
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
        Self { link: RwLock::new(None), elf: Mutex::default(), simulated }
    }

    /// The board as it is; nothing is known before the port was opened.
    pub fn board(&self) -> Arc<BoardStatus> {
        let link = self.link.read();
        let status = link.as_ref().map(Link::status).unwrap_or_default();
        match &*self.elf.lock() {
            // While nobody decodes, what will be decoded with.
            Some(elf) if link.as_ref().is_none_or(Link::is_closed) => {
                let symbols = Some(Symbols::Elf(file_name(elf)));
                Arc::new(BoardStatus { symbols, ..(*status).clone() })
            }
            _ => status,
        }
    }

    /// Bytes that wait to be sent.
    pub fn queued(&self) -> u64 {
        self.link.read().as_ref().map_or(0, Link::queued)
    }

    /// Sends to the port; `None`: this session has none open.
    pub fn send(&self, bytes: &Arc<[u8]>) -> Option<bool> {
        let link = self.link.read();
        let link = link.as_ref().filter(|link| !link.is_closed())?;
        Some(link.write(Piece::new(bytes.clone(), None)).is_ok())
    }

    /// Opens the port; what comes of it goes to `sink`. The ELF that was chosen is the first that the link hears of.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn open(&self, spec: SerialSpec, sink: Box<dyn LinkSink>) -> std::io::Result<()> {
        let link = Link::open(spec, self.simulated.clone(), sink)?;
        let elf = self.elf.lock().clone();
        if elf.is_some() {
            // The first of its commands: there is room.
            link.command(BoardCommand::Symbols(elf)).ok();
        }
        *self.link.write() = Some(link);
        Ok(())
    }

    /// Has the link close its port. Does not wait.
    pub fn close(&self) {
        if let Some(link) = &*self.link.read() {
            link.close();
        }
    }

    /// Asks something of the board. The ELF for backtraces is remembered while no port is open.
    ///
    /// # Errors
    /// [`BoardRefusal`]: too much waits already, or no port is open.
    pub fn command(&self, command: BoardCommand) -> Result<(), BoardRefusal> {
        if let BoardCommand::Symbols(elf) = &command {
            self.elf.lock().clone_from(elf);
        }
        let remembered = matches!(command, BoardCommand::Symbols(_));
        let link = self.link.read();
        match link.as_ref().filter(|link| !link.is_closed()) {
            Some(link) => link.command(command),
            None if remembered => Ok(()),
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
