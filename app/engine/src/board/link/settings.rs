//! How a port is to be opened: as it was asked for, and what was learned of the board on it.

use std::path::PathBuf;

use espalier_core::board::UsbIdentity;
use espalier_core::session::{FlowControl, SerialSpec};

/// The specification of a port as it holds now.
#[derive(Debug)]
pub struct PortSettings(SerialSpec);

impl PortSettings {
    /// As it is asked for at first; of the board on it nothing is learned yet.
    pub const fn new(spec: SerialSpec) -> Self {
        Self(spec)
    }

    /// As it holds now.
    pub const fn spec(&self) -> &SerialSpec {
        &self.0
    }

    /// Takes other settings; gives what they were. The port stays, with the board that was found on it: another one is for
    /// another session, or for the next start of this one. The ELF stays, too: it is chosen by a command of its own.
    pub fn adopt(&mut self, asked: SerialSpec) -> SerialSpec {
        let SerialSpec { port, board, elf, elf_board, .. } = self.0.clone();
        std::mem::replace(&mut self.0, SerialSpec { port, board, elf, elf_board, ..asked })
    }

    /// Names come from this ELF: it is of the board that was learned.
    pub fn choose_elf(&mut self, elf: Option<PathBuf>) {
        self.0.elf_board = self.0.board.clone().filter(|_| elf.is_some());
        self.0.elf = elf;
    }

    /// The port is open, and this is the board on it: from now on the board counts, not the name. It may be in another socket
    /// than before.
    pub fn learn(&mut self, board: &UsbIdentity) {
        if self.0.board.as_ref().is_none_or(|known| known.is_same_board(board)) {
            self.0.board = Some(board.clone());
        }
    }
}

/// `115200 baud, 8N1`.
pub fn describe(spec: &SerialSpec) -> String {
    let flow = match spec.flow_control {
        FlowControl::None => "",
        FlowControl::Software => ", XON/XOFF",
        FlowControl::Hardware => ", RTS/CTS",
    };
    let (bits, parity) = (spec.data_bits.count(), spec.parity.letter());
    format!("{} baud, {bits}{parity}{}{flow}", spec.baud, spec.stop_bits.count())
}

#[cfg(test)]
mod tests {
    use espalier_core::session::{DataBits, Parity, StopBits};

    use super::*;

    fn board(serial: &str) -> UsbIdentity {
        UsbIdentity { serial: Some(serial.to_owned()), ..UsbIdentity::default() }
    }

    #[test]
    fn a_learned_board_outlasts_other_options_and_no_other_port_takes_its_place() {
        let mut settings = PortSettings::new(SerialSpec::new("A"));
        settings.learn(&board("one"));
        // As the window asks for it: it has never heard of the board.
        settings.adopt(SerialSpec { baud: 9600, ..SerialSpec::new("A") });
        let learned = SerialSpec { baud: 9600, board: Some(board("one")), ..SerialSpec::new("A") };
        assert_eq!(*settings.spec(), learned);
        settings.learn(&board("another that took the name"));
        let other = Some(board("two"));
        settings.adopt(SerialSpec { board: other, baud: 9600, ..SerialSpec::new("B") });
        assert_eq!(*settings.spec(), learned);
    }

    #[test]
    fn an_elf_is_of_the_board_that_was_there_when_it_was_chosen() {
        let mut settings = PortSettings::new(SerialSpec::new("A"));
        settings.learn(&board("one"));
        settings.choose_elf(Some("one.elf".into()));
        settings.adopt(SerialSpec { baud: 9600, ..SerialSpec::new("A") });
        let spec = settings.spec();
        assert_eq!(spec.elf_for(Some(&board("one"))), Some("one.elf".as_ref()));
        assert_eq!(spec.elf_for(Some(&board("another"))), None);
    }

    #[test]
    fn settings_are_described_as_people_write_them() {
        let spec = SerialSpec {
            data_bits: DataBits::Seven,
            parity: Parity::Even,
            stop_bits: StopBits::Two,
            flow_control: FlowControl::Hardware,
            ..SerialSpec::new("A")
        };
        assert_eq!(describe(&spec), "115200 baud, 7E2, RTS/CTS");
    }
}
