//! Which ELF files were chosen for which boards, also for those whose port is closed now.

use std::path::PathBuf;

use espalier_core::board::UsbIdentity;
use espalier_core::session::SerialSpec;
use serde::{Deserialize, Serialize};

/// An ELF file that was chosen for the backtraces of a board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownElf {
    /// The port that the board hung on.
    pub port: String,
    /// The board, where USB tells one: it counts more than the port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub board: Option<UsbIdentity>,
    /// The file.
    pub elf: PathBuf,
}

impl KnownElf {
    /// How many are kept.
    pub const MOST: usize = 32;

    fn is_for(&self, port: &str, board: Option<&UsbIdentity>) -> bool {
        match (&self.board, board) {
            (Some(known), Some(board)) => known.is_same_board(board),
            (None, None) => self.port == port,
            _ => false,
        }
    }

    /// Remembers what a session on a serial port decodes with, in front of `known`; that it decodes with nothing, too.
    pub(crate) fn remember(known: &mut Vec<Self>, spec: &SerialSpec) {
        let board = spec.elf_board.as_ref().or(spec.board.as_ref());
        known.retain(|other| !other.is_for(&spec.port, board));
        if let Some(elf) = spec.elf.clone().filter(|elf| elf.to_str().is_some()) {
            known.insert(0, Self { port: spec.port.clone(), board: board.cloned(), elf });
            known.truncate(Self::MOST);
        }
    }

    /// Asks for the ELF with a port that is opened anew, where one is known of its board.
    pub(crate) fn recall(known: &[Self], spec: &mut SerialSpec) {
        let board = spec.board.as_ref();
        if let Some(found) = known.iter().find(|it| it.is_for(&spec.port, board))
            && spec.elf.is_none()
        {
            spec.elf = Some(found.elf.clone());
            spec.elf_board.clone_from(&found.board);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serial(number: &str) -> Option<UsbIdentity> {
        Some(UsbIdentity { serial: Some(number.to_owned()), ..UsbIdentity::default() })
    }

    #[test]
    fn an_elf_is_known_by_its_board_and_not_by_the_port() {
        let mut known = Vec::new();
        let elf = Some(PathBuf::from("one.elf"));
        let one = SerialSpec { board: serial("1"), elf: elf.clone(), ..SerialSpec::new("COM3") };
        KnownElf::remember(&mut known, &one);
        let recalled = |port: &str, board| {
            let mut spec = SerialSpec { board, ..SerialSpec::new(port) };
            KnownElf::recall(&known, &mut spec);
            spec.elf
        };
        assert_eq!(recalled("COM9", serial("1")), elf);
        assert_eq!(recalled("COM3", serial("2")), None, "the boards were swapped");
        assert_eq!(recalled("COM3", None), None, "nobody knows which board that is");
    }

    #[test]
    fn a_port_without_usb_is_known_by_its_name_and_no_choice_is_one_too() {
        let mut known = Vec::new();
        let chosen = SerialSpec { elf: Some("a.elf".into()), ..SerialSpec::new("/dev/ttyS0") };
        KnownElf::remember(&mut known, &chosen);
        let mut again = SerialSpec::new("/dev/ttyS0");
        KnownElf::recall(&known, &mut again);
        assert_eq!(again.elf, chosen.elf);
        KnownElf::remember(&mut known, &SerialSpec::new("/dev/ttyS0"));
        assert!(known.is_empty());
        for number in 0..100 {
            let port = format!("COM{number}");
            KnownElf::remember(&mut known, &SerialSpec { port, ..chosen.clone() });
        }
        assert_eq!(known.len(), KnownElf::MOST);
        assert_eq!(known[0].port, "COM99");
    }
}
