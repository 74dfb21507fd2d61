//! What Espalier knows without touching the world: sessions, views, what is sent, what a board says.
//!
//! This crate does no I/O, reads no clock and starts no thread; time comes in as an argument. The engine
//! and the window meet only in the types of this crate: the engine implements [`backend::Backend`] and the
//! window draws what it publishes.

#![warn(clippy::print_stdout, clippy::print_stderr)] // They panic when nobody reads there.

pub mod backend;
pub mod board;
pub mod capture;
mod capture_id;
pub mod capture_list;
mod coordinates;
pub mod hex;
pub mod program_log;
mod progress;
pub mod send;
mod sentence;
pub mod session;
pub mod terminal;
pub mod timeline;
pub mod view;

pub use capture_id::{CaptureId, NotACaptureId};
pub use coordinates::{Direction, Origin, PeerId, Position, Timestamp};
pub use progress::{Progress, Watch};
pub use sentence::Sentence;
pub use session::SessionId;
