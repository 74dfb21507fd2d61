//! What is asked of a simulated board, and what can be seen of it.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::PathBuf;
use std::str::FromStr;

use crate::{Chip, Faults};

/// A simulated board, as asked for.
#[derive(Clone, Debug)]
pub struct SimulatorSpec {
    /// Which chip it is.
    pub chip: Chip,
    /// Its revision, major and minor; `None`: the usual one.
    pub revision: Option<(u8, u8)>,
    /// Folder of its flash and its identity; created when missing. `None`: a new, empty board that
    /// is gone with the process.
    pub state: Option<PathBuf>,
    /// A symbolic link to the port, so that its name is the same at every start.
    pub link: Option<PathBuf>,
    /// Where the board's TCP port, 7681, appears on this computer; port 0 is any free one, which the
    /// board keeps as long as it is there.
    pub listen: SocketAddrV4,
    /// Where the board's port for updates, 7682, appears on this computer; port 0 is any free one.
    pub ota: SocketAddrV4,
    /// Where the air around the board is on this computer: UDP datagrams to it are heard as a sender's of SmartConfig. Port 0
    /// is any free one. `None`: there is nothing in the air.
    pub air: Option<SocketAddrV4>,
    /// What goes wrong from the start.
    pub faults: Faults,
    /// Seed of everything that is left to chance: MAC of a new board, line noise.
    pub seed: u64,
    /// Whether a SYNC on the port brings the board into its loader, as the auto-reset circuit of a
    /// real board would have; a pty has no modem lines that could. Without it only the buttons do.
    pub auto_reset: bool,
    /// Whether it says who it is by multicast DNS, on the loopback interface.
    pub announces: bool,
    /// What DTR and RTS do, for whoever brings them here ([`crate::RunningBoard::set_lines`]).
    pub wiring: Wiring,
}

/// What is between the modem lines and the chip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wiring {
    /// An adapter and the usual two transistors: RTS alone holds EN low, DTR alone BOOT, both neither.
    #[default]
    Transistors,
    /// The chip's own USB-Serial/JTAG: RTS alone resets at once, into the loader if DTR alone came before it.
    UsbJtag,
}

impl SimulatorSpec {
    /// A new board with an address of its own on the loopback interface.
    pub fn new(chip: Chip) -> Self {
        Self {
            chip,
            revision: None,
            state: None,
            link: None,
            listen: SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0),
            ota: SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0),
            air: None,
            faults: Faults::default(),
            seed: 0,
            auto_reset: true,
            announces: false,
            wiring: Wiring::default(),
        }
    }
}

/// What the chip is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// EN is held, or nothing has started yet.
    #[default]
    Held,
    /// ROM and bootloader print their lines.
    Booting,
    /// Espalier's firmware runs.
    Running,
    /// An application that the simulator cannot run, or nothing left to do.
    Stopped,
    /// The ROM's loader waits for a tool.
    RomLoader,
    /// The flasher stub runs.
    StubLoader,
    /// The cable is out.
    Unplugged,
}

/// What can be seen of a running board at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SimulatorStatus {
    /// What the chip is doing.
    pub mode: Mode,
    /// How often it has been reset since it was started.
    pub resets: u32,
    /// Where its TCP server listens, once it does.
    pub listening: Option<SocketAddr>,
    /// Where its program can be updated, once it can be reached.
    pub ota: Option<SocketAddr>,
    /// Where its air is, if it has one.
    pub air: Option<SocketAddr>,
    /// Bytes the board wrote that nobody was there to read.
    pub dropped: u64,
    /// How often the board's thread has woken: seldom, when nothing happens.
    pub wakes: u64,
    /// Why the board's thread ended, if it did by itself.
    pub failure: Option<String>,
}

/// An accident of the running board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// The firmware panics: it prints where, and restarts a second later.
    Panic,
    /// The firmware hangs, and a watchdog restarts the chip.
    Watchdog,
    /// The supply voltage falls too low, and the chip restarts.
    BrownOut,
}

/// The text names no known accident.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no crash; there are panic, watchdog and brown-out")]
pub struct UnknownCrash {
    /// What was asked for.
    pub text: String,
}

impl FromStr for Crash {
    type Err = UnknownCrash;

    fn from_str(text: &str) -> Result<Self, UnknownCrash> {
        match text {
            "panic" => Ok(Self::Panic),
            "watchdog" => Ok(Self::Watchdog),
            "brown-out" => Ok(Self::BrownOut),
            _ => Err(UnknownCrash { text: text.to_owned() }),
        }
    }
}
