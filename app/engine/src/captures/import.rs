//! A capture that somebody names: one of ours, or one of another program.

use std::fs;
use std::path::{Path, PathBuf};

use espalier_core::backend::FoundCaptures;
use espalier_core::{CaptureId, Progress, Sentence, say};

use super::import_folder::{Scratch, remove};
use super::{CaptureMetadata, CaptureStore};
use crate::capture::foreign::{self, ForeignError, ImportResult};
use crate::capture::{CaptureError, SavedCapture};

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
enum ImportError {
    #[error(transparent)]
    Foreign(#[from] ForeignError),
    #[error(transparent)]
    Capture(#[from] CaptureError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Panicked(String),
}

impl CaptureStore {
    /// Looks into it. Streams of a foreign one become captures of the list, each called by its ends.
    ///
    /// # Errors
    /// A sentence for the user: it cannot be read, there is nothing in it, or it was cancelled.
    pub fn import_capture(
        &self,
        path: &Path,
        progress: &Progress,
    ) -> Result<FoundCaptures, Sentence> {
        match SavedCapture::open_telling(path, progress) {
            Ok(_) => {
                let captures = vec![(path.to_owned(), String::new())];
                Ok(FoundCaptures { captures, told: None })
            }
            Err(CaptureError::NotACapture { .. }) if path.is_file() => self.import(path, progress),
            Err(_) if progress.is_cancelled() => Err(cancelled(path)),
            Err(error) => Err(unread(&error)),
        }
    }

    /// Writes the streams of a foreign capture among the captures. When that fails or is cancelled, nothing of them stays.
    ///
    /// # Errors
    /// As for [`Self::import_capture`].
    pub fn import(&self, path: &Path, progress: &Progress) -> Result<FoundCaptures, Sentence> {
        let imported = self.import_streams(path, progress);
        self.listed.lock().at = None;
        imported.map_err(|error| match error {
            _ if progress.is_cancelled() => cancelled(path),
            error => unread(&error),
        })
    }

    fn import_streams(
        &self,
        path: &Path,
        progress: &Progress,
    ) -> Result<FoundCaptures, ImportError> {
        self.prepare()?;
        let scratch = Scratch::begin(&self.root)?;
        let into = scratch.folder.join("streams");
        let imported = crate::untrusted::call(|| foreign::import(path, &into, progress));
        let imported = imported.map_err(ImportError::Panicked)??;
        for stream in &imported.streams {
            if progress.is_cancelled() {
                return Err(ForeignError::Cancelled.into());
            }
            let name = stream.name();
            if let Err(error) = CaptureMetadata::update(&stream.folder, |about| about.name = name) {
                tracing::warn!("{error}");
            }
        }
        let id = self.claim(None);
        let moved = self.take_in(&id, &imported);
        self.release(&id, false);
        Ok(FoundCaptures { captures: moved?, told: Some(told_of(path, &imported)) })
    }

    /// All streams of an import, or none.
    fn take_in(
        &self,
        id: &CaptureId,
        imported: &ImportResult,
    ) -> std::io::Result<Vec<(PathBuf, String)>> {
        let mut moved: Vec<(PathBuf, String)> = Vec::with_capacity(imported.streams.len());
        for (stream, number) in imported.streams.iter().zip(1..) {
            // Beside each other in the list.
            let own = self.folder(id).with_file_name(format!("{id}-{number}"));
            if let Err(error) = fs::rename(&stream.folder, &own) {
                moved.iter().for_each(|(own, _)| remove(own));
                return Err(error);
            }
            moved.push((own, stream.name()));
        }
        Ok(moved)
    }
}

fn unread(error: &dyn std::fmt::Display) -> Sentence {
    say!("told-capture-unread", "The capture cannot be read: {error}", error = error)
}

fn cancelled(path: &Path) -> Sentence {
    say!("told-import-cancelled", "Cancelled: nothing of {path} is kept", path = path.display(),)
}

fn told_of(path: &Path, imported: &ImportResult) -> Sentence {
    let ImportResult { streams, packets, left_out, fragments, unknown_links, torn } = imported;
    let others = left_out + fragments + unknown_links;
    let missing: u64 = streams.iter().map(|stream| stream.missing).sum();
    let path = path.display();
    let streams = streams.len();
    if others == 0 && missing == 0 && torn.is_none() {
        return say!(
            "told-imported",
            "Packets read of {path}: {packets}, streams: {streams}",
            packets = packets,
            path = path,
            streams = streams,
        );
    }
    say!(
        "told-imported-partly",
        "Packets read of {path}: {packets}, streams: {streams}; packets not shown (fragments, unknown links, too many streams): {others}; bytes missing in the streams: {missing}",
        packets = packets,
        path = path,
        streams = streams,
        others = others,
        missing = missing,
    )
}
