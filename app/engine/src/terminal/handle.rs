//! The window's end of a terminal.

use std::io;
use std::sync::Arc;

use espalier_core::PeerId;
use espalier_core::backend::TerminalView;
use espalier_core::capture::Source as _;
use espalier_core::terminal::{GridScroll, GridSelection, GridSize, TerminalScreen, TerminalSpec};
use espalier_core::view::EncodingName;
use parking_lot::Mutex;

use super::OnReply;
use super::inbox::{TerminalCommand, TerminalInbox};
use super::worker::TerminalWorker;
use crate::capture::{Capture, Subscription};
use crate::view::Wake;

/// A session as a terminal. Dropping it ends its thread.
///
/// It begins empty and shows a capture from [`Self::follow`] on.
pub struct TerminalHandle {
    inbox: Arc<TerminalInbox>,
    published: Arc<Mutex<Arc<TerminalScreen>>>,
    subscription: Mutex<Option<Subscription>>,
}

impl TerminalHandle {
    /// An empty terminal with a thread of this name. `wake` is called from that thread when there is something new to draw,
    /// and not again before [`TerminalView::draw`]; `reply` with what the terminal answers.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn new(name: &str, wake: Wake, reply: OnReply) -> io::Result<Self> {
        let inbox = Arc::<TerminalInbox>::default();
        let published = Arc::<Mutex<Arc<TerminalScreen>>>::default();
        let worker = TerminalWorker::new(inbox.clone(), published.clone(), wake, reply);
        std::thread::Builder::new().name(name.to_owned()).spawn(move || worker.run())?;
        Ok(Self { inbox, published, subscription: Mutex::new(None) })
    }

    /// Shows a capture that may grow. Queries are answered that begin at `live` or later; `None`: later than now.
    pub fn follow(&self, capture: &Capture, live: Option<u64>) {
        let inbox = Arc::downgrade(&self.inbox);
        let subscription = capture.on_append(move || {
            if let Some(inbox) = inbox.upgrade() {
                inbox.grow();
            }
        });
        let live = live.unwrap_or_else(|| capture.extent().end);
        *self.subscription.lock() = Some(subscription);
        self.inbox.command(TerminalCommand::Source(Arc::new(capture.clone()), live));
    }
}

impl TerminalView for TerminalHandle {
    fn screen(&self) -> Arc<TerminalScreen> {
        self.published.lock().clone()
    }

    fn draw(&self, size: GridSize) {
        self.inbox.draw(GridSize::new(size.columns, size.rows));
    }

    fn show(&self, peer: Option<PeerId>) {
        self.inbox.command(TerminalCommand::Show(peer));
    }

    fn configure(&self, spec: &TerminalSpec, encoding: &EncodingName) {
        let encoding = encoding.clone();
        let TerminalSpec { echo, implicit_cr, .. } = *spec;
        self.inbox.command(TerminalCommand::Configure { echo, implicit_cr, encoding });
    }

    fn scroll(&self, to: GridScroll) {
        self.inbox.command(TerminalCommand::Scroll(to));
    }

    fn select(&self, what: GridSelection) {
        self.inbox.command(TerminalCommand::Select(what));
    }

    fn copy(&self, done: Box<dyn FnOnce(String) + Send>) {
        self.inbox.command(TerminalCommand::Copy(done));
    }

    fn reset(&self) {
        self.inbox.command(TerminalCommand::Reset);
    }
}

impl Drop for TerminalHandle {
    fn drop(&mut self) {
        self.inbox.close();
    }
}

impl std::fmt::Debug for TerminalHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let generation = self.published.lock().generation;
        f.debug_struct("TerminalHandle").field("generation", &generation).finish_non_exhaustive()
    }
}
