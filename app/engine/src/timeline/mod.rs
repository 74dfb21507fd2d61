//! Timelines: the records of several sessions, merged by time into a capture of its own, with what the board says of our
//! connections beside the bytes that caused it.
//!
//! It is a capture like any other, so views, search, saving and Wireshark work on it unchanged. Each session is a lane;
//! [`LanePeer`] tells whose a row is, and [`Origin`](espalier_core::Origin) which record of its session it is a
//! copy of. What a timeline copies is never changed in the sessions themselves.

mod merging;
mod reorder_buffer;
#[cfg(test)]
mod tests;
mod writer;

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use espalier_core::backend::{NoLane, TimelineStatus, View};
use espalier_core::session::SessionId;
use espalier_core::timeline::{LanePeer, TimelineId};
use espalier_core::view::ViewSpec;
use parking_lot::Mutex;

pub use merging::{Lane, Timeline};

use crate::capture::{Capture, CaptureError, CaptureLimits};
use crate::session::Session;
use crate::view::{ViewHandle, Wake};

/// The timelines that are open.
#[derive(Debug, Default)]
pub struct OpenTimelines {
    all: Mutex<HashMap<TimelineId, OpenTimeline>>,
    /// A session is on a timeline and has no capture yet.
    waiting: AtomicBool,
}

#[derive(Debug)]
struct OpenTimeline {
    /// Once it is made.
    capture: Arc<OnceLock<Capture>>,
    view: Arc<ViewHandle>,
    lanes: Arc<[SessionId]>,
    /// Which of them are merged, because they have a capture.
    merged: Vec<bool>,
    fault: Arc<Mutex<Option<Arc<str>>>>,
    timeline: Timeline,
}

impl OpenTimelines {
    /// History that a timeline keeps; it is a copy, and the oldest goes first.
    const RETENTION_MIB: u64 = 1024;

    /// Opens a timeline of these sessions whose capture will be this folder; `waker` is told when it fails later. Sessions are
    /// merged from the next [`Self::attach`] on.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn open(
        &self,
        id: TimelineId,
        folder: &Path,
        mut lanes: Vec<SessionId>,
        waker: Arc<crate::waker::Waker>,
    ) -> io::Result<()> {
        lanes.truncate(LanePeer::LANES as usize);
        let fault = Arc::<Mutex<Option<Arc<str>>>>::default();
        let wake: Wake = {
            let waker = waker.clone();
            Arc::new(move || waker.wake())
        };
        let failed = {
            let fault = fault.clone();
            move |error: CaptureError| {
                *fault.lock() = Some(error.to_string().into());
                waker.wake();
            }
        };
        let view = ViewHandle::new(&format!("espalier-view-t{}", id.0), ViewSpec::default(), wake)?;
        let view = Arc::new(view);
        let capture = Arc::<OnceLock<Capture>>::default();
        let make = {
            let (view, capture, folder) = (view.clone(), capture.clone(), folder.to_owned());
            move || {
                let limits = CaptureLimits::with_retention_mib(Self::RETENTION_MIB);
                let made = Capture::open(&folder, limits)?;
                view.follow(&made);
                Ok(capture.get_or_init(|| made).clone())
            }
        };
        let timeline = Timeline::begin(make, failed)?;
        let merged = vec![false; lanes.len()];
        let open = OpenTimeline { capture, view, lanes: lanes.into(), merged, fault, timeline };
        self.all.lock().insert(id, open);
        self.waiting.store(true, Ordering::Release);
        Ok(())
    }

    /// Gives a session a lane; it is merged from the next [`Self::attach`] on.
    ///
    /// # Errors
    /// The timeline is not open or has no lane left.
    pub fn join(&self, id: TimelineId, session: SessionId) -> Result<(), NoLane> {
        let mut all = self.all.lock();
        let open = all.get_mut(&id).ok_or(NoLane::Closed)?;
        if !open.lanes.contains(&session) {
            if open.lanes.len() >= LanePeer::LANES as usize {
                return Err(NoLane::Full);
            }
            open.lanes = open.lanes.iter().copied().chain([session]).collect();
            open.merged.push(false);
            self.waiting.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Whether a session on a timeline waits for its capture.
    pub fn any_waiting(&self) -> bool {
        self.waiting.load(Ordering::Acquire)
    }

    /// Merges the sessions that have a capture by now.
    pub fn attach(&self, sessions: &[Session]) {
        if !self.any_waiting() {
            return;
        }
        let mut all = self.all.lock();
        // Before looking: who joins later sets it again.
        self.waiting.store(false, Ordering::Release);
        for open in all.values_mut() {
            let OpenTimeline { lanes, merged, timeline, .. } = open;
            let mut ready = Vec::new();
            for (lane, (id, merged)) in lanes.iter().zip(merged).enumerate() {
                let Some(session) = sessions.iter().find(|it| !*merged && it.id() == *id) else {
                    continue;
                };
                if let Some(capture) = session.capture() {
                    let is_board = session.board().is_some();
                    ready.push((lane as u32, Lane { capture, is_board }));
                    *merged = true;
                } else {
                    self.waiting.store(true, Ordering::Release);
                }
            }
            if !ready.is_empty() {
                timeline.add(ready);
            }
        }
    }

    /// The rows of a timeline.
    pub fn view(&self, id: TimelineId) -> Option<Arc<dyn View>> {
        Some(self.all.lock().get(&id)?.view.clone())
    }

    /// A timeline as it is.
    pub fn status(&self, id: TimelineId) -> Option<TimelineStatus> {
        let all = self.all.lock();
        let open = all.get(&id)?;
        let (lanes, fault) = (open.lanes.clone(), open.fault.lock().clone());
        let (clocks, retired_bytes) = (open.timeline.clocks(), retired(open));
        Some(TimelineStatus { lanes, clocks, retired_bytes, fault })
    }

    /// Ends a timeline and deletes its copy.
    pub fn forget(&self, id: TimelineId) {
        self.all.lock().remove(&id);
    }

    /// Ends all timelines at the end of the program, which their threads may not outlive, and deletes their copies.
    pub fn close(&self) {
        let all = std::mem::take(&mut *self.all.lock());
        all.values().filter_map(|open| open.capture.get()).for_each(Capture::delete);
    }
}

fn retired(open: &OpenTimeline) -> u64 {
    open.capture.get().map_or(0, Capture::retired_bytes)
}
