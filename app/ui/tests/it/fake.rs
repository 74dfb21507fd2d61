//! An engine in memory: clients connect to servers of the same engine, bytes arrive at once, rows are writes.

mod act;
mod net;
mod rows;
mod session;
mod terminal;
mod timeline;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use espalier_core::backend::{
    Backend, Boards, CaptureChanges, Captures, CommandRefusal, NoLane, NoTimeline, OnCapturesFound,
    OnDone, OnRulesTried, PeerSelector, Refusal, SessionCommand, Sessions, SharedRules,
    TerminalView, TimelineStatus, Timelines, View,
};
use espalier_core::board::{
    BoardCommand, BoardRefusal, BoardSearchStatus, BoardStatus, BoardUpdateRequest,
    BoardUpdateStatus, EspTouchRequest, EspTouchStatus, ImageInfo, LinkState, NetworkBoard,
    Networks, PortInfo, ProvisionStatus, Symbols,
};
use espalier_core::capture_list::{CaptureList, KeepLimits};
use espalier_core::figures::SessionFigures;
use espalier_core::replay::ReplayRequest;
use espalier_core::rules::{Rule, RuleTrial, TrialPlace};
use espalier_core::send::OutgoingBytes;
use espalier_core::session::{
    ConnectionState, EndReason, Integrity, NoBridge, SessionId, SessionSpec, SessionState,
    SessionStatus, Traffic, TransportSpec, ZonedIp,
};
use espalier_core::timeline::{LanePeer, TimelineId};
use espalier_core::view::EncodingName;
use espalier_core::{CaptureId, PeerId, Position, Progress, Timestamp};
use parking_lot::Mutex;

use rows::Rows;
use session::Session;
pub use terminal::FakeTerminal;
use timeline::FakeTimeline;

/// 2026-07-01 09:41:00 UTC.
pub const NOON: i64 = 1_782_898_860_000_000_000;

#[derive(Default)]
pub struct Fake {
    sessions: Mutex<Vec<Session>>,
    timelines: Mutex<Vec<FakeTimeline>>,
    /// What all sessions have in common for rules.
    pub rules: Mutex<Arc<SharedRules>>,
    /// Commands that were asked for, in order.
    pub commands: Mutex<Vec<(SessionId, String)>>,
    /// What backtraces of boards are decoded with.
    pub symbols: Mutex<Option<String>>,
    /// What boards have told so far.
    pub told: Mutex<BoardStatus>,
    /// What single boards have told, by the port they were asked for.
    pub told_by: Mutex<BTreeMap<String, BoardStatus>>,
    /// What boards hear.
    pub networks: Mutex<Networks>,
    /// How provisioning of boards goes.
    pub going: Mutex<Option<Arc<ProvisionStatus>>>,
    /// The captures that are kept.
    pub kept: Mutex<CaptureList>,
    /// What was done with them, in order.
    pub done: Mutex<Vec<String>>,
    /// Files that are being looked into.
    pub looking: Mutex<Vec<(PathBuf, Progress, OnCapturesFound)>>,
    /// What befell captures.
    pub capture_changes: Mutex<CaptureChanges>,
    /// How much is kept.
    pub limits: Mutex<Option<KeepLimits>>,
    /// What every terminal shows.
    pub terminal: Arc<FakeTerminal>,
    /// The terminals that were closed.
    pub closed_terminals: Mutex<Vec<SessionId>>,
    /// What TCP knows of every session.
    pub figures: Mutex<Arc<SessionFigures>>,
    /// Who was looked at.
    pub looks: Mutex<Vec<(SessionId, PeerSelector)>>,
    /// How boards on the network are looked for.
    pub searched: Mutex<Option<Arc<BoardSearchStatus>>>,
    pub updated: Mutex<Option<Arc<BoardUpdateStatus>>>,
    /// The firmware that is bundled.
    pub images: Mutex<Vec<ImageInfo>>,
    /// The ports that are listed.
    pub ports: Mutex<Vec<PortInfo>>,
}

