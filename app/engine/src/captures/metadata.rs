//! What is written down beside the segments of a capture.

use std::path::Path;

use espalier_core::session::SessionSpec;
use espalier_core::{PeerId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::private;
use crate::workspace::{FileError, file};

/// What the list shows of a capture: `capture.toml` in its folder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CaptureMetadata {
    /// The name that the user gave it; empty: its session's.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// When it goes, as it was told; a time in the form of RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    goes: Option<String>,
    /// The session that wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionSpec>,
    /// Where its connections stood when it was closed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numbered: Option<PeerNumbering>,
}

/// How far connections are numbered, so that the next ones go on from there and only what came later is read for that. Without
/// it (a capture of 0.1.0, a program that was killed) more is read, and the same is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerNumbering {
    /// The last number that was given.
    pub peer: PeerId,
    /// The position behind the last record then.
    pub until: u64,
}

impl CaptureMetadata {
    /// The name of the file.
    pub const FILE: &str = "capture.toml";
    /// The schema this version reads and writes.
    const SCHEMA: u32 = 1;

    /// Reads it; what is not there, or makes no sense, is as nobody had written it: the segments tell the rest.
    pub fn read(folder: &Path) -> Self {
        let path = folder.join(Self::FILE);
        match file::read(&path, Self::SCHEMA) {
            Ok(about) => about,
            Err(FileError::Io { .. }) => Self::default(),
            Err(error) => {
                tracing::warn!("{error}");
                Self::default()
            }
        }
    }

    /// Changes it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn update(folder: &Path, change: impl FnOnce(&mut Self)) -> Result<(), FileError> {
        let before = Self::read(folder);
        let mut about = before.clone();
        change(&mut about);
        if about == before {
            return Ok(());
        }
        let path = folder.join(Self::FILE);
        private::own_folder(folder).map_err(|source| FileError::Io {
            action: "write",
            path: path.clone(),
            source,
        })?;
        file::save(&path, Self::SCHEMA, &about)
    }

    /// When the capture will be deleted; `None`: no date is set.
    pub fn goes(&self) -> Option<Timestamp> {
        let at: jiff::Timestamp = self.goes.as_deref()?.parse().ok()?;
        Some(Timestamp(i64::try_from(at.as_nanosecond()).ok()?))
    }

    /// Sets when the capture will be deleted.
    pub fn set_goes(&mut self, at: Option<Timestamp>) {
        let at = at.and_then(|at| jiff::Timestamp::from_nanosecond(at.0.into()).ok());
        self.goes = at.map(|at| at.to_string());
    }
}
