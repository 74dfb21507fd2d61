//! Commands that mean the same for every kind of session.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use espalier_core::backend::{
    ListControl, ListRequest, PeerSelector, Refusal, SessionCommand, SharedRules,
};
use espalier_core::rules::RuleRun;
use espalier_core::send::OutgoingBytes;
use espalier_core::session::{
    Behaviour, Reconnect, SessionSpec, SessionState, SocketOptions, TransportSpec, UdpSpec,
};
use espalier_core::transfer::TransferControl;
use espalier_core::view::EncodingName;
use espalier_core::{Direction, PeerId};
use espalier_core::{Sentence, say};

use super::bridge;
use super::cyclic_send::CyclicSend;
use super::list_run::ListRunner;
use super::outbox::{LIMIT, PushError};
use super::peer::{CloseRequest, Peer};
use super::rule_run::RuleRunner;
use super::shared::SessionShared;
use super::socket;
use super::transfer::{self, Transfer, TransferTarget, TransferTask};
use super::typist::Typist;
use crate::receipt::Receipt;

/// What only the task of a session can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskCommand {
    /// Begin, or try again now.
    Start,
    /// End in order.
    Stop,
}

impl SessionShared {
    /// Executes a command; gives back what only the session's task can do. `None` as a command means that nobody can ask
    /// anything any more: stop.
    pub fn apply(self: &Arc<Self>, command: Option<SessionCommand>) -> Option<TaskCommand> {
        let Some(command) = command else { return Some(TaskCommand::Stop) };
        match command {
            SessionCommand::Start => return Some(TaskCommand::Start),
            SessionCommand::Stop => return Some(TaskCommand::Stop),
            SessionCommand::HalfClose(_) if self.counterpart().is_some() => self.note(
                None,
                say!("note-udp-no-half", "UDP has no connections, and nothing to close half of"),
            ),
            SessionCommand::HalfClose(to) => self.each(&to, |peer| peer.outbox.finish()),
            SessionCommand::Close(to) => {
                self.each(&to, |peer| peer.request_close(CloseRequest::Close))
            }
            SessionCommand::Reset(to) => {
                self.each(&to, |peer| peer.request_close(CloseRequest::Reset))
            }
            SessionCommand::Send { to, bytes } => self.send(&to, &bytes.into()),
            SessionCommand::StartCycle { to, bytes, period_ms, count } => {
                let period = Duration::from_millis(u64::from(period_ms));
                match CyclicSend::start(Arc::downgrade(self), to, bytes, period, count) {
                    Ok(cycle) => *self.cycle.lock() = Some(cycle),
                    Err(error) => self.note(
                        None,
                        say!("note-no-cycle", "no cyclic send: {error}", error = error),
                    ),
                }
            }
            SessionCommand::StopCycle => drop(self.cycle.lock().take()),
            SessionCommand::StartList(request) => self.start_list(*request),
            SessionCommand::List(control) => self.control_list(control),
            SessionCommand::SetRules { rules, encoding } => {
                self.change_spec(|spec| spec.rules = rules);
                self.start_rules(Some(encoding));
            }
            SessionCommand::ArmRule(rule) => {
                if let Some(rules) = &*self.rules.lock() {
                    rules.arm(rule);
                }
            }
            SessionCommand::Type { to, pieces, pause_ms } => {
                let pause = Duration::from_millis(pause_ms.into());
                // The old one has ended before the new one begins.
                drop(self.typist.lock().take());
                let typist = Typist::start(Arc::downgrade(self), to, pieces, pause);
                *self.typist.lock() = Some(typist);
            }
            SessionCommand::StopTyping => drop(self.typist.lock().take()),
            SessionCommand::SetTerminal(terminal) => {
                self.change_spec(|spec| spec.terminal = terminal);
            }
            SessionCommand::SendFiles { to, files } => {
                self.start_transfer(&to, TransferTask::Send(*files));
            }
            SessionCommand::ReceiveFiles { from, files } => {
                self.start_transfer(&from, TransferTask::Receive(*files));
            }
            SessionCommand::Transfer(control) => self.control_transfer(control),
            SessionCommand::Replay(control) => self.control_replay(control),
            SessionCommand::SetLogFile { log, view } => self.set_log_file(log, *view),
            SessionCommand::SetOptions(options) => self.set_options(options),
            SessionCommand::TrustCertificate { fingerprint, always } => {
                self.trust_certificate(fingerprint, always);
                return Some(TaskCommand::Start);
            }
            SessionCommand::AllowOutside => {
                self.load_allowed.store(true, Ordering::Release);
                return Some(TaskCommand::Start);
            }
            SessionCommand::SetReconnect(reconnect) => self.set_reconnect(reconnect),
            SessionCommand::SetBehaviour(Behaviour::Room) if !self.may_be_room() => {}
            SessionCommand::SetBehaviour(behaviour) => {
                self.change_spec(|spec| match &mut spec.transport {
                    TransportSpec::TcpServer(server) => server.behaviour = behaviour,
                    TransportSpec::Udp(udp) => udp.behaviour = behaviour,
                    _ => {}
                });
                self.settle_room();
            }
            SessionCommand::SetLimit { max_clients, over_limit } => {
                self.change_spec(|spec| match &mut spec.transport {
                    TransportSpec::TcpServer(server) => {
                        server.max_clients = max_clients;
                        server.over_limit = over_limit;
                    }
                    TransportSpec::Relay(relay) => relay.max_clients = max_clients,
                    _ => {}
                })
            }
            SessionCommand::SetFaults(faults) => self.set_faults(*faults),
            SessionCommand::SetChat(Some(_)) if !self.may_chat() => {}
            SessionCommand::SetChat(chat) => {
                self.change_spec(|spec| {
                    if let TransportSpec::TcpClient(client) = &mut spec.transport {
                        client.chat = chat;
                    }
                });
                self.settle_chat();
            }
            SessionCommand::Chat(text) => match self.chat() {
                Some(chat) => chat.typed(&**self, &text),
                None => self.note(
                    None,
                    say!("chat-none", "not said: this session is no member of a chat room"),
                ),
            },
            SessionCommand::SayAgain => {
                if let Some(chat) = self.chat() {
                    chat.say_again(&**self);
                }
            }
            SessionCommand::ResetLatency => {
                self.recorder.lock().reset_latencies();
                self.figures.look_again();
            }
            SessionCommand::SetName(name) => {
                self.change_spec(|spec| spec.name = name);
                bridge::renamed(self);
            }
            SessionCommand::SetClient(address, client) => {
                self.change_spec(|spec| match &mut spec.transport {
                    TransportSpec::TcpServer(server) => server.clients.set(address, client),
                    TransportSpec::Udp(udp) => udp.clients.set(address, client),
                    _ => {}
                });
                self.tell_encodings();
            }
            SessionCommand::ForgetEnded => self.peers.write().forget_ended(),
            SessionCommand::SetSpec(spec) => {
                let options = socket::options_of(&spec.transport);
                // It was allowed for the target of the old one.
                self.load_allowed.store(false, Ordering::Release);
                // It was trusted as the server of the old one.
                self.trusted_once.lock().take();
                self.change_spec(|current| {
                    // Which capture it writes is not asked for: it is so. An ELF is chosen by a command of its own.
                    // Rules and the log in files are set by some, too.
                    let capture = current.capture.take();
                    let rules = std::mem::take(&mut current.rules);
                    let log_to_file = current.log_to_file.take();
                    let bridge = current.bridge.take();
                    let mut spec = SessionSpec { capture, log_to_file, bridge, rules, ..*spec };
                    if let (TransportSpec::Serial(old), TransportSpec::Serial(new)) =
                        (&mut current.transport, &mut spec.transport)
                    {
                        (new.elf, new.elf_board) = (old.elf.take(), old.elf_board.take());
                    }
                    *current = spec;
                });
                bridge::renamed(self);
                self.receiving.send_replace(self.spec.read().transport.receive_faults());
                if let Some(capture) = self.capture() {
                    capture.set_limits(self.limits());
                }
                self.tell_encodings();
                self.set_options(options);
                self.settle_room();
                self.settle_chat();
            }
            other => self.note(
                None,
                say!(
                    "note-cannot",
                    "this session cannot do that: {command}",
                    command = format_args!("{other:?}"),
                ),
            ),
        }
        self.mark_dirty();
        None
    }

