//! A session as the rest of the program holds it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use espalier_core::backend::{Busy, PeerSelector, Refusal, SessionCommand, SharedRules};
use espalier_core::board::{BoardCommand, BoardRefusal, BoardStatus, Panic};
use espalier_core::capture::Source;
use espalier_core::chat::ChatStatus;
use espalier_core::figures::SessionFigures;
use espalier_core::load::LoadStatus;
use espalier_core::replay::{ReplayPlan, ReplayRequest, ReplayStatus};
use espalier_core::send::OutgoingBytes;
use espalier_core::session::{
    EndReason, NoBridge, RulesStatus, SessionEvent, SessionId, SessionSpec, SessionState,
    SessionStatus, TransportSpec,
};
use espalier_core::{Timestamp, say};
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Sender, channel};
use tokio::sync::{Notify, watch};

use super::actor;
use super::behaviour;
use super::bridge;
use super::end_cause::EndCause;
use super::list_run::ListRunner;
use super::peer::{CloseRequest, Peer};
use super::recorder::CaptureTarget;
use super::replay::ReplayTask;
use super::rule_run::RuleRunner;
use super::shared::SessionShared;
use super::tap::Tap;
use super::terminal_reply::TerminalAnswers;
use crate::board::core_dump;
use crate::board::ports::SimulatedBoards;
use crate::capture::{Capture, CaptureError};
use crate::captures::PeerNumbering;
use crate::log_file::LogFileEnd;
use crate::receipt::{Receipt, UnsentCounter};
use crate::untrusted::said;

/// Commands that may wait for a session.
const COMMANDS: usize = 256;

/// A running session. It ends in order when [`end`](Self::end) is called or the last handle is dropped.
#[derive(Clone, Debug)]
pub struct Session {
    shared: Arc<SessionShared>,
    commands: Arc<Mutex<Option<Sender<SessionCommand>>>>,
    gone: watch::Receiver<bool>,
}

/// What a session shares with the others of its engine.
#[derive(Clone)]
pub(crate) struct Surroundings {
    /// Boards that can be opened like ports.
    pub simulated: Arc<dyn SimulatedBoards>,
    /// What all sessions have in common for rules.
    pub rules: Arc<SharedRules>,
    /// Where certificates of our own making are kept; `None`: nowhere.
    pub certificates: Option<PathBuf>,
}

/// The session is over; nothing can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session is over")]
pub struct SessionOver;

impl Session {
    /// Begins a session on this runtime. `publisher` is told when there is something to publish.
    pub(crate) fn spawn(
        runtime: &Handle,
        id: SessionId,
        spec: SessionSpec,
        store: CaptureTarget,
        tap: Option<Arc<Tap>>,
        publisher: Arc<Notify>,
        surroundings: Surroundings,
    ) -> Self {
        let Surroundings { simulated, rules, certificates } = surroundings;
        let (commands, orders) = channel(COMMANDS);
        let (leave, gone) = watch::channel(false);
        let shared = Arc::new(SessionShared::new(id, spec, store, tap, publisher, simulated));
        // Nobody else has set it.
        shared.orders.set(commands.downgrade()).ok();
        if let Some(folder) = certificates {
            shared.certificates.set(folder).ok();
        }
        // Before it is begun: a rule may wait for its first connection.
        shared.share_rules(rules);
        let in_task = shared.clone();
        runtime.spawn(async move {
            // In a task of its own, so that even a fault of ours in it is an end that is told.
            let life = tokio::spawn(actor::run(in_task.clone(), orders));
            if let Err(error) = life.await
                && let Ok(panic) = error.try_into_panic()
            {
                let end = EndCause { reason: EndReason::Other, detail: said(&*panic) };
                in_task.event(
                    None,
                    SessionEvent::Ended { reason: end.reason, detail: end.detail.clone() },
                );
                in_task.end_session(Some(&end));
            }
            in_task.publish();
            leave.send_replace(true);
        });
        Self { shared, commands: Arc::new(Mutex::new(Some(commands))), gone }
    }

    /// The session's number.
    pub fn id(&self) -> SessionId {
        self.shared.id
    }

