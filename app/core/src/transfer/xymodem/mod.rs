//! XMODEM and YMODEM (Forsberg, "XMODEM/YMODEM Protocol Reference", 1988).

mod block;
mod receive;
mod send;

pub use receive::XyReceiver;
pub use send::XySender;

/// A block of 128 bytes.
const SOH: u8 = 0x01;
/// A block of 1024 bytes.
const STX: u8 = 0x02;
/// The file is over.
const EOT: u8 = 0x04;
/// Taken.
const ACK: u8 = 0x06;
/// Again; at the beginning: I take sums.
const NAK: u8 = 0x15;
/// I take CRCs: begin.
const CRC_PLEASE: u8 = b'C';
/// What the last block is filled up with.
const SUB: u8 = 0x1a;
