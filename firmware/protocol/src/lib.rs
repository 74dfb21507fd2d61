//! What the board says and hears: console lines and commands, Improv and ESP-TOUCH, the check
//! pattern. `no_std`, no I/O, no clock.
//!
//! Firmware, simulator and app use this one crate, so that what one prints the other reads:
//!
//! - [`mod@line`]: what the board prints ([`Line`], [`LineEvent`]);
//! - [`command`]: what the board is told ([`Request`], [`Command`]);
//! - [`improv`]: Improv Wi-Fi over the same serial line, for provisioning by any Improv tool;
//! - [`esptouch`]: ESP-TOUCH v1, provisioning by the lengths of UDP packets;
//! - [`ota`]: a new program over the network;
//! - [`pattern`]: the bytes of modes `source` and `check`.
//!
//! Printing borrows and allocates nothing; parsing a line allocates only where text was escaped.
#![no_std]

extern crate alloc;

pub mod command;
pub mod esptouch;
mod field;
mod hex;
pub mod improv;
pub mod line;
pub mod ota;
pub mod pattern;
mod quote;
#[cfg(test)]
mod sample;
mod words;

pub use command::{Command, CommandError, Request};
pub use line::{Line, LineEvent, LogLine};
pub use words::{
    AddressSource, Auth, CloseCause, DialFault, ErrorCode, ImprovFault, JoinFault, Level, Mode,
    OtaFault, OtaState, Panel, ProvisioningCause, RecordFault, Reset, Secret, Shown, Standing,
    Switch, WifiState,
};