    /// Calls `act` for each connection meant; those that are over are told in the log, as is that there is none.
    fn each(&self, to: &PeerSelector, act: impl Fn(&Peer)) {
        let peers = self.meant(to);
        if peers.is_empty() && *to == PeerSelector::All {
            self.note(None, say!("note-no-connection", "nothing to close: no connection"));
        }
        for peer in peers {
            act(&peer);
        }
    }

    fn meant(&self, to: &PeerSelector) -> Vec<Arc<Peer>> {
        let counterpart = match (to, self.counterpart()) {
            (PeerSelector::Counterpart, Some(counterpart)) => counterpart.map(|id| vec![id]),
            _ => None,
        };
        let ids = match (to, &counterpart) {
            (PeerSelector::Peers(ids), _) => ids,
            (_, Some(ids)) => ids,
            (PeerSelector::All | PeerSelector::Counterpart, None) => {
                return self.peers.read().open();
            }
        };
        let (found, missing): (Vec<_>, Vec<_>) = {
            let peers = self.peers.read();
            ids.iter().map(|id| peers.find(*id).ok_or(*id)).partition(Result::is_ok)
        };
        for id in missing.into_iter().filter_map(Result::err) {
            self.note(
                None,
                say!("note-over", "connection {number} is over: passed over", number = id.0),
            );
        }
        found.into_iter().filter_map(Result::ok).collect()
    }

