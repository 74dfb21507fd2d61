//! Captures on disk: what happened in a session, never altered.
//!
//! [`Capture`] is written by a session and read by any number of views at the same time; [`SavedCapture`] is a file to look
//! at. Bytes are with the operating system when an append returns, so the end of this process loses none of them; a torn
//! last block, after a full disk or a power cut, is taken back by the writer or passed over by readers.

mod error;
mod files;
pub mod foreign;
mod limits;
mod live;
mod notify;
mod saved;
mod segment;
#[cfg(test)]
mod tests;
mod writer;

pub use error::CaptureError;
pub use limits::CaptureLimits;
pub use live::Capture;
pub use notify::Subscription;
pub use saved::SavedCapture;
