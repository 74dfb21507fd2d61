//! File transfers: what is asked, how it goes, and the protocols as machines that do no I/O.
//!
//! - [`SendFiles`], [`ReceiveFiles`]: what is asked; [`TransferStatus`]: how it goes
//! - [`SendMachine`], [`ReceiveMachine`]: a protocol at one end of a line; told the time and what came, it says what to do next
//! - [`xymodem`]: XMODEM and YMODEM; [`zmodem`]: ZMODEM, on top of the `zmodem2` crate
//! - [`OfferScanner`]: finds the beginning of a ZMODEM transfer in what comes
//! - [`received_name`]: what a file is called whose name the other end has chosen

mod cancel;
mod fault;
mod machine;
mod name;
mod offer;
mod spec;
mod status;
#[cfg(test)]
mod tests;
mod times;
pub mod xymodem;
pub mod zmodem;

pub use fault::TransferFault;
pub use machine::{FileOffer, ReceiveAction, ReceiveMachine, SendAction, SendMachine};
pub use name::{numbered_name, received_name};
pub use offer::{OfferScanner, TransferOffer};
pub use spec::{
    RawPacing, ReceiveEnd, ReceiveFiles, SendFiles, TransferControl, TransferProtocol,
    UnknownProtocol,
};
pub use status::{TransferEnd, TransferPhase, TransferStatus, TransferredFile};
pub use times::TransferTimes;
