//! Sockets, files and serial ports behind the sessions.
//!
//! [`Engine`] holds all sessions and is what the window sees as a
//! [`Backend`](espalier_core::backend::Backend); the command line uses the same sessions by [`session::Session`].
//! Nothing here knows of a window.
//!
//! - [`session`]: one task per session; connections, servers, serial lines
//! - [`capture`]: the files that records are written to and read from; [`captures`]: all of them, as a list
//! - [`view`]: one thread per view that cuts a capture into rows; [`timeline`]: several captures merged into one; [`terminal`]: one thread per
//!   terminal that feeds it what was received
//! - [`board`]: the link to a board, its ports, flashing, names for addresses; [`provision`]: from a bare board to an address
//! - [`log_file`]: the log of a session in files, written behind its capture
//! - `tls`: how connections are secured
//! - [`releases`]: whether there is a newer version of the program, when the user wishes to know
//! - [`workspace`], [`keyring`], [`private`]: what the user keeps, where, and for whose eyes
//! - `arrival`, `part_file`, [`receipt`], [`untrusted`], [`waker`]: tools that all of them use

#![warn(clippy::print_stdout, clippy::print_stderr)] // They panic when nobody reads there.

mod addresses;
mod arrival;
mod at_once;
pub mod board;
pub mod capture;
pub mod captures;
mod clock;
mod engine;
mod in_place;
pub mod keyring;
pub mod log_file;
mod on_time;
mod part;
mod part_file;
pub mod private;
pub mod provision;
pub mod receipt;
pub mod releases;
pub mod rule_trial;
pub mod session;
mod tcp_info;
pub mod terminal;
mod terminals;
pub mod timeline;
mod tls;
pub mod untrusted;
pub mod view;
mod views;
pub mod waker;
pub mod workspace;

pub use engine::Engine;
