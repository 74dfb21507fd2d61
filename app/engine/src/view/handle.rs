//! The window's end of a view.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use espalier_core::backend::{Copying, Saving, View};
use espalier_core::capture::Source;
use espalier_core::view::{FindSpec, Page, PageRequest, ViewSpec, ViewStatus};
use espalier_core::{Position, Progress, Sentence, Timestamp, say};
use parking_lot::Mutex;

use super::Wake;
use super::inbox::{ViewCommand, ViewInbox};
use super::published::Published;
use super::save::SaveJob;
use super::worker::ViewWorker;
use crate::capture::{Capture, SavedCapture, Subscription};

/// A log as rows. Dropping it ends its thread and gives up saves under way.
///
/// A view begins empty and shows a capture from [`Self::follow`] on, so it can be made before its session has one.
pub struct ViewHandle {
    inbox: Arc<ViewInbox>,
    published: Arc<Published>,
    /// What a save starts from.
    now: Mutex<ViewInput>,
    saves: Arc<AtomicUsize>,
}

struct ViewInput {
    spec: ViewSpec,
    source: Arc<dyn Source>,
    _subscription: Option<Subscription>,
}

impl ViewHandle {
    /// Saves that run at the same time for one view.
    const MOST_SAVES: usize = 4;

    /// An empty view with a thread of this name; `wake` is called from that thread whenever there is something new to draw,
    /// and not again before [`View::request_page`] was called.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn new(name: &str, spec: ViewSpec, wake: Wake) -> io::Result<Self> {
        let (inbox, published) = (Arc::<ViewInbox>::default(), Arc::<Published>::default());
        let source: Arc<dyn Source> = Arc::new(Vec::new());
        let worker =
            ViewWorker::new(inbox.clone(), published.clone(), wake, source.clone(), spec.clone());
        std::thread::Builder::new().name(name.to_owned()).spawn(move || worker.run())?;
        let now = Mutex::new(ViewInput { spec, source, _subscription: None });
        Ok(Self { inbox, published, now, saves: Arc::default() })
    }

    /// Shows a capture that may grow. A second call is for the same capture, opened again.
    pub fn follow(&self, capture: &Capture) {
        let inbox = Arc::downgrade(&self.inbox);
        let subscription = capture.on_append(move || {
            if let Some(inbox) = inbox.upgrade() {
                inbox.grow();
            }
        });
        self.show(Arc::new(capture.clone()), Some(subscription));
    }

    /// Shows a capture that was saved.
    pub fn open(&self, saved: SavedCapture) {
        self.show(Arc::new(saved), None);
    }

    fn show(&self, source: Arc<dyn Source>, subscription: Option<Subscription>) {
        let mut now = self.now.lock();
        now.source = source.clone();
        now._subscription = subscription;
        self.inbox.command(ViewCommand::Source(source));
    }
}

impl View for ViewHandle {
    fn status(&self) -> ViewStatus {
        ViewStatus::clone(&self.published.status())
    }

    fn set_spec(&self, spec: ViewSpec) {
        self.now.lock().spec = spec.clone();
        self.inbox.command(ViewCommand::Spec(Box::new(spec)));
    }

    fn page(&self) -> Page {
        self.published.take()
    }

    fn request_page(&self, wanted: PageRequest) {
        let (look, urgent) = self.published.request_page(wanted);
        self.inbox.request_page(look, urgent);
    }

    fn find(&self, what: Option<FindSpec>) {
        self.inbox.command(ViewCommand::Find(what));
    }

    fn step(&self, from: u64, forward: bool) {
        self.inbox.command(ViewCommand::Step { from, forward });
    }

    fn seek(&self, record: Position, offset: u32) {
        self.inbox.command(ViewCommand::Seek { record, offset });
    }

    fn seek_time(&self, at: Timestamp) {
        self.inbox.command(ViewCommand::SeekTime(at));
    }

    fn copy(&self, what: Copying, done: Box<dyn FnOnce(String) + Send>) {
        self.inbox.command(ViewCommand::Copy { what, done });
    }

    fn save(
        &self,
        path: PathBuf,
        what: Saving,
        progress: Progress,
        done: Box<dyn FnOnce(Result<Sentence, Sentence>) + Send>,
    ) {
        let (spec, source) = {
            let now = self.now.lock();
            (now.spec.clone(), now.source.clone())
        };
        let saves = self.saves.clone();
        if saves.fetch_add(1, Ordering::AcqRel) >= Self::MOST_SAVES {
            saves.fetch_sub(1, Ordering::AcqRel);
            done(Err(say!(
                "told-saves-busy",
                "Several saves are still under way: wait for one of them"
            )));
            return;
        }
        let save = SaveJob { path, what, spec, source, progress, inbox: self.inbox.clone() };
        // In a place of its own, so that it is still there when there is no thread.
        let done = Arc::new(Mutex::new(Some(done)));
        let told = done.clone();
        let thread = std::thread::Builder::new().name("espalier-save".to_owned());
        let spawned = thread.spawn(move || {
            let result = save.run();
            saves.fetch_sub(1, Ordering::AcqRel);
            if let Some(done) = told.lock().take() {
                done(result);
            }
        });
        if let Err(error) = spawned {
            self.saves.fetch_sub(1, Ordering::AcqRel);
            if let Some(done) = done.lock().take() {
                done(Err(say!("told-save-no-thread", "Cannot save: {error}", error = error)));
            }
        }
    }
}

impl Drop for ViewHandle {
    fn drop(&mut self) {
        self.inbox.close();
    }
}

impl std::fmt::Debug for ViewHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ViewHandle")
            .field("status", &self.published.status())
            .finish_non_exhaustive()
    }
}
