//! The state of one session: its specification, its connections, its phase and its recorder. Shared by its tasks;
//! everybody else reads the snapshots it publishes.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use espalier_core::backend::{SessionCommand, SharedRules};
use espalier_core::board::UsbIdentity;
use espalier_core::capture::Endpoints;
use espalier_core::faults::ReceiveFaults;
use espalier_core::load::LoadStatus;
use espalier_core::session::{
    Behaviour, ConnectionState, EndReason, SessionEvent, SessionId, SessionSpec, SessionState,
    SessionStatus, TransportSpec,
};
use espalier_core::tls::{Fingerprint, TlsStatus};
use espalier_core::{Direction, PeerId, Position, Sentence, Timestamp, say};
use parking_lot::{Mutex, RwLock};
use tokio::sync::mpsc::WeakSender;
use tokio::sync::{Notify, watch};

use super::bridge_end::BridgeEnd;
use super::chat_run::ChatRun;
use super::cyclic_send::CyclicSend;
use super::driven::Driven;
use super::end_cause::EndCause;
use super::figure_watch::FigureWatch;
use super::list_run::ListRunner;
use super::onward::Onward;
use super::peer::{AskedAt, Peer};
use super::peers::Peers;
use super::recorder::{CaptureTarget, Recorder};
use super::replay::Replay;
use super::room::RoomHost;
use super::rule_run::RuleRunner;
use super::serial_port::SerialState;
use super::tap::Tap;
use super::transfer::{OtherEnd, Transfer, TransferState};
use super::typist::Typist;
use crate::board::ports::SimulatedBoards;
use crate::capture::CaptureError;
use crate::clock::{self, now};
use crate::log_file::{LogFileEnd, LogFileRun};
use crate::part::Part;

/// The state of one session, shared by its tasks.
#[derive(Debug)]
pub struct SessionShared {
    /// The session's number.
    pub id: SessionId,
    /// The specification, with all changes since the session was opened.
    pub spec: RwLock<Arc<SessionSpec>>,
    /// The connections, open and ended.
    pub peers: RwLock<Peers>,
    /// A cyclic send under way.
    pub cycle: Mutex<Option<CyclicSend>>,
    /// A run of a send list, or the last one.
    pub list: Mutex<Option<ListRunner>>,
    /// Its rules at work, once it has any.
    pub rules: Mutex<Option<RuleRunner>>,
    /// What all sessions have in common for them.
    pub shared_rules: RwLock<Arc<SharedRules>>,
    /// A rule has ended the session.
    pub ended_by_rule: AtomicBool,
    /// Whom a datagram session talks with; 0: nobody yet.
    pub counterpart: AtomicU32,
    /// Who commands the session's task; nobody before it was begun.
    pub orders: OnceLock<WeakSender<SessionCommand>>,
    /// What is being sent as a person types.
    pub typist: Mutex<Option<Typist>>,
    /// Its chat, when it is a member of a room.
    pub chat: Mutex<Option<Driven<ChatRun>>>,
    /// How many of its lines were taken by somebody who takes them one by one, and is waited for.
    pub chat_taken: watch::Sender<u64>,
    /// A chat room, where it is one.
    pub room: Mutex<Option<Driven<RoomHost>>>,
    /// A transfer of files, or the last one.
    pub transfer: Mutex<Option<Transfer>>,
    /// A capture that is played to it, or the last one.
    pub replay: Mutex<Option<Replay>>,
    /// Its log in files.
    pub log_file: Mutex<Option<LogFileRun>>,
    /// How that has ended, once the session has left.
    pub log_file_end: Mutex<Option<LogFileEnd>>,
    /// What the other end of one has said before there is any.
    pub other_end: Mutex<OtherEnd>,
    /// The port of a serial session.
    pub serial: SerialState,
    /// What was seen of its connections by those who looked.
    pub figures: FigureWatch,
    /// When something was sent to a port last that was not answered yet.
    asked: AskedAt,
    /// What it does wrong on purpose when it receives.
    pub receiving: watch::Sender<ReceiveFaults>,
    /// The bridge to another session.
    pub bridge: RwLock<Option<Arc<BridgeEnd>>>,
    /// What goes between the two ports of a relay.
    pub port_line: Mutex<Weak<Onward>>,
    /// Its load test, or the last one, as it was looked at last.
    pub load: Mutex<Option<Arc<LoadStatus>>>,
    /// Addresses outside may be loaded, as long as the session is open.
    pub load_allowed: AtomicBool,
    /// How its connections are secured.
    pub tls: Mutex<Option<Arc<TlsStatus>>>,
    /// A certificate that the next attempt takes for the server's.
    pub trusted_once: Mutex<Option<Fingerprint>>,
    /// That TLS was spoken to it in vain was told.
    pub told_of_tls: AtomicBool,
    /// Where certificates of our own making are kept; nowhere when unset.
    pub certificates: OnceLock<PathBuf>,
    /// Told after each change of state, and when a connection comes or goes.
    pub changed: Notify,
    pub(super) recorder: Mutex<Recorder>,
    pub(super) phase: Mutex<SessionPhase>,
    /// Why the capture cannot be written; tasks end when it is set.
    pub(super) broken: watch::Sender<Option<Arc<str>>>,
    tap: Option<Arc<Tap>>,
    pub(super) status: RwLock<Arc<SessionStatus>>,
    pub(super) dirty: AtomicBool,
    /// The capture held something when it was opened.
    pub(super) continues: AtomicBool,
    /// When the capture was opened, and where it ended then.
    pub(super) began: Mutex<Option<(Instant, u64)>>,
    publisher: Arc<Notify>,
    /// Steps of the clock that were told, and their sum.
    steps: AtomicU64,
    stepped: AtomicI64,
}

