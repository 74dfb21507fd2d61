//! A session's log in files, beside its capture.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Sentence;

/// A session's log in files of a folder: it goes on over connections, restarts and days, and overwrites nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFileSpec {
    /// Where they are; made where it is missing.
    pub folder: PathBuf,
    /// What is in them.
    #[serde(default)]
    pub form: LogFileForm,
    /// How long one is written.
    #[serde(default)]
    pub every: LogFilePeriod,
    /// MiB after which the next one begins, 1 to [`Self::LARGEST_MIB`]; `None`: however large it gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub largest_mib: Option<u32>,
}

/// What log files hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFileForm {
    /// Rows as the log shows them, each with date, time and direction, in UTF-8.
    #[default]
    Text,
    /// The text of these rows alone.
    Plain,
    /// The received bytes as they came.
    Raw,
}

/// How long a log file is written, by the clock of this computer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFilePeriod {
    /// An hour.
    Hour,
    /// A day.
    #[default]
    Day,
    /// Until it is full.
    Always,
}

/// A log in files as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFileStatus {
    /// The file that was written last; empty before the first one.
    pub path: PathBuf,
    /// Bytes that were written since it was begun, over all files.
    pub bytes: u64,
    /// Why nothing can be written just now. What comes meanwhile waits in the capture, and is written when it can be.
    pub trouble: Option<Sentence>,
}

impl LogFileSpec {
    /// The largest size that a file can be limited to, in MiB.
    pub const LARGEST_MIB: u32 = 1 << 20;

    /// A log as text in this folder, a file a day.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            form: LogFileForm::default(),
            every: LogFilePeriod::default(),
            largest_mib: None,
        }
    }
}
