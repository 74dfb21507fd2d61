//! Sessions as terminals: one named thread for each that is open feeds what was received to an emulation.
//!
//! The emulation is `alacritty_terminal`; it is told only what [`espalier_core::terminal::ControlFilter`] passes. What it would
//! answer goes to whoever opened it, for bytes that came later than that alone: an old capture types into no board.
//! [`TerminalHandle`] is what the window holds; its calls leave a request or take what was published last.

mod cells;
mod emulator;
mod handle;
mod inbox;
#[cfg(test)]
mod tests;
mod worker;

use espalier_core::PeerId;

pub use handle::TerminalHandle;

/// What a terminal says by itself, for a query of this connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TerminalReply {
    /// An answer to be sent.
    Answer(PeerId, Vec<u8>),
    /// It is asked so often that it says nothing for the rest of the second.
    AskedTooOften(PeerId),
}

/// Called, from the terminal's thread, with what it says.
pub type OnReply = Box<dyn Fn(TerminalReply) + Send>;
