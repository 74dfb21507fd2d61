//! The truth about one session: what it was asked, what happened, who is connected, where it stands. Shared by its tasks;
//! everybody else reads the snapshots it publishes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use espalier_core::capture::Source as _;
use espalier_core::record::Position;
use espalier_core::session::{
    Behaviour, ConnectionState, CycleStatus, EndReason, PeerStatus, SessionEvent, SessionId,
    SessionSpec, SessionState, SessionStatus, TransportSpec,
};
use espalier_core::{Direction, PeerId, Timestamp};
use espalier_core::{Sentence, say};
use parking_lot::{Mutex, RwLock};
use tokio::sync::{Notify, watch};

use super::book::{Book, Opened, Store};
use super::cycle::Cycle;
use super::ending::End;
use super::peer::Peer;
use super::peers::Peers;
use super::serial::SerialHalf;
use super::tap::Tap;
use crate::board::ports::SimulatedBoards;
use crate::capture::{Capture, CaptureError, CaptureLimits};
use crate::captures::Numbered;
use crate::clock::{self, now};

/// The truth about one session.
#[derive(Debug)]
pub struct Ledger {
    /// Which session.
    pub id: SessionId,
    /// What it was asked, with all changes since.
    pub spec: RwLock<SessionSpec>,
    /// Who is connected.
    pub peers: RwLock<Peers>,
    /// A cyclic send under way.
    pub cycle: Mutex<Option<Cycle>>,
    /// The port of a serial session.
    pub serial: SerialHalf,
    /// Told after each change of state, and when a connection comes or goes.
    pub changed: Notify,
    book: Mutex<Book>,
    stand: Mutex<Stand>,
    /// Why the capture cannot be written; tasks end when it is set.
    broken: watch::Sender<Option<Arc<str>>>,
    tap: Option<Arc<Tap>>,
    status: RwLock<Arc<SessionStatus>>,
    dirty: AtomicBool,
    /// The capture held something when it was opened.
    continues: AtomicBool,
    pulse: Arc<Notify>,
    /// Steps of the clock that were told, and their sum.
    steps: AtomicU64,
    stepped: AtomicI64,
}

/// Where a session stands.
#[derive(Clone, Debug, Default)]
pub struct Stand {
    /// Its state.
    pub state: SessionState,
    /// Our end.
    pub local: Option<SocketAddr>,
    /// The other end.
    pub remote: Option<SocketAddr>,
    /// Since when.
    pub since: Option<Timestamp>,
}

impl Ledger {
    /// A session that has not begun. `pulse` is told when there is something to publish.
    pub fn new(
        id: SessionId,
        spec: SessionSpec,
        store: Store,
        tap: Option<Arc<Tap>>,
        pulse: Arc<Notify>,
        simulated: Arc<dyn SimulatedBoards>,
    ) -> Self {
        let status = SessionStatus {
            id,
            state: SessionState::Idle,
            local: None,
            remote: None,
            since: None,
            peers: Arc::default(),
            traffic: Default::default(),
            integrity: Default::default(),
            queued: 0,
            cycle: None,
            capture_bytes: 0,
            retired_bytes: 0,
            torn_bytes: 0,
            continues: false,
        };
        let (steps, stepped) = clock::steps();
        Self {
            id,
            spec: RwLock::new(spec),
            peers: RwLock::default(),
            cycle: Mutex::default(),
            serial: SerialHalf::new(simulated),
            changed: Notify::new(),
            book: Mutex::new(Book::new(store)),
            stand: Mutex::default(),
            broken: watch::Sender::new(None),
            tap,
            status: RwLock::new(Arc::new(status)),
            dirty: AtomicBool::new(false),
            continues: AtomicBool::new(false),
            pulse,
            steps: AtomicU64::new(steps),
            stepped: AtomicI64::new(stepped),
        }
    }

