//! Sending the same bytes again and again, on time.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use espalier_core::backend::{PeerSelector, Refusal};
use espalier_core::say;
use espalier_core::send::OutgoingBytes;
use espalier_core::session::CycleStatus;

use super::beat_sink::BeatSink;
use crate::on_time::{come_first, wake_on_time};

/// The longest nap between two looks at whether to stop.
const NAP: Duration = Duration::from_millis(20);

/// A beat that is later than this is left out: the computer slept, and a burst of old beats helps nobody.
const TOO_LATE: Duration = Duration::from_secs(1);

/// A cyclic send under way; it stops when this is dropped.
///
/// Beats have absolute times (start + n periods), so they do not drift. They come from a thread of their own, because a
/// thread's sleep is exact to some 50 µs where the runtime's timer counts whole milliseconds.
#[derive(Debug)]
pub struct CyclicSend {
    state: Arc<CycleState>,
}

#[derive(Debug, Default)]
struct CycleState {
    stop: AtomicBool,
    over: AtomicBool,
    sent: AtomicU64,
    count: Option<u64>,
}

impl Drop for CyclicSend {
    fn drop(&mut self) {
        self.state.stop.store(true, Ordering::Relaxed);
    }
}

impl CyclicSend {
    /// Begins at once. A beat that no connection takes (none open, or its outbox is full) is not counted; a chosen connection
    /// that has gone or cannot receive ends it, and so does the end of the sink.
    pub fn start(
        sink: Weak<impl BeatSink>,
        to: PeerSelector,
        bytes: OutgoingBytes,
        period: Duration,
        count: Option<u64>,
    ) -> std::io::Result<Self> {
        let state = Arc::new(CycleState { count, ..CycleState::default() });
        let beat = state.clone();
        thread::Builder::new().name("espalier-cycle".to_owned()).spawn(move || {
            wake_on_time();
            come_first();
            beat.run(&sink, &to, &bytes, period.max(Duration::from_millis(1)));
            beat.over.store(true, Ordering::Relaxed);
            if let Some(sink) = sink.upgrade() {
                sink.mark_dirty();
            }
        })?;
        Ok(Self { state })
    }

    /// How far it has come; `None` when it is over.
    pub fn status(&self) -> Option<CycleStatus> {
        let CycleState { over, sent, count, .. } = &*self.state;
        let status = CycleStatus { sent: sent.load(Ordering::Relaxed), count: *count };
        (!over.load(Ordering::Relaxed)).then_some(status)
    }
}

impl CycleState {
    fn run(
        &self,
        sink: &Weak<impl BeatSink>,
        to: &PeerSelector,
        bytes: &OutgoingBytes,
        period: Duration,
    ) {
        let mut due = Instant::now();
        while self.count.is_none_or(|count| self.sent.load(Ordering::Relaxed) < count) {
            if !self.sleep_until(due) {
                return;
            }
            let Some(sink) = sink.upgrade() else { return };
            match sink.deliver(to, bytes, None) {
                Ok(()) => {
                    self.sent.fetch_add(1, Ordering::Relaxed);
                    sink.mark_dirty();
                }
                // Never to somebody else instead; the others that were chosen get no more either.
                Err(Refusal::Gone(peer) | Refusal::Closed(peer)) => {
                    sink.note(say!(
                        "note-cycle-gone",
                        "the cyclic send has stopped: #{number} has gone or cannot receive",
                        number = peer.0,
                    ));
                    return;
                }
                Err(_) => {}
            }
            due += period;
            let late = due.elapsed();
            if late > TOO_LATE {
                let beats = late.as_nanos() / period.as_nanos();
                sink.note(say!(
                    "note-beats-late",
                    "cyclic send: {beats} beats came too late",
                    beats = beats,
                ));
                due = Instant::now();
            }
        }
    }

    /// Sleeps until then; `false` when it is to stop.
    fn sleep_until(&self, due: Instant) -> bool {
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return false;
            }
            match due.checked_duration_since(Instant::now()) {
                None => return true,
                Some(rest) => thread::sleep(rest.min(NAP)),
            }
        }
    }
}