    fn send(&self, to: &PeerSelector, bytes: &OutgoingBytes) {
        if let Err(refusal) = self.deliver_now(to, bytes, None) {
            let bytes = bytes.common();
            let waits = refusal == Refusal::Full && !self.is_serial();
            let why =
                if waits { waits_already(bytes.len()) } else { not_sent(refusal, bytes.len()) };
            self.note(None, why);
        }
    }

    pub(super) fn is_serial(&self) -> bool {
        matches!(self.spec.read().transport, TransportSpec::Serial(_))
    }

    /// Has bytes sent to all that are meant, by `push` to each connection, unless a transfer has one of them for itself. Of several, one
    /// that has no room for them is told in the log. The receipt tells what the system does not take.
    pub(super) fn deliver(
        &self,
        to: &PeerSelector,
        bytes: &OutgoingBytes,
        receipt: Option<&Receipt>,
        push: impl Fn(&Peer, &Arc<[u8]>) -> Result<(), PushError>,
    ) -> Result<(), Refusal> {
        if self.is_transferring(PeerId::SESSION) && self.is_serial() {
            return Err(Refusal::Transferring);
        }
        // The port of a relay is not what its connections are.
        if self.is_serial()
            && let Some(taken) = self.serial.send(bytes.common(), receipt)
        {
            return taken.then_some(()).ok_or(Refusal::Full);
        }
        let peers = self.receivers(to)?;
        if peers.iter().any(|peer| self.is_transferring(peer.id)) {
            return Err(Refusal::Transferring);
        }
        for peer in peers.iter().filter(|peer| peer.datagrams.is_some()) {
            let (address, most) = (peer.ends.remote.ip(), UdpSpec::most(peer.ends.remote.ip()));
            if bytes.of(address).len() > most as usize {
                return Err(Refusal::TooLong { most });
            }
        }
        let (mut taken, mut full) = (0, Vec::new());
        for peer in &peers {
            let bytes = bytes.of(peer.ends.remote.ip());
            match push(peer, &peer.on_the_wire(bytes)) {
                Ok(()) => {
                    taken += 1;
                    self.tell_by_hand(peer, bytes.len());
                }
                Err(PushError::Full) => full.push(peer),
                // Closed just now.
                Err(PushError::Closed) => {}
            }
        }
        match (taken, full.is_empty()) {
            (0, true) => return Err(Refusal::Nobody),
            (0, false) => return Err(Refusal::Full),
            _ => {}
        }
        for peer in full {
            self.note(Some(peer), waits_already(bytes.of(peer.ends.remote.ip()).len()));
        }
        Ok(())
    }

    /// What does not come from the other side of a relay is marked: it stands among bytes that do.
    fn tell_by_hand(&self, peer: &Peer, bytes: usize) {
        if peer.onward.get().is_some() {
            let sentence = say!(
                "relay-by-hand",
                "{bytes} bytes are sent from here, and were not relayed",
                bytes = bytes,
            );
            self.note(Some(peer), sentence);
        }
    }

