//! A new program for a board over the network, as asked for and how it goes.

use super::Secret;
use crate::Sentence;

/// Which board is to get the bundled program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardUpdateRequest {
    /// Its name or address.
    pub host: String,
    /// Its port for updates.
    pub port: u16,
    /// What was set by `ota token` on its console; empty: one update was allowed there.
    pub token: Secret,
}

/// How it goes, or how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardUpdateStatus {
    /// The board, as it was asked for.
    pub host: String,
    /// Bytes that are in its flash.
    pub written: u32,
    /// Bytes that there are to be; 0 before that is known.
    pub total: u32,
    /// Whether all is written, and its return is waited for.
    pub restarts: bool,
    /// How it ended: the version that runs now, or why it was not done; `None` while it goes on.
    pub outcome: Option<Result<String, Sentence>>,
}
