//! What a view is asked for, between the window's thread and the worker's.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use espalier_core::backend::TextFormat;
use espalier_core::capture::Source;
use espalier_core::record::Position;
use espalier_core::view::{FindSpec, ViewSpec, Wanted};
use parking_lot::{Condvar, Mutex};

/// Something to do, in the order in which it was asked for.
pub(super) enum Order {
    Source(Arc<dyn Source>),
    Spec(Box<ViewSpec>),
    Find(Option<FindSpec>),
    Step { from: u64, forward: bool },
    Seek { record: Position, offset: u32 },
    Copy { rows: Range<u64>, format: TextFormat, done: Box<dyn FnOnce(String) + Send> },
}

/// The window has drawn.
pub(super) struct Look {
    pub wanted: Wanted,
    /// Which page it drew from.
    pub had: u64,
}

/// What came in since the worker looked last.
pub(super) struct Batch {
    pub orders: VecDeque<Order>,
    pub looked: Option<Look>,
    /// The capture has grown.
    pub grown: bool,
}

#[derive(Default)]
pub(super) struct Inbox {
    state: Mutex<State>,
    wake: Condvar,
    grown: AtomicBool,
    closed: AtomicBool,
}

#[derive(Default)]
struct State {
    orders: VecDeque<Order>,
    looked: Option<Look>,
    /// What was looked at needs work.
    urgent: bool,
}

impl Inbox {
    /// Orders that wait at most; copies beyond that are dropped, others take the place of their like.
    const MOST: usize = 64;

    /// Leaves an order. One that makes an earlier, waiting one needless takes its place.
    pub fn order(&self, order: Order) {
        let mut state = self.state.lock();
        let copy = matches!(order, Order::Copy { .. });
        let same = |it: &Order| std::mem::discriminant(it) == std::mem::discriminant(&order);
        let full = state.orders.len() >= Self::MOST;
        let last = state.orders.len().saturating_sub(1);
        let like = state.orders.iter().rposition(same).filter(|at| !copy && (full || *at == last));
        match like.and_then(|at| state.orders.get_mut(at)) {
            Some(like) => *like = order,
            None if full => {}
            None => state.orders.push_back(order),
        }
        self.wake.notify_one();
    }

    /// Says what is wanted now; `urgent` when the page that was drawn does not show it, or is no longer the newest.
    pub fn look(&self, look: Look, urgent: bool) {
        let mut state = self.state.lock();
        state.looked = Some(look);
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
    pub fn take_look(&self) -> Option<Look> {
        let mut state = self.state.lock();
        state.urgent = false;
        state.looked.take()
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
            let old = |look: &Look| stale || look.had < pages;
            let looked = state.urgent || state.looked.as_ref().is_some_and(old);
            let urgent = more || looked || !state.orders.is_empty();
            if urgent || (grown && Instant::now() >= rest) {
                state.urgent = false;
                return Some(Batch {
                    orders: std::mem::take(&mut state.orders),
                    looked: state.looked.take(),
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
