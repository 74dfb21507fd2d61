//! A board for people who have none at hand, for tests and for demonstrations.
//!
//! It is a serial device on a pseudo-terminal that speaks the ROM loader and the stub loader as the
//! chips do, boots what is in its flash file as the chips would, and, when the application there is
//! Espalier's own, runs the same `firmware/core` on this computer.
//!
//! - [`air`]: what a radio hears of an access point with a sender of ESP-TOUCH, without I/O
//! - [`chip`]: what differs from chip to chip, as data
//! - [`SimulatorSpec`], [`Faults`]: what is asked for
//! - [`Simulator::start`], [`RunningBoard`]: a board at work, its buttons and its plug
//! - `slip`, `loader`: the loader protocol, without I/O
//! - `flash`: the flash chip, a file that outlives the process
//! - `boot`: what the ROM and the second-stage bootloader check and print
//! - `board`: one thread per board: pty, timers, sockets
//!
//! There is no pty on Windows, so there the crate builds and [`Simulator::unavailable`] says why no
//! simulated board is offered.

#![warn(clippy::print_stdout, clippy::print_stderr)] // They panic when nobody reads there.

#[cfg(unix)]
pub mod air;
pub mod chip;
mod error;
mod faults;
mod spec;

#[cfg(unix)]
mod board;
#[cfg(unix)]
mod boot;
#[cfg(unix)]
mod firmware;
#[cfg(unix)]
mod flash;
#[cfg(unix)]
mod loader;
#[cfg(unix)]
mod slip;
#[cfg(unix)]
mod state;

#[cfg(not(unix))]
#[path = "absent.rs"]
mod board;

pub use board::{RunningBoard, Simulator};
pub use chip::Chip;
pub use error::SimulatorError;
pub use faults::{Faults, UnknownFault};
pub use spec::{Crash, Mode, SimulatorSpec, SimulatorStatus, UnknownCrash, Wiring};