    /// The session's specification, with all changes since it was opened.
    pub fn spec(&self) -> Arc<SessionSpec> {
        self.shared.spec.read().clone()
    }

    /// The session's status as it was published last.
    pub fn status(&self) -> Arc<SessionStatus> {
        self.shared.status()
    }

    /// The session's state now, which the last status may not show yet.
    pub fn state(&self) -> SessionState {
        self.shared.state()
    }

    /// Whether it is a TCP client.
    pub(crate) fn is_client(&self) -> bool {
        matches!(self.shared.spec.read().transport, TransportSpec::TcpClient(_))
    }

    /// The status of the board on the session's port; `None` when it is no serial session.
    pub fn board(&self) -> Option<Arc<BoardStatus>> {
        match &self.shared.spec.read().transport {
            TransportSpec::Serial(spec) => Some(self.shared.serial.board(spec.elf.as_deref())),
            _ => None,
        }
    }

    /// Asks something of the board on the session's port, on the way to the port's own thread.
    ///
    /// # Errors
    /// [`BoardRefusal`]; nothing was done then.
    pub fn board_command(&self, command: BoardCommand) -> Result<(), BoardRefusal> {
        let spec = self.spec();
        let TransportSpec::Serial(spec) = &spec.transport else {
            return Err(BoardRefusal::NoBoard);
        };
        let done = match command {
            // The next one that decodes is told of it when it opens the port.
            BoardCommand::Symbols(elf) if !self.shared.serial.is_open() => {
                let board = spec.board.as_ref().filter(|_| elf.is_some());
                self.shared.choose_elf(elf.as_deref(), board);
                Ok(())
            }
            BoardCommand::SaveCoreDump { from, number, path } => {
                self.save_core_dump(from, number, path)
            }
            command => self.shared.serial.command(command),
        };
        self.shared.mark_dirty();
        done
    }

    fn save_core_dump(
        &self,
        from: Timestamp,
        number: u64,
        path: PathBuf,
    ) -> Result<(), BoardRefusal> {
        let status = self.shared.serial.board(None);
        let is_meant = |panic: &&Panic| (panic.from, panic.number) == (from, number);
        let dump = status.panics.iter().find(is_meant).and_then(|panic| panic.dump.clone());
        let shared = self.shared.clone();
        // A disk may take its time; the window must not wait for it.
        let write = move || match dump {
            Some(dump) => shared.note(None, core_dump::save(&dump, &path)),
            None => shared.note(
                None,
                say!("note-no-dump", "That core dump is gone: newer reports took its place"),
            ),
        };
        let thread = std::thread::Builder::new().name("core dump".to_owned());
        thread.spawn(write).map_err(|error| BoardRefusal::NoThread(error.to_string()))?;
        Ok(())
    }

    /// The session's capture; `None` before it was started, and when nothing is kept.
    pub fn capture(&self) -> Option<Capture> {
        self.shared.capture()
    }

    /// Where its capture's records of this session begin, if it was opened no earlier than then: it holds nothing of before
    /// from there on.
    pub(crate) fn capture_began(&self, since: Instant) -> Option<u64> {
        self.shared.capture_began().filter(|(at, _)| *at >= since).map(|(_, position)| position)
    }

    /// What sends the answers of its terminal.
    pub(crate) fn terminal_answers(&self) -> TerminalAnswers {
        TerminalAnswers::of(&self.shared)
    }

    /// Makes its capture ready to be written, though it was not started yet, and gives it.
    ///
    /// # Errors
    /// Why it cannot be written.
    pub(crate) fn ready_capture(&self) -> Result<Option<Capture>, CaptureError> {
        self.shared.open_capture()?;
        Ok(self.capture())
    }

    /// Has what one of two sessions receives be sent by the other, both ways; one without a name is called `name`.
    ///
    /// # Errors
    /// [`NoBridge`]; nothing was done then.
    pub(crate) fn bridge(
        &self,
        runtime: &Handle,
        other: &Self,
        name: impl FnOnce(&str) -> String,
    ) -> Result<(), NoBridge> {
        let name = |spec: &SessionSpec| name(&bridge::called(spec));
        bridge::begin(runtime, &self.shared, &other.shared, name)
    }

