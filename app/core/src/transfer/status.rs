//! How a transfer goes.

use std::path::PathBuf;
use std::time::Duration;

use super::TransferProtocol;
use crate::{Direction, Sentence};

/// What a transfer does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransferPhase {
    /// Nothing has moved yet: the other end has not begun.
    Waiting,
    /// Bytes move.
    Moving,
    /// All is given away, or nothing more is wanted: what is on its way goes out, or the file is put in its place.
    Ending,
    /// It is over.
    Over(TransferEnd),
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransferEnd {
    /// All files are there.
    Done,
    /// We cancelled.
    Cancelled,
    /// The connection or the port went away; why.
    TargetGone(Sentence),
    /// It did not work; why.
    Failed(Sentence),
}

/// A file that has gone, or has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferredFile {
    /// Where it is on this computer.
    pub path: PathBuf,
    /// Bytes of it that went, or came.
    pub bytes: u64,
    /// SHA-256 of these bytes, in hexadecimal; of what was sent raw, of those that the system took. Empty when the other end
    /// did not want it.
    pub sha256: String,
    /// All of it is there.
    pub whole: bool,
    /// From where on it came this time; what was before that had come earlier.
    pub resumed_at: u64,
}

/// A transfer under way, or how it ended.
#[derive(Clone, Debug, PartialEq)]
pub struct TransferStatus {
    /// `Out`: we send.
    pub direction: Direction,
    /// How.
    pub protocol: TransferProtocol,
    /// What it does.
    pub phase: TransferPhase,
    /// Nothing is sent until it is resumed.
    pub paused: bool,
    /// What the present file is called; empty before its name is known.
    pub name: String,
    /// Bytes of the present file.
    pub done: u64,
    /// How many it has, when that is known.
    pub size: Option<u64>,
    /// How many files there are, when that is known.
    pub files: Option<usize>,
    /// Bytes per second, over the last second.
    pub rate: f64,
    /// How long the present file takes at that speed; `None`: unknown.
    pub left: Option<Duration>,
    /// How often something had to be sent again.
    pub retries: u32,
    /// Files that are over, in order; of more than [`Self::MOST_FINISHED`] the newest.
    pub finished: Vec<TransferredFile>,
    /// How many are over.
    pub finished_count: usize,
}

impl TransferStatus {
    /// How many finished files are told.
    pub const MOST_FINISHED: usize = 256;

    /// Whether it is over.
    pub const fn is_over(&self) -> bool {
        matches!(self.phase, TransferPhase::Over(_))
    }

    /// How much of the present file is there, 0 to 1; `None` when its size is not known.
    pub fn fraction(&self) -> Option<f32> {
        let size = self.size?;
        Some(if size == 0 { 1.0 } else { (self.done as f64 / size as f64).min(1.0) as f32 })
    }
}
