//! What a session holds of a transfer.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use espalier_core::session::RateMeter;
use espalier_core::transfer::{
    ReceiveEnd, TransferControl, TransferEnd, TransferPhase, TransferProtocol, TransferStatus,
    TransferredFile,
};
use espalier_core::{Direction, PeerId, Sentence};
use parking_lot::{Condvar, Mutex, MutexGuard};
use tokio::sync::Notify;

use super::incoming_file::IncomingFile;
use super::target::TransferTarget;
use crate::clock::now;

/// What came for a protocol and waits to be read. Above half of it nothing more is read from a connection; a port, which cannot be
/// made to wait, loses what is more, and the protocol asks for it again.
const INPUT: usize = 4 << 20;

/// A transfer of a session, or how the last one ended. It is cancelled when this is dropped.
#[derive(Debug)]
pub struct Transfer {
    state: Arc<TransferState>,
    thread: Option<JoinHandle<()>>,
}

/// What the session, its tasks and the transfer's thread share.
#[derive(Debug)]
pub struct TransferState {
    pub target: TransferTarget,
    pub direction: Direction,
    pub protocol: TransferProtocol,
    pub begun: Instant,
    inner: Mutex<Inner>,
    changed: Condvar,
    room: Notify,
}

/// What changes of a transfer.
#[derive(Debug)]
pub struct Inner {
    pub wish: Wish,
    pub paused: bool,
    /// What came for the protocol.
    pub input: VecDeque<u8>,
    /// The file that raw bytes go into as they come.
    pub raw: Option<RawFile>,
    pub status: TransferStatus,
    meter: RateMeter,
}

impl Inner {
    /// Writes raw bytes into their file; whether its thread has to know.
    fn store(&mut self, bytes: &[u8]) -> bool {
        let Some(raw) = self.raw.as_mut().filter(|raw| raw.fault.is_none()) else { return true };
        if bytes.is_empty() {
            return false;
        }
        let room = raw.end.size.map_or(u64::MAX, |size| size - raw.file.bytes().min(size));
        let taken = &bytes[..bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX))];
        raw.fault = raw.file.push(taken).err();
        raw.heard = Some(Instant::now());
        self.status.phase = TransferPhase::Moving;
        self.meter.add(now(), taken.len() as u64);
        // The thread looks at the silence by itself.
        raw.fault.is_some() || raw.is_full()
    }
}

/// What the user wants of it; the latest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    GoOn,
    Finish,
    Cancel,
}

/// A file that raw bytes go into.
#[derive(Debug)]
pub struct RawFile {
    pub file: IncomingFile,
    pub end: ReceiveEnd,
    /// When the last byte came.
    pub heard: Option<Instant>,
    /// Why no more can be written.
    pub fault: Option<Sentence>,
}

impl RawFile {
    /// Whether it has all that was asked for.
    pub fn is_full(&self) -> bool {
        self.end.size.is_some_and(|size| self.file.bytes() >= size)
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        self.state.change(|inner| inner.wish = Wish::Cancel);
        // What is not whole is taken away by its thread. That may be what drops the session: it does not wait for itself.
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            thread.join().ok();
        }
    }
}

impl Transfer {
    /// One whose thread this is.
    pub const fn new(state: Arc<TransferState>, thread: JoinHandle<()>) -> Self {
        Self { state, thread: Some(thread) }
    }

    /// One that could not begin, so that it is told where it was asked for.
    pub fn refused(direction: Direction, protocol: TransferProtocol, why: Sentence) -> Self {
        let target = TransferTarget { peers: None, in_flight: 0, byte_time: Duration::ZERO };
        let state = TransferState::new(target, direction, protocol, None);
        state.inner.lock().status.phase = TransferPhase::Over(TransferEnd::Failed(why));
        Self { state: Arc::new(state), thread: None }
    }

    /// What is shared with it.
    pub const fn state(&self) -> &Arc<TransferState> {
        &self.state
    }

    /// Does this with it.
    pub fn control(&self, control: TransferControl) {
        self.state.change(|inner| match control {
            TransferControl::Pause => inner.paused = true,
            TransferControl::Resume => inner.paused = false,
            TransferControl::Finish => inner.wish = Wish::Finish,
            TransferControl::Cancel | TransferControl::Dismiss => inner.wish = Wish::Cancel,
        });
    }
}

impl TransferState {
    /// One that waits for the other end.
    pub fn new(
        target: TransferTarget,
        direction: Direction,
        protocol: TransferProtocol,
        files: Option<usize>,
    ) -> Self {
        let status = TransferStatus {
            direction,
            protocol,
            phase: TransferPhase::Waiting,
            paused: false,
            name: String::new(),
            done: 0,
            size: None,
            files,
            rate: 0.0,
            left: None,
            retries: 0,
            finished: Vec::new(),
            finished_count: 0,
        };
        Self {
            target,
            direction,
            protocol,
            begun: Instant::now(),
            inner: Mutex::new(Inner {
                wish: Wish::GoOn,
                paused: false,
                input: VecDeque::new(),
                raw: None,
                status,
                meter: RateMeter::default(),
            }),
            changed: Condvar::new(),
            room: Notify::new(),
        }
    }

