//! From one side of a relayed connection to the other: what is received here is sent there, with the faults that are asked for.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use espalier_core::faults::{FaultLine, FaultSpec, FaultStep, FiredFault, LineEnd, RelayFaults};
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until};

use super::outbox::Outbox;

/// Bytes that may wait to be sent before nothing more is taken: a slow reader on one side slows the sender on the other.
const WINDOW: usize = 256 << 10;

/// What may be on its way with faults, as [`FaultLine::cost`] has it: what a second of latency takes at 4 MB/s.
const LINE: usize = 4 << 20;

/// What is made of bytes where one side speaks another protocol.
pub type Conversion = Box<dyn Fn(&[u8]) -> Vec<u8> + Send + Sync>;

/// One direction of a relayed connection.
pub struct Onward {
    to: Arc<Outbox>,
    /// What is made of bytes before they meet faults, and behind that.
    decode: Option<Conversion>,
    encode: Option<Conversion>,
    /// The other direction, which may be without a connection that has it: there is none, or it is over.
    back: OnceLock<Weak<Self>>,
    up: bool,
    began: Instant,
    way: Mutex<Way>,
    /// Bytes that were offered and are not taken: not yet, or because the other side takes nothing any more.
    offered: AtomicUsize,
    /// Bytes that came out of the line, likewise.
    given: AtomicUsize,
    /// There is something new for whoever runs the line.
    came: Notify,
    /// There may be room again.
    room: Notify,
    /// Whether anything is read from who sends.
    reads: watch::Sender<bool>,
}

impl std::fmt::Debug for Onward {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Onward")
            .field("up", &self.up)
            .field("way", &self.way)
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Way {
    line: FaultLine,
    /// What came out of the line waits for room, so nothing may go past it.
    gives: bool,
    /// Nothing is given on for now.
    held: bool,
    /// The sender has said its last (FIN).
    finished: bool,
    /// It did so without close_notify.
    truncated: bool,
    /// It is over otherwise, which the other side hears when nothing hides it any more.
    reset: bool,
    /// Nobody runs it any more: what comes is let go.
    closed: bool,
}

impl Onward {
    /// The way to this outbox, up to the target or down to the client; of the connection with this place among those of this
    /// run.
    pub fn new(to: Arc<Outbox>, up: bool, faults: &RelayFaults, place: u64) -> Self {
        let spec = Self::meant(up, faults);
        let reads = watch::Sender::new(!spec.stop_reading);
        let line = FaultLine::new(spec.clone(), faults.seed_of(place, up));
        Self {
            to,
            decode: None,
            encode: None,
            back: OnceLock::new(),
            up,
            began: Instant::now(),
            way: Mutex::new(Way {
                line,
                gives: false,
                held: false,
                finished: false,
                truncated: false,
                reset: false,
                closed: false,
            }),
            offered: AtomicUsize::new(0),
            given: AtomicUsize::new(0),
            came: Notify::new(),
            room: Notify::new(),
            reads,
        }
    }

    /// Makes this of what comes.
    pub fn with_decoding(mut self, decode: Conversion) -> Self {
        self.decode = Some(decode);
        self
    }

    /// Makes this of what goes on.
    pub fn with_encoding(mut self, encode: Conversion) -> Self {
        self.encode = Some(encode);
        self
    }

    /// The other direction has its faults from this one, too.
    pub fn set_back(&self, back: &Arc<Self>) {
        self.back.set(Arc::downgrade(back)).ok();
    }

    /// Gives nothing on for now, or goes on.
    pub fn hold(&self, held: bool) {
        self.way.lock().held = held;
        self.came.notify_one();
    }

