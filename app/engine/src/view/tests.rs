//! Views of real captures, looked at as a window does: drawing when woken, and only then.

mod behaviour;
mod copying;
mod flood;
mod saving;

use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use espalier_core::backend::View;
use espalier_core::view::{Page, PageRequest, ViewSpec, ViewStatus};
use espalier_core::{Direction, PeerId, Timestamp};

use super::ViewHandle;
use crate::capture::{Capture, CaptureLimits};

/// A view and the window that draws it.
pub(super) struct Window {
    pub view: Arc<ViewHandle>,
    woken: Receiver<()>,
    /// The revision of the page drawn last.
    revision: u64,
    capture: Option<Capture>,
}

impl Window {
    pub fn new(spec: ViewSpec) -> Self {
        let (wake, woken) = sync_channel(1);
        // A full channel means that the window was told already.
        let wake = Arc::new(move || wake.try_send(()).unwrap_or_default());
        let view = Arc::new(ViewHandle::new("test-view", spec, wake).expect("a thread"));
        Self { view, woken, revision: 0, capture: None }
    }

    pub fn of(capture: &Capture) -> Self {
        let mut window = Self::new(ViewSpec::default());
        window.view.follow(capture);
        window.capture = Some(capture.clone());
        window
    }

    /// Draws these rows again and again, when woken, until they are as they should be.
    pub fn draw(&mut self, rows: Range<u64>, right: impl Fn(&Page, &ViewStatus) -> bool) -> Page {
        let patience = Instant::now() + Duration::from_secs(20);
        loop {
            let page = self.view.page();
            self.view.request_page(PageRequest::rows(self.revision, rows.clone()));
            let status = self.view.status();
            self.revision = page.revision();
            if right(&page, &status) {
                return page;
            }
            let rest = patience.saturating_duration_since(Instant::now());
            // A page of another revision is asked for again at once, as a window does in its next frame.
            if page.revision() == status.revision && self.woken.recv_timeout(rest).is_err() {
                let kept = self.capture.as_ref().map(Capture::kept_bytes);
                panic!("never as it should be: {page:?} {status:?} of {kept:?}");
            }
        }
    }

    /// Draws these rows once, whatever there is.
    pub fn request_page(&self, rows: Range<u64>) {
        self.view.page();
        self.view.request_page(PageRequest::rows(self.revision, rows));
    }

    /// Draws until all of the capture is known; gives the texts of these rows.
    pub fn settled(&mut self, rows: Range<u64>) -> Vec<String> {
        let kept = self.capture.as_ref().map(Capture::kept_bytes);
        let page = self.draw(rows.clone(), |page, status| {
            let (done, all) = status.indexed;
            let all = kept.unwrap_or(all);
            let wanted = status.first_shown.max(rows.start)..status.shown.min(rows.end);
            let end = page.first + page.rows.len() as u64;
            done == all
                && all > 0
                && page.revision() == status.revision
                && (wanted.is_empty() || page.first <= wanted.start && wanted.end <= end)
        });
        let texts = texts(&page);
        let from = rows.start.saturating_sub(page.first) as usize;
        let count = (rows.end - rows.start) as usize;
        texts.into_iter().skip(from).take(count).collect()
    }

    /// How often the window was woken since it was asked last (at most once more than it drew).
    pub fn was_woken(&self) -> bool {
        self.woken.try_recv().is_ok()
    }
}

pub(super) fn texts(page: &Page) -> Vec<String> {
    page.rows.iter().map(|row| row.text.to_string()).collect()
}

pub(super) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

pub(super) fn capture(folder: &tempfile::TempDir) -> Capture {
    Capture::open(folder.path(), CaptureLimits::default()).expect("a capture")
}

pub(super) fn append(capture: &Capture, at: i64, direction: Direction, peer: u32, bytes: &[u8]) {
    let peer = PeerId(peer);
    capture.append_data(Timestamp(at), direction, peer, None, bytes).expect("space");
}

pub(super) fn receive(capture: &Capture, bytes: &[u8]) {
    append(capture, 1_700_000_000_000_000_000, Direction::In, 1, bytes);
}
