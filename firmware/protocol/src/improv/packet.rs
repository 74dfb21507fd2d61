//! What a packet says.

use super::rpc::{Rpc, Strings};

/// Starts every packet.
pub const HEADER: &[u8; 6] = b"IMPROV";
/// The only version there is.
pub const VERSION: u8 = 1;

/// Declares an enum of bytes.
macro_rules! bytes {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $value:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$vmeta])* $variant = $value,)+ }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The value of this byte.
            pub const fn from_byte(byte: u8) -> Option<Self> {
                match byte { $($value => Some(Self::$variant),)+ _ => None }
            }

            /// The byte of this value.
            pub const fn byte(self) -> u8 {
                self as u8
            }
        }
    };
}
pub(super) use bytes;

bytes! {
    /// Where provisioning stands.
    State {
        /// Provisioning is over; none may begin.
        Stopped = 0x00,
        /// Somebody has to press a button first.
        AwaitingAuthorization = 0x01,
        /// Credentials are welcome.
        Ready = 0x02,
        /// Trying the credentials.
        Provisioning = 0x03,
        /// Joined.
        Provisioned = 0x04,
    }
}

bytes! {
    /// The error state: how the last command went.
    Status {
        /// No error; sent when a command has arrived.
        Ok = 0x00,
        /// The command's packet is malformed.
        InvalidRpc = 0x01,
        /// No such command.
        UnknownCommand = 0x02,
        /// The credentials did not lead to a network.
        UnableToConnect = 0x03,
        /// Not authorized.
        NotAuthorized = 0x04,
        /// The host name is not acceptable.
        BadHostname = 0x05,
        /// Something else.
        Unknown = 0xff,
    }
}

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
