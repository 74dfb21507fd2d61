//! A board at work: one named thread owns the pty, the chip and, when Espalier's firmware runs, its
//! sockets.

mod console;
mod link;
mod loader_session;
mod noise;
mod port;
mod reset_circuit;
mod shared;
mod worker;

use std::fmt;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use self::shared::{BoardShared, SimulatorCommand};
use self::worker::BoardWorker;
use crate::{Crash, Faults, SimulatorError, SimulatorSpec, SimulatorStatus};

/// Orders that may wait for the board's thread; whoever presses faster than this waits.
const MOST_COMMANDS: usize = 64;

/// Makes simulated boards.
#[derive(Debug)]
pub struct Simulator;

/// A simulated board; it stops when this is dropped.
pub struct RunningBoard {
    shared: Arc<BoardShared>,
    commands: SyncSender<SimulatorCommand>,
    wake: UnixStream,
    thread: Option<JoinHandle<()>>,
}

impl Simulator {
    /// Why there is no simulated board on this system; `None`: there is.
    pub fn unavailable() -> Option<&'static str> {
        None
    }

    /// Starts a board: power comes on and it boots what is in its flash.
    ///
    /// # Errors
    /// When the state folder, the pty or the link cannot be had.
    pub fn start(spec: SimulatorSpec) -> Result<RunningBoard, SimulatorError> {
        let shared = Arc::new(BoardShared::default());
        let (commands, inbox) = sync_channel(MOST_COMMANDS);
        let (wake, woken) = UnixStream::pair().map_err(SimulatorError::Port)?;
        for end in [&wake, &woken] {
            end.set_nonblocking(true).map_err(SimulatorError::Port)?;
        }
        let name = format!("sim-{}", spec.chip);
        let worker = BoardWorker::new(spec, Arc::clone(&shared), inbox, woken)?;
        let thread = thread::Builder::new()
            .name(name)
            .spawn(move || worker.run())
            .map_err(SimulatorError::Thread)?;
        Ok(RunningBoard { shared, commands, wake, thread: Some(thread) })
    }
}

impl RunningBoard {
    /// The serial port to open. Another one after the cable was out, and one that is not there meanwhile; a link stays the same.
    pub fn path(&self) -> PathBuf {
        self.shared.path.lock().clone()
    }

    /// What the board is doing.
    pub fn status(&self) -> SimulatorStatus {
        self.shared.status.lock().clone()
    }

    /// Where its TCP server listens, once it does.
    pub fn listening(&self) -> Option<SocketAddr> {
        self.shared.status.lock().listening
    }

    /// Presses and releases EN: the board restarts.
    pub fn press_en(&self) {
        self.command(SimulatorCommand::Press { boot: false });
    }

    /// Presses and releases EN while BOOT is held: the board waits in its ROM loader.
    pub fn enter_download_mode(&self) {
        self.command(SimulatorCommand::Press { boot: true });
    }

    /// Sets both modem lines, which do what [`crate::Wiring`] says. A pty has no such lines; this is
    /// for those who bring them here.
    pub fn set_lines(&self, dtr: bool, rts: bool) {
        self.command(SimulatorCommand::Lines { dtr, rts });
    }

    /// Pulls the cable: the port is gone and the board is without power.
    pub fn unplug(&self) {
        self.command(SimulatorCommand::Unplug);
    }

    /// Plugs the cable in again: there is a port again, perhaps by another name, and the board boots.
    pub fn plug_in(&self) {
        self.command(SimulatorCommand::PlugIn);
    }

    /// From now on these things go wrong, instead of those that went wrong before.
    pub fn set_faults(&self, faults: Faults) {
        self.command(SimulatorCommand::Faults(faults));
    }

    /// The simulated access points come within range, or go out of it: a board that has joined one
    /// loses it.
    pub fn set_in_range(&self, in_range: bool) {
        self.command(SimulatorCommand::InRange(in_range));
    }

    /// The address that the simulated network gives the board when it joins next. It has to be one of
    /// this computer, such as 127.0.0.2 on Linux.
    pub fn set_lease(&self, address: Ipv4Addr) {
        self.command(SimulatorCommand::Lease(address));
    }

    /// Something happens to the running firmware; a chip that runs none of ours is left alone.
    pub fn crash(&self, crash: Crash) {
        self.command(SimulatorCommand::Crash(crash));
    }

    fn command(&self, command: SimulatorCommand) {
        // Both fail only when the thread has ended, which its status tells.
        self.commands.send(command).ok();
        (&self.wake).write_all(&[0]).ok();
    }
}

impl Drop for RunningBoard {
    fn drop(&mut self) {
        self.command(SimulatorCommand::Stop);
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

impl fmt::Debug for RunningBoard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { shared, .. } = self;
        f.debug_struct("RunningBoard")
            .field("path", &*shared.path.lock())
            .field("status", &*shared.status.lock())
            .finish_non_exhaustive()
    }
}