/// The phase that a session is in, and the addresses that go with it.
#[derive(Clone, Debug, Default)]
pub struct SessionPhase {
    /// The state.
    pub state: SessionState,
    /// Our address; `None` while there is no socket.
    pub local: Option<SocketAddr>,
    /// The peer's address; `None` while nothing is connected.
    pub remote: Option<SocketAddr>,
    /// When the phase began.
    pub since: Option<Timestamp>,
}

impl SessionShared {
    /// A session that has not begun. `publisher` is told when there is something to publish.
    pub fn new(
        id: SessionId,
        spec: SessionSpec,
        store: CaptureTarget,
        tap: Option<Arc<Tap>>,
        publisher: Arc<Notify>,
        simulated: Arc<dyn SimulatedBoards>,
    ) -> Self {
        let status = SessionStatus {
            id,
            state: SessionState::Idle,
            local: None,
            remote: None,
            counterpart: None,
            since: None,
            peers: Arc::default(),
            traffic: Default::default(),
            integrity: Default::default(),
            queued: 0,
            cycle: None,
            list: None,
            rules: None,
            chat: None,
            room: None,
            transfer: None,
            replay: None,
            offer: None,
            log_file: None,
            load: None,
            tls: None,
            bridge: None,
            capture_bytes: 0,
            retired_bytes: 0,
            torn_bytes: 0,
            continues: false,
        };
        let (steps, stepped) = clock::steps();
        Self {
            id,
            peers: RwLock::default(),
            cycle: Mutex::default(),
            list: Mutex::default(),
            rules: Mutex::default(),
            shared_rules: RwLock::default(),
            ended_by_rule: AtomicBool::new(false),
            counterpart: AtomicU32::new(0),
            orders: OnceLock::new(),
            typist: Mutex::default(),
            chat: Mutex::default(),
            chat_taken: watch::Sender::new(u64::MAX),
            room: Mutex::default(),
            transfer: Mutex::default(),
            replay: Mutex::default(),
            log_file: Mutex::default(),
            log_file_end: Mutex::default(),
            other_end: Mutex::default(),
            serial: SerialState::new(simulated),
            figures: FigureWatch::default(),
            asked: AskedAt::default(),
            receiving: watch::Sender::new(spec.transport.receive_faults()),
            bridge: RwLock::default(),
            port_line: Mutex::default(),
            load: Mutex::default(),
            spec: RwLock::new(Arc::new(spec)),
            tls: Mutex::default(),
            trusted_once: Mutex::default(),
            told_of_tls: AtomicBool::new(false),
            load_allowed: AtomicBool::new(false),
            certificates: OnceLock::new(),
            changed: Notify::new(),
            recorder: Mutex::new(Recorder::new(store)),
            phase: Mutex::default(),
            broken: watch::Sender::new(None),
            tap,
            status: RwLock::new(Arc::new(status)),
            dirty: AtomicBool::new(false),
            continues: AtomicBool::new(false),
            began: Mutex::default(),
            publisher,
            steps: AtomicU64::new(steps),
            stepped: AtomicI64::new(stepped),
        }
    }

    /// Changes the specification; whoever has it already keeps it as it was.
    pub fn change_spec(&self, change: impl FnOnce(&mut SessionSpec)) {
        change(Arc::make_mut(&mut self.spec.write()));
    }

    /// Remembers which ELF backtraces of the port's board are decoded with.
    pub fn choose_elf(&self, elf: Option<&Path>, board: Option<&UsbIdentity>) {
        self.change_spec(|spec| {
            if let TransportSpec::Serial(serial) = &mut spec.transport {
                serial.elf = elf.map(Path::to_owned);
                serial.elf_board = board.cloned();
            }
        });
    }

