//! Sockets, files and serial ports behind the sessions.

pub mod board;
pub mod capture;
