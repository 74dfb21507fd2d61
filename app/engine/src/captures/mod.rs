//! The program's own captures: one folder for each, named by when it was begun. They outlive their sessions; [`KeepLimits`]
//! says for how long.
//!
//! A folder holds the segments, the lock of whoever writes it, and `capture.toml` ([`About`]): what the list shows of it. All
//! programs of a user share the folders; nobody touches what is being written. Folders of 0.1.0 are in the list too: that had
//! one for each run, with one for each session in it.

mod about;
mod import;
mod list;
mod retention;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use espalier_core::kept::{CaptureId, CaptureList, KeepLimits};
use espalier_core::session::{SessionId, SessionSpec};
use espalier_core::{Sentence, say};
use parking_lot::Mutex;
use tokio::runtime::Handle;

use crate::capture::{self, CaptureError, SavedCapture, is_being_written};
use crate::private;
use crate::view::export;
pub use about::{About, Numbered};
pub use list::list;
pub use retention::sweep;

/// Where timelines' copies are, which nobody keeps.
const TIMELINES: &str = "timelines";

/// The captures of this user.
#[derive(Debug)]
pub struct Captures {
    root: PathBuf,
    /// Those that sessions of this program write.
    claimed: Mutex<HashSet<CaptureId>>,
    listed: Mutex<Listed>,
    limits: Mutex<Option<KeepLimits>>,
}

#[derive(Debug, Default)]
struct Listed {
    list: Arc<CaptureList>,
    at: Option<Instant>,
    reading: bool,
}

/// What came of something that was done with a capture, in a sentence for the user.
pub type Outcome = Result<Sentence, Sentence>;

impl Captures {
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
            limits: Mutex::new(None),
        }
    }

    /// Where a capture is.
    pub fn folder(&self, id: &CaptureId) -> PathBuf {
        self.root.join(id.as_str())
    }

    /// A capture for a session to write: the `wanted` one, unless somebody writes it, or a new one.
    pub fn claim(&self, wanted: Option<&CaptureId>) -> CaptureId {
        let mut claimed = self.claimed.lock();
        let free = |id: &CaptureId, claimed: &HashSet<CaptureId>| {
            !claimed.contains(id) && !is_being_written(&self.folder(id))
        };
        if let Some(wanted) = wanted.filter(|id| free(id, &claimed)) {
            claimed.insert(wanted.clone());
            return wanted.clone();
        }
        let now = jiff::Zoned::now().strftime("%Y%m%d-%H%M%S").to_string();
        for number in 0_u32.. {
            let name = format!("{now}-{}-{number}", std::process::id());
            if let Ok(id) = CaptureId::try_from(name)
                && !claimed.contains(&id)
                && !self.folder(&id).exists()
            {
                claimed.insert(id.clone());
                return id;
            }
        }
        unreachable!("a process does not begin four billion captures in a second")
    }

    /// Writes down what the list shows of the capture of a session; called from a thread that may wait.
    /// `numbered` is known when it is closed.
    pub fn describe(&self, spec: &SessionSpec, numbered: Option<Numbered>) {
        let Some(id) = spec.capture.as_ref().filter(|id| self.claimed.lock().contains(*id)) else {
            return;
        };
        let session = SessionSpec { capture: None, ..spec.clone() };
        // It is continued: it is not about to go any more.
        let told = About::update(&self.folder(id), |about| {
            about.session = Some(session);
            about.numbered = numbered.or(about.numbered);
            about.set_goes(None);
        });
        if let Err(error) = told {
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
    pub fn timeline(&self, id: SessionId) -> PathBuf {
        self.root.join(TIMELINES).join(format!("{}-{}", std::process::id(), id.0))
    }

    /// The list as it was read last; a new one is read in the background when that is a while ago, and `told` then.
    pub fn listed(
        self: &Arc<Self>,
        runtime: &Handle,
        told: impl FnOnce() + Send + 'static,
    ) -> Arc<CaptureList> {
        let mut listed = self.listed.lock();
        let is_fresh = listed.at.is_some_and(|at| at.elapsed() < Self::FRESH);
        if !is_fresh && !listed.reading {
            listed.reading = true;
            let this = Arc::clone(self);
            runtime.spawn_blocking(move || {
                let list = Arc::new(list(&this.root));
                let mut listed = this.listed.lock();
                let changed = listed.list.captures != list.captures || !listed.list.is_read;
                *listed = Listed { list, at: Some(Instant::now()), reading: false };
                drop(listed);
                if changed {
                    told();
                }
            });
        }
        listed.list.clone()
    }

    /// Gives a capture a name.
    pub fn rename(&self, id: &CaptureId, name: &str) -> Outcome {
        self.listed.lock().at = None;
        About::update(&self.folder(id), |about| name.trim().clone_into(&mut about.name))
            .map(|()| {
                say!("told-capture-renamed", "The capture is called {name}", name = name.trim())
            })
            .map_err(|error| error.sentence())
    }

    /// Deletes a capture that nobody writes.
    pub fn delete(&self, id: &CaptureId) -> Outcome {
        self.listed.lock().at = None;
        let folder = self.folder(id);
        let found = list::look(&folder, id.as_str().to_owned());
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
    pub fn export(&self, id: &CaptureId, path: PathBuf) -> Outcome {
        let source = SavedCapture::open(&self.folder(id)).map_err(|error| {
            say!("told-capture-unread", "The capture cannot be read: {error}", error = error)
        })?;
        export(Arc::new(source), path)
    }

    /// Keeps so much of what is closed from now on, and looks after it as long as the program runs. Until this is called,
    /// nothing goes.
    pub fn keep(self: &Arc<Self>, limits: KeepLimits, runtime: &Handle) {
        if self.limits.lock().replace(limits).is_some() {
            return;
        }
        let this = Arc::downgrade(self);
        runtime.spawn(async move {
            tokio::time::sleep(Self::FIRST_SWEEP).await;
            while let Some(captures) = this.upgrade() {
                let swept = tokio::task::spawn_blocking(move || captures.sweep()).await;
                if let Err(error) = swept {
                    tracing::error!("old captures were not looked after: {error}");
                }
                tokio::time::sleep(Self::BETWEEN_SWEEPS).await;
            }
        });
    }

    fn sweep(&self) {
        if let Some(limits) = *self.limits.lock() {
            sweep(&self.root, &limits, crate::clock::now());
            self.listed.lock().at = None;
        }
    }

    /// Takes away copies of timelines that programs which were killed have left behind.
    pub fn clear_timelines(&self) {
        let folder = self.root.join(TIMELINES);
        let Ok(entries) = std::fs::read_dir(&folder) else { return };
        for left in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            if !is_being_written(&left) && capture::delete(&left).is_err() {
                tracing::debug!(path = %left.display(), "the copy of a timeline stays behind");
            }
        }
    }

    /// The program ends: nothing of its timelines stays.
    pub fn close(&self) {
        // Only when no other program has one.
        std::fs::remove_dir(self.root.join(TIMELINES)).ok();
    }

    /// Makes the folder, for its user alone.
    pub fn prepare(&self) -> std::io::Result<()> {
        private::own_folder(&self.root)
    }
}
