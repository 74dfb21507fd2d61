//! The capture of a session: opened, described, left to others.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use espalier_core::capture::Source as _;
use espalier_core::{PeerId, Position, say};

use super::recorder::Opened;
use super::shared::SessionShared;
use crate::capture::{Capture, CaptureError, CaptureLimits};
use crate::captures::PeerNumbering;

impl SessionShared {
    /// Makes the capture ready to be written, again if it was broken.
    pub fn open_capture(self: &Arc<Self>) -> Result<(), CaptureError> {
        let this = Arc::downgrade(self);
        let logs = self.spec.read().log_to_file.is_some();
        let opened = self.recorder.lock().open(self.limits(), logs, move |trouble| {
            if let Some(shared) = this.upgrade() {
                shared.note(None, trouble.sentence());
            }
        })?;
        let Opened { begun, instead, stored } = opened;
        if let Some(capture) = &begun {
            *self.began.lock() = Some((Instant::now(), capture.extent().end));
        }
        let from = begun.as_ref().map(|capture| Position(capture.extent().end));
        let moved = instead.is_some();
        if let Some(id) = instead {
            self.change_spec(|spec| spec.capture = Some(id));
        }
        if moved || begun.is_some() {
            self.describe(moved);
        }
        stored?;
        self.broken.send_replace(None);
        if let Some(last) = begun.and_then(|capture| self.last_peer(&capture)) {
            // What is in it already keeps its numbers to itself.
            self.peers.write().go_on_after(last);
            self.continues.store(true, Ordering::Release);
            self.note(None, say!("note-continued", "goes on in the history of an earlier session"));
        }
        // Behind the look at what the capture held before.
        if moved {
            self.note(
                None,
                say!(
                    "note-capture-taken",
                    "another window or program writes the history of this session: a new one begins here"
                ),
            );
        }
        self.follow_log_file(from);
        Ok(())
    }

    /// Writes down what the list of captures shows of this session's.
    fn describe(&self, moved: bool) {
        let Some(captures) = self.recorder.lock().kept_among().filter(|it| it.are_kept()) else {
            return;
        };
        captures.describe(&self.spec.read().clone(), None);
        if moved {
            captures.tell_moved();
        }
    }

    /// The last number that a connection in this capture has; `None` when it holds nothing.
    fn last_peer(&self, capture: &Capture) -> Option<PeerId> {
        // One that leads behind the end is of a capture that was replaced.
        let numbered =
            self.recorder.lock().numbered().filter(|it| it.until <= capture.extent().end);
        let since = Position(numbered.map_or(0, |it| it.until));
        capture.last_peer(since).max(numbered.map(|it| it.peer))
    }

    /// Where the numbers of connections stand.
    pub fn numbered(&self) -> Option<PeerNumbering> {
        let until = self.capture()?.extent().end;
        Some(PeerNumbering { peer: self.peers.read().last(), until })
    }

    /// When its capture was opened to be written, and where it ended then.
    pub fn capture_began(&self) -> Option<(Instant, u64)> {
        *self.began.lock()
    }

    /// Where it is remembered how far the capture was written to log files.
    pub fn log_mark(&self) -> Option<PathBuf> {
        self.recorder.lock().log_mark()
    }

    /// The capture, once it was opened.
    pub fn capture(&self) -> Option<Capture> {
        self.recorder.lock().capture().cloned()
    }

    /// Whether nothing happened, and nothing was there before. What could not be opened may hold anything.
    pub fn is_empty(&self) -> bool {
        let recorder = self.recorder.lock();
        let begun = recorder.capture().is_some() && !self.continues.load(Ordering::Acquire);
        begun && recorder.is_empty()
    }

    /// Nothing more happens: the capture is left to whoever writes it next.
    pub fn finish_capture(&self) {
        self.recorder.lock().finish();
    }

    /// Deletes the capture if it is a folder of the engine's own; a file that the user named stays.
    pub fn discard_capture(&self) {
        self.recorder.lock().discard();
    }

    /// How much history the specification asks for.
    pub fn limits(&self) -> CaptureLimits {
        /// What the specification promises as the least.
        const LEAST_MIB: u64 = 128;
        CaptureLimits::with_retention_mib(self.spec.read().retention_mib.max(LEAST_MIB))
    }
}
