//! Why a line is no command.

use super::{request::COMMAND_MAX, usage::Usage};
use crate::words::ErrorCode;
use core::fmt;

/// What is wrong with a command line; `Display` says what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommandError {
    /// The first words are no command.
    Unknown,
    /// A word is missing, too many, or out of range.
    Usage(&'static Usage),
    /// A quote was not closed, or an escape is unknown.
    Quote,
    /// Longer than [`COMMAND_MAX`].
    TooLong,
}

impl CommandError {
    /// The code in the answer.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Unknown => ErrorCode::Unknown,
            Self::Usage(_) | Self::TooLong => ErrorCode::Usage,
            Self::Quote => ErrorCode::Quote,
        }
    }

    /// The command that was meant, as far as it can be told.
    pub const fn words(&self) -> Option<&'static str> {
        match self {
            Self::Usage(usage) => Some(usage.words),
            _ => None,
        }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("no such command; try help"),
            Self::Usage(usage) => write!(f, "write {}; {}", usage.usage, usage.rules),
            Self::Quote => {
                f.write_str("close every quote; in quotes write \\\" for \" and \\\\ for \\")
            }
            Self::TooLong => write!(f, "at most {} bytes", COMMAND_MAX),
        }
    }
}

impl core::error::Error for CommandError {}
