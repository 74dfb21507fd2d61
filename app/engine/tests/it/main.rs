//! The engine against real sockets, simulated boards and foreign programs, on this computer alone.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, unused_imports, reason = "of tests for systems with ptys, signals, /proc")
)]

#[cfg(unix)]
mod board;
mod bridges;
mod commands;
mod conformance;
mod figures;
mod floods;
mod foreign_programs;
mod full;
mod kept;
mod load;
mod log_files;
mod network_boards;
mod old;
#[cfg(unix)]
mod provision;
mod receiving;
mod relays;
mod replay;
mod replay_made;
mod rig;
mod rooms;
mod rules;
#[cfg(unix)]
mod secrets;
mod send_list;
mod sending;
mod servers;
mod stories;
mod terminal;
mod tls;
mod transfers;
mod udp;
mod views;
