//! What a session holds of a replay.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use espalier_core::replay::{ReplayControl, ReplayEnd, ReplayPace, ReplayPhase, ReplayStatus};
use espalier_core::{PeerId, Progress, Sentence};
use parking_lot::{Condvar, Mutex, MutexGuard};
use tokio::sync::Notify;

use super::host::ReplayTarget;
use crate::receipt::UnsentCounter;

/// What came and was not compared yet. Above half of it nothing more is read from a connection; of a port, which cannot be made to
/// wait, what is more is not compared, and the replay fails.
const INPUT: usize = 4 << 20;
/// What a read costs there beside its bytes, so that a queue of empty datagrams is bounded too.
const READ: usize = 64;

/// A replay of a session, or how the last one ended. It stops when this is dropped.
#[derive(Debug)]
pub struct Replay {
    state: Arc<ReplayState>,
}

/// What the session, its tasks and the replay's thread share.
#[derive(Debug)]
pub struct ReplayState {
    /// Where it goes; nobody is there yet when it is unset.
    place: OnceLock<ReplayTarget>,
    /// What the system did not take of it.
    pub unsent: UnsentCounter,
    /// How far the capture is looked through.
    pub reading: Progress,
    inner: Mutex<ReplayCourse>,
    changed: Condvar,
    room: Notify,
}

/// What changes of a replay.
#[derive(Debug)]
pub struct ReplayCourse {
    pub stops: bool,
    /// How many parts are sent although it is paused.
    pub steps: u32,
    /// Since when it is paused.
    pub paused: Option<Instant>,
    /// How long it was paused, since its thread last asked.
    pub rested: Duration,
    /// What comes belongs to it: the capture is looked through.
    listens: bool,
    /// Our half of the connection stays open although the other end has sent its FIN.
    half_open: bool,
    /// It has done that.
    puts_off: bool,
    /// Who has said something before it was known where it goes: one who is there from the beginning.
    early: Option<PeerId>,
    /// What came, one read or one datagram each.
    pub input: VecDeque<Arc<[u8]>>,
    waiting: usize,
    /// More came than could be kept.
    pub overflowed: bool,
    pub status: ReplayStatus,
    /// How often something from outside has changed it.
    changes: u64,
}

impl Drop for Replay {
    fn drop(&mut self) {
        self.state.control(ReplayControl::Stop);
    }
}

impl Replay {
    /// One that its thread has, too.
    pub const fn new(state: Arc<ReplayState>) -> Self {
        Self { state }
    }

    /// One that could not begin, so that it is told where it was asked for.
    pub fn refused(pace: ReplayPace, why: Sentence) -> Self {
        let state = ReplayState::new(pace);
        state.inner.lock().status.phase = ReplayPhase::Over(ReplayEnd::Failed(why));
        Self { state: Arc::new(state) }
    }

    /// What is shared with it.
    pub const fn state(&self) -> &Arc<ReplayState> {
        &self.state
    }
}

impl ReplayState {
    /// One that has not begun.
    pub fn new(pace: ReplayPace) -> Self {
        Self {
            place: OnceLock::new(),
            unsent: UnsentCounter::default(),
            reading: Progress::default(),
            inner: Mutex::new(ReplayCourse {
                stops: false,
                steps: 0,
                paused: None,
                rested: Duration::ZERO,
                listens: false,
                half_open: false,
                puts_off: false,
                early: None,
                input: VecDeque::new(),
                waiting: 0,
                overflowed: false,
                status: ReplayStatus::new(pace),
                changes: 0,
            }),
            changed: Condvar::new(),
            room: Notify::new(),
        }
    }

    /// Where it goes; `None`: nobody is there yet.
    pub fn place(&self) -> Option<ReplayTarget> {
        self.place.get().copied()
    }

    /// What comes from now on belongs to it. With `half_open` our half of the connection stays open when the other end sends its FIN.
    pub fn listen(&self, half_open: bool) {
        let mut inner = self.inner.lock();
        (inner.listens, inner.half_open) = (true, half_open);
    }

    /// The other end of this connection has sent its FIN. Whether ours is put off: until the capture has it, or it is over.
    pub fn puts_off(&self, peer: PeerId) -> bool {
        let mut inner = self.inner.lock();
        let is_meant = self.place.get().is_none_or(|target| target.peer == peer);
        let puts_off = is_meant && inner.half_open && !inner.status.is_over();
        inner.puts_off |= puts_off;
        puts_off
    }

    /// It goes there.
    pub fn goes_to(&self, target: ReplayTarget) {
        let mut inner = self.inner.lock();
        if inner.early.is_some_and(|early| early != target.peer) {
            inner.input.clear();
            inner.waiting = 0;
        }
        inner.status.to = target.peer;
        // Nobody else sets it.
        self.place.set(target).ok();
    }

