//! The program as a user has it: the real binary and the window's parts, real sockets, foreign programs.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod client;
mod faults;
#[cfg(unix)]
mod flow;
mod log;
mod program;
mod run;
mod server;
mod window;