    /// The connections that get what is sent: all that can receive, or the chosen ones if every one of them can.
    pub(super) fn receivers(&self, to: &PeerSelector) -> Result<Vec<Arc<Peer>>, Refusal> {
        let peers = self.peers.read();
        let counterpart = self.counterpart().filter(|_| *to == PeerSelector::Counterpart);
        let chosen = match to {
            PeerSelector::Counterpart if counterpart.is_some() => {
                let id = counterpart.flatten().ok_or(Refusal::Nobody)?;
                let peer = peers.find(id).filter(|peer| peer.outbox.accepts());
                return peer.map(|peer| vec![peer]).ok_or(Refusal::Nobody);
            }
            PeerSelector::All | PeerSelector::Counterpart => {
                let (able, closed): (Vec<_>, Vec<_>) =
                    peers.open().into_iter().partition(|peer| peer.outbox.accepts());
                return match (able.is_empty(), closed.first()) {
                    (true, Some(peer)) => Err(Refusal::Closed(peer.id)),
                    (true, None) => Err(Refusal::Nobody),
                    (false, _) => Ok(able),
                };
            }
            PeerSelector::Peers(chosen) if chosen.is_empty() => return Err(Refusal::Nobody),
            PeerSelector::Peers(chosen) => chosen,
        };
        let able = |id: &PeerId| match peers.find(*id) {
            None => Err(Refusal::Gone(*id)),
            Some(peer) if !peer.outbox.accepts() => Err(Refusal::Closed(*id)),
            Some(peer) => Ok(peer),
        };
        chosen.iter().map(able).collect()
    }

    pub(super) fn start_list(self: &Arc<Self>, request: ListRequest) {
        // The old one has ended before the new one begins.
        drop(self.list.lock().take());
        match ListRunner::start(Arc::downgrade(self), request) {
            Ok(run) => *self.list.lock() = Some(run),
            Err(error) => self.note(
                None,
                say!("note-no-list", "the send list does not run: {error}", error = error),
            ),
        }
    }

    /// Begins a transfer; one that runs stays, and the other one is refused.
    fn start_transfer(self: &Arc<Self>, peers: &PeerSelector, task: TransferTask) {
        if self.transfer().is_some_and(|transfer| !transfer.is_over()) {
            return self.note(
                None,
                say!(
                    "note-transfer-runs",
                    "only one transfer of files runs at a time: the new one was not begun"
                ),
            );
        }
        let (direction, protocol) = task.kind();
        let begun = match self.replay().is_some_and(|replay| !replay.is_over()) {
            true => Err(say!("transfer-replay", "a capture is being played there")),
            false if self.room().is_some() || self.chat().is_some() => {
                Err(say!("transfer-chat", "a chat is there, whose lines would come between"))
            }
            false => Ok(()),
        };
        let begun = begun
            .and_then(|()| {
                TransferTarget::new(&**self, peers, protocol, direction == Direction::Out)
            })
            .and_then(|target| {
                let asks = self.other_end.lock().asks(&target);
                let session: Weak<Self> = Arc::downgrade(self);
                let begun = transfer::start(session, target, task, asks);
                begun.map_err(|error| {
                    say!("transfer-no-thread", "the system gives no thread: {error}", error = error)
                })
            });
        let transfer = begun.unwrap_or_else(|why| {
            self.note(None, say!("note-no-transfer", "no transfer of files: {why}", why = why));
            Transfer::refused(direction, protocol, why)
        });
        self.other_end.lock().answered();
        let before = self.transfer.lock().replace(transfer);
        // Its thread has ended, or ends now.
        drop(before);
    }

    fn control_transfer(&self, control: TransferControl) {
        if control == TransferControl::Dismiss {
            self.other_end.lock().answered();
            if self.transfer().is_some_and(|transfer| transfer.is_over()) {
                return self.end_transfer();
            }
        }
        if let Some(transfer) = &*self.transfer.lock() {
            transfer.control(control);
        }
    }

    /// Cancels what runs, and forgets it. Waits until what was not whole is taken away: nothing is connected any more.
    pub(super) fn end_transfer(&self) {
        let transfer = self.transfer.lock().take();
        drop(transfer);
    }

    pub(super) fn control_list(&self, control: ListControl) {
        let mut list = self.list.lock();
        if let Some(run) = &*list {
            run.control(control);
        }
        if control == ListControl::Dismiss {
            list.take();
        }
    }

