//! Received bytes and events as they come, for somebody who wants all of them at once: the command line.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use espalier_core::PeerId;
use espalier_core::say;
use espalier_core::session::{EndReason, SessionEvent};
use parking_lot::{Condvar, Mutex};
use tokio::sync::Notify;

/// Received bytes that may wait here; above that the session reads no more from its sockets.
const BYTES: usize = 4 << 20;
/// What a read costs beside its bytes, so that a queue of empty datagrams is bounded too.
const READ: usize = 64;
/// Events that may wait here; later ones are counted and their number is told.
const EVENTS: usize = 1 << 16;

/// What a tap passes on: bytes of one read, or an event.
#[derive(Clone, Debug)]
pub enum TapItem {
    /// Bytes of one read.
    Received(PeerId, Arc<[u8]>),
    /// Something happened.
    Event(PeerId, SessionEvent),
    /// The session does nothing more by itself: stopped by the user (`None`), or ended for this reason.
    Ended(Option<EndReason>),
}

/// A bounded queue from a session to one reader. A slow reader slows the session's peers down, by TCP's own means.
///
/// Several sessions can share one queue, so that one thread reads what happens in all of them.
#[derive(Debug, Default)]
pub struct Tap {
    events_only: bool,
    /// Which of the sessions that share the queue.
    number: usize,
    queue: Arc<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    inner: Mutex<Inner>,
    filled: Condvar,
    room: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    queue: VecDeque<(usize, TapItem)>,
    bytes: usize,
    lost_events: u64,
    closed: bool,
}

impl Tap {
    /// A tap to give to [`Engine::open_tapped`](crate::Engine::open_tapped).
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// A tap that only events pass.
    pub fn events() -> Arc<Self> {
        Arc::new(Self { events_only: true, ..Self::default() })
    }

    /// A tap of the same kind into the same queue, for another session: what passes it has this number.
    pub fn beside(&self, number: usize) -> Arc<Self> {
        Arc::new(Self { events_only: self.events_only, number, queue: Arc::clone(&self.queue) })
    }

    /// Whether received bytes pass too.
    pub(super) const fn takes_bytes(&self) -> bool {
        !self.events_only
    }

    /// The next thing that passed, waiting for it until `until`; `None` when nothing came.
    pub fn next(&self, until: Option<Instant>) -> Option<TapItem> {
        self.next_of_all(until).map(|(_, tapped)| tapped)
    }

    /// The same, with the number of the session that it is of; 0 for what is of none of them.
    pub fn next_of_all(&self, until: Option<Instant>) -> Option<(usize, TapItem)> {
        let Queue { inner, filled, room } = &*self.queue;
        let mut inner = inner.lock();
        loop {
            if let Some((number, tapped)) = inner.queue.pop_front() {
                if let TapItem::Received(_, bytes) = &tapped {
                    inner.bytes -= bytes.len() + READ;
                    room.notify_waiters();
                }
                return Some((number, tapped));
            }
            if inner.lost_events > 0 {
                let note = say!(
                    "note-events-lost",
                    "{count} events were too many to tell",
                    count = inner.lost_events,
                );
                inner.lost_events = 0;
                return Some((0, TapItem::Event(PeerId::SESSION, SessionEvent::Note(note))));
            }
            match until {
                None => filled.wait(&mut inner),
                Some(until) if filled.wait_until(&mut inner, until).timed_out() => {
                    return None;
                }
                Some(_) => {}
            }
        }
    }

    /// Nobody reads here any more; what comes later is let go.
    pub fn close(&self) {
        let mut inner = self.queue.inner.lock();
        inner.closed = true;
        inner.queue.clear();
        inner.bytes = 0;
        drop(inner);
        self.queue.room.notify_waiters();
    }

    pub(super) async fn received(&self, peer: PeerId, bytes: &Arc<[u8]>) {
        loop {
            let mut room = pin!(self.queue.room.notified());
            room.as_mut().enable();
            {
                let mut inner = self.queue.inner.lock();
                if inner.closed {
                    return;
                }
                if inner.bytes < BYTES {
                    inner.bytes += bytes.len() + READ;
                    inner.queue.push_back((self.number, TapItem::Received(peer, bytes.clone())));
                    self.queue.filled.notify_one();
                    return;
                }
            }
            room.await;
        }
    }

    pub(super) fn event(&self, peer: PeerId, event: &SessionEvent) {
        let mut inner = self.queue.inner.lock();
        if inner.closed {
            return;
        }
        if inner.queue.len() < EVENTS {
            inner.queue.push_back((self.number, TapItem::Event(peer, event.clone())));
        } else {
            inner.lost_events += 1;
        }
        self.queue.filled.notify_one();
    }

    /// Always passes: whoever waits for the end must see it.
    pub(super) fn ended(&self, reason: Option<EndReason>) {
        self.queue.inner.lock().queue.push_back((self.number, TapItem::Ended(reason)));
        self.queue.filled.notify_one();
    }
}
