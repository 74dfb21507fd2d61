//! Updates over the network for a window that only reads their status: one at a time, in a thread of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use espalier_core::board::{BoardRefusal, BoardUpdateRequest, BoardUpdateStatus};
use parking_lot::Mutex;

use super::update::{UpdateStage, update};
use crate::waker::Waker;

/// Replaces the program of boards in the background.
#[derive(Debug)]
pub struct UpdateService {
    waker: Arc<Waker>,
    /// The update under way or the last one, and who may end it.
    status: Arc<Mutex<Option<Arc<BoardUpdateStatus>>>>,
    cancel: Mutex<Arc<AtomicBool>>,
}

impl UpdateService {
    /// Updates nothing yet; `waker` is told when something changes.
    pub fn new(waker: Arc<Waker>) -> Self {
        Self { waker, status: Arc::default(), cancel: Mutex::default() }
    }

    /// Begins.
    ///
    /// # Errors
    /// One is under way already, or the system has no thread left.
    pub fn begin(&self, request: BoardUpdateRequest) -> Result<(), BoardRefusal> {
        let mut now = BoardUpdateStatus {
            host: request.host.clone(),
            written: 0,
            total: 0,
            restarts: false,
            outcome: None,
        };
        {
            let mut status = self.status.lock();
            if status.as_ref().is_some_and(|status| status.outcome.is_none()) {
                return Err(BoardRefusal::UnderWay);
            }
            *status = Some(Arc::new(now.clone()));
        }
        let cancel = Arc::<AtomicBool>::default();
        *self.cancel.lock() = cancel.clone();
        let (status, waker) = (self.status.clone(), self.waker.clone());
        let publish = move |now: &BoardUpdateStatus| {
            *status.lock() = Some(Arc::new(now.clone()));
            waker.wake();
        };
        let begun = std::thread::Builder::new().name("update".to_owned()).spawn(move || {
            let done = update(&request, None, &cancel, |stage| {
                match stage {
                    UpdateStage::Written(written, total) => {
                        (now.written, now.total) = (written, total);
                    }
                    UpdateStage::Restarting => now.restarts = true,
                }
                publish(&now);
            });
            let done = done.map(|report| report.version);
            now.outcome = Some(done.map_err(|fault| fault.sentence()));
            publish(&now);
        });
        if begun.is_err() {
            *self.status.lock() = None;
        }
        begun.map(drop).map_err(|error| BoardRefusal::NoThread(error.to_string()))
    }

    /// How the update goes, or how it ended; `None` before the first one.
    pub fn status(&self) -> Option<Arc<BoardUpdateStatus>> {
        self.status.lock().clone()
    }

    /// Cancels the update under way.
    pub fn cancel(&self) {
        self.cancel.lock().store(true, Ordering::Relaxed);
    }
}

impl Drop for UpdateService {
    fn drop(&mut self) {
        self.cancel();
    }
}