    /// Makes the capture ready to be written, again if it was broken.
    pub fn open_capture(self: &Arc<Self>) -> Result<(), CaptureError> {
        let this = Arc::downgrade(self);
        let opened = self.book.lock().open(self.limits(), move |trouble| {
            if let Some(ledger) = this.upgrade() {
                ledger.note(None, trouble.sentence());
            }
        })?;
        let Opened { begun, instead, stored } = opened;
        let moved = instead.is_some();
        if let Some(id) = instead {
            self.spec.write().capture = Some(id);
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
        Ok(())
    }

    /// Writes down what the list of captures shows of this session's.
    fn describe(&self, moved: bool) {
        let Some(captures) = self.book.lock().kept_among().filter(|it| it.are_kept()) else {
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
        let numbered = self.book.lock().numbered().filter(|it| it.until <= capture.extent().end);
        let since = Position(numbered.map_or(0, |it| it.until));
        capture.last_peer(since).max(numbered.map(|it| it.peer))
    }

    /// Where the numbers of connections stand.
    pub fn numbered(&self) -> Option<Numbered> {
        let until = self.capture()?.extent().end;
        Some(Numbered { peer: self.peers.read().last(), until })
    }

    /// The capture, once it was opened.
    pub fn capture(&self) -> Option<Capture> {
        self.book.lock().capture().cloned()
    }

    /// Whether nothing happened, and nothing was there before. What could not be opened may hold anything.
    pub fn left_nothing(&self) -> bool {
        let book = self.book.lock();
        let begun = book.capture().is_some() && !self.continues.load(Ordering::Acquire);
        begun && book.is_empty()
    }

    /// Nothing more happens: the capture is left to whoever writes it next.
    pub fn finish_capture(&self) {
        self.book.lock().finish();
    }

    /// Deletes the capture if it is a folder of the engine's own; a file that the user named stays.
    pub fn discard_capture(&self) {
        self.book.lock().discard();
    }

    /// How much history the specification asks for.
    pub fn limits(&self) -> CaptureLimits {
        /// What the specification promises as the least.
        const LEAST_MIB: u64 = 128;
        CaptureLimits::with_retention_mib(self.spec.read().retention_mib.max(LEAST_MIB))
    }

    /// Writes down one read or write of a connection. The caller holds the connection's meter.
    pub fn data(
        &self,
        at: Timestamp,
        direction: Direction,
        peer: &Peer,
        bytes: &[u8],
    ) -> Result<(), End> {
        self.tell_steps();
        let done = self.book.lock().data(at, direction, peer.id, Some(&peer.ends), bytes);
        self.mark();
        done.map_err(|error| self.fail(&error))
    }

    /// Writes down one read or write of a serial port.
    pub fn port_data(&self, at: Timestamp, direction: Direction, bytes: &[u8]) -> Result<(), End> {
        self.tell_steps();
        let done = self.book.lock().data(at, direction, PeerId::SESSION, None, bytes);
        self.mark();
        done.map_err(|error| self.fail(&error))
    }

    /// Writes down an event of a connection, or of the session itself.
    pub fn event(&self, peer: Option<&Peer>, event: SessionEvent) {
        self.tell_steps();
        let (id, ends) = peer.map_or((PeerId::SESSION, None), |peer| (peer.id, Some(&peer.ends)));
        // The stamp is taken under the lock: events of many connections are in order.
        let done = {
            let mut book = self.book.lock();
            book.event(now(), id, ends, &event)
        };
        if let Some(tap) = &self.tap {
            tap.event(id, &event);
        }
        self.mark();
        if let Err(error) = done {
            self.fail(&error);
        }
    }

    /// Writes down a sentence about a connection, or about the session itself.
    pub fn note(&self, peer: Option<&Peer>, sentence: impl Into<Sentence>) {
        self.event(peer, SessionEvent::Note(sentence.into()));
    }

    /// Says that the clock was set, since the last time it was looked at.
    fn tell_steps(&self) {
        let (count, sum) = clock::steps();
        if self.steps.swap(count, Ordering::AcqRel) == count {
            return;
        }
        let by = sum.saturating_sub(self.stepped.swap(sum, Ordering::AcqRel));
        let span = Duration::from_nanos(by.unsigned_abs());
        match by {
            0 => {}
            ..0 => self.note(
                None,
                say!(
                    "note-clock-back",
                    "the clock of this computer was set back by {span}: times go on from where they were",
                    span = spelled(span),
                ),
            ),
            _ => self.note(
                None,
                say!(
                    "note-clock-ahead",
                    "the clock of this computer went ahead by {span}: it was set, or the computer slept",
                    span = spelled(span),
                ),
            ),
        }
    }

    /// The capture cannot be written: every task of the session ends.
    fn fail(&self, error: &CaptureError) -> End {
        let detail = error.to_string();
        self.broken.send_if_modified(|broken| match broken {
            Some(_) => false,
            None => {
                *broken = Some(detail.as_str().into());
                true
            }
        });
        End::of_capture(detail)
    }

    /// Completes when the capture cannot be written any more.
    pub async fn broken(&self) -> End {
        let mut broken = self.broken.subscribe();
        let detail = broken.wait_for(Option::is_some).await.ok().and_then(|why| why.clone());
        match detail {
            Some(detail) => End::of_capture(detail),
            // The sender is ours, so it cannot be gone.
            None => std::future::pending().await,
        }
    }

    /// The end of every task, when the capture cannot be written: then nothing may be read or sent any more.
    pub fn broken_now(&self) -> Option<End> {
        self.broken.borrow().as_ref().map(End::of_capture)
    }

    /// Received bytes are wanted by somebody besides the capture.
    pub fn tap(&self) -> Option<&Tap> {
        self.tap.as_deref().filter(|tap| tap.takes_bytes())
    }

    /// What a server does by itself; a client does nothing.
    pub fn behaviour(&self) -> Behaviour {
        match &self.spec.read().transport {
            TransportSpec::TcpServer(server) => server.behaviour,
            _ => Behaviour::Manual,
        }
    }

    /// Changes where the session stands.
    pub fn stand(&self, change: impl FnOnce(&mut Stand)) {
        change(&mut self.stand.lock());
        self.mark();
        self.changed.notify_waiters();
    }

    /// Where the session stands now, without waiting for the next snapshot.
    pub fn state(&self) -> SessionState {
        self.stand.lock().state.clone()
    }

    /// The session is over: stopped by the user, or for this reason.
    pub fn rest(&self, end: Option<&End>) {
        self.stand(|stand| {
            let state = end.map_or(SessionState::Idle, |End { reason, detail }| {
                SessionState::Ended { reason: *reason, detail: detail.as_str().into() }
            });
            *stand = Stand { state, ..Stand::default() };
        });
        if let Some(tap) = &self.tap {
            tap.rests(end.map(|end| end.reason));
        }
    }

    /// A connection is over: its last words, its place in the list.
    pub fn leave(&self, peer: &Peer, end: &End) {
        let unsent = peer.outbox.close();
        if unsent > 0 {
            self.note(
                Some(peer),
                say!("note-unsent", "{bytes} queued bytes were not sent", bytes = unsent),
            );
        }
        let passed_over = peer.take_passed_over();
        if passed_over > 0 {
            self.note(
                Some(peer),
                say!("note-missed", "did not get {bytes} broadcast bytes", bytes = passed_over,),
            );
        }
        let End { reason, detail } = end.clone();
        peer.set_state(ConnectionState::Ended(reason));
        self.event(Some(peer), SessionEvent::Ended { reason, detail });
        self.peers.write().leave(peer.status(now()));
        self.changed.notify_waiters();
        self.mark();
    }

    /// There is something to publish.
    pub fn mark(&self) {
        if !self.dirty.swap(true, Ordering::AcqRel) {
            self.pulse.notify_one();
        }
    }

    /// Whether something changed since the last snapshot; asking clears it.
    pub fn take_dirty(&self) -> bool {
        self.dirty.swap(false, Ordering::AcqRel)
    }

    /// The last snapshot.
    pub fn status(&self) -> Arc<SessionStatus> {
        self.status.read().clone()
    }

    /// Whether the last snapshot shows a rate, which must fall to zero by itself.
    pub fn is_lively(&self) -> bool {
        let traffic = self.status.read().traffic;
        traffic.receive_rate > 0.0 || traffic.send_rate > 0.0
    }

    /// Makes a new snapshot.
    pub fn publish(&self) {
        let at = now();
        let Stand { mut state, local, remote, since } = self.stand.lock().clone();
        let peers = self.peers.read().statuses(at);
        if let (SessionState::Connected(shown), Some(peer)) = (&mut state, peers.last()) {
            *shown = peer.state;
        }
        let (traffic, integrity, capture) = {
            let book = self.book.lock();
            let (traffic, integrity) = book.totals(at);
            (traffic, integrity, book.capture().cloned())
        };
        let status = SessionStatus {
            id: self.id,
            state,
            local,
            remote,
            since,
            queued: peers.iter().map(|peer: &PeerStatus| peer.queued).sum::<u64>()
                + self.serial.queued(),
            peers,
            traffic,
            integrity,
            cycle: self.cycle_status(),
            capture_bytes: capture.as_ref().map_or(0, Capture::kept_bytes),
            retired_bytes: capture.as_ref().map_or(0, Capture::retired_bytes),
            torn_bytes: capture.as_ref().map_or(0, Capture::torn_bytes),
            continues: self.continues.load(Ordering::Acquire),
        };
        *self.status.write() = Arc::new(status);
    }

    fn cycle_status(&self) -> Option<CycleStatus> {
        self.cycle.lock().as_ref().and_then(Cycle::status)
    }
}

/// Whether a connection that ended so is tried again: what we ended ourselves is not, and a full disk will not help.
pub const fn is_worth_retrying(reason: EndReason) -> bool {
    !matches!(reason, EndReason::ClosedByUs | EndReason::ResetByUs | EndReason::CaptureFailed)
}

/// `3.2 s`, `5 min`, `2 h 3 min`.
fn spelled(span: Duration) -> String {
    let seconds = span.as_secs_f64();
    match span.as_secs() {
        0..60 => format!("{seconds:.1} s"),
        60..3600 => format!("{} min", (seconds / 60.0).round()),
        whole => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}
