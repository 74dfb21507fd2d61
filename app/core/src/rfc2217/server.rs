//! Our serial port, offered to others.

use super::com_port::ComPortCommand as C;
use super::telnet::{Agreed, COM_PORT, TelnetItem, TelnetReader};
use crate::session::{DataBits, FlowControl, Parity, SerialSpec, StopBits};

/// Who we are, when a client asks.
const SIGNATURE: &[u8] = b"Espalier";

/// What is to be done with the port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortAction {
    /// It is to be as its specification says now.
    Configure,
    /// Set the line.
    Dtr(bool),
    /// Set the line.
    Rts(bool),
    /// Hold the line at zero for a moment.
    Break,
    /// Bring an ESP chip into its loader: the steps that a client begins come over the network too late and too far apart.
    DownloadMode,
}

/// What came of some bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerOutput {
    /// Bytes for the port.
    pub data: Vec<u8>,
    /// Bytes for the client.
    pub answer: Vec<u8>,
    /// What is to be done with the port, in order.
    pub actions: Vec<PortAction>,
}

/// One client of a port.
#[derive(Clone, Debug)]
pub struct Rfc2217Server {
    reader: TelnetReader,
    agreed: Agreed,
    port: SerialSpec,
    breaks: bool,
    /// Changes of the modem lines that are told.
    modem_mask: u8,
    /// The lines as they were told last.
    modem: Option<u8>,
    /// The client wants nothing for now.
    suspended: bool,
    /// A chip was brought into its loader by us: the rest of the client's own steps is passed over.
    performing: bool,
}

impl Rfc2217Server {
    /// A client of this port, and what is said to it first.
    pub fn new(port: SerialSpec) -> (Self, Vec<u8>) {
        let mut agreed = Agreed::default();
        let greeting = agreed.begin();
        let server = Self {
            reader: TelnetReader::default(),
            agreed,
            port,
            breaks: false,
            modem_mask: 255,
            modem: None,
            suspended: false,
            performing: false,
        };
        (server, greeting)
    }

    /// The port as it is asked to be.
    pub const fn port(&self) -> &SerialSpec {
        &self.port
    }

    /// Whether the client wants nothing for now.
    pub const fn is_suspended(&self) -> bool {
        self.suspended
    }

    /// Takes what a client sent.
    pub fn receive(&mut self, bytes: &[u8]) -> ServerOutput {
        let mut output = ServerOutput::default();
        for item in self.reader.read(bytes) {
            output.answer.extend(self.agreed.answer(&item));
            match item {
                TelnetItem::Data(data) => output.data.extend(data),
                TelnetItem::About(COM_PORT, said) => {
                    if let Some(command) = C::read(&said, false) {
                        self.execute(command, &mut output);
                    }
                }
                TelnetItem::Will(..) | TelnetItem::Do(..) | TelnetItem::About(..) => {}
            }
        }
        output
    }

    /// The modem lines are so now (CTS, DSR, RI, DCD): what the client is told, if that is new to it and it wants to know.
    pub fn lines(&mut self, cts: bool, dsr: bool, ring: bool, carrier: bool) -> Vec<u8> {
        let bits = [(cts, 0x10), (dsr, 0x20), (ring, 0x40), (carrier, 0x80)];
        let lines = bits.iter().filter(|(on, _)| *on).fold(0, |all, (_, bit)| all | bit);
        let before = self.modem.replace(lines);
        let changed = before.unwrap_or(!lines) ^ lines;
        if changed & self.modem_mask == 0 {
            return Vec::new();
        }
        // The low half tells what has changed.
        let deltas = if before.is_some() { changed >> 4 } else { 0 };
        C::ModemState((lines | deltas) & self.modem_mask).encode(true)
    }

