//! How a port is to be opened: as it was asked for, and what was learned of the board on it.

use std::path::PathBuf;

use espalier_core::board::UsbIdentity;
use espalier_core::session::{FlowControl, SerialSpec};

/// The specification of a port as it holds now.
#[derive(Debug)]
pub struct PortSettings {
    spec: SerialSpec,
    /// The board in it was kept from an earlier run: nothing was opened here yet.
    is_kept: bool,
}

impl PortSettings {
    /// As it is asked for at first; of the board on it nothing is learned yet.
    pub const fn new(spec: SerialSpec) -> Self {
        Self { spec, is_kept: true }
    }

    /// As it holds now.
    pub const fn spec(&self) -> &SerialSpec {
        &self.spec
    }

    /// A board that was kept from an earlier run, and that nothing but its socket tells from others of its make.
    pub fn kept_lookalike(&self) -> Option<&UsbIdentity> {
        self.spec.board.as_ref().filter(|board| self.is_kept && !board.has_own_serial())
    }

    /// Takes other settings; gives what they were. The port stays, with the board that was found on it: another one is for
    /// another session, or for the next start of this one. The ELF stays, too: it is chosen by a command of its own.
    pub fn adopt(&mut self, asked: SerialSpec) -> SerialSpec {
        let SerialSpec { port, board, elf, elf_board, .. } = self.spec.clone();
        std::mem::replace(&mut self.spec, SerialSpec { port, board, elf, elf_board, ..asked })
    }

    /// Names come from this ELF: it is of the board that was learned.
    pub fn choose_elf(&mut self, elf: Option<PathBuf>) {
        self.spec.elf_board = self.spec.board.clone().filter(|_| elf.is_some());
        self.spec.elf = elf;
    }

    /// The port is open, and this is the board on it: from now on the board counts, not the name. It may be in another socket
    /// than before.
    pub fn learn(&mut self, board: &UsbIdentity) {
        let known = self.spec.board.as_ref();
        if self.is_kept || known.is_none_or(|known| known.is_same_board(board)) {
            self.spec.board = Some(board.clone());
        }
        self.is_kept = false;
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
    fn a_kept_board_may_turn_out_to_be_another_and_a_learned_one_may_not() {
        let at = |socket: &str| UsbIdentity {
            location: Some(socket.to_owned()),
            ..UsbIdentity::default()
        };
        let kept = SerialSpec { board: Some(at("1-1:1.0")), ..SerialSpec::new("A") };
        let mut settings = PortSettings::new(kept);
        assert_eq!(settings.kept_lookalike(), Some(&at("1-1:1.0")));
        settings.learn(&at("1-2:1.0"));
        assert_eq!(settings.kept_lookalike(), None);
        settings.learn(&at("1-3:1.0"));
        assert_eq!(settings.spec().board, Some(at("1-2:1.0")));
        let own = SerialSpec { board: Some(board("A1B2C3")), ..SerialSpec::new("A") };
        assert_eq!(PortSettings::new(own).kept_lookalike(), None);
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
