//! RFC 2217: a serial port over TCP, by an option of telnet. At both ends as machines that do no I/O.
//!
//! - [`telnet`](self): `FF` doubled, options, subnegotiations (RFC 854, 855); `com_port`: what is asked of a port
//! - [`Rfc2217Server`]: our port for others; [`Rfc2217Client`]: a port elsewhere for us

mod client;
mod com_port;
mod server;
mod telnet;
#[cfg(test)]
mod tests;

pub use client::Rfc2217Client;
pub use com_port::ComPortCommand;
pub use server::{PortAction, Rfc2217Server};
pub use telnet::escape;