    /// Ends its bridge, if it has one.
    pub(crate) fn end_bridge(&self) {
        bridge::end(&self.shared);
    }

    /// Queues a command for the session's task.
    ///
    /// # Errors
    /// [`Busy`] when its queue is full.
    pub fn command(&self, command: SessionCommand) -> Result<(), Busy> {
        match &*self.commands.lock() {
            Some(commands) => commands.try_send(command).map_err(|_| Busy),
            // It is leaving: nothing can be asked of it, and nobody needs to hear that it is busy.
            None => Ok(()),
        }
    }

    /// How its chat stands now, which the last status may not show yet; `None` when it is a member of no room.
    pub fn chat(&self) -> Option<ChatStatus> {
        self.shared.chat().map(|chat| chat.status(&*self.shared))
    }

    /// So many lines of its chat were taken, by somebody who takes all of them, one by one: no more are read than may wait for that.
    pub fn chat_taken(&self, lines: u64) {
        self.shared.chat_taken.send_replace(lines);
    }

    /// Sends to these connections, or says why not.
    ///
    /// # Errors
    /// [`Refusal`]: nothing was sent to anybody.
    pub fn send(&self, to: &PeerSelector, bytes: &OutgoingBytes) -> Result<(), Refusal> {
        let push = |peer: &Peer, bytes: &Arc<[u8]>| peer.outbox.push(bytes, None);
        let done = self.shared.deliver(to, bytes, None, push);
        self.shared.mark_dirty();
        done
    }

    /// What all sessions have in common for rules has changed.
    pub(crate) fn share_rules(&self, shared: Arc<SharedRules>) {
        self.shared.share_rules(shared);
    }

    /// The board at the other end of the connection that we opened from `local` restarted. On a chip nothing tells TCP so:
    /// it would believe in the connection until it next sends.
    pub(crate) fn board_restarted(&self, local: SocketAddr) {
        let open = self.shared.peers.read().open();
        if let Some(peer) = open.iter().find(|peer| peer.ends.local == local) {
            peer.request_close(CloseRequest::PeerRestarted);
        }
    }

    /// How its log in files has ended, once it has left.
    pub fn log_file_end(&self) -> Option<LogFileEnd> {
        self.shared.log_file_end.lock().clone()
    }

    /// Whether a rule has ended it.
    pub fn is_ended_by_rule(&self) -> bool {
        self.shared.ended_by_rule.load(Ordering::Acquire)
    }

    /// How its rules stand now, which the last status may not show yet; `None` when it has none.
    pub fn rules(&self) -> Option<RulesStatus> {
        self.shared.rules.lock().as_ref().map(RuleRunner::status)
    }

    /// Begins to play a capture to one of its connections, or to its port; with `waits`, as soon as somebody is there. Why it cannot is
    /// told by its status and in the log.
    pub fn start_replay(
        &self,
        to: PeerSelector,
        source: Arc<dyn Source>,
        request: ReplayRequest,
        (plan, waits): (Option<ReplayPlan>, bool),
    ) {
        self.shared.start_replay(ReplayTask { source, request, plan, to, waits });
    }

    /// How the replay goes now, which the last status may not show yet; `None` when there was none.
    pub fn replay(&self) -> Option<ReplayStatus> {
        self.shared.replay().map(|replay| replay.status())
    }

    /// What the system did not take of what was played last; `None` when nothing was.
    pub fn replay_unsent(&self) -> Option<UnsentCounter> {
        self.shared.replay().map(|replay| replay.unsent.clone())
    }

    /// How its load test stands now, which the last status may not show yet; `None` when there was none.
    pub fn load(&self) -> Option<Arc<LoadStatus>> {
        self.shared.load.lock().clone()
    }

    /// What the system did not take of the send list that was begun last; `None` when there was none.
    pub fn list_unsent(&self) -> Option<UnsentCounter> {
        self.shared.list.lock().as_ref().map(ListRunner::unsent)
    }