    /// How it goes.
    pub fn status(&self) -> TransferStatus {
        let inner = self.inner.lock();
        let mut status = inner.status.clone();
        status.paused = inner.paused;
        if let Some(raw) = &inner.raw {
            (status.done, status.size) = (raw.file.bytes(), raw.end.size);
        }
        if !status.is_over() {
            status.rate = inner.meter.rate(now());
            let missing = status.size.map(|size| size.saturating_sub(status.done) as f64);
            let left = missing.filter(|_| status.rate >= 1.0).map(|missing| missing / status.rate);
            status.left = left.map(|left| Duration::from_secs_f64(left.min(1e9)));
        }
        status
    }

    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        self.inner.lock().status.is_over()
    }

    /// Whether nobody else may send to this peer.
    pub fn occupies(&self, peer: PeerId) -> bool {
        let sends = self.direction == Direction::Out || self.protocol.is_spoken();
        sends && self.target.has(peer) && !self.is_over()
    }

    /// Changes it, and wakes its thread.
    pub fn change(&self, change: impl FnOnce(&mut Inner)) {
        change(&mut self.inner.lock());
        self.changed.notify_all();
    }

    /// What changes of it.
    pub fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock()
    }

    /// So many bytes of a file have moved.
    pub fn moved(&self, bytes: u64) {
        self.inner.lock().meter.add(now(), bytes);
    }

    /// A file is over.
    pub fn finished(&self, file: TransferredFile) {
        let status = &mut self.inner.lock().status;
        status.finished_count += 1;
        if status.finished.len() == TransferStatus::MOST_FINISHED {
            status.finished.remove(0);
        }
        status.finished.push(file);
    }

    /// Takes what came from a peer.
    pub fn heard(&self, peer: PeerId, bytes: &[u8]) {
        if !self.target.has(peer) || !(self.protocol.is_spoken() || self.direction == Direction::In)
        {
            return;
        }
        let mut guard = self.inner.lock();
        let inner = &mut *guard;
        if inner.status.is_over() {
            return;
        }
        if self.protocol.is_spoken() {
            let room = INPUT.saturating_sub(inner.input.len());
            inner.input.extend(&bytes[..bytes.len().min(room)]);
        } else if inner.raw.is_none() && inner.status.phase == TransferPhase::Waiting {
            // There is no file yet. It is crowded soon, and then no more is read.
            inner.input.extend(bytes);
        } else if !inner.store(bytes) {
            return;
        }
        drop(guard);
        self.changed.notify_all();
    }

    /// Raw bytes go into this file from now on, those first that came since it was asked for.
    pub fn opened(&self, raw: RawFile) {
        let mut inner = self.inner.lock();
        let early = std::mem::take(&mut inner.input);
        inner.raw = Some(raw);
        let (head, tail) = early.as_slices();
        inner.store(head);
        inner.store(tail);
        drop(inner);
        self.room.notify_waiters();
        self.changed.notify_all();
    }

    /// Whether more of this peer waits to be read than should.
    pub fn is_crowded(&self, peer: PeerId) -> bool {
        let inner = self.inner.lock();
        self.target.has(peer) && inner.input.len() > INPUT / 2 && !inner.status.is_over()
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

    /// What came since.
    pub fn take_input(&self) -> VecDeque<u8> {
        let input = std::mem::take(&mut self.inner.lock().input);
        if !input.is_empty() {
            self.room.notify_waiters();
        }
        input
    }

    /// It is over.
    pub fn end(&self, end: TransferEnd) {
        let mut inner = self.inner.lock();
        inner.status.phase = TransferPhase::Over(end);
        inner.input = VecDeque::new();
        drop(inner);
        self.room.notify_waiters();
    }

    /// Waits until something changes, or so long.
    pub fn wait(&self, most: Duration) {
        let mut inner = self.inner.lock();
        if inner.input.is_empty() && inner.wish == Wish::GoOn {
            self.changed.wait_for(&mut inner, most);
        }
    }

    /// Waits as long, whatever comes; a wish ends it.
    pub fn rest(&self, most: Duration) {
        let until = Instant::now() + most;
        let mut inner = self.inner.lock();
        while inner.wish == Wish::GoOn && !self.changed.wait_until(&mut inner, until).timed_out() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_before_there_is_a_file_is_its_beginning() {
        let folder = tempfile::tempdir().unwrap();
        let peers = Some(vec![PeerId(1)]);
        let target = TransferTarget { peers, in_flight: 0, byte_time: Duration::ZERO };
        let state = TransferState::new(target, Direction::In, TransferProtocol::Raw, None);
        let first = vec![7; INPUT / 2 + 1];
        state.heard(PeerId(1), &first);
        assert!(state.is_crowded(PeerId(1)), "no more is read meanwhile");
        assert!(!state.is_crowded(PeerId(2)), "others have nothing to do with it");
        let file = IncomingFile::at(&folder.path().join("it"), false).unwrap();
        state.opened(RawFile { file, end: ReceiveEnd::default(), heard: None, fault: None });
        assert!(!state.is_crowded(PeerId(1)));
        state.heard(PeerId(1), b"more");
        assert_eq!(state.status().done, first.len() as u64 + 4);
    }
}
