//! Opening the port that is asked for, wherever its board is now.

use espalier_core::board::{BoardFault, ModemLines, PortAccess, PortKind, UsbIdentity};

use super::settings::PortSettings;
use crate::board::port::{self, Port};
use crate::board::ports::{self, SimulatedBoards};

/// An open port.
pub struct OpenPort {
    /// The handle.
    pub port: Port,
    /// The port's identity on USB, by which it is found again.
    pub usb: Option<UsbIdentity>,
}

/// A port that has just been opened, and what it is.
pub struct OpenedPort {
    /// The port.
    pub open: OpenPort,
    /// The port's name in the system now.
    pub name: String,
    /// What it is.
    pub kind: PortKind,
    /// The modem lines as they were set.
    pub lines: ModemLines,
}

impl OpenedPort {
    /// Opens the port that is asked for, or the one that its board has now.
    ///
    /// # Errors
    /// Busy, forbidden, gone, or what the system says.
    pub fn open(
        settings: &PortSettings,
        simulated: &dyn SimulatedBoards,
    ) -> Result<Self, BoardFault> {
        let spec = settings.spec();
        let asked = spec.port.clone();
        if simulated.knows(&asked) {
            let path = simulated.start(&asked)?;
            let (port, lines) = port::open(&path, spec)?;
            let offered = simulated.ports().into_iter().find(|port| port.name == asked);
            let kind = offered.map_or(PortKind::Pty, |port| port.kind);
            return Ok(Self { open: OpenPort { port, usb: None }, name: asked, kind, lines });
        }
        // The board counts, once it is known: another one may have taken the name.
        let info = match &spec.board {
            Some(board) => match ports::look_for_board(board, &asked) {
                Some(info) => info,
                // Plugged in elsewhere since, or another one: nothing tells. It is opened, and gets nothing of what was chosen
                // for the one that was kept.
                None => settings
                    .kept_lookalike()
                    .and_then(|board| ports::look_for_alike(board, &asked))
                    .ok_or_else(|| gone(&asked))?,
            },
            None => ports::look_up(&asked)?,
        };
        let (port, lines) = port::open(&info.name, spec)?;
        let usb = info.kind.usb().cloned();
        Ok(Self { open: OpenPort { port, usb }, name: info.name, kind: info.kind, lines })
    }
}

fn gone(name: &str) -> BoardFault {
    PortAccess::Gone.fault(name).unwrap_or_else(BoardFault::cancelled)
}
