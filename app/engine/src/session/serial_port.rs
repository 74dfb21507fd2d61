//! What a session has of a serial port: its link, and what outlasts that.

use std::path::PathBuf;
use std::sync::Arc;

use espalier_core::board::{BoardCommand, BoardStatus, Symbols};
use espalier_core::session::SerialSpec;
use parking_lot::{Mutex, RwLock};

use crate::board::link::{Link, LinkCommand, LinkSink};
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
        Some(link.command(LinkCommand::Write(Piece::new(bytes.clone(), None))).is_ok())
    }

    /// Remembers the ELF for backtraces.
    pub fn choose(&self, elf: Option<PathBuf>) {
        *self.elf.lock() = elf;
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
            link.command(LinkCommand::Board(BoardCommand::Symbols(elf))).ok();
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

    /// Asks something of the link, when there is one; `false`: too much waits already.
    pub fn ask(&self, command: LinkCommand) -> bool {
        self.link.read().as_ref().is_none_or(|link| link.command(command).is_ok())
    }
}
