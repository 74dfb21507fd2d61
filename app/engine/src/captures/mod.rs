//! The program's own captures: one folder for each, named by when it was begun. They outlive their sessions; [`KeepLimits`]
//! says for how long.
//!
//! A folder holds the segments, the lock of whoever writes it, and `capture.toml` ([`CaptureMetadata`]): what the list shows
//! of it. All programs of a user share the folders; nobody touches what is being written. Folders of 0.1.0 are in the list
//! too: that had one for each run, with one for each session in it.

mod claim;
mod glance;
mod import;
mod import_folder;
mod list;
mod metadata;
mod retention;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use espalier_core::backend::CaptureChanges;
use espalier_core::capture_list::{CaptureList, KeepLimits};
use espalier_core::session::SessionSpec;
use espalier_core::timeline::TimelineId;
use espalier_core::{CaptureId, Progress, Sentence, say};
use parking_lot::Mutex;
use tokio::runtime::Handle;

use crate::capture::{self, CaptureError, SavedCapture, is_being_written};
use crate::private;
use crate::view::export;
use glance::Glances;
pub use list::list;
pub use metadata::{CaptureMetadata, PeerNumbering};
pub use retention::sweep;

/// Where timelines' copies are, which nobody keeps.
const TIMELINES: &str = "timelines";

/// The captures of this user.
#[derive(Debug)]
pub struct CaptureStore {
    root: PathBuf,
    /// Those that sessions of this program write.
    claimed: Mutex<HashSet<CaptureId>>,
    listed: Mutex<ListCache>,
    /// What is known of captures that nobody has written since.
    glances: Glances,
    limits: Mutex<Option<KeepLimits>>,
    moved: AtomicU64,
    marked: AtomicU64,
}

#[derive(Debug, Default)]
struct ListCache {
    list: Arc<CaptureList>,
    at: Option<Instant>,
    reading: bool,
}

/// What came of something that was done with a capture, in a sentence for the user.
pub type ActionResult = Result<Sentence, Sentence>;

impl CaptureStore {
    /// How old a list may be that is looked at.
    const FRESH: Duration = Duration::from_secs(2);
    /// What a program that has just started does first, is not to look for old captures.
    const FIRST_SWEEP: Duration = Duration::from_secs(20);
    /// From one look for old captures to the next.
    const BETWEEN_SWEEPS: Duration = Duration::from_secs(3600);

