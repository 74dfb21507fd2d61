//! What went wrong, and whether a slower link could help.

use std::error::Error as _;

use espalier_core::board::{BoardFault, FaultKind};
use espalier_core::say;
use espflash::Error;

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
            Error::RomError(_) if !is_bad_crc(&text) => Self::Fault(
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

/// Whether a loader complains of the checksum of what reached it: then the link is bad, and not the chip.
///
/// Told by the error's words, because nothing else tells: espflash keeps the number that the loader gave
/// (`RomErrorKind::InvalidCrc`) to itself. A test has a loader give that number, and fails when the words change.
fn is_bad_crc(text: &str) -> bool {
    text.to_ascii_lowercase().contains("crc")
}

impl FlashFailure {
    /// A port that is gone explains every error. Whether it is, is only asked when nothing else explains this one.
    pub fn unless_gone(self, is_gone: impl FnOnce() -> bool) -> Self {
        match self {
            Self::Link { what, .. } if is_gone() => Self::Fault(gone(&what)),
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

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use espflash::command::{Command, CommandType};
    use serialport::TTYPort;

    use super::*;
    use crate::board::port;

    /// A loader's answer to a command, which refuses it with this number.
    fn refused_with(number: u8) -> FlashFailure {
        const ADDRESS: u32 = 0x4000_1000;
        let (ours, mut loader) = TTYPort::pair().unwrap();
        let answering = std::thread::Builder::new().name("loader".to_owned());
        let answering = answering.spawn(move || {
            let mut asked = Vec::new();
            let mut byte = [0];
            // A SLIP frame: 0xC0 at its beginning and its end.
            while asked.iter().filter(|byte| **byte == 0xC0).count() < 2 {
                loader.read_exact(&mut byte).unwrap();
                asked.extend(byte);
            }
            // Direction, command, two bytes of length, four of value, status, error: of the stub.
            let answer = [1, CommandType::ReadReg as u8, 2, 0, 0, 0, 0, 0, 1, number];
            loader.write_all(&[&[0xC0], answer.as_slice(), &[0xC0]].concat()).unwrap();
            loader
        });
        let mut connection = port::connection(ours, None, 115_200);
        let answer = connection.command(Command::ReadReg { address: ADDRESS });
        drop(answering.unwrap().join().unwrap());
        answer.map(drop).map_err(FlashFailure::from).unwrap_err()
    }

    #[test]
    fn a_bad_checksum_is_the_links_fault_and_no_other_refusal_is() {
        // Numbers of the loaders (esptool, ROM_ERROR and the stub's): 7 is "invalid CRC".
        assert!(matches!(refused_with(0x07), FlashFailure::Link { stub: false, .. }));
        for number in [0x05, 0x06, 0x08, 0xC3, 0xC4] {
            let FlashFailure::Fault(fault) = refused_with(number) else {
                panic!("{number:#x} is taken for a bad link")
            };
            assert_eq!(fault.kind, FaultKind::WriteFailed);
        }
    }
}