    const fn meant(up: bool, faults: &RelayFaults) -> &FaultSpec {
        if up { &faults.up } else { &faults.down }
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Has these faults from now on, and so has the other direction.
    pub fn set(&self, faults: &RelayFaults) {
        self.set_own(faults);
        if let Some(back) = self.back.get().and_then(Weak::upgrade) {
            back.set_own(faults);
        }
    }

    fn set_own(&self, faults: &RelayFaults) {
        let spec = Self::meant(self.up, faults);
        self.reads.send_replace(!spec.stop_reading);
        self.way.lock().line.set(spec.clone(), self.now());
        self.came.notify_one();
        self.room.notify_waiters();
    }

    /// Completes when anything is to be read from who sends.
    pub async fn may_read(&self) {
        // The sender is ours, so it cannot be gone.
        self.reads.subscribe().wait_for(|reads| *reads).await.ok();
    }

    /// Takes what was received; while this waits, nothing more is read.
    pub async fn give(&self, bytes: &Arc<[u8]>) {
        // Who waits here may be over before there is room.
        self.offered.fetch_add(bytes.len(), Ordering::Relaxed);
        if self.take(bytes).await {
            self.offered.fetch_sub(bytes.len(), Ordering::Relaxed);
        }
    }

    async fn take(&self, bytes: &Arc<[u8]>) -> bool {
        match &self.decode {
            Some(decode) => self.give_decoded(&decode(bytes).into()).await,
            None => self.give_decoded(bytes).await,
        }
    }

    /// Whether they are on their way.
    async fn give_decoded(&self, bytes: &Arc<[u8]>) -> bool {
        if bytes.is_empty() {
            return true;
        }
        loop {
            let mut room = pin!(self.room.notified());
            room.as_mut().enable();
            {
                let mut way = self.way.lock();
                if way.closed {
                    return true;
                }
                if !way.gives && !way.held && way.line.lets_by(bytes.len()) {
                    break;
                }
                if way.line.cost() < LINE {
                    way.line.push(bytes, self.now());
                    drop(way);
                    self.came.notify_one();
                    return true;
                }
            }
            room.await;
        }
        self.send(bytes).await
    }

    /// Whether they are sent; otherwise the other side takes nothing any more.
    async fn send(&self, bytes: &Arc<[u8]>) -> bool {
        let encoded = self.encode.as_ref().map(|encode| encode(bytes).into());
        self.to.push_within(encoded.as_ref().unwrap_or(bytes), WINDOW).await.is_ok()
    }

    /// Nobody runs it any more: who waits for room waits no longer.
    pub fn close(&self) {
        self.way.lock().closed = true;
        self.room.notify_waiters();
    }

    /// The sender has said its last; of TLS, perhaps without close_notify.
    pub fn finish(&self, truncated: bool) {
        let mut way = self.way.lock();
        way.finished = true;
        way.truncated |= truncated;
        way.line.finish(self.now());
        drop(way);
        self.came.notify_one();
    }

    /// The sender is over, and not in order. While nothing is told of it on the other side, that waits.
    pub fn reset(&self) {
        self.way.lock().reset = true;
        self.came.notify_one();
    }

    /// Whether the sender has said its last.
    pub fn is_finished(&self) -> bool {
        self.way.lock().finished
    }

    /// How many bytes that came are not given on, now that it is over, unless a fault is why; with those that were `offered` and not taken.
    pub fn lost(&self, offered: bool) -> usize {
        let waiting = {
            let way = self.way.lock();
            if way.line.is_cut() || way.line.is_silent() {
                return 0;
            }
            way.line.waiting()
        };
        let offered = if offered { self.offered.load(Ordering::Relaxed) } else { 0 };
        waiting + self.given.load(Ordering::Relaxed) + offered
    }

    /// Whether the other side is told nothing of what happens on this one.
    pub fn is_silent(&self) -> bool {
        self.way.lock().line.is_silent()
    }

    /// Gives on what is due, to the end; the other side has its FIN then, unless a fault is the end.
    pub async fn run(&self, tell: impl Fn(FiredFault)) -> LineEnd {
        loop {
            let (step, fired) = {
                let mut way = self.way.lock();
                let step = match way.held {
                    _ if way.reset && !way.line.is_silent() => FaultStep::End(LineEnd::Reset),
                    true => FaultStep::Idle,
                    false => way.line.next(self.now()),
                };
                way.gives = matches!(step, FaultStep::Pass(_));
                let mut fired = way.line.take_fired();
                if matches!(step, FaultStep::End(_)) {
                    fired.extend(way.line.untold());
                }
                (step, fired)
            };
            fired.into_iter().for_each(&tell);
            match step {
                FaultStep::Pass(bytes) => {
                    let length = bytes.len();
                    self.given.fetch_add(length, Ordering::Relaxed);
                    if self.send(&bytes.into()).await {
                        self.given.fetch_sub(length, Ordering::Relaxed);
                    }
                    self.way.lock().gives = false;
                    self.room.notify_waiters();
                }
                FaultStep::Wait(due) => {
                    self.room.notify_waiters();
                    tokio::select! {
                        () = sleep_until(self.began + due) => {}
                        () = self.came.notified() => {}
                    }
                }
                FaultStep::Idle => {
                    self.room.notify_waiters();
                    self.came.notified().await;
                }
                FaultStep::End(end) => {
                    self.room.notify_waiters();
                    if end == LineEnd::Finished {
                        match self.way.lock().truncated {
                            true => self.to.cut(),
                            false => self.to.finish(),
                        }
                    }
                    return end;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn onward(to: &Arc<Outbox>, up: FaultSpec) -> Onward {
        Onward::new(to.clone(), true, &RelayFaults { up, ..RelayFaults::default() }, 1)
    }

    #[tokio::test]
    async fn what_comes_when_the_other_side_is_over_is_lost_and_counted() {
        let to = Arc::<Outbox>::default();
        let way = onward(&to, FaultSpec::default());
        way.give(&b"in time"[..].into()).await;
        assert_eq!(way.lost(true), 0);
        to.close();
        way.give(&b"late"[..].into()).await;
        assert_eq!((way.lost(true), way.lost(false)), (4, 0), "it stays with who has offered it");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_on_its_way_then_is_lost_too() {
        let to = Arc::<Outbox>::default();
        let way = onward(&to, FaultSpec { latency_ms: 5, ..FaultSpec::default() });
        way.give(&b"late"[..].into()).await;
        to.close();
        way.finish(false);
        assert_eq!(way.run(|_| {}).await, LineEnd::Finished);
        assert_eq!((way.lost(true), way.lost(false)), (4, 4));
    }
}
