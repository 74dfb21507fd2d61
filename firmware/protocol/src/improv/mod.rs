//! Improv Wi-Fi over serial, version 1: provisioning that ESP Web Tools and others speak too.
//!
//! Facts: <https://www.improv-wifi.com/serial>. Packets share the line with the log: a sender
//! starts one at the start of a line and puts a line end behind it. [`Decoder`] takes bytes one by
//! one, takes packets out, and hands everything else through.
//!
//! ```text
//! "IMPROV" version=1 type length data[length] checksum    (checksum: low byte of the sum before)
//! ```

mod decoder;
mod encode;
mod packet;
mod rpc;
mod state;
mod strings;

pub use decoder::{Decoder, Item};
pub use encode::{Encoded, error, result, rpc, state};
pub use packet::{HEADER, Packet, VERSION};
pub use rpc::{CommandId, NetworkFlags, Rpc};
pub use state::{State, Status};
pub use strings::Strings;

/// The longest packet, with 255 bytes of data.
pub const PACKET_MAX: usize = 6 + 3 + 255 + 1;