    /// Sends to all connections whose sending half is open; waits for one when there is none. A single connection is waited
    /// for however long it takes to have room; of several, one that takes nothing is passed over, as in a broadcast.
    /// The receipt tells what the system did not take of it, from the end of each connection on; several pieces may share
    /// one.
    ///
    /// # Errors
    /// [`SessionOver`] when the session ends first: nothing of this was given to any connection.
    pub async fn feed(&self, bytes: Arc<[u8]>, receipt: &Receipt) -> Result<(), SessionOver> {
        loop {
            let peers = self.connections(|peer| peer.outbox.accepts()).await?;
            let mut given = false;
            if let [only] = &peers[..] {
                given = only.outbox.push_when_room(&bytes, Some(receipt)).await.is_ok();
            } else {
                for peer in peers {
                    given |= behaviour::pass(&self.shared, &peer, &bytes, Some(receipt)).await;
                }
            }
            if given {
                return Ok(());
            }
        }
    }

    /// Sends FIN behind all that is queued, on the connections there are; waits for the first one when there is none yet.
    ///
    /// # Errors
    /// [`SessionOver`] when the session ends first.
    pub async fn finish(&self) -> Result<(), SessionOver> {
        for peer in self.connections(|_| true).await? {
            peer.outbox.finish();
        }
        Ok(())
    }

    /// The open connections that are meant, as soon as there are any.
    async fn connections(
        &self,
        meant: impl Fn(&Peer) -> bool,
    ) -> Result<Vec<Arc<Peer>>, SessionOver> {
        loop {
            let mut changed = pin!(self.shared.changed.notified());
            changed.as_mut().enable();
            let mut open = self.shared.peers.read().open();
            // Stdin goes to one peer of a datagram session, not to everybody who ever sent something.
            let counterpart = self.shared.counterpart();
            open.retain(|peer| meant(peer) && counterpart.is_none_or(|it| it == Some(peer.id)));
            if !open.is_empty() {
                return Ok(open);
            }
            if matches!(self.state(), SessionState::Ended { .. }) || *self.gone.borrow() {
                return Err(SessionOver);
            }
            tokio::select! {
                () = changed => {}
                () = self.ended() => {}
            }
        }
    }

    /// Ends the session in order: FIN on all connections, then its task is over. Returns at once.
    pub fn end(&self) {
        self.commands.lock().take();
    }

    /// What was seen by those who looked last; nothing before anybody did.
    pub fn figures(&self) -> Arc<SessionFigures> {
        self.shared.figures.last()
    }

    /// Whether it is time to look again at these connections; whoever is told so does.
    pub(crate) fn begins_look(&self, of: &PeerSelector) -> bool {
        self.shared.figures.begins(of)
    }

    /// Looks at these connections, and at where it listens, now: asks the system, and tells in the log what happened since the last
    /// look.
    pub fn look(&self, of: &PeerSelector) -> Arc<SessionFigures> {
        self.shared.look(of)
    }

    /// Whether the session's task is over.
    pub fn is_over(&self) -> bool {
        *self.gone.borrow()
    }

    /// Completes when the session's task is over.
    pub async fn ended(&self) {
        // An error says that the task was dropped with its runtime: it is over as well.
        self.gone.clone().wait_for(|gone| *gone).await.ok();
    }

    /// Whether the session moved no bytes and its capture was empty before.
    pub(crate) fn is_empty(&self) -> bool {
        self.shared.is_empty()
    }

    /// How far the session's connections are numbered; `None` when it has no capture.
    pub(crate) fn numbered(&self) -> Option<PeerNumbering> {
        self.shared.numbered()
    }

    /// Nothing is written any more: somebody else may continue the capture.
    pub(crate) fn finish_capture(&self) {
        self.shared.finish_capture();
    }

    /// Deletes the capture if it is one of the engine's own folders; a file that the user named stays.
    pub(crate) fn discard_capture(&self) {
        self.shared.discard_capture();
    }

    /// Makes a new snapshot if something changed, or if a rate must fall; whether it did.
    pub(crate) fn refresh(&self) -> bool {
        let changes = self.shared.take_dirty() || self.shared.is_lively();
        if changes {
            self.shared.publish();
        }
        changes
    }

    /// Whether its snapshot changes without anything happening.
    pub(crate) fn is_lively(&self) -> bool {
        self.shared.is_lively()
    }
}
