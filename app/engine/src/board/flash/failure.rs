//! What went wrong, and whether a slower link could help.

use std::error::Error as _;

use espalier_core::board::{BoardFault, FaultKind};
use espalier_core::say;
use espflash::Error;
use serialport::SerialPort as _;

use super::loader::ActiveLoader;
use crate::board::port::Port;

/// Why flashing over one link mode failed.
#[derive(Debug)]
pub enum FlashFailure {
    /// The link did not carry: a slower one, or the other loader, may.
    Link {
        /// What was seen.
        what: String,
        /// The stub did not come up: only the ROM's own loader can help.
        stub: bool,
    },
    /// Nothing of that kind will help.
    Fault(BoardFault),
}

impl From<BoardFault> for FlashFailure {
    fn from(fault: BoardFault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Error> for FlashFailure {
    fn from(error: Error) -> Self {
        let text = chain(&error);
        match error {
            Error::ChipDetectError(_) => Self::Fault(
                BoardFault::new(
                    FaultKind::WrongChip,
                    say!("told-unsupported-chip", "The loader answers, but its chip is none that can be flashed from here"),
                    say!("hint-unsupported-chip", "ESP8266 and chips newer than this program are not supported."),
                )
                .with_detail(text),
            ),
            Error::FlashConnect => Self::Fault(
                BoardFault::new(
                    FaultKind::WriteFailed,
                    say!("told-no-flash-chip", "The chip cannot talk to its flash memory"),
                    say!("hint-no-flash-chip", "Something else may pull the flash pins (GPIO6 to GPIO11 on an ESP32): disconnect it. Otherwise the flash or its solder joints are broken."),
                )
                .with_detail(text),
            ),
            Error::RomError(_) if !text.to_ascii_lowercase().contains("crc") => Self::Fault(
                BoardFault::new(
                    FaultKind::WriteFailed,
                    say!("told-loader-failed", "The loader reports that it failed"),
                    say!("hint-loader-failed", "Check the supply (a longer cable or a hub may be too weak), then flash again; try a lower speed if it fails again."),
                )
                .with_detail(text),
            ),
            _ => Self::Link { what: text, stub: false },
        }
    }
}

impl FlashFailure {
    /// A port that is gone explains every error.
    pub fn unless_gone(self, reached: &mut ActiveLoader) -> Self {
        match self {
            Self::Link { what, .. } if reached.is_gone() => Self::Fault(gone(&what)),
            other => other,
        }
    }

    /// The same for a port that is in hand.
    pub fn unless_port_gone(self, port: &Port) -> Self {
        match self {
            Self::Link { what, .. } if port.bytes_to_read().is_err() => Self::Fault(gone(&what)),
            other => other,
        }
    }
}

/// The board went away in the middle.
fn gone(detail: &str) -> BoardFault {
    BoardFault::new(
        FaultKind::Gone,
        say!("told-went-away", "The board went away while it was being flashed"),
        say!("hint-went-away", "Plug it in again (another cable or port if it happens again), then flash again: what is already there will not be written twice."),
    )
    .with_detail(detail)
}

/// Every link mode failed.
pub fn broken_link(detail: &str) -> BoardFault {
    BoardFault::new(
        FaultKind::LinkFailed,
        say!("told-link-breaks", "The link to the board breaks at every speed"),
        say!("hint-link-breaks", "Use a shorter cable or another USB port, leave out hubs, and disconnect what else hangs on the board; then flash again."),
    )
    .with_detail(detail)
}

/// The whole story of an error in one line.
pub fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let part = inner.to_string();
        if !text.contains(&part) {
            text = format!("{text}: {part}");
        }
        source = inner.source();
    }
    text
}
