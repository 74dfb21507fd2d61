//! Files of the user's own: workspaces (which sessions there are) and settings.

mod file;
mod settings;

use std::path::Path;

use espalier_core::session::SessionSpec;
use serde::{Deserialize, Serialize};

pub use file::{FileError, Loaded};
pub use settings::{Places, Settings, Theme};

/// Which sessions there are, and how the window lays them out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Workspace {
    /// The window's layout, opaque to the engine; sessions are meant by their place in [`Self::sessions`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub layout: String,
    /// The sessions, in order.
    #[serde(default, rename = "session", skip_serializing_if = "Vec::is_empty")]
    pub sessions: Vec<SessionSpec>,
}

impl Workspace {
    /// The schema this version reads and writes.
    pub const SCHEMA: u32 = 1;

    /// Reads a file the user named; it is left as it is, whatever is in it.
    ///
    /// # Errors
    /// When it cannot be read, is newer than this program, or makes no sense.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        file::read(path, Self::SCHEMA)
    }

    /// Reads the program's own file. None yet: an empty workspace. One that cannot be used is set aside (`.bad`), told,
    /// and an empty workspace begins.
    pub fn load(path: &Path) -> Loaded<Self> {
        file::load(path, Self::SCHEMA)
    }

    /// Writes it, so that a crash leaves either the old or the new file whole.
    ///
    /// # Errors
    /// When the folder or the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), FileError> {
        file::save(path, Self::SCHEMA, self)
    }
}