    /// Writes down one read or write of a connection. The caller holds the connection's meter.
    pub fn data(
        &self,
        at: Timestamp,
        direction: Direction,
        peer: &Peer,
        part: Part<'_>,
    ) -> Result<(), EndCause> {
        self.tell_steps();
        // Of a relay, the target's answers are timed, and not how long a client thinks.
        let is_timed = peer.onward.get().is_none() || peer.connect_time.get().is_some();
        let answered = peer.asked.moved(at, direction).filter(|_| is_timed);
        let is_kept = peer.load.get().is_none_or(|client| client.keeps_bytes);
        let (done, record) = {
            let mut recorder = self.recorder.lock();
            answered.into_iter().for_each(|after| recorder.answered(after));
            let done = if is_kept {
                recorder.data(at, direction, peer.id, Some(&peer.ends), part)
            } else {
                recorder.count(at, direction, part);
                Ok(())
            };
            (done, recorder.last_record())
        };
        let datagram = peer.ends.carry_datagrams();
        self.answer(at, direction, (peer.id, datagram), record, part.bytes());
        self.mark_dirty();
        done.map_err(|error| self.fail(&error))
    }

    /// Writes down one read or write of a serial port.
    pub fn port_data(
        &self,
        at: Timestamp,
        direction: Direction,
        bytes: &[u8],
    ) -> Result<(), EndCause> {
        self.port_data_of(PeerId::SESSION, at, direction, bytes)
    }

    /// The same of one that has a number.
    pub fn port_data_of(
        &self,
        port: PeerId,
        at: Timestamp,
        direction: Direction,
        bytes: &[u8],
    ) -> Result<(), EndCause> {
        self.tell_steps();
        let is_own = port == PeerId::SESSION;
        let answered = is_own.then(|| self.asked.moved(at, direction)).flatten();
        let (done, record) = {
            let mut recorder = self.recorder.lock();
            answered.into_iter().for_each(|after| recorder.answered(after));
            let done = recorder.data(at, direction, port, None, bytes.into());
            (done, recorder.last_record())
        };
        self.answer(at, direction, (port, false), record, bytes);
        self.mark_dirty();
        done.map_err(|error| self.fail(&error))
    }

    /// What came may be the answer that a send list or a replay waits for, what a rule waits for, or of a file.
    fn answer(
        &self,
        at: Timestamp,
        direction: Direction,
        (peer, datagram): (PeerId, bool),
        record: Position,
        bytes: &[u8],
    ) {
        if direction == Direction::Out {
            return;
        }
        if let Some(run) = &*self.list.lock() {
            run.heard(peer, bytes);
        }
        if let Some(rules) = &*self.rules.lock() {
            rules.heard((peer, datagram), at, record, bytes);
        }
        if let Some(replay) = self.replay() {
            replay.heard(peer, bytes);
        }
        let transfer = self.transfer();
        if let Some(transfer) = &transfer {
            transfer.heard(peer, bytes);
        }
        if transfer.is_none_or(|transfer| transfer.is_over()) {
            self.other_end.lock().heard(peer, bytes);
        }
    }

    /// A connection stands, or the port is open, which this record tells: rules may wait for that.
    pub fn rules_connected(&self, peer: Option<&Peer>, record: Position) {
        // Before the rules are locked: who changes the specification tells them of it.
        let spec = self.spec.read().clone();
        let address = peer.map(|peer| peer.ends.remote.ip());
        let encoding = address.and_then(|address| spec.transport.clients().encoding(address));
        if let Some(rules) = &*self.rules.lock() {
            rules.connected(peer.map_or(PeerId::SESSION, |peer| peer.id), encoding, record);
        }
    }

    /// A connection is over, or the port is, which this record tells.
    pub fn rules_disconnected(&self, peer: PeerId, record: Position) {
        if let Some(rules) = &*self.rules.lock() {
            rules.disconnected(peer, record);
        }
    }

    /// Its chat, if it is a member of a room.
    pub fn chat(&self) -> Option<Arc<ChatRun>> {
        self.chat.lock().as_ref().map(|chat| chat.it().clone())
    }

    /// The room that it is, if it is one.
    pub fn room(&self) -> Option<Arc<RoomHost>> {
        self.room.lock().as_ref().map(|room| room.it().clone())
    }

    /// The transfer that runs, or the last one.
    pub fn transfer(&self) -> Option<Arc<TransferState>> {
        self.transfer.lock().as_ref().map(|transfer| transfer.state().clone())
    }

    /// Whether a transfer has this connection, or the port, for itself.
    pub fn is_transferring(&self, peer: PeerId) -> bool {
        self.transfer().is_some_and(|transfer| transfer.occupies(peer))
    }

    /// Writes down an event of a connection, or of the session itself; returns which record tells it.
    pub fn event(&self, peer: Option<&Peer>, event: SessionEvent) -> Position {
        let (id, ends) = peer.map_or((PeerId::SESSION, None), |peer| (peer.id, Some(&peer.ends)));
        self.event_of(id, ends, event)
    }

