//! Where the streams of an import are written until all are whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::capture::{CaptureError, WriterLock, is_being_written};
use crate::private;

/// Where streams are written until all are whole; then they move among the captures.
pub const IMPORTS: &str = "imports";

/// A folder for what is not whole yet; it goes when this does, and at the next start when the program was killed.
pub struct Scratch {
    pub folder: PathBuf,
    lock: Option<WriterLock>,
}

impl Scratch {
    /// A new one among the captures of this folder, held as long as something is written there.
    pub fn begin(root: &Path) -> Result<Self, CaptureError> {
        static BEGUN: AtomicU32 = AtomicU32::new(0);
        let number = BEGUN.fetch_add(1, Ordering::Relaxed);
        let folder = root.join(IMPORTS).join(format!("{}-{number}", std::process::id()));
        private::own_folder(&folder).map_err(CaptureError::io("create", &folder))?;
        let lock = Some(WriterLock::of_folder(&folder)?);
        Ok(Self { folder, lock })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Windows deletes no file that is open.
        self.lock = None;
        remove(&self.folder);
        // Only when no other program imports.
        self.folder.parent().into_iter().for_each(|imports| drop(fs::remove_dir(imports)));
    }
}

/// Takes away what an import has left whose program was killed.
pub fn clear(left: &Path) {
    if !is_being_written(left) {
        remove(left);
    }
}

/// Takes away a folder and all that is in it.
pub fn remove(folder: &Path) {
    if let Err(error) = fs::remove_dir_all(folder) {
        tracing::warn!(%error, path = %folder.display(), "a part of an import stays behind");
    }
}
