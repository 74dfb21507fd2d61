//! What a packet says.

use super::rpc::Rpc;
use super::state::{State, Status};
use super::strings::Strings;

/// Starts every packet.
pub const HEADER: &[u8; 6] = b"IMPROV";
/// The only version there is.
pub const VERSION: u8 = 1;

/// A whole packet with the right checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packet<'a> {
    /// Device to client: where it stands.
    State(State),
    /// Device to client: how the last command went.
    Error(Status),
    /// Client to device: a command; or why it is none, which the device answers.
    Rpc(Result<Rpc<'a>, Status>),
    /// Device to client: the answer to the command of this number.
    Result {
        /// The command that is answered.
        command: u8,
        /// The answer.
        strings: Strings<'a>,
    },
    /// Of a kind or content that this version does not know.
    Other {
        /// The packet's type.
        kind: u8,
        /// Its data.
        data: &'a [u8],
    },
}

impl<'a> Packet<'a> {
    /// Reads type and data of a packet whose checksum is right.
    pub fn parse(kind: u8, data: &'a [u8]) -> Self {
        let known = match (kind, data) {
            (0x01, [state]) => State::from_byte(*state).map(Self::State),
            (0x02, [status]) => Status::from_byte(*status).map(Self::Error),
            (0x03, data) => Some(Self::Rpc(Rpc::parse(data))),
            (0x04, [command, len, list @ ..]) if usize::from(*len) == list.len() => {
                Strings::parse(list).map(|strings| Self::Result { command: *command, strings })
            }
            _ => None,
        };
        known.unwrap_or(Self::Other { kind, data })
    }
}
