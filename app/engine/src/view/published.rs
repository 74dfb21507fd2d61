//! What the worker has made ready, for the window to take.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use espalier_core::view::{Page, ViewStatus};
use parking_lot::Mutex;

use super::inbox::Wanted;

/// The last page and status. Locks are held for a copy of a few words only.
#[derive(Default)]
pub(super) struct Published {
    page: Mutex<Page>,
    status: Mutex<Arc<ViewStatus>>,
    /// There is something newer that was not published, because nobody looked.
    stale: AtomicBool,
}

impl Published {
    pub fn page(&self) -> Page {
        self.page.lock().clone()
    }

    pub fn status(&self) -> Arc<ViewStatus> {
        self.status.lock().clone()
    }

    pub fn is_stale(&self) -> bool {
        self.stale.load(Ordering::Acquire)
    }

    pub fn set_stale(&self) {
        self.stale.store(true, Ordering::Release);
    }

    pub fn set_status(&self, status: ViewStatus) {
        let status = Arc::new(status);
        // What is replaced is dropped after the lock: the window must not wait for that.
        let _old = std::mem::replace(&mut *self.status.lock(), status);
    }

    pub fn set_page(&self, page: Page) {
        let _old = std::mem::replace(&mut *self.page.lock(), page);
        self.stale.store(false, Ordering::Release);
    }
}

/// Whether a page has all of the wanted rows that there are.
pub(super) fn holds(page: &Page, wanted: &Wanted, status: &ViewStatus) -> bool {
    let end = page.first + page.rows.len() as u64;
    page.revision == wanted.revision
        && page.revision == status.revision
        && page.first <= wanted.rows.start.max(status.first_shown)
        && end >= wanted.rows.end.min(status.shown)
}
