//! What passes between a board's thread and those who hold the board.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use parking_lot::Mutex;

use crate::{Crash, Faults, SimulatorStatus};

/// What the thread tells those who hold the board.
#[derive(Debug, Default)]
pub struct BoardShared {
    pub status: Mutex<SimulatorStatus>,
    pub path: Mutex<PathBuf>,
}

/// What those who hold the board tell the thread.
#[derive(Debug)]
pub enum SimulatorCommand {
    /// EN is pressed and released, with BOOT held or not.
    Press {
        boot: bool,
    },
    /// The modem lines, for whoever can see them.
    Lines {
        dtr: bool,
        rts: bool,
    },
    Unplug,
    PlugIn,
    Faults(Faults),
    InRange(bool),
    Lease(Ipv4Addr),
    Crash(Crash),
    Stop,
}
