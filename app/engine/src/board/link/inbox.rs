//! What the link's thread finds in its queue, and what becomes of it while the port cannot be used.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, TryRecvError};

use espalier_core::board::BoardCommand;
use espalier_core::session::SerialSpec;
use espalier_core::{Sentence, say};

use super::report::LinkReport;
use super::settings::PortSettings;
use super::shared::LinkShared;
use crate::receipt::Piece;

/// What waits for the link's thread.
#[derive(Debug)]
pub enum LinkCommand {
    /// Send these bytes.
    Write(Piece),
    /// Something about the board.
    Board(BoardCommand),
}

/// Why nothing can be done with the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// The board is away.
    Away,
    /// The loader has it: what was meant for the program must not reach the loader, nor the program that starts afterwards.
    Flashing,
}

impl Unusable {
    /// So many bytes were not sent.
    pub fn unsent(self, bytes: usize) -> Sentence {
        match self {
            Self::Away => {
                say!(
                    "note-unsent-away",
                    "{bytes} bytes were not sent: the board is away",
                    bytes = bytes
                )
            }
            Self::Flashing => say!(
                "note-unsent-flashing",
                "{bytes} bytes were not sent: the loader has the port",
                bytes = bytes,
            ),
        }
    }

    fn not_done(self) -> Sentence {
        match self {
            Self::Away => say!("note-away", "The board is away: nothing was done"),
            Self::Flashing => {
                say!("note-being-flashed", "The loader has the port: nothing was done")
            }
        }
    }
}

/// The thread's end of the queue, with what is asked beside it.
pub struct LinkInbox {
    shared: Arc<LinkShared>,
    queue: Receiver<LinkCommand>,
    /// How many orders to flash were taken.
    flashes: u64,
    /// Bytes of the piece that was taken last: they wait elsewhere by the time that the next command is asked for.
    taken: u64,
}

impl LinkInbox {
    /// Nothing was taken yet.
    pub const fn new(shared: Arc<LinkShared>, queue: Receiver<LinkCommand>) -> Self {
        Self { shared, queue, flashes: 0, taken: 0 }
    }

    /// The next command.
    ///
    /// # Errors
    /// None waits, or the handle is gone.
    pub fn take(&mut self) -> Result<LinkCommand, TryRecvError> {
        let taken = std::mem::take(&mut self.taken);
        self.shared.handed_over.fetch_sub(taken, Ordering::AcqRel);
        let command = self.queue.try_recv()?;
        if let LinkCommand::Write(piece) = &command {
            self.taken = piece.rest().len() as u64;
        }
        self.flashes += u64::from(matches!(command, LinkCommand::Board(BoardCommand::Flash(_))));
        Ok(command)
    }

    /// The number of the order to flash that was taken last.
    pub const fn last_flash(&self) -> u64 {
        self.flashes
    }

    /// Whether the flashing of this number is to end.
    pub fn is_cancelled(&self, flash: u64) -> bool {
        self.shared.flashes.is_cancelled(flash)
    }

    /// Whether the link is to be closed.
    pub fn is_closing(&self) -> bool {
        self.shared.is_closing()
    }

    /// The specification that was asked for since, if one was.
    pub fn take_settings(&self) -> Option<SerialSpec> {
        self.shared.settings.lock().take()
    }

    /// Lets nothing more in, and lets go of what waits; how many bytes of it were to be sent.
    pub fn close(mut self) -> usize {
        let mut unsent = 0;
        while let Ok(command) = self.take() {
            if let LinkCommand::Write(piece) = command {
                unsent += piece.rest().len();
            }
        }
        unsent
    }

    /// Takes what waits while the port cannot be used: what needs none is done, of the rest it is told that it is not.
    pub fn refuse_what_waits(
        &mut self,
        why: Unusable,
        settings: &mut PortSettings,
        report: &mut LinkReport,
    ) {
        while let Ok(command) = self.take() {
            match command {
                LinkCommand::Write(piece) => report.note(why.unsent(piece.rest().len())),
                LinkCommand::Board(BoardCommand::Symbols(elf)) => {
                    settings.choose_elf(elf);
                    report.symbols_chosen(settings.spec());
                }
                LinkCommand::Board(BoardCommand::DismissFlash) if why == Unusable::Away => {
                    report.dismiss_flash();
                }
                LinkCommand::Board(_) => report.note(why.not_done()),
            }
        }
    }
}
