//! Console commands: typed, parsed by the board, printed by the app.
//!
//! A command is one line: words with spaces between, `"…"` around words that hold spaces or quotes
//! (escapes as in [`crate::line`]: `\"`, `\\`, `\n`, `\r`, `\t`, `\xNN`, in quotes only). An
//! optional `#NUMBER` in front comes back in the answer's last line, which is always
//! `console: ok` or `console: error` ([`crate::LineEvent::Ok`], [`crate::LineEvent::Error`]).

mod error;
mod parse;
mod print;
mod request;
mod types;
mod usage;

pub use error::CommandError;
pub use request::{COMMAND_MAX, Command, Request};
pub use types::{
    Addressing, Credentials, Host, Hostname, KickTarget, Name, Password, Ssid, StaticAddress,
    Token, hostname,
};
pub use usage::{USAGES, Usage};
