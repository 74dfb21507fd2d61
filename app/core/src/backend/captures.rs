//! Captures that are kept.

use std::path::PathBuf;
use std::sync::Arc;

use crate::capture_list::{CaptureList, KeepLimits};
use crate::{CaptureId, Progress, Sentence};

/// The captures that are kept. What takes its time is done in the background, and how it ended is told to `done`, from
/// another thread.
pub trait Captures {
    /// The captures that are kept, as they were listed last. A new list is made in the background when this one is some
    /// seconds old, and a change is announced then.
    fn captures(&self) -> Arc<CaptureList>;

    /// Imports a capture that somebody names, in the background: one of ours is opened as it is; of one that another
    /// program has made, each stream becomes a capture that is kept. `done` is called also when `progress` was cancelled:
    /// then nothing is kept.
    fn import_capture(&self, path: PathBuf, progress: Progress, done: OnCapturesFound);

    /// Gives a capture a name.
    fn rename_capture(&self, id: CaptureId, name: String, done: OnDone);

    /// Deletes a capture that nobody writes.
    fn delete_capture(&self, id: CaptureId, done: OnDone);

    /// Saves a copy of a capture as one file; no file is made when `progress` was cancelled.
    fn export_capture(&self, id: CaptureId, path: PathBuf, progress: Progress, done: OnDone);

    /// What happened to captures without the window's doing; a change is announced.
    fn capture_changes(&self) -> CaptureChanges;

    /// Keeps so much history from now on.
    fn keep_captures(&self, limits: KeepLimits);
}

/// What happened to captures without the window's doing: counts that only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaptureChanges {
    /// Sessions that began another capture than the one they were to continue: their specifications have changed.
    pub moved: u64,
    /// Looks for old captures that marked some to go; the list shows which.
    pub marked: u64,
}

/// Called with a sentence for the user: what was done, or why not.
pub type OnDone = Box<dyn FnOnce(Result<Sentence, Sentence>) + Send>;

/// What is to be opened of a capture that somebody named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundCaptures {
    /// Where they are, and what they are called; empty: by their place.
    pub captures: Vec<(PathBuf, String)>,
    /// What was found, when there is more to say.
    pub told: Option<Sentence>,
}

/// Called with what was found, or why there is nothing to open.
pub type OnCapturesFound = Box<dyn FnOnce(Result<FoundCaptures, Sentence>) + Send>;
