//! What can go wrong with a board, each with a way out.

use serde::Serialize;

use crate::{Sentence, say};

/// The kinds of failure that a user, or a script, has to tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FaultKind {
    /// Another program has the port.
    Busy,
    /// The user may not open the port.
    Forbidden,
    /// The port is not there, or went away.
    Gone,
    /// The loader does not answer.
    NoSync,
    /// The chip is not the one that was asked for, or the image is for another chip.
    WrongChip,
    /// There is no bundled image for this chip.
    NoImage,
    /// A file cannot be read, or is no image.
    BadFile,
    /// The image does not fit into the flash.
    TooLarge,
    /// The chip is locked: secure download mode, or flash encryption.
    Locked,
    /// What is in flash is not what was written, or what was to be verified.
    VerifyFailed,
    /// The loader reported that erasing or writing failed.
    WriteFailed,
    /// The user cancelled.
    Cancelled,
    /// The link broke in the middle, at every speed that was tried.
    LinkFailed,
    /// Anything else.
    Other,
}

/// A failure, said in one sentence, with what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize)]
#[error("{what}")]
pub struct BoardFault {
    /// Which kind.
    pub kind: FaultKind,
    /// What happened: one sentence without a full stop.
    pub what: Sentence,
    /// What to do next; empty when there is nothing to say.
    pub hint: Sentence,
    /// What the loader, the library or the system said itself; empty when nothing.
    pub detail: String,
}

impl BoardFault {
    /// A failure with a way out.
    pub fn new(kind: FaultKind, what: impl Into<Sentence>, hint: impl Into<Sentence>) -> Self {
        Self { kind, what: what.into(), hint: hint.into(), detail: String::new() }
    }

    /// The same, with the words of whoever reported it.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// The user cancelled before anything was changed.
    pub fn cancelled() -> Self {
        Self::new(
            FaultKind::Cancelled,
            say!("told-cancelled", "Cancelled: nothing was written"),
            "",
        )
    }

    /// The user cancelled in the middle of erasing or writing.
    pub fn cancelled_halfway() -> Self {
        Self::new(
            FaultKind::Cancelled,
            say!("told-cancelled-halfway", "Cancelled: the program on the board is incomplete"),
            say!(
                "hint-cancelled-halfway",
                "The loader still runs: flash again, now or later; what is already there will not be written twice."
            ),
        )
    }
}
