//! The link: the one owner of a port, from opening to closing, in one named thread.
//!
//! Monitoring and flashing take turns on the same handle, so that no boot byte is lost and no other program slips in. When
//! the board goes away the link waits for it, by its identity on USB and not by its name, and opens it again.
//!
//! - `worker`: the thread's loop; `shared`: what it shares with the handle; `sink`: where it leaves what it sees
//!
//! What the thread has:
//!
//! - `settings`: the port as it was asked for, and the board that was learned; `open_port`: opening that
//! - `inbox`: what is asked of it; `outgoing`: what waits to be sent; `line_control`: modem lines and BREAK
//! - `flashing`: what it does for whoever flashes on its handle
//! - `report`: what is told; `flash_notes`: of flashing, in the log; `status_tracker`: what the board says, as a status; `panic_decoder`: panics get their names
//!   in a thread of their own

mod flash_notes;
mod flashing;
mod inbox;
mod line_control;
mod open_port;
mod outgoing;
mod panic_decoder;
mod report;
mod settings;
mod shared;
mod sink;
mod status_tracker;
mod worker;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use espalier_core::board::{BoardCommand, BoardRefusal, BoardStatus, FlashStatus};
use espalier_core::session::SerialSpec;

use super::ports::SimulatedBoards;
use crate::receipt::Piece;
use inbox::LinkCommand;
use shared::LinkShared;
pub use sink::LinkSink;

/// Commands that may wait for the link's thread; whoever sends more is told that it is busy.
const COMMANDS: usize = 256;

/// An open port, or one that is waited for. Dropping it closes the port in order.
#[derive(Debug)]
pub struct Link {
    shared: Arc<LinkShared>,
    commands: SyncSender<LinkCommand>,
    thread: Option<JoinHandle<()>>,
}

impl Link {
    /// Opens the port in a thread of its own; what comes of it goes to `sink`.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn open(
        spec: SerialSpec,
        simulated: Arc<dyn SimulatedBoards>,
        sink: Box<dyn LinkSink>,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(LinkShared::default());
        let (commands, inbox) = sync_channel(COMMANDS);
        let name = spec.port.rsplit(['/', '\\', ':']).next().unwrap_or_default();
        let name = format!("link-{name}");
        let worker = worker::LinkWorker::new(spec, simulated, sink, shared.clone(), inbox);
        let thread = std::thread::Builder::new().name(name).spawn(move || worker.run())?;
        Ok(Self { shared, commands, thread: Some(thread) })
    }

    /// Asks something of the board.
    ///
    /// # Errors
    /// Nothing was done: too much waits already, the link has ended (its sink told why), or it takes more than a port.
    pub fn command(&self, command: BoardCommand) -> Result<(), BoardRefusal> {
        match command {
            BoardCommand::Provision(_)
            | BoardCommand::CancelProvision
            | BoardCommand::Scan { .. } => Err(BoardRefusal::NoConversation),
            // Heard even where the queue is not read: in the middle of flashing.
            BoardCommand::CancelFlash => {
                self.shared.flashes.cancel();
                Ok(())
            }
            BoardCommand::Flash(_) => {
                self.shared.flashes.give(|| self.queue(LinkCommand::Board(command)))
            }
            command => self.queue(LinkCommand::Board(command)),
        }
    }

    /// Sends bytes. What is not sent, because the link ends first, their receipt tells.
    ///
    /// # Errors
    /// [`BoardRefusal::Busy`]: too much waits already; nothing of this is sent.
    pub fn write(&self, piece: Piece) -> Result<(), BoardRefusal> {
        let bytes = piece.rest().len() as u64;
        self.shared.handed_over.fetch_add(bytes, Ordering::AcqRel);
        let Err(refused) = self.commands.try_send(LinkCommand::Write(piece)) else { return Ok(()) };
        self.shared.handed_over.fetch_sub(bytes, Ordering::AcqRel);
        match refused {
            TrySendError::Full(LinkCommand::Write(mut piece)) => {
                piece.give_back();
                Err(BoardRefusal::Busy)
            }
            _ => Ok(()),
        }
    }

    /// Uses this specification from now on, whatever the link does: speed, framing, flow control and lines at once, or as
    /// soon as the port is open and not the loader's. The port stays. Of several, the latest counts.
    ///
    /// # Errors
    /// [`BoardRefusal::Closed`]: the link has ended.
    pub fn configure(&self, spec: SerialSpec) -> Result<(), BoardRefusal> {
        if self.is_closed() {
            return Err(BoardRefusal::Closed);
        }
        *self.shared.settings.lock() = Some(spec);
        Ok(())
    }

    fn queue(&self, command: LinkCommand) -> Result<(), BoardRefusal> {
        self.commands.try_send(command).map_err(|refused| match refused {
            TrySendError::Full(_) => BoardRefusal::Busy,
            TrySendError::Disconnected(_) => BoardRefusal::Closed,
        })
    }

    /// The board's status as it was published last.
    pub fn status(&self) -> Arc<BoardStatus> {
        let status = self.shared.status.lock().clone();
        let under_way = status.flash.as_ref().filter(|flash| flash.outcome.is_none());
        match under_way.filter(|_| self.shared.flashes.are_all_cancelled()) {
            // The thread that flashes hears of it at its next block, the user at once.
            Some(flash) => {
                let flash = Arc::new(FlashStatus { cancelling: true, ..(**flash).clone() });
                Arc::new(BoardStatus { flash: Some(flash), ..(*status).clone() })
            }
            None => status,
        }
    }

    /// Bytes accepted for sending and not yet taken by the system.
    pub fn queued(&self) -> u64 {
        let LinkShared { queued, handed_over, .. } = &*self.shared;
        queued.load(Ordering::Acquire) + handed_over.load(Ordering::Acquire)
    }

    /// Asks the link to close its port; flashing is cancelled at the next block. Does not wait.
    pub fn close(&self) {
        self.shared.closing.store(true, Ordering::Release);
    }

    /// Waits until the port is closed, and gives the last status; not for the thread that draws.
    pub fn wait_closed(mut self) -> Arc<BoardStatus> {
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
        self.status()
    }

    /// Whether the link's thread has ended, and the port is closed with it.
    pub fn is_closed(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.close();
        // Not joined: a flash under way may take seconds to reach its next block, and the window must not wait for it.
        self.thread.take();
    }
}