    fn execute(&mut self, command: C, output: &mut ServerOutput) {
        let before = self.port.clone();
        let said = match command {
            C::Signature(text) if text.is_empty() => C::Signature(SIGNATURE.to_vec()),
            // Theirs: nobody asks for an answer.
            C::Signature(_) => return,
            C::Baud(baud) => {
                if (1..=20_000_000).contains(&baud) {
                    self.port.baud = baud;
                }
                C::Baud(self.port.baud)
            }
            C::DataBits(bits) => {
                let all = [DataBits::Five, DataBits::Six, DataBits::Seven, DataBits::Eight];
                let found = all.into_iter().find(|it| it.count() == bits);
                self.port.data_bits = found.unwrap_or(self.port.data_bits);
                C::DataBits(self.port.data_bits.count())
            }
            C::Parity(parity) => {
                self.port.parity = match parity {
                    1 => Parity::None,
                    2 => Parity::Odd,
                    3 => Parity::Even,
                    4 => Parity::Mark,
                    5 => Parity::Space,
                    _ => self.port.parity,
                };
                C::Parity(parity_number(self.port.parity))
            }
            C::StopBits(bits) => {
                self.port.stop_bits = match bits {
                    1 => StopBits::One,
                    2 => StopBits::Two,
                    3 => StopBits::OneAndAHalf,
                    _ => self.port.stop_bits,
                };
                C::StopBits(stop_number(self.port.stop_bits))
            }
            C::Control(control) => C::Control(self.control(control, &mut output.actions)),
            C::Suspend => {
                self.suspended = true;
                return;
            }
            C::Resume => {
                self.suspended = false;
                return;
            }
            C::LineMask(mask) => C::LineMask(mask),
            C::ModemMask(mask) => {
                self.modem_mask = mask;
                C::ModemMask(mask)
            }
            // What has gone into the port has gone; the client waits for the answer.
            C::Purge(what) => C::Purge(what),
            C::LineState(_) | C::ModemState(_) => return,
        };
        let frame = |port: &SerialSpec| {
            (port.baud, port.data_bits, port.parity, port.stop_bits, port.flow_control)
        };
        if frame(&before) != frame(&self.port) {
            output.actions.push(PortAction::Configure);
        }
        output.answer.extend(said.encode(true));
    }

    fn control(&mut self, control: u8, actions: &mut Vec<PortAction>) -> u8 {
        match control {
            1..=3 => {
                self.port.flow_control = match control {
                    1 => FlowControl::None,
                    2 => FlowControl::Software,
                    _ => FlowControl::Hardware,
                };
                control
            }
            // How it is now.
            0 => match self.port.flow_control {
                FlowControl::None => 1,
                FlowControl::Software => 2,
                FlowControl::Hardware => 3,
            },
            5 | 6 => {
                let starts = control == 5 && !self.breaks;
                self.breaks = control == 5;
                if starts {
                    actions.push(PortAction::Break);
                }
                control
            }
            4 => 6 - u8::from(self.breaks),
            7 => 9 - u8::from(self.port.dtr),
            10 => 12 - u8::from(self.port.rts),
            8 | 9 => {
                self.set_dtr(control == 8, actions);
                control
            }
            11 | 12 => {
                self.set_rts(control == 11, actions);
                control
            }
            // Of what goes in alone there is nothing to be set: as it is.
            13..=19 => 14,
            other => other,
        }
    }

    /// DTR goes on while RTS holds the chip in reset: the steps of esptool's "classic reset" into the loader (BOOT is held, EN let
    /// go). In between both lines are on, which lets the chip start; over a network that takes too long.
    fn set_dtr(&mut self, on: bool, actions: &mut Vec<PortAction>) {
        let into_loader = on && !self.port.dtr && self.port.rts;
        self.port.dtr = on;
        match (into_loader, self.performing) {
            (true, _) => {
                self.performing = true;
                actions.push(PortAction::DownloadMode);
            }
            // The last step of them.
            (false, true) => self.performing = on || self.port.rts,
            (false, false) => actions.push(PortAction::Dtr(on)),
        }
    }

    fn set_rts(&mut self, on: bool, actions: &mut Vec<PortAction>) {
        self.port.rts = on;
        match self.performing {
            true => self.performing = on || self.port.dtr,
            false => actions.push(PortAction::Rts(on)),
        }
    }
}

/// As RFC 2217 has it.
pub const fn parity_number(parity: Parity) -> u8 {
    match parity {
        Parity::None => 1,
        Parity::Odd => 2,
        Parity::Even => 3,
        Parity::Mark => 4,
        Parity::Space => 5,
    }
}

/// As RFC 2217 has it.
pub const fn stop_number(bits: StopBits) -> u8 {
    match bits {
        StopBits::One => 1,
        StopBits::Two => 2,
        StopBits::OneAndAHalf => 3,
    }
}