    /// How it goes.
    pub fn status(&self) -> ReplayStatus {
        let inner = self.inner.lock();
        let mut status = inner.status.clone();
        status.paused = inner.paused.is_some();
        status.unsent = self.unsent.missed();
        status.read = self.reading.share().filter(|_| status.phase == ReplayPhase::Reading);
        status
    }

    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        self.inner.lock().status.is_over()
    }

    /// What changes of it.
    pub fn inner(&self) -> MutexGuard<'_, ReplayCourse> {
        self.inner.lock()
    }

    /// Does this with it.
    pub fn control(&self, control: ReplayControl) {
        let mut inner = self.inner.lock();
        match control {
            ReplayControl::Pause => {
                inner.paused.get_or_insert_with(Instant::now);
            }
            ReplayControl::Resume => {
                inner.steps = 0;
                if let Some(since) = inner.paused.take() {
                    inner.rested += since.elapsed();
                }
            }
            ReplayControl::Step => {
                inner.paused.get_or_insert_with(Instant::now);
                inner.steps = inner.steps.saturating_add(1);
            }
            ReplayControl::Stop | ReplayControl::Dismiss => {
                inner.stops = true;
                self.reading.cancel();
            }
        }
        inner.changes += 1;
        drop(inner);
        self.changed.notify_all();
    }

    /// Takes what came from a peer: one read, or one datagram.
    pub fn heard(&self, peer: PeerId, bytes: &[u8]) {
        let mut inner = self.inner.lock();
        if !inner.listens || inner.status.is_over() {
            return;
        }
        let meant = match self.place.get() {
            Some(target) => target.peer,
            None => *inner.early.get_or_insert(peer),
        };
        if peer != meant {
            return;
        }
        if inner.waiting + bytes.len() + READ > INPUT {
            inner.overflowed = true;
        } else {
            inner.waiting += bytes.len() + READ;
            inner.input.push_back(bytes.into());
        }
        inner.changes += 1;
        drop(inner);
        self.changed.notify_all();
    }

    /// What came since.
    pub fn take_input(&self) -> VecDeque<Arc<[u8]>> {
        let mut inner = self.inner.lock();
        inner.waiting = 0;
        let input = std::mem::take(&mut inner.input);
        drop(inner);
        if !input.is_empty() {
            self.room.notify_waiters();
        }
        input
    }

    /// Whether more of this peer waits to be compared than should.
    pub fn is_crowded(&self, peer: PeerId) -> bool {
        let inner = self.inner.lock();
        let meant = self.place.get().map(|target| target.peer).or(inner.early);
        Some(peer) == meant && inner.waiting > INPUT / 2 && !inner.status.is_over()
    }

    /// Completes when there is room for more of this peer.
    pub async fn has_room(&self, peer: PeerId) {
        loop {
            let mut room = pin!(self.room.notified());
            room.as_mut().enable();
            if !self.is_crowded(peer) {
                return;
            }
            room.await;
        }
    }

    /// It is over; whether our FIN was put off for it, and is due now.
    pub fn end(&self, end: ReplayEnd) -> bool {
        let mut inner = self.inner.lock();
        inner.status.phase = ReplayPhase::Over(end);
        inner.input = VecDeque::new();
        let is_due = inner.puts_off;
        drop(inner);
        self.room.notify_waiters();
        is_due
    }

    /// How often it was changed from outside so far, for [`Self::wait`].
    pub fn changes(&self) -> u64 {
        self.inner.lock().changes
    }

    /// Waits until then, or until something has changed since that was asked.
    pub fn wait(&self, changes: u64, until: Instant) {
        let mut inner = self.inner.lock();
        if inner.changes == changes {
            self.changed.wait_until(&mut inner, until);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: PeerId = PeerId(1);

    fn state() -> ReplayState {
        let state = ReplayState::new(ReplayPace::Fast);
        state.goes_to(ReplayTarget {
            peer: PEER,
            datagrams: true,
            in_flight: 0,
            byte_time: Duration::ZERO,
        });
        state
    }

    #[test]
    fn empty_datagrams_fill_the_queue_too() {
        let state = state();
        state.listen(false);
        for _ in 0..INPUT / READ {
            state.heard(PEER, b"");
        }
        assert!(state.is_crowded(PEER) && !state.inner().overflowed);
        state.heard(PEER, b"");
        assert!(state.inner().overflowed);
        assert_eq!(state.take_input().len(), INPUT / READ);
    }

    #[test]
    fn what_comes_while_the_capture_is_looked_through_is_no_answer() {
        let state = state();
        state.heard(PEER, b"before");
        assert!(!state.is_crowded(PEER));
        state.listen(false);
        state.heard(PEER, b"after");
        assert_eq!(state.take_input(), [Arc::from(*b"after") as Arc<[u8]>]);
    }

    #[test]
    fn our_fin_is_put_off_as_long_as_it_is_played() {
        let state = state();
        assert!(!state.puts_off(PEER));
        state.listen(true);
        assert!(state.puts_off(PEER) && !state.puts_off(PeerId(2)));
        assert!(state.end(ReplayEnd::Done), "it is due then");
        assert!(!state.puts_off(PEER));
    }
}
