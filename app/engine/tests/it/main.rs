//! The engine against real sockets, simulated boards and foreign programs, on this computer alone.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[cfg(unix)]
mod board;
mod commands;
mod conformance;
mod floods;
#[cfg(unix)]
mod flow;
mod foreign;
mod full;
mod kept;
mod old;
mod rig;
#[cfg(unix)]
mod secrets;
mod sending;
mod servers;
mod stories;
mod views;
