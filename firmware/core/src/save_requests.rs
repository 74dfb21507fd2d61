//! Storing the settings, one record at a time: what changes while it is written is stored after it.

use crate::answer::PendingAnswer;
use heapless::Vec;

/// Commands that may wait for the store.
const WAITING_MAX: usize = 8;

/// Whether the settings are to be stored, and who is answered then.
#[derive(Debug, Clone)]
pub(crate) struct SaveRequests {
    is_wanted: bool,
    /// Commands whose settings are to be stored.
    waiting: Vec<PendingAnswer, WAITING_MAX>,
    /// Commands whose settings are being stored; `None` while the store has nothing to do.
    saving: Option<Vec<PendingAnswer, WAITING_MAX>>,
}

impl SaveRequests {
    pub(crate) const fn new() -> Self {
        Self { is_wanted: false, waiting: Vec::new(), saving: None }
    }

    /// Whether no more commands can wait.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting.is_full()
    }

    /// Whether the store is at work.
    pub(crate) const fn is_saving(&self) -> bool {
        self.saving.is_some()
    }

    /// The settings have changed.
    pub(crate) const fn request(&mut self) {
        self.is_wanted = true;
    }

    /// The settings have changed by this command, which is answered when they are stored.
    pub(crate) fn request_for(&mut self, command: PendingAnswer) {
        self.is_wanted = true;
        // Whoever asks has looked at `is_full`.
        self.waiting.push(command).ok();
    }

    /// Whether the glue should store them, once.
    pub(crate) fn next_action(&mut self) -> bool {
        if !self.is_wanted || self.is_saving() {
            return false;
        }
        self.is_wanted = false;
        self.saving = Some(core::mem::take(&mut self.waiting));
        true
    }

    /// The store is done; the commands to answer.
    pub(crate) fn done(&mut self) -> Vec<PendingAnswer, WAITING_MAX> {
        self.saving.take().unwrap_or_default()
    }
}
