//! What Espalier knows without touching the world: sessions, views, what is sent, what a board says.
//!
//! This crate does no I/O, reads no clock and starts no thread; time comes in as an argument. The engine
//! and the window meet only in the types of this crate: the engine implements [`backend::Backend`] and the
//! window draws what it publishes.
//!
//! A received byte passes them in this order:
//!
//! - [`session`]: what is asked for ([`session::SessionSpec`]) and what happened ([`session::SessionEvent`])
//! - [`capture`]: records, as pcapng blocks: raw bytes with time, direction and peer, never altered
//! - [`view`]: records cut into rows, filtered, searched, folded and rendered ([`view::History`])
//! - [`timeline`]: several sessions merged by time, with a board's word beside the bytes that caused it
//!
//! Beside them stand
//!
//! - [`board`]: what boards say and are: log lines, starts, panics, chips, images, flashing, provisioning
//! - [`send`]: what is typed, as the bytes that go out: encodings, escapes, line endings, checksums
//! - [`send_list`]: prepared messages in groups, run in order, taken from other programs
//! - [`matching`]: patterns in streams of bytes, wherever they stand
//! - [`rules`]: when this comes, do that
//! - [`faults`]: what a stream meets on its way, made on purpose
//! - [`figures`]: what TCP knows of its connections, how long answers take
//! - [`load`]: one session as many clients
//! - [`chat`]: a member of a chat room, and messages that surely arrive
//! - [`rfc2217`]: serial ports over TCP
//! - [`transfer`]: files, raw and by XMODEM, YMODEM and ZMODEM
//! - [`replay`]: a capture played again, and how the answers differ
//! - [`tls`]: what is asked of TLS, what certificates say, how a connection is secured
//! - [`backend`]: what the window asks of the engine
//! - [`releases`]: newer versions of the program
//! - [`settings`]: what the user has chosen for the whole program, as one table
//! - [`capture_list`], [`program_log`], [`severity_filter`]: the history of sessions, and the program's own log, as data
//! - [`Sentence`], [`Progress`], [`hex`], [`terminal`]: what all of them use

#![warn(clippy::print_stdout, clippy::print_stderr)] // They panic when nobody reads there.

pub mod backend;
pub mod board;
pub mod capture;
mod capture_id;
pub mod capture_list;
pub mod chat;
mod coordinates;
pub mod faults;
pub mod figures;
pub mod file_name;
pub mod hex;
pub mod load;
pub mod matching;
mod port_number;
pub mod program_log;
mod progress;
pub mod releases;
pub mod replay;
pub mod rfc2217;
pub mod rules;
pub mod send;
pub mod send_list;
mod sentence;
pub mod session;
pub mod settings;
pub mod severity_filter;
mod sgr_style;
pub mod terminal;
pub mod timeline;
pub mod tls;
pub mod transfer;
pub mod view;

pub use capture_id::{CaptureId, NotACaptureId};
pub use coordinates::{Direction, Origin, PeerId, Position, Timestamp};
pub use progress::{Progress, Watch};
pub use sentence::Sentence;
pub use session::SessionId;
pub use sgr_style::SgrStyle;