    /// The captures in this folder, which is made with the first one.
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            claimed: Mutex::default(),
            listed: Mutex::default(),
            glances: Glances::default(),
            limits: Mutex::new(None),
            moved: AtomicU64::new(0),
            marked: AtomicU64::new(0),
        }
    }

    /// Where a capture is.
    pub fn folder(&self, id: &CaptureId) -> PathBuf {
        self.root.join(id.as_str())
    }

    /// Whether captures outlive their sessions.
    pub(crate) fn are_kept(&self) -> bool {
        self.limits.lock().is_some()
    }

    /// A session has begun another capture than the one it was to continue.
    pub(crate) fn tell_moved(&self) {
        self.moved.fetch_add(1, Ordering::AcqRel);
    }

    /// What happened to captures without anybody's doing.
    pub fn changes(&self) -> CaptureChanges {
        let count = |of: &AtomicU64| of.load(Ordering::Acquire);
        CaptureChanges { moved: count(&self.moved), marked: count(&self.marked) }
    }

    /// Writes down what the list shows of the capture of a session; called from a thread that may wait.
    /// `numbered` is known when it is closed.
    pub fn describe(&self, spec: &SessionSpec, numbered: Option<PeerNumbering>) {
        let Some(id) = spec.capture.as_ref().filter(|id| self.claimed.lock().contains(*id)) else {
            return;
        };
        let session = SessionSpec { capture: None, ..spec.clone() };
        // It is continued: it is not about to go any more.
        let updated = CaptureMetadata::update(&self.folder(id), |about| {
            about.session = Some(session);
            about.numbered = numbered.or(about.numbered);
            about.set_goes(None);
        });
        if let Err(error) = updated {
            tracing::warn!("{error}");
        }
    }

    /// A session is over. A capture that holds nothing goes with it.
    pub fn release(&self, id: &CaptureId, is_empty: bool) {
        if is_empty && let Err(error) = capture::delete(&self.folder(id)) {
            tracing::warn!("an empty capture stays: {error}");
        }
        self.claimed.lock().remove(id);
        self.listed.lock().at = None;
    }

    /// Where the copy of a timeline goes; nobody keeps it.
    pub fn timeline(&self, id: TimelineId) -> PathBuf {
        self.root.join(TIMELINES).join(format!("{}-{}", std::process::id(), id.0))
    }

    /// The list as it was read last; a new one is read in the background when that is a while ago, and `on_change` is called
    /// then.
    pub fn listed(
        self: &Arc<Self>,
        runtime: &Handle,
        on_change: impl FnOnce() + Send + 'static,
    ) -> Arc<CaptureList> {
        let mut listed = self.listed.lock();
        let is_fresh = listed.at.is_some_and(|at| at.elapsed() < Self::FRESH);
        if !is_fresh && !listed.reading {
            listed.reading = true;
            let this = Arc::clone(self);
            runtime.spawn_blocking(move || {
                let list = Arc::new(this.glances.list(&this.root));
                let mut listed = this.listed.lock();
                let changed = listed.list.captures != list.captures || !listed.list.is_read;
                *listed = ListCache { list, at: Some(Instant::now()), reading: false };
                drop(listed);
                if changed {
                    on_change();
                }
            });
        }
        listed.list.clone()
    }

    /// Gives a capture a name.
    pub fn rename(&self, id: &CaptureId, name: &str) -> ActionResult {
        self.listed.lock().at = None;
        CaptureMetadata::update(&self.folder(id), |about| name.trim().clone_into(&mut about.name))
            .map(|()| {
                say!("told-capture-renamed", "The capture is called {name}", name = name.trim())
            })
            .map_err(|error| error.sentence())
    }

    /// Deletes a capture that nobody writes.
    pub fn delete(&self, id: &CaptureId) -> ActionResult {
        self.listed.lock().at = None;
        let folder = self.folder(id);
        let found = list::capture_info(&folder, id.as_str().to_owned());
        let size = found.as_ref().map_or(0, |found| found.bytes);
        let deleted = match found {
            Some(found) if found.is_open => Err(CaptureError::BeingWritten { path: folder }),
            _ => capture::delete(&folder),
        };
        match deleted {
            Ok(()) => {
                Ok(say!("told-capture-deleted", "Deleted {bytes} bytes of history", bytes = size))
            }
            Err(error) => {
                Err(say!("told-capture-kept", "The capture stays: {error}", error = error))
            }
        }
    }

    /// Saves a copy of a capture as one file, for Wireshark or another computer.
    pub fn export(&self, id: &CaptureId, path: PathBuf, progress: Progress) -> ActionResult {
        let source = SavedCapture::open(&self.folder(id)).map_err(|error| {
            say!("told-capture-unread", "The capture cannot be read: {error}", error = error)
        })?;
        export(Arc::new(source), path, progress)
    }

    /// Keeps so much of what is closed from now on, and looks after it as long as the program runs; `on_change` is called
    /// when some are marked to go. Until this is called, nothing goes.
    pub fn keep(
        self: &Arc<Self>,
        limits: KeepLimits,
        runtime: &Handle,
        on_change: impl Fn() + Send + Sync + 'static,
    ) {
        if self.limits.lock().replace(limits).is_some() {
            return;
        }
        let (this, on_change) = (Arc::downgrade(self), Arc::new(on_change));
        runtime.spawn(async move {
            tokio::time::sleep(Self::FIRST_SWEEP).await;
            while let Some(captures) = this.upgrade() {
                let on_change = on_change.clone();
                let swept = tokio::task::spawn_blocking(move || {
                    if captures.sweep() {
                        on_change();
                    }
                });
                let swept = swept.await;
                if let Err(error) = swept {
                    tracing::error!("old captures were not looked after: {error}");
                }
                tokio::time::sleep(Self::BETWEEN_SWEEPS).await;
            }
        });
    }

    /// Looks for captures over the limits; whether it marked any to go.
    pub(crate) fn sweep(&self) -> bool {
        let Some(limits) = *self.limits.lock() else { return false };
        let marked = sweep(&self.root, &limits, crate::clock::now());
        // Who hears of it looks at the list.
        let list = Arc::new(self.glances.list(&self.root));
        *self.listed.lock() = ListCache { list, at: Some(Instant::now()), reading: false };
        if marked > 0 {
            self.marked.fetch_add(1, Ordering::AcqRel);
        }
        marked > 0
    }

    /// Takes away what programs that were killed have left behind: copies of timelines, and imports that were under way.
    pub fn clear_left_behind(&self) {
        let entries = |name| fs::read_dir(self.root.join(name)).into_iter().flatten().flatten();
        for left in entries(TIMELINES).map(|entry| entry.path()) {
            if !is_being_written(&left) && capture::delete(&left).is_err() {
                tracing::debug!(path = %left.display(), "the copy of a timeline stays behind");
            }
        }
        entries(import_folder::IMPORTS).for_each(|entry| import_folder::clear(&entry.path()));
    }

    /// The program ends: nothing of its timelines stays.
    pub fn close(&self) {
        // Only when no other program has one.
        fs::remove_dir(self.root.join(TIMELINES)).ok();
        fs::remove_dir(self.root.join(import_folder::IMPORTS)).ok();
    }

    /// Makes the folder, for its user alone.
    pub fn prepare(&self) -> std::io::Result<()> {
        private::own_folder(&self.root)
    }
}
