//! Files of the user's own: workspaces (which sessions there are) and settings.

mod culprit;
mod document;
pub(crate) mod file;
mod parser_message;
mod recover;
mod rules;
mod send_list;
mod settings;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::BTreeMap;
use std::path::Path;

use espalier_core::rules::Rule;
use espalier_core::send_list::SendList;
use espalier_core::session::SessionSpec;
use serde::{Deserialize, Serialize};

pub use document::{Document, ReadReport, Section};
pub use file::FileError;
pub use rules::RuleFile;
pub use send_list::{ListFile, SendListFormat};
pub use settings::{ProgramPaths, SettingsFile};

/// Which sessions there are. The window's own file has more in it: how their tabs lie, and their send boxes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Workspace {
    /// The sessions, in order.
    #[serde(default, rename = "session", skip_serializing_if = "Vec::is_empty")]
    pub sessions: Vec<SessionSpec>,
    /// The prepared messages.
    #[serde(default, rename = "send-list", skip_serializing_if = "SendList::is_empty")]
    pub send_list: SendList,
    /// What all sessions do by themselves when something happens.
    #[serde(default, rename = "rule", skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// What the user has named, for placeholders in them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
}

impl Workspace {
    /// The schema this version reads and writes. 0.1.0 wrote 1, with the layout as JSON in a text.
    pub const SCHEMA: u32 = 2;

    /// Reads a file the user named; it is left as it is, whatever is in it.
    ///
    /// # Errors
    /// When it cannot be read, is newer than this program, makes no sense, or has a key that nobody knows.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        // What the window keeps beside its sessions in its own file.
        let mut read: Self =
            file::read_strictly(path, Self::SCHEMA, &["schema", "layout", "send"])?;
        // A capture or a certificate beside the file is there wherever the program runs.
        let folder = path.parent().unwrap_or(Path::new(""));
        for session in &mut read.sessions {
            for path in session.transport.files() {
                let whole = folder.join(&*path);
                *path = std::path::absolute(&whole).unwrap_or(whole);
            }
        }
        Ok(read)
    }

    /// Writes it, so that a crash leaves either the old or the new file whole.
    ///
    /// # Errors
    /// When the folder or the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), FileError> {
        Self::save_as(path, self)
    }

    /// Writes a workspace with what the window keeps beside its sessions. [`Document::load`] reads it.
    ///
    /// # Errors
    /// When the folder or the file cannot be written.
    pub fn save_as(path: &Path, workspace: &impl Serialize) -> Result<(), FileError> {
        file::save(path, Self::SCHEMA, workspace)
    }
}
