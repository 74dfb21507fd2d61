//! What can go wrong with a board, each with a way out.

use serde::Serialize;

use super::{BootFailure, ResetCause};
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
    /// The name of a port means several.
    Ambiguous,
    /// The loader does not answer.
    NoSync,
    /// The chip is not the one that was asked for, or the image is for another chip.
    WrongChip,
    /// There is no bundled image for this chip.
    NoImage,
    /// A file cannot be read, or is no image.
    BadFile,
    /// The image does not fit into the flash, or its partition.
    TooLarge,
    /// A file is not where it belongs: the chip would not find it, or lose what is there.
    WrongPlace,
    /// The chip is locked: secure download mode, or flash encryption.
    Locked,
    /// What is in flash is not what was written, or what was to be verified.
    VerifyFailed,
    /// The loader reported that erasing or writing failed.
    WriteFailed,
    /// All was written, and the ROM or the bootloader refuses to start it.
    DoesNotStart,
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

    /// All was written, and the chip does not start it: why, and the `line` in which ROM or bootloader says so.
    pub fn does_not_start(why: &BootFailure, line: &str) -> Self {
        let what = say!(
            "told-does-not-start",
            "All was written, but the board does not start it: {line}",
            line = line,
        );
        Self::new(FaultKind::DoesNotStart, what, why.explanation())
    }

    /// All was written, and the board starts over and over, for this cause.
    pub fn starts_over(cause: ResetCause) -> Self {
        let what = say!("told-starts-over", "All was written, but the board starts over and over");
        Self::new(FaultKind::DoesNotStart, what, cause.explanation())
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
