//! Which capture a session writes. That is said at once, so that the window need not wait; who has the lock of its folder is
//! found out when it is opened, on a thread that may wait.

use std::sync::atomic::{AtomicU32, Ordering};

use espalier_core::CaptureId;

use super::CaptureStore;
use crate::capture::{Capture, CaptureError, CaptureLimits};

impl CaptureStore {
    /// A capture for a session to write: the `wanted` one, unless another session of this program has it, or a new one.
    /// Reads and makes nothing.
    pub fn claim(&self, wanted: Option<&CaptureId>) -> CaptureId {
        let mut claimed = self.claimed.lock();
        if let Some(wanted) = wanted.filter(|id| !claimed.contains(*id)) {
            claimed.insert(wanted.clone());
            return wanted.clone();
        }
        let new = new_id();
        claimed.insert(new.clone());
        new
    }

    /// Opens a claimed capture to write it. When another program does so already, as when two windows start at the same time,
    /// a new one is claimed in its place.
    ///
    /// # Errors
    /// As for [`Capture::open`].
    pub(crate) fn open(
        &self,
        claimed: &CaptureId,
        limits: CaptureLimits,
    ) -> Result<(CaptureId, Capture), CaptureError> {
        if let Err(error) = self.prepare() {
            tracing::warn!("captures may be open to other users: {error}");
        }
        match Capture::open(&self.folder(claimed), limits) {
            Err(CaptureError::BeingWritten { .. }) => {
                let id = self.claim(None);
                let opened = Capture::open(&self.folder(&id), limits);
                let gone = if opened.is_ok() { claimed } else { &id };
                self.claimed.lock().remove(gone);
                Ok((id, opened?))
            }
            opened => Ok((claimed.clone(), opened?)),
        }
    }
}

/// `20261126-224721-4711-0`: the second, the process, and a number of its own in that. Two processes of one number, in
/// containers that share a home, are kept apart by the lock.
fn new_id() -> CaptureId {
    static BEGUN: AtomicU32 = AtomicU32::new(0);
    let now = jiff::Zoned::now().strftime("%Y%m%d-%H%M%S").to_string();
    let number = BEGUN.fetch_add(1, Ordering::Relaxed);
    let name = format!("{now}-{}-{number}", std::process::id());
    match CaptureId::try_from(name) {
        Ok(id) => id,
        Err(error) => unreachable!("digits and dashes are a name: {error}"),
    }
}