impl Sessions for Fake {
    fn open(&self, spec: SessionSpec) -> SessionId {
        let mut sessions = self.sessions.lock();
        let id = SessionId(sessions.last().map_or(1, |session| session.id.0 + 1));
        let status = SessionStatus {
            id,
            state: SessionState::Idle,
            local: None,
            remote: None,
            counterpart: None,
            since: None,
            peers: Arc::default(),
            traffic: Traffic::default(),
            integrity: Integrity::default(),
            queued: 0,
            cycle: None,
            list: None,
            rules: None,
            room: None,
            chat: None,
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
        let autostart = spec.autostart;
        let rows = Arc::new(Rows::default());
        *rows.spec.lock() = spec.view.clone();
        sessions.push(Session { id, spec, status, rows });
        if autostart {
            let last = sessions.len() - 1;
            self.start(&mut sessions, last);
        }
        id
    }

    fn figures(&self, id: SessionId, of: &PeerSelector) -> Option<Arc<SessionFigures>> {
        self.looks.lock().push((id, of.clone()));
        Some(self.figures.lock().clone())
    }

    fn start_replay(
        &self,
        id: SessionId,
        to: &PeerSelector,
        of: SessionId,
        request: ReplayRequest,
    ) -> Result<(), CommandRefusal> {
        self.commands.lock().push((id, format!("StartReplay {to:?} of {} {request:?}", of.0)));
        Ok(())
    }

    fn share_rules(&self, shared: Arc<SharedRules>) {
        *self.rules.lock() = shared;
    }

    fn try_rules(
        &self,
        id: SessionId,
        rules: Vec<Rule>,
        _encoding: EncodingName,
        _progress: Progress,
        done: OnRulesTried,
    ) {
        self.commands.lock().push((id, format!("TryRules {rules:?}")));
        let place = TrialPlace {
            rule: 0,
            at: Timestamp(0),
            peer: PeerId(1),
            record: Position(0),
            offset: 0,
            bytes: b"AT".to_vec(),
        };
        done(Some(RuleTrial { matches: vec![1], places: vec![place], bytes: 10 }));
    }

    fn forget(&self, id: SessionId) {
        self.sessions.lock().retain(|session| session.id != id);
    }

    fn sessions(&self) -> Vec<SessionId> {
        self.sessions.lock().iter().map(|session| session.id).collect()
    }

    fn spec(&self, id: SessionId) -> Option<Arc<SessionSpec>> {
        let sessions = self.sessions.lock();
        let session = sessions.iter().find(|session| session.id == id)?;
        Some(Arc::new(session.spec.clone()))
    }

    fn status(&self, id: SessionId) -> Option<Arc<SessionStatus>> {
        let sessions = self.sessions.lock();
        let session = sessions.iter().find(|session| session.id == id)?;
        Some(Arc::new(session.status.clone()))
    }

    fn command(&self, id: SessionId, command: SessionCommand) -> Result<(), CommandRefusal> {
        self.commands.lock().push((id, format!("{command:?}")));
        let mut sessions = self.sessions.lock();
        let at =
            sessions.iter().position(|session| session.id == id).ok_or(CommandRefusal::Gone)?;
        match command {
            SessionCommand::Start => self.start(&mut sessions, at),
            SessionCommand::Stop => sessions[at].end(EndReason::ClosedByUs, ""),
            SessionCommand::Send { to, bytes } => self.send(&mut sessions, at, &to, &bytes.into()),
            SessionCommand::SetRules { rules, .. } => sessions[at].spec.rules = rules,
            SessionCommand::SetSpec(spec) => sessions[at].spec = *spec,
            SessionCommand::SetName(name) => sessions[at].spec.name = name,
            SessionCommand::SetClient(address, client) => {
                if let TransportSpec::TcpServer(server) = &mut sessions[at].spec.transport {
                    server.clients.set(address, client);
                }
            }
            SessionCommand::ForgetEnded => sessions[at].peers(|peers| {
                peers.retain(|peer| !matches!(peer.state, ConnectionState::Ended(_)));
            }),
            SessionCommand::SetTerminal(terminal) => sessions[at].spec.terminal = terminal,
            SessionCommand::AllowOutside => {
                if let TransportSpec::Load(load) = &mut sessions[at].spec.transport {
                    load.allowed_outside = true;
                }
                self.start(&mut sessions, at);
            }
            SessionCommand::SetFaults(faults) => {
                if let TransportSpec::Relay(relay) = &mut sessions[at].spec.transport {
                    relay.faults = *faults;
                }
            }
            SessionCommand::SetChat(chat) => {
                if let TransportSpec::TcpClient(client) = &mut sessions[at].spec.transport {
                    client.chat = chat;
                }
            }
            SessionCommand::SetBehaviour(behaviour) => {
                if let TransportSpec::TcpServer(server) = &mut sessions[at].spec.transport {
                    server.behaviour = behaviour;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn bridge(&self, one: SessionId, other: SessionId) -> Result<(), NoBridge> {
        let mut sessions = self.sessions.lock();
        let name = sessions.iter().find(|session| session.id == other).ok_or(NoBridge::Gone)?;
        if name.status.bridge.is_some() {
            return Err(NoBridge::Bridged(name.spec.name.clone()));
        }
        let name = name.spec.name.clone();
        for session in sessions.iter_mut() {
            if session.id == one {
                (session.status.bridge, session.spec.bridge) = (Some(other), Some(name.clone()));
            } else if session.id == other {
                session.status.bridge = Some(one);
            }
        }
        Ok(())
    }

    fn end_bridge(&self, id: SessionId) {
        let mut sessions = self.sessions.lock();
        for session in sessions.iter_mut() {
            if session.id == id || session.status.bridge == Some(id) {
                (session.status.bridge, session.spec.bridge) = (None, None);
            }
        }
    }

    fn send(&self, id: SessionId, to: &PeerSelector, bytes: OutgoingBytes) -> Result<(), Refusal> {
        let command = SessionCommand::Send { to: to.clone(), bytes: bytes.common().clone() };
        self.commands.lock().push((id, format!("{command:?}")));
        let mut sessions = self.sessions.lock();
        let at = sessions.iter().position(|session| session.id == id).ok_or(Refusal::Nobody)?;
        self.send(&mut sessions, at, to, &bytes);
        Ok(())
    }

    fn view(&self, id: SessionId) -> Option<Arc<dyn View>> {
        let sessions = self.sessions.lock();
        let session = sessions.iter().find(|session| session.id == id)?;
        Some(Arc::clone(&session.rows) as Arc<dyn View>)
    }

    fn terminal(&self, _id: SessionId) -> Option<Arc<dyn TerminalView>> {
        Some(Arc::clone(&self.terminal) as Arc<dyn TerminalView>)
    }

    fn close_terminal(&self, id: SessionId) {
        self.closed_terminals.lock().push(id);
    }

    fn local_addresses(&self) -> Vec<ZonedIp> {
        vec![IpAddr::from([192, 168, 1, 20]).into(), "fe80::1%eth0".parse().expect("an address")]
    }
}

impl Boards for Fake {
    fn ports(&self) -> Arc<[PortInfo]> {
        self.ports.lock().clone().into()
    }

    fn simulates_boards(&self) -> bool {
        false
    }

    fn images(&self) -> Arc<[ImageInfo]> {
        self.images.lock().clone().into()
    }

    fn board(&self, id: SessionId) -> Option<Arc<BoardStatus>> {
        let spec = self.spec(id)?;
        let TransportSpec::Serial(serial) = &spec.transport else { return None };
        let symbols = self.symbols.lock().clone().map(|name| Symbols::Elf(name.into()));
        let port_name = serial.port.clone();
        if let Some(told) = self.told_by.lock().get(&port_name) {
            let moved = Some(told.port_name.clone()).filter(|name| !name.is_empty());
            let port_name = moved.unwrap_or(port_name);
            return Some(Arc::new(BoardStatus { port_name, symbols, ..told.clone() }));
        }
        let link = LinkState::Monitoring;
        let told = self.told.lock().clone();
        Some(Arc::new(BoardStatus { port_name, link, symbols, ..told }))
    }

    fn board_command(&self, id: SessionId, command: BoardCommand) -> Result<(), BoardRefusal> {
        self.commands.lock().push((id, format!("{command:?}")));
        if let BoardCommand::Symbols(elf) = command {
            if let Some(session) = self.sessions.lock().iter_mut().find(|it| it.id == id)
                && let TransportSpec::Serial(serial) = &mut session.spec.transport
            {
                serial.elf.clone_from(&elf);
            }
            *self.symbols.lock() = elf.map(|path| path.display().to_string());
        }
        Ok(())
    }

    fn provision_status(&self, _id: SessionId) -> Option<Arc<ProvisionStatus>> {
        self.going.lock().clone()
    }

    fn networks(&self, _id: SessionId) -> Networks {
        self.networks.lock().clone()
    }

    fn esp_touch(&self, _request: EspTouchRequest) -> Result<(), BoardRefusal> {
        Ok(())
    }

    fn esp_touch_status(&self) -> Option<Arc<EspTouchStatus>> {
        None
    }

    fn cancel_esp_touch(&self) {}

    fn search_boards(&self) -> Result<(), BoardRefusal> {
        let began = Timestamp(NOON);
        let until = Timestamp(NOON + 60_000_000_000);
        let board = |port, said: &[(&str, &'static str)]| {
            let addresses = [std::net::Ipv4Addr::LOCALHOST.into()];
            NetworkBoard::new("desk.local.", addresses, port, |key| {
                said.iter().find(|it| it.0 == key).map(|it| it.1)
            })
        };
        let serves = board(7681, &[("name", "On the desk"), ("chip", "esp32c3")]);
        let dials = board(0, &[("name", "The other"), ("update", "7682")]);
        let boards = serves.into_iter().chain(dials).collect();
        let status = BoardSearchStatus { began, until, boards, outcome: Some(Ok(())) };
        *self.searched.lock() = Some(Arc::new(status));
        Ok(())
    }

    fn board_search_status(&self) -> Option<Arc<BoardSearchStatus>> {
        self.searched.lock().clone()
    }

    fn end_board_search(&self) {}

    fn update_board(&self, request: BoardUpdateRequest) -> Result<(), BoardRefusal> {
        let BoardUpdateRequest { host, .. } = request;
        let (written, total) = (250_000, 1_000_000);
        let status = BoardUpdateStatus { host, written, total, restarts: false, outcome: None };
        *self.updated.lock() = Some(Arc::new(status));
        Ok(())
    }

    fn board_update_status(&self) -> Option<Arc<BoardUpdateStatus>> {
        self.updated.lock().clone()
    }

    fn cancel_board_update(&self) {
        let status = self.updated.lock().clone();
        let outcome = Some(Err(espalier_core::Sentence::from("cancelled")));
        *self.updated.lock() =
            status.map(|status| Arc::new(BoardUpdateStatus { outcome, ..(*status).clone() }));
    }
}

impl Timelines for Fake {
    fn open_timeline(&self, mut lanes: Vec<SessionId>) -> Result<TimelineId, NoTimeline> {
        lanes.truncate(LanePeer::LANES as usize);
        let mut timelines = self.timelines.lock();
        let id = TimelineId(timelines.last().map_or(1, |last| last.id.0 + 1));
        let rows = Arc::default();
        timelines.push(FakeTimeline { id, lanes, said: Vec::new(), clocks: Vec::new(), rows });
        Ok(id)
    }

    fn join_timeline(&self, timeline: TimelineId, session: SessionId) -> Result<(), NoLane> {
        let mut timelines = self.timelines.lock();
        let open = timelines.iter_mut().find(|it| it.id == timeline).ok_or(NoLane::Closed)?;
        open.lanes.push(session);
        Ok(())
    }

    fn close_timeline(&self, id: TimelineId) {
        self.timelines.lock().retain(|timeline| timeline.id != id);
    }

    fn timeline(&self, id: TimelineId) -> Option<TimelineStatus> {
        let timelines = self.timelines.lock();
        let open = timelines.iter().find(|it| it.id == id)?;
        self.merge(open);
        let (lanes, clocks) = (open.lanes.clone().into(), open.clocks.clone().into());
        Some(TimelineStatus { lanes, clocks, ..TimelineStatus::default() })
    }

    fn timeline_view(&self, id: TimelineId) -> Option<Arc<dyn View>> {
        let timelines = self.timelines.lock();
        let open = timelines.iter().find(|it| it.id == id)?;
        Some(Arc::clone(&open.rows) as Arc<dyn View>)
    }
}

impl Captures for Fake {
    fn captures(&self) -> Arc<CaptureList> {
        Arc::new(self.kept.lock().clone())
    }

    fn import_capture(&self, path: PathBuf, progress: Progress, done: OnCapturesFound) {
        self.looking.lock().push((path, progress, done));
    }

    fn rename_capture(&self, id: CaptureId, name: String, done: OnDone) {
        self.did(format!("rename {id} to {name}"), done);
    }

    fn delete_capture(&self, id: CaptureId, done: OnDone) {
        self.kept.lock().captures.retain(|capture| capture.id != id);
        self.did(format!("delete {id}"), done);
    }

    fn export_capture(&self, id: CaptureId, path: PathBuf, _progress: Progress, done: OnDone) {
        self.did(format!("save {id} as {}", path.display()), done);
    }

    fn capture_changes(&self) -> CaptureChanges {
        *self.capture_changes.lock()
    }

    fn keep_captures(&self, limits: KeepLimits) {
        *self.limits.lock() = Some(limits);
    }
}

impl Backend for Fake {
    fn on_change(&self, _wake: Box<dyn Fn() + Send + Sync>) {}

    fn drawn(&self) {}
}
