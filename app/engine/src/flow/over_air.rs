//! The sending over the air for a window that only looks: one at a time, in a thread of its own.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use espalier_core::Timestamp;
use espalier_core::board::{TouchRequest, TouchStatus, Touched};
use parking_lot::Mutex;

use super::console::Patience;
use super::touch::{Touch, TouchSpec};
use crate::bell::Bell;
use crate::clock;

/// Packets are sent for 45 s; a board may join for a while after the last one.
const LONGEST: Duration = Duration::from_secs(60);

/// What sends credentials over the air.
#[derive(Debug)]
pub struct OverAir {
    bell: Arc<Bell>,
    /// The sending under way or the last one, and who may end it.
    status: Arc<Mutex<Option<Arc<TouchStatus>>>>,
    cancel: Mutex<Arc<AtomicBool>>,
}

impl OverAir {
    /// Sends nothing yet; `bell` is rung when something changes.
    pub fn new(bell: Arc<Bell>) -> Self {
        Self { bell, status: Arc::default(), cancel: Mutex::default() }
    }

    /// Begins to send, unless that is under way already.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn begin(&self, request: TouchRequest) -> io::Result<()> {
        let began = clock::now();
        let until = Timestamp(began.0.saturating_add(LONGEST.as_nanos() as i64));
        {
            let mut status = self.status.lock();
            if status.as_ref().is_some_and(|status| status.outcome.is_none()) {
                return Ok(());
            }
            let found = Arc::default();
            *status = Some(Arc::new(TouchStatus { began, until, found, outcome: None }));
        }
        let cancel = Arc::<AtomicBool>::default();
        *self.cancel.lock() = cancel.clone();
        let (status, bell) = (self.status.clone(), self.bell.clone());
        let publish = move |found: &[Touched], outcome| {
            let found = found.into();
            *status.lock() = Some(Arc::new(TouchStatus { began, until, found, outcome }));
            bell.ring();
        };
        let begun = std::thread::Builder::new().name("esptouch".to_owned()).spawn(move || {
            let TouchRequest { ssid, password, bssid, boards, to } = &request;
            let spec = TouchSpec { to: *to, ..TouchSpec::new(ssid, &password.0, *bssid) };
            let mut found = Vec::new();
            let sent = Touch::open(&spec).and_then(|touch| {
                touch.send_to(*boards, Patience::of(LONGEST, &cancel), |touched| {
                    found.push(touched);
                    publish(&found, None);
                })
            });
            publish(&found, Some(sent.map_err(Arc::new)));
        });
        if begun.is_err() {
            *self.status.lock() = None;
        }
        begun.map(drop)
    }

    /// How it goes, or how it ended.
    pub fn status(&self) -> Option<Arc<TouchStatus>> {
        self.status.lock().clone()
    }

    /// Ends it.
    pub fn cancel(&self) {
        self.cancel.lock().store(true, Ordering::Relaxed);
    }
}

impl Drop for OverAir {
    fn drop(&mut self) {
        self.cancel();
    }
}
