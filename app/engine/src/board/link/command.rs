//! What the thread of a link finds in its queue.

use espalier_core::board::BoardCommand;
use espalier_core::session::SerialSpec;

use crate::receipt::Piece;

/// What the thread of a link finds in its queue.
#[derive(Debug)]
pub enum LinkCommand {
    /// Send these bytes.
    Write(Piece),
    /// Use this speed, framing and flow control from now on.
    Configure(Box<SerialSpec>),
    /// Something about the board.
    Board(BoardCommand),
}
