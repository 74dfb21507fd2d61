//! Sockets, files and serial ports behind the sessions.
//!
//! [`Engine`] holds all sessions and is what the window sees as a
//! [`Backend`](espalier_core::backend::Backend); the command line uses the same sessions by [`session::Session`].
//! Nothing here knows of a window.

#![warn(clippy::print_stdout, clippy::print_stderr)] // They panic when nobody reads there.

mod addresses;
pub mod board;
pub mod capture;
pub mod captures;
mod clock;
mod engine;
pub mod keyring;
pub mod private;
pub mod provision;
pub mod receipt;
pub mod session;
pub mod timeline;
pub mod untrusted;
pub mod view;
mod views;
pub mod waker;
pub mod workspace;

pub use engine::Engine;
