//! Captures that are kept, as the window asks for them.

use std::path::PathBuf;
use std::sync::Arc;

use espalier_core::backend::{CaptureChanges, Captures, OnCapturesFound, OnDone};
use espalier_core::capture_list::{CaptureList, KeepLimits};
use espalier_core::{CaptureId, Progress};

use super::Engine;
use crate::captures::{ActionResult, CaptureStore};

impl Captures for Engine {
    fn captures(&self) -> Arc<CaptureList> {
        let waker = self.waker();
        self.captures.listed(self.runtime(), move || waker.wake())
    }

    fn import_capture(&self, path: PathBuf, progress: Progress, done: OnCapturesFound) {
        let (captures, waker) = (self.captures.clone(), self.waker());
        self.begin(&progress);
        self.runtime().spawn_blocking(move || {
            done(captures.import_capture(&path, &progress));
            drop(progress);
            waker.wake();
        });
    }

    fn rename_capture(&self, id: CaptureId, name: String, done: OnDone) {
        self.with_captures(move |captures| captures.rename(&id, &name), done);
    }

    fn delete_capture(&self, id: CaptureId, done: OnDone) {
        self.with_captures(move |captures| captures.delete(&id), done);
    }

    fn export_capture(&self, id: CaptureId, path: PathBuf, progress: Progress, done: OnDone) {
        self.begin(&progress);
        self.with_captures(move |captures| captures.export(&id, path, progress), done);
    }

    fn capture_changes(&self) -> CaptureChanges {
        self.captures.changes()
    }

    fn keep_captures(&self, limits: KeepLimits) {
        Self::keep_captures(self, limits);
    }
}

impl Engine {
    /// From now on captures outlive their sessions, as far as the limits say; what is over them goes a day after it was
    /// told. Without this they go with their sessions: the command line leaves none behind and deletes none.
    pub fn keep_captures(&self, limits: KeepLimits) {
        if !self.captures.are_kept() {
            let captures = self.captures.clone();
            self.runtime().spawn_blocking(move || captures.clear_left_behind());
        }
        let waker = self.waker();
        self.captures.keep(limits, self.runtime(), move || waker.wake());
    }

    /// Does something with the captures on a thread that may wait.
    fn with_captures(
        &self,
        act: impl FnOnce(&CaptureStore) -> ActionResult + Send + 'static,
        done: Box<dyn FnOnce(ActionResult) + Send>,
    ) {
        let (captures, waker) = (self.captures.clone(), self.waker());
        self.runtime().spawn_blocking(move || {
            done(act(&captures));
            waker.wake();
        });
    }

    /// An action begins that ends, with nothing left of it, when the program does.
    fn begin(&self, progress: &Progress) {
        let mut actions = self.actions.lock();
        actions.retain(|action| action.action().is_some());
        actions.push(progress.watch());
    }
}
