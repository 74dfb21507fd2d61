//! The terminals of sessions: made when one is opened, joined to its capture as soon as there is one.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use espalier_core::backend::TerminalView as _;
use espalier_core::session::SessionId;
use parking_lot::Mutex;

use crate::session::Session;
use crate::terminal::{OnReply, TerminalHandle, TerminalReply};
use crate::waker::Waker;

/// The terminals that are open.
#[derive(Debug, Default)]
pub struct Terminals {
    all: Mutex<HashMap<SessionId, SessionTerminal>>,
    /// How many have no capture yet.
    empty: AtomicUsize,
}

#[derive(Debug)]
struct SessionTerminal {
    terminal: Arc<TerminalHandle>,
    opened: Instant,
    has_capture: bool,
}

impl Terminals {
    /// The terminal of a session, opened when it is not; it shows nothing until [`Self::join`] finds the session's capture.
    /// `None` when the system gives no thread for it.
    pub fn open(&self, session: &Session, waker: &Arc<Waker>) -> Option<Arc<TerminalHandle>> {
        let id = session.id();
        let mut all = self.all.lock();
        if let Some(open) = all.get(&id) {
            return Some(open.terminal.clone());
        }
        let (waker, answers) = (waker.clone(), session.terminal_answers());
        let reply: OnReply = Box::new(move |reply| match reply {
            TerminalReply::Answer(peer, bytes) => answers.answer(peer, &bytes),
            TerminalReply::AskedTooOften(peer) => answers.asked_too_often(peer),
        });
        let name = format!("espalier-term-{}", id.0);
        let terminal = TerminalHandle::new(&name, Arc::new(move || waker.wake()), reply)
            .inspect_err(|error| tracing::warn!("session {} is no terminal: {error}", id.0))
            .ok()?;
        let terminal = Arc::new(terminal);
        let spec = session.spec();
        terminal.configure(&spec.terminal, &spec.view.encoding);
        let open = SessionTerminal {
            terminal: terminal.clone(),
            opened: Instant::now(),
            has_capture: false,
        };
        all.insert(id, open);
        self.empty.fetch_add(1, Ordering::AcqRel);
        Some(terminal)
    }

    /// Whether a terminal waits for its session's capture.
    pub fn any_empty(&self) -> bool {
        self.empty.load(Ordering::Acquire) > 0
    }

    /// Joins terminals to captures that came into being. May wait for a disk, so it is not for the window's thread.
    pub fn join(&self, sessions: &[Session]) {
        for session in sessions {
            let id = session.id();
            let waits = self.all.lock().get(&id).is_some_and(|it| !it.has_capture);
            if waits && let Some(capture) = session.capture() {
                let mut all = self.all.lock();
                if let Some(open) = all.get_mut(&id).filter(|it| !it.has_capture) {
                    // A session that was started as a terminal is one from its first byte on.
                    open.terminal.follow(&capture, session.capture_began(open.opened));
                    open.has_capture = true;
                    self.empty.fetch_sub(1, Ordering::AcqRel);
                }
            }
        }
    }

    /// Ends the terminal of a session, as soon as the window lets go of it.
    pub fn close(&self, id: SessionId) {
        if self.all.lock().remove(&id).is_some_and(|it| !it.has_capture) {
            self.empty.fetch_sub(1, Ordering::AcqRel);
        }
    }
}
