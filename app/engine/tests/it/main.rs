//! The engine against real sockets and foreign programs, on loopback alone.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod conformance;
mod floods;
mod foreign;
mod rig;
mod sending;
mod servers;
mod stories;
