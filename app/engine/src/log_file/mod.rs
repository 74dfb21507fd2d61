//! A session's log in files, written behind its capture by a thread of its own: a disk that is slow or full holds up nothing.
//!
//! - `run`: the thread, and who holds it; `reader`: what of the capture is to be written; `files`: where it goes
//! - `mark`: how far it was written, so that after a kill no row is there twice and none is missing

mod files;
mod mark;
mod reader;
mod run;
#[cfg(test)]
mod tests;

pub use mark::{forget, mark_beside, mark_in};
pub use run::{LogFileEnd, LogFileRun, LogFileTask};