    /// Writes down an event of a connection that may be over; returns which record tells it.
    pub fn event_of(&self, id: PeerId, ends: Option<&Endpoints>, event: SessionEvent) -> Position {
        self.tell_steps();
        // The stamp is taken under the lock: events of many connections are in order.
        let (done, record) = {
            let mut recorder = self.recorder.lock();
            let done = recorder.event(now(), id, ends, &event);
            (done, recorder.last_record())
        };
        if let Some(tap) = &self.tap {
            tap.event(id, &event);
        }
        self.mark_dirty();
        if let Err(error) = done {
            self.fail(&error);
        }
        record
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
    fn fail(&self, error: &CaptureError) -> EndCause {
        let detail = error.to_string();
        self.broken.send_if_modified(|broken| match broken {
            Some(_) => false,
            None => {
                *broken = Some(detail.as_str().into());
                true
            }
        });
        EndCause::of_capture(detail)
    }

    /// Completes when the capture cannot be written any more.
    pub async fn broken(&self) -> EndCause {
        let mut broken = self.broken.subscribe();
        let detail = broken.wait_for(Option::is_some).await.ok().and_then(|why| why.clone());
        match detail {
            Some(detail) => EndCause::of_capture(detail),
            // The sender is ours, so it cannot be gone.
            None => std::future::pending().await,
        }
    }

    /// The end of every task, when the capture cannot be written: then nothing may be read or sent any more.
    pub fn broken_now(&self) -> Option<EndCause> {
        self.broken.borrow().as_ref().map(EndCause::of_capture)
    }

    /// Received bytes are wanted by somebody besides the capture.
    pub fn tap(&self) -> Option<&Tap> {
        self.tap.as_deref().filter(|tap| tap.takes_bytes())
    }

    /// What a server does by itself; a client does nothing.
    pub fn behaviour(&self) -> Behaviour {
        match &self.spec.read().transport {
            TransportSpec::TcpServer(server) => server.behaviour,
            // A room knows its members by their connections.
            TransportSpec::Udp(udp) if udp.behaviour == Behaviour::Room => Behaviour::Manual,
            TransportSpec::Udp(udp) => udp.behaviour,
            _ => Behaviour::Manual,
        }
    }

    /// Changes the session's phase, and tells whoever waits for that.
    pub fn update_phase(&self, change: impl FnOnce(&mut SessionPhase)) {
        change(&mut self.phase.lock());
        self.mark_dirty();
        self.changed.notify_waiters();
    }

    /// The session's state now, which the last status may not show yet.
    pub fn state(&self) -> SessionState {
        self.phase.lock().state.clone()
    }

    /// Ends the session: stopped by the user, or for this reason.
    pub fn end_session(&self, end: Option<&EndCause>) {
        self.update_phase(|phase| {
            let state = end.map_or(SessionState::Idle, |EndCause { reason, detail }| {
                SessionState::Ended { reason: *reason, detail: detail.as_str().into() }
            });
            *phase = SessionPhase { state, ..SessionPhase::default() };
        });
        let Some(tap) = &self.tap else { return };
        let reason = end.map(|end| end.reason);
        match &*self.rules.lock() {
            Some(rules) => rules.ends(tap, reason),
            None => tap.ended(reason),
        }
    }

    /// Ends a connection: writes its last event and moves it to the ended ones.
    pub fn end_connection(&self, peer: &Peer, end: &EndCause) {
        let unsent = peer.outbox.close();
        if unsent > 0 {
            self.note(
                Some(peer),
                say!("note-unsent", "{bytes} queued bytes were not sent", bytes = unsent),
            );
            if let Some(load) = peer.load.get() {
                load.unsent(unsent as u64);
            }
        }
        let passed_over = peer.take_passed_over();
        if passed_over > 0 {
            self.note(
                Some(peer),
                say!("note-missed", "did not get {bytes} broadcast bytes", bytes = passed_over,),
            );
        }
        let EndCause { reason, detail } = end.clone();
        peer.set_state(ConnectionState::Ended(reason));
        let record = self.event(Some(peer), SessionEvent::Ended { reason, detail });
        let stood = {
            let mut peers = self.peers.write();
            let stood = peers.find(peer.id).is_some();
            peers.remove(peer.status(now()));
            stood
        };
        // One whose handshake failed was never there for them.
        if stood {
            if let Some(room) = self.room() {
                room.gone(self, peer);
            }
            if let Some(chat) = self.chat() {
                chat.disconnected(self);
            }
            self.rules_disconnected(peer.id, record);
        }
        self.changed.notify_waiters();
        self.mark_dirty();
    }

    /// Has a new status published.
    pub fn mark_dirty(&self) {
        if !self.dirty.swap(true, Ordering::AcqRel) {
            self.publisher.notify_one();
        }
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
