//! What the worker has made ready, for the window to take.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use espalier_core::view::{Page, PageRequest, ViewStatus};
use parking_lot::Mutex;

use super::inbox::DrawnFrame;

/// The last page and status. Locks are held for a copy of a few words only.
#[derive(Default)]
pub(super) struct Published {
    page: Mutex<(u64, Page)>,
    status: Mutex<Arc<ViewStatus>>,
    /// Which page was taken last; they are counted from 1.
    taken: AtomicU64,
    /// There is something newer that was not published, because nobody looked.
    stale: AtomicBool,
}

impl Published {
    /// The newest page, to be drawn.
    pub fn take(&self) -> Page {
        let page = self.page.lock();
        self.taken.store(page.0, Ordering::Release);
        page.1.clone()
    }

    /// What the window draws when it wants this, and whether the worker should see to it at once.
    pub fn request_page(&self, wanted: PageRequest) -> (DrawnFrame, bool) {
        let had = self.taken.load(Ordering::Acquire);
        let page = self.page.lock();
        let behind = page.0 > had || self.stale.load(Ordering::Acquire);
        let urgent = behind || !page.1.answers(&wanted);
        drop(page);
        (DrawnFrame { wanted, had }, urgent)
    }

    pub fn status(&self) -> Arc<ViewStatus> {
        self.status.lock().clone()
    }

    pub fn set_stale(&self) {
        self.stale.store(true, Ordering::Release);
    }

    pub fn set_status(&self, status: ViewStatus) {
        let status = Arc::new(status);
        // What is replaced is dropped after the lock: the window must not wait for that.
        let _old = std::mem::replace(&mut *self.status.lock(), status);
    }

    pub fn set_page(&self, number: u64, page: Page) {
        let _old = std::mem::replace(&mut *self.page.lock(), (number, page));
        self.stale.store(false, Ordering::Release);
    }
}
