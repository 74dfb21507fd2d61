//! What a view is asked for, between the window's thread and the worker's.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use espalier_core::backend::Copying;
use espalier_core::capture::Source;
use espalier_core::view::{FindSpec, PageRequest, ViewSpec};
use espalier_core::{Position, Timestamp};
use parking_lot::{Condvar, Mutex};

/// A command for the view's worker, in the order in which it was given.
pub(super) enum ViewCommand {
    Source(Arc<dyn Source>),
    Spec(Box<ViewSpec>),
    Find(Option<FindSpec>),
    Step { from: u64, forward: bool },
    Seek { record: Position, offset: u32 },
    SeekTime(Timestamp),
    Copy { what: Copying, done: Box<dyn FnOnce(String) + Send> },
}

/// What a frame of the window wanted, and drew from.
pub(super) struct DrawnFrame {
    pub wanted: PageRequest,
    /// Which page it drew from.
    pub had: u64,
}

/// What came in since the worker looked last.
pub(super) struct Batch {
    pub commands: VecDeque<ViewCommand>,
    pub drawn: Option<DrawnFrame>,
    /// The capture has grown.
    pub grown: bool,
}

#[derive(Default)]
pub(super) struct ViewInbox {
    state: Mutex<InboxState>,
    wake: Condvar,
    grown: AtomicBool,
    closed: AtomicBool,
}

#[derive(Default)]
struct InboxState {
    commands: VecDeque<ViewCommand>,
    drawn: Option<DrawnFrame>,
    /// What was looked at needs work.
    urgent: bool,
}

impl ViewInbox {
    /// Commands that wait at most; copies beyond that are dropped, others replace their like.
    const MOST: usize = 64;

    /// Leaves a command. One that makes an earlier, waiting one needless replaces it.
    pub fn command(&self, command: ViewCommand) {
        let mut state = self.state.lock();
        let copy = matches!(command, ViewCommand::Copy { .. });
        let same =
            |it: &ViewCommand| std::mem::discriminant(it) == std::mem::discriminant(&command);
        let full = state.commands.len() >= Self::MOST;
        let last = state.commands.len().saturating_sub(1);
        let like =
            state.commands.iter().rposition(same).filter(|at| !copy && (full || *at == last));
        match like.and_then(|at| state.commands.get_mut(at)) {
            Some(like) => *like = command,
            None if full => {}
            None => state.commands.push_back(command),
        }
        self.wake.notify_one();
    }

    /// Says what is wanted now; `urgent` when the page that was drawn does not show it, or is no longer the newest.
    pub fn request_page(&self, look: DrawnFrame, urgent: bool) {
        let mut state = self.state.lock();
        state.drawn = Some(look);
        if urgent {
            state.urgent = true;
            self.wake.notify_one();
        }
    }

    /// Says that the capture has grown; cheap when that was said already.
    pub fn grow(&self) {
        if !self.grown.swap(true, Ordering::AcqRel) {
            // Under the lock, or the worker could miss it between looking and sleeping.
            let _state = self.state.lock();
            self.wake.notify_one();
        }
    }

    /// Ends the worker, and whatever else runs for this view.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        let _state = self.state.lock();
        self.wake.notify_one();
    }

    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// What was looked at, without waiting.
    pub fn take_frame(&self) -> Option<DrawnFrame> {
        let mut state = self.state.lock();
        state.urgent = false;
        state.drawn.take()
    }

    /// Sleeps until there is something to do: at once with `more` work or a look at what is `stale`, or at a page before number
    /// `pages`; not before `rest` for growth alone. `None` when the view was closed.
    pub fn wait(&self, more: bool, stale: bool, pages: u64, rest: Instant) -> Option<Batch> {
        let mut state = self.state.lock();
        loop {
            if self.is_closed() {
                return None;
            }
            let grown = self.grown.load(Ordering::Acquire);
            // A look that came before there was anything newer did not know that it is urgent.
            let old = |look: &DrawnFrame| stale || look.had < pages;
            let drawn = state.urgent || state.drawn.as_ref().is_some_and(old);
            let urgent = more || drawn || !state.commands.is_empty();
            if urgent || (grown && Instant::now() >= rest) {
                state.urgent = false;
                return Some(Batch {
                    commands: std::mem::take(&mut state.commands),
                    drawn: state.drawn.take(),
                    grown: self.grown.swap(false, Ordering::AcqRel),
                });
            }
            if grown {
                self.wake.wait_until(&mut state, rest);
            } else {
                self.wake.wait(&mut state);
            }
        }
    }
}
