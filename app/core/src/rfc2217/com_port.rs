//! What is said of a serial port (RFC 2217 section 3): commands of the client, and what the server says of them with 100 added.

use super::telnet::{COM_PORT, about};

/// What a server adds to the number of a command.
const SERVER: u8 = 100;

/// A command, or what a server says of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ComPortCommand {
    /// Which program speaks; empty: asks for it.
    Signature(Vec<u8>),
    /// Bits per second; 0 asks.
    Baud(u32),
    /// Bits per character, 5 to 8; 0 asks.
    DataBits(u8),
    /// 1 none, 2 odd, 3 even, 4 mark, 5 space; 0 asks.
    Parity(u8),
    /// 1, 2, and 3 for one and a half; 0 asks.
    StopBits(u8),
    /// Flow control (0 to 3, 13 to 19), BREAK (4 to 6), DTR (7 to 9), RTS (10 to 12).
    Control(u8),
    /// The state of the line has changed, as in the register of a 16550.
    LineState(u8),
    /// The state of the modem lines has changed, likewise.
    ModemState(u8),
    /// Send nothing more for now.
    Suspend,
    /// Send again.
    Resume,
    /// Which changes of the line are told.
    LineMask(u8),
    /// Which changes of the modem lines are told.
    ModemMask(u8),
    /// Let go of what waits: 1 received, 2 to be sent, 3 both.
    Purge(u8),
}

impl ComPortCommand {
    /// As it goes over the wire, from a server or from a client.
    pub fn encode(&self, by_server: bool) -> Vec<u8> {
        let (number, value) = match self {
            Self::Signature(text) => (0, text.clone()),
            Self::Baud(baud) => (1, baud.to_be_bytes().to_vec()),
            Self::DataBits(value) => (2, vec![*value]),
            Self::Parity(value) => (3, vec![*value]),
            Self::StopBits(value) => (4, vec![*value]),
            Self::Control(value) => (5, vec![*value]),
            Self::LineState(value) => (6, vec![*value]),
            Self::ModemState(value) => (7, vec![*value]),
            Self::Suspend => (8, Vec::new()),
            Self::Resume => (9, Vec::new()),
            Self::LineMask(value) => (10, vec![*value]),
            Self::ModemMask(value) => (11, vec![*value]),
            Self::Purge(value) => (12, vec![*value]),
        };
        let number = if by_server { number + SERVER } else { number };
        about(COM_PORT, &[&[number], &value[..]].concat())
    }

    /// Reads what was said by a server or by a client; `None`: that makes no sense.
    pub fn read(bytes: &[u8], by_server: bool) -> Option<Self> {
        let (number, value) = bytes.split_first()?;
        let number = if by_server { number.checked_sub(SERVER)? } else { *number };
        let one = || value.first().copied();
        Some(match number {
            0 => Self::Signature(value.to_vec()),
            1 => Self::Baud(u32::from_be_bytes(value.get(..4)?.try_into().ok()?)),
            2 => Self::DataBits(one()?),
            3 => Self::Parity(one()?),
            4 => Self::StopBits(one()?),
            5 => Self::Control(one()?),
            6 => Self::LineState(one()?),
            7 => Self::ModemState(one()?),
            8 => Self::Suspend,
            9 => Self::Resume,
            10 => Self::LineMask(one()?),
            11 => Self::ModemMask(one()?),
            12 => Self::Purge(one()?),
            _ => return None,
        })
    }
}
