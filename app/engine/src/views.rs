//! The views of sessions: made when they are first looked at, joined to their capture as soon as there is one.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use espalier_core::session::SessionId;
use parking_lot::Mutex;

use crate::session::Session;
use crate::view::ViewHandle;
use crate::waker::Waker;

/// The views of all sessions that were looked at.
#[derive(Debug, Default)]
pub struct Views {
    all: Mutex<HashMap<SessionId, SessionView>>,
    /// How many have no capture yet.
    empty: AtomicUsize,
}

#[derive(Debug)]
struct SessionView {
    view: Arc<ViewHandle>,
    has_capture: bool,
}

impl Views {
    /// The view of a session; a new one shows nothing until [`Self::join`] finds the session's capture. `None` when the
    /// system gives no thread for it.
    pub fn of(&self, session: &Session, waker: &Arc<Waker>) -> Option<Arc<ViewHandle>> {
        let id = session.id();
        let mut all = self.all.lock();
        if let Some(looked) = all.get(&id) {
            return Some(looked.view.clone());
        }
        let waker = waker.clone();
        let name = format!("espalier-view-{}", id.0);
        let view =
            ViewHandle::new(&name, session.spec().view.clone(), Arc::new(move || waker.wake()))
                .inspect_err(|error| tracing::warn!("session {} cannot be shown: {error}", id.0))
                .ok()?;
        let view = Arc::new(view);
        all.insert(id, SessionView { view: view.clone(), has_capture: false });
        self.empty.fetch_add(1, Ordering::AcqRel);
        Some(view)
    }

    /// Whether a view waits for its session's capture.
    pub fn any_empty(&self) -> bool {
        self.empty.load(Ordering::Acquire) > 0
    }

    /// Joins views to captures that came into being. May wait for a disk, so it is not for the window's thread.
    pub fn join(&self, sessions: &[Session]) {
        for session in sessions {
            let waits = self.all.lock().get(&session.id()).is_some_and(|it| !it.has_capture);
            if waits && let Some(capture) = session.capture() {
                let mut all = self.all.lock();
                if let Some(looked) = all.get_mut(&session.id()).filter(|it| !it.has_capture) {
                    looked.view.follow(&capture);
                    looked.has_capture = true;
                    self.empty.fetch_sub(1, Ordering::AcqRel);
                }
            }
        }
    }

    /// A session is gone; its view ends when the window lets go of it.
    pub fn forget(&self, id: SessionId) {
        if self.all.lock().remove(&id).is_some_and(|it| !it.has_capture) {
            self.empty.fetch_sub(1, Ordering::AcqRel);
        }
    }
}
