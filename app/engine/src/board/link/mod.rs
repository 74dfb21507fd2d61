//! The link: the one owner of a port, from opening to closing, in one named thread.
//!
//! Monitoring and flashing take turns on the same handle, so that no boot byte is lost and no other program slips in. When
//! the board goes away the link waits for it, by its identity on USB and not by its name, and opens it again.
//!
//! - `command`: what is asked of it; `sink`: where it leaves what it sees
//! - `worker`: the thread's loop; `shared`: what it shares with the handle
//! - `away`: waiting for a board that is not there
//! - `flashing`: flashing on the link's handle
//! - `panic_decoder`: panics get their names in a thread of their own
//! - `status_tracker`: what the board says, as a status

mod away;
mod command;
mod flashing;
mod panic_decoder;
mod shared;
mod sink;
mod status_tracker;
mod worker;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use espalier_core::backend::Busy;
use espalier_core::board::{BoardCommand, BoardStatus, FlashStatus};
use espalier_core::session::SerialSpec;

use super::ports::SimulatedBoards;
pub use command::LinkCommand;
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

    /// Asks something of the link.
    ///
    /// # Errors
    /// [`Busy`]: too much waits already; nothing was done.
    pub fn command(&self, command: LinkCommand) -> Result<(), Busy> {
        if matches!(command, LinkCommand::Board(BoardCommand::CancelFlash)) {
            // Heard even where the queue is not read: in the middle of flashing.
            self.shared.cancel_flash.store(true, Ordering::Release);
            return Ok(());
        }
        match self.commands.try_send(command) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(refused)) => {
                if let LinkCommand::Write(mut piece) = refused {
                    piece.give_back();
                }
                Err(Busy)
            }
            // The link has ended; its sink told why.
            Err(TrySendError::Disconnected(_)) => Ok(()),
        }
    }

    /// The board's status as it was published last.
    pub fn status(&self) -> Arc<BoardStatus> {
        let status = self.shared.status.lock().clone();
        let under_way = status.flash.as_ref().filter(|flash| flash.outcome.is_none());
        match under_way.filter(|_| self.shared.cancel_flash.load(Ordering::Acquire)) {
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
        self.shared.queued.load(Ordering::Acquire)
    }

    /// Asks the link to close its port; flashing is cancelled at the next block. Does not wait.
    pub fn close(&self) {
        self.shared.closing.store(true, Ordering::Release);
    }

    /// Waits until the port is closed; not for the thread that draws.
    pub fn wait_closed(mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
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
