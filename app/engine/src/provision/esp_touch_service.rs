//! ESP-TOUCH for a window that only reads its status: one sending at a time, in a thread of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use espalier_core::Timestamp;
use espalier_core::board::{BoardRefusal, EspTouchBoard, EspTouchRequest, EspTouchStatus};
use parking_lot::Mutex;

use super::console::Deadline;
use super::esp_touch::{EspTouchSender, EspTouchSpec};
use crate::clock;
use crate::waker::Waker;

/// Packets are sent for 45 s; a board may join for a while after the last one.
const LONGEST: Duration = Duration::from_secs(60);

/// Sends credentials by ESP-TOUCH in the background.
#[derive(Debug)]
pub struct EspTouchService {
    waker: Arc<Waker>,
    /// The sending under way or the last one, and who may end it.
    status: Arc<Mutex<Option<Arc<EspTouchStatus>>>>,
    cancel: Mutex<Arc<AtomicBool>>,
}

impl EspTouchService {
    /// Sends nothing yet; `waker` is told when something changes.
    pub fn new(waker: Arc<Waker>) -> Self {
        Self { waker, status: Arc::default(), cancel: Mutex::default() }
    }

    /// Begins to send.
    ///
    /// # Errors
    /// That is under way already, or the system has no thread left.
    pub fn begin(&self, request: EspTouchRequest) -> Result<(), BoardRefusal> {
        let began = clock::now();
        let until = Timestamp(began.0.saturating_add(LONGEST.as_nanos() as i64));
        {
            let mut status = self.status.lock();
            if status.as_ref().is_some_and(|status| status.outcome.is_none()) {
                return Err(BoardRefusal::UnderWay);
            }
            let (boards, found) = (request.boards, Arc::default());
            *status = Some(Arc::new(EspTouchStatus { began, until, boards, found, outcome: None }));
        }
        let cancel = Arc::<AtomicBool>::default();
        *self.cancel.lock() = cancel.clone();
        let (status, waker) = (self.status.clone(), self.waker.clone());
        let boards = request.boards;
        let publish = move |found: &[EspTouchBoard], outcome| {
            let found = found.into();
            *status.lock() =
                Some(Arc::new(EspTouchStatus { began, until, boards, found, outcome }));
            waker.wake();
        };
        let begun = std::thread::Builder::new().name("esptouch".to_owned()).spawn(move || {
            let EspTouchRequest { ssid, password, bssid, boards, to, from } = &request;
            let (to, from) = (*to, *from);
            let spec = EspTouchSpec { to, from, ..EspTouchSpec::new(ssid, &password.0, *bssid) };
            let mut found = Vec::new();
            let sent = EspTouchSender::open(&spec).and_then(|touch| {
                touch.send_to(*boards, Deadline::of(LONGEST, &cancel), |touched| {
                    found.push(touched);
                    publish(&found, None);
                })
            });
            publish(&found, Some(sent.map_err(Arc::new)));
        });
        if begun.is_err() {
            *self.status.lock() = None;
        }
        begun.map(drop).map_err(|error| BoardRefusal::NoThread(error.to_string()))
    }

    /// How the sending goes, or how it ended; `None` before the first one.
    pub fn status(&self) -> Option<Arc<EspTouchStatus>> {
        self.status.lock().clone()
    }

    /// Cancels the sending under way.
    pub fn cancel(&self) {
        self.cancel.lock().store(true, Ordering::Relaxed);
    }
}

impl Drop for EspTouchService {
    fn drop(&mut self) {
        self.cancel();
    }
}
