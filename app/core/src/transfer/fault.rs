//! Why a transfer by a protocol did not come to its end.

use crate::{Sentence, say};

/// Why a transfer by a protocol did not come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransferFault {
    /// Nobody spoke the protocol at the other end.
    #[error("the other end does not begin: is it ready to send or receive by this protocol?")]
    NoAnswer,
    /// The other end ended it without a file.
    #[error("the other end had no file to send")]
    NoFile,
    /// The other end fell silent in the middle.
    #[error("the other end fell silent in the middle")]
    TimedOut,
    /// The same block came damaged again and again.
    #[error("too many damaged blocks: the line is too noisy, or loses bytes")]
    TooManyErrors,
    /// A block came that does not follow the one before.
    #[error("a block came that does not follow the one before: some were lost")]
    LostBlock,
    /// The other end cancelled.
    #[error("the other end cancelled")]
    CancelledThere,
    /// We cancelled.
    #[error("cancelled")]
    CancelledHere,
    /// The file has become shorter while it was sent.
    #[error("the file has become shorter while it was sent")]
    Shrunk,
    /// ZMODEM counts to 4 GiB, and names have 255 bytes at most.
    #[error("ZMODEM takes files below 4 GiB with names of at most 200 bytes")]
    TooLarge,
}

impl TransferFault {
    /// What a user reads.
    pub fn sentence(self) -> Sentence {
        match self {
            Self::NoAnswer => say!(
                "transfer-no-answer",
                "the other end does not begin: is it ready to send or receive by this protocol?"
            ),
            Self::NoFile => say!("transfer-no-file", "the other end had no file to send"),
            Self::TimedOut => {
                say!("transfer-timed-out", "the other end fell silent in the middle")
            }
            Self::TooManyErrors => say!(
                "transfer-too-many-errors",
                "too many damaged blocks: the line is too noisy, or loses bytes"
            ),
            Self::LostBlock => say!(
                "transfer-lost-block",
                "a block came that does not follow the one before: some were lost"
            ),
            Self::CancelledThere => say!("transfer-cancelled-there", "the other end cancelled"),
            Self::CancelledHere => say!("transfer-cancelled", "cancelled"),
            Self::Shrunk => {
                say!("transfer-shrunk", "the file has become shorter while it was sent")
            }
            Self::TooLarge => say!(
                "transfer-too-large",
                "ZMODEM takes files below 4 GiB with names of at most 200 bytes"
            ),
        }
    }
}