    /// Has its rules, and those of all sessions, work; those that work already go on as they were changed.
    /// `None` as the encoding: the one that they have.
    fn start_rules(self: &Arc<Self>, encoding: Option<EncodingName>) {
        // Under their lock: of two changes at once, the one that comes second has seen the first.
        let mut rules = self.rules.lock();
        let encoding = encoding
            .or_else(|| rules.as_ref().map(RuleRunner::encoding))
            .unwrap_or_else(|| self.spec.read().view.encoding.clone());
        let shared = self.shared_rules.read().clone();
        let all = [&self.spec.read().rules[..], &shared.rules].concat();
        if let Some(rules) = rules.as_ref().filter(|rules| !rules.has_failed()) {
            return rules.replace(&all, shared, encoding);
        }
        if all.is_empty() || matches!(self.spec.read().transport, TransportSpec::Capture(_)) {
            return;
        }
        let run = RuleRun::new(&all, encoding.clone(), self.is_serial());
        match RuleRunner::start(Arc::downgrade(self), run, shared, encoding) {
            Ok(runner) => {
                // Not behind a writer that waits: what it waits for may itself wait for the rules.
                let open = self.peers.read_recursive().open();
                let spec = self.spec.read().clone();
                let clients = spec.transport.clients();
                for peer in &open {
                    runner.present(peer.id, clients.encoding(peer.ends.remote.ip()));
                }
                if self.is_serial() && self.state() == SessionState::Open {
                    runner.present(PeerId::SESSION, None);
                }
                *rules = Some(runner);
            }
            Err(error) => {
                drop(rules);
                let why = say!("note-no-rules", "the rules do not work: {error}", error = error);
                self.note(None, why);
            }
        }
    }

    /// Tells the rules which clients have an encoding of their own.
    fn tell_encodings(&self) {
        let spec = self.spec.read().clone();
        let clients = spec.transport.clients();
        let open = self.peers.read().open();
        if let Some(rules) = &*self.rules.lock() {
            for peer in &open {
                rules.speaks(peer.id, clients.encoding(peer.ends.remote.ip()));
            }
        }
    }

    /// What all sessions have in common for rules has changed.
    pub fn share_rules(self: &Arc<Self>, shared: Arc<SharedRules>) {
        *self.shared_rules.write() = shared;
        self.start_rules(None);
        self.mark_dirty();
    }

    /// Waits for a port to take what rules have sent before they end the session: it is closed with what waits, other than
    /// a connection. For a thread that may wait.
    pub(super) fn let_port_write(&self) {
        const PATIENCE: Duration = Duration::from_secs(1);
        /// Something else may be sent all the time.
        const LONGEST: Duration = Duration::from_secs(10);
        const LOOK: Duration = Duration::from_millis(5);
        let begun = Instant::now();
        let (mut waiting, mut moved) = (self.serial.queued(), begun);
        while waiting > 0 && moved.elapsed() < PATIENCE && begun.elapsed() < LONGEST {
            thread::sleep(LOOK);
            let left = self.serial.queued();
            if left < waiting {
                moved = Instant::now();
            }
            waiting = left;
        }
    }

    fn set_options(&self, options: SocketOptions) {
        self.change_spec(|spec| {
            if let Some(current) = socket::options_mut(&mut spec.transport) {
                *current = options.clone();
            }
        });
        for peer in self.peers.read().open() {
            let Some(stream) = peer.stream.upgrade() else { continue };
            for sentence in socket::apply(stream.socket(), &options) {
                self.note(Some(&peer), sentence);
            }
        }
    }

    fn set_reconnect(&self, reconnect: Reconnect) {
        self.change_spec(|spec| {
            if let TransportSpec::TcpClient(client) = &mut spec.transport {
                client.reconnect = reconnect;
            }
        });
    }
}

/// A connection has no room for them.
fn waits_already(bytes: usize) -> Sentence {
    say!(
        "note-not-sent-waiting",
        "not sent: {limit} MiB wait already ({bytes} bytes)",
        limit = LIMIT >> 20,
        bytes = bytes,
    )
}

fn not_sent(why: Refusal, bytes: usize) -> Sentence {
    match why {
        Refusal::Gone(peer) => say!(
            "note-not-sent-gone",
            "not sent: #{number} has gone ({bytes} bytes)",
            number = peer.0,
            bytes = bytes,
        ),
        Refusal::Closed(_) => {
            say!(
                "note-not-sent-closed",
                "not sent: our side is closed ({bytes} bytes)",
                bytes = bytes,
            )
        }
        Refusal::Transferring => say!(
            "note-not-sent-transfer",
            "not sent: a file is being transferred ({bytes} bytes)",
            bytes = bytes,
        ),
        Refusal::Full => {
            say!(
                "note-not-sent-full",
                "not sent: too much waits already ({bytes} bytes)",
                bytes = bytes,
            )
        }
        Refusal::TooLong { most } => say!(
            "note-not-sent-long",
            "not sent: a datagram holds {most} bytes at most, and this has {bytes}",
            most = most,
            bytes = bytes,
        ),
        _ => say!("note-not-sent-nobody", "not sent: no connection ({bytes} bytes)", bytes = bytes),
    }
}
