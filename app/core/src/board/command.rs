//! The one vocabulary for boards: what is asked of one, from the window to the thread that owns its port.

use std::path::PathBuf;

use espalier_protocol::Command;

use super::{FlashSpec, ProvisionRequest};
use crate::{Sentence, Timestamp, say};

/// What can be asked of the board on a serial session. Whoever passes it on looks at none of it; the engine does what needs
/// a conversation with the program on the board (provisioning, scans), the port's own thread the rest.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum BoardCommand {
    /// Pulse EN (by RTS), or the simulated board's button.
    Reset,
    /// Bring the chip into its loader (by DTR and RTS), or by the simulated board's buttons.
    DownloadMode,
    /// Set Data Terminal Ready.
    Dtr(bool),
    /// Set Request To Send.
    Rts(bool),
    /// Hold the line at zero for a quarter of a second (BREAK); nothing is sent meanwhile.
    Break,
    /// Flash. The session goes on monitoring afterwards, on the same open port. Refused in the log while flashing already.
    Flash(Box<FlashSpec>),
    /// Stop flashing at the next block, at most 256 KiB later.
    CancelFlash,
    /// Forget how the last flashing ended.
    DismissFlash,
    /// Decode backtraces with this ELF; `None`: with the bundled firmware's symbols. Remembered while the port is closed.
    Symbols(Option<PathBuf>),
    /// Write the core dump of a report as a file, damaged or not; how it is is told in the log. The port may be closed.
    SaveCoreDump {
        /// When the report's first line came.
        from: Timestamp,
        /// The report's number, as in [`Panic::number`](super::Panic::number).
        number: u64,
        /// The file; one that is there is replaced.
        path: PathBuf,
    },
    /// Say this to our firmware, as a line of its console.
    Say(Command),
    /// Provision the board until its server listens, in the background; a closed port is opened first.
    Provision(ProvisionRequest),
    /// Cancel provisioning at its next step; the board keeps what it has.
    CancelProvision,
    /// Look for networks, in the background; those that are known to the user come first.
    Scan {
        /// The names of the networks that the user knows.
        known: Vec<String>,
    },
}

/// Why a command for a board was not taken; nothing was done then.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BoardRefusal {
    /// Too many commands wait already.
    Busy,
    /// The port is not open.
    Closed,
    /// There is no board: the session has gone, or is not a serial one.
    NoBoard,
    /// The same is under way already.
    UnderWay,
    /// The command takes a conversation with the program on the board, which a port alone does not have.
    NoConversation,
    /// The system gave no thread for it; what it says.
    NoThread(String),
}

impl BoardRefusal {
    /// Why, and what to do, for the user.
    pub fn sentence(&self) -> Sentence {
        match self {
            Self::Busy => say!(
                "told-board-busy",
                "the board is still busy with earlier commands: wait a moment, then try again"
            ),
            Self::Closed => say!("told-board-closed", "the port is closed: open it first"),
            Self::NoBoard => say!(
                "told-board-none",
                "there is no board on this session: open the board's serial port"
            ),
            Self::UnderWay => {
                say!("told-board-under-way", "the same is under way already: wait, or cancel it")
            }
            Self::NoConversation => say!(
                "told-board-no-conversation",
                "the port alone cannot do that: it takes a session with the board"
            ),
            Self::NoThread(error) => say!(
                "told-board-no-thread",
                "the system gives no thread for it: {error}; close something and try again",
                error = error,
            ),
        }
    }
}

impl std::fmt::Display for BoardRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.sentence().english())
    }
}

impl std::error::Error for BoardRefusal {}
