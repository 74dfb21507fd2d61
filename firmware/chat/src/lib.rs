//! `chat/1`: what members of a chat room and the room say to each other, line by line.
//!
//! Text is opaque: GBK, UTF-8 or noise passes as it came. What means something is below 0x40 and
//! stands at the beginning of a line, so that no second byte of a GBK character (0x40 to 0xFE) is
//! taken for it; a line is read from its start to the first space only.
//!
//! | | level 0: any terminal | level 1: whoever said `/hello` |
//! |---|---|---|
//! | to the room | `text`, `/msg NAME text`, `/me text`, `/nick NAME`, `/who`, `/ping x`, `/quit [reason]`, `//x` for `/x` | the same behind `#NUMBER `, and `/hello`, `/ack` |
//! | to a member | `NAME: text`, `FROM> text`, `* NAME text`, `/join NAME`, `/part NAME [reason]`, `/away NAME`, `/back NAME`, `/nick OLD NEW`, `/who N NAME…`, `/pong x`, `/lost N`, `/error CODE text` | the same behind `#NUMBER `, and `/welcome`, `/fresh`, `/ack` |
//!
//! Level 1 is for messages that surely arrive, over one connection or several: lines have numbers,
//! from 1, of their own for each direction. `/ack N` says that all up to N were taken. Who comes back
//! says the token that `/welcome` gave and the last number that it took, and goes on where it was.
//!
//! - [`name`]: what a member may be called;
//! - [`lines`]: from bytes to lines;
//! - [`ClientLine`]: what a member says; [`RoomLine`]: what a room says;
//! - [`ChatFault`]: what a room refuses;
//! - [`room`]: the room.
//!
//! No I/O, no clock: the same code serves on a board and in the app.
#![no_std]

extern crate alloc;

mod client_line;
mod decimal;
mod fault;
pub mod lines;
pub mod name;
mod print;
pub mod room;
mod room_line;
mod token;

pub use client_line::{ChatCommand, ClientLine, Resume};
pub use fault::ChatFault;
pub use lines::{ChatRead, LineReader};
pub use name::{ChatName, NAME_MAX};
pub use print::ChatOutput;
pub use room_line::{RoomLine, Told, Welcome};
pub use token::Token;

/// The version of the protocol that `/hello` and `/welcome` say.
pub const VERSION: u32 = 1;

/// The longest line, with its line feed, in bytes.
pub const LINE_MAX: usize = 512;

/// The longest text that fits behind everything that may stand in front of it, in bytes: a number,
/// `/part` and a name.
pub const TEXT_MAX: usize = LINE_MAX - "#4294967295 /part ".len() - NAME_MAX - " \n".len();
