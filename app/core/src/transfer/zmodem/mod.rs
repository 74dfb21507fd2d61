//! ZMODEM (Forsberg, "The ZMODEM Inter Application File Transfer Protocol", 1988), by the `zmodem2` crate.
//!
//! What that leaves to its caller is done here: a cancel is heard in the middle of anything, what is lost is sent or asked for
//! again when the line is silent, and a damaged header ends nothing. It is fed byte by byte, because an error does not say how
//! much of a longer piece was read.

mod receive;
mod send;

pub use receive::ZmodemReceiver;
pub use send::ZmodemSender;

/// CANs in a row that end a session.
const CANCELS: u8 = 5;

/// The largest position.
pub const LARGEST: u64 = u32::MAX as u64;
