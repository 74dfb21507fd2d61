//! What a terminal is asked for, between the window's thread and its own.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use espalier_core::PeerId;
use espalier_core::capture::Source;
use espalier_core::terminal::{GridScroll, GridSelection, GridSize};
use espalier_core::view::EncodingName;
use parking_lot::{Condvar, Mutex};

/// A command for the terminal's worker, in the order in which it was given.
pub(super) enum TerminalCommand {
    /// Shows this capture; queries are answered that begin at or behind this place.
    Source(Arc<dyn Source>, u64),
    Show(Option<PeerId>),
    Configure {
        echo: bool,
        implicit_cr: bool,
        encoding: EncodingName,
    },
    Scroll(GridScroll),
    Select(GridSelection),
    Copy(Box<dyn FnOnce(String) + Send>),
    Reset,
}

/// What came in since the worker looked last.
pub(super) struct TerminalBatch {
    pub commands: VecDeque<TerminalCommand>,
    /// The room there was when it was drawn.
    pub drawn: Option<GridSize>,
    /// The capture has grown.
    pub grown: bool,
}

#[derive(Default)]
pub(super) struct TerminalInbox {
    state: Mutex<TerminalRequests>,
    wake: Condvar,
    grown: AtomicBool,
    closed: AtomicBool,
    /// Something has changed that was not published, because what was published last was not drawn yet.
    stale: AtomicBool,
}

#[derive(Default)]
struct TerminalRequests {
    commands: VecDeque<TerminalCommand>,
    drawn: Option<GridSize>,
    size: Option<GridSize>,
}

impl TerminalInbox {
    /// Commands that wait at most. Beyond that, one that is given once for all takes the place of its like, others are dropped.
    const MOST: usize = 256;

    /// Leaves a command.
    pub fn command(&self, command: TerminalCommand) {
        use TerminalCommand::{Configure, Show, Source};
        let mut state = self.state.lock();
        if state.commands.len() >= Self::MOST {
            if !matches!(command, Source(..) | Show(_) | Configure { .. }) {
                return;
            }
            let kind = std::mem::discriminant(&command);
            state.commands.retain(|waiting| std::mem::discriminant(waiting) != kind);
        }
        state.commands.push_back(command);
        self.wake.notify_one();
    }

    /// It was drawn, with this room.
    pub fn draw(&self, size: GridSize) {
        let mut state = self.state.lock();
        state.drawn = Some(size);
        let other = state.size.replace(size) != Some(size);
        if other || self.stale.load(Ordering::Acquire) {
            self.wake.notify_one();
        }
    }

    pub fn set_stale(&self, stale: bool) {
        self.stale.store(stale, Ordering::Release);
    }

    /// Says that the capture has grown; cheap when that was said already.
    pub fn grow(&self) {
        if !self.grown.swap(true, Ordering::AcqRel) {
            // Under the lock, or the worker could miss it between looking and sleeping.
            let _state = self.state.lock();
            self.wake.notify_one();
        }
    }

    /// Ends the worker.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        let _state = self.state.lock();
        self.wake.notify_one();
    }

    /// Sleeps until there is something to do: at once with `more` work; not before `rest` for growth alone. `None` when the
    /// terminal was closed. `size` is the one that the worker knows.
    pub fn wait(&self, more: bool, size: Option<GridSize>, rest: Instant) -> Option<TerminalBatch> {
        let mut state = self.state.lock();
        loop {
            if self.closed.load(Ordering::Acquire) {
                return None;
            }
            let grown = self.grown.load(Ordering::Acquire);
            let stale = self.stale.load(Ordering::Acquire);
            let drawn = state.drawn.is_some_and(|drawn| stale || Some(drawn) != size);
            let urgent = more || drawn || !state.commands.is_empty();
            if urgent || (grown && Instant::now() >= rest) {
                return Some(TerminalBatch {
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
