//! An engine in memory: clients connect to servers of the same engine, bytes arrive at once, rows are writes.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use espalier_core::backend::{
    Backend, Busy, CaptureNews, OnCapturesFound, OnDone, PeerSelector, Saving, SessionCommand,
    TextFormat, TimelineStatus, View,
};
use espalier_core::board::{
    BoardCommand, BoardStatus, LinkState, PortInfo, ProvisionStatus, Symbols,
};
use espalier_core::capture::Damage;
use espalier_core::capture_list::{CaptureId, CaptureInfo, CaptureList, KeepLimits};
use espalier_core::record::Position;
use espalier_core::session::{
    BoardEvent, ConnectionState, EndReason, Integrity, PeerStatus, SessionEvent, SessionId,
    SessionSpec, SessionState, SessionStatus, TcpServerSpec, Traffic, TransportSpec,
};
use espalier_core::timeline::{ClockBounds, LanePeer, Origin};
use espalier_core::view::{
    FindSpec, FindStatus, Page, PageRequest, Row, RowKind, RowVisibility, SeekStatus, ViewSpec,
    ViewStatus,
};
use espalier_core::{Direction, PeerId, Progress, Sentence, Timestamp};
use parking_lot::Mutex;

/// 2026-07-01 09:41:00 UTC.
pub const NOON: i64 = 1_782_898_860_000_000_000;

#[derive(Default)]
pub struct Fake {
    sessions: Mutex<Vec<Session>>,
    timelines: Mutex<Vec<FakeTimeline>>,
    /// Commands that were asked for, in order.
    pub commands: Mutex<Vec<(SessionId, String)>>,
    /// What backtraces of boards are decoded with.
    pub symbols: Mutex<Option<String>>,
    /// What boards have told so far.
    pub told: Mutex<BoardStatus>,
    /// How provisioning of boards goes.
    pub going: Mutex<Option<Arc<ProvisionStatus>>>,
    /// The captures that are kept.
    pub kept: Mutex<CaptureList>,
    /// What was done with them, in order.
    pub done: Mutex<Vec<String>>,
    /// Files that are being looked into.
    pub looking: Mutex<Vec<(PathBuf, Progress, OnCapturesFound)>>,
    /// What befell captures.
    pub news: Mutex<CaptureNews>,
    /// How much is kept.
    pub limits: Mutex<Option<KeepLimits>>,
    /// The ports that are listed.
    pub ports: Mutex<Vec<PortInfo>>,
}

struct Session {
    id: SessionId,
    spec: SessionSpec,
    status: SessionStatus,
    rows: Arc<Rows>,
}

/// Rows of sessions, merged whenever the window looks.
struct FakeTimeline {
    id: SessionId,
    lanes: Vec<SessionId>,
    /// What a board did, by lane, and what it told it by.
    said: Vec<(Timestamp, u32, Origin, BoardEvent)>,
    clocks: Vec<(u32, ClockBounds)>,
    rows: Arc<Rows>,
}

#[derive(Default)]
pub struct Rows {
    rows: Mutex<Vec<Row>>,
    spec: Mutex<ViewSpec>,
    revision: AtomicU64,
    find: Mutex<Option<(FindSpec, FindStatus)>>,
    seek_status: Mutex<Option<(Position, u32)>>,
    wanted: Mutex<PageRequest>,
    saved: Mutex<Option<(std::path::PathBuf, Saving)>>,
    damage: Mutex<Option<Damage>>,
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

impl Session {
    fn row(&self, direction: Direction, peer: PeerId, kind: RowKind, bytes: &[u8]) {
        let mut rows = self.rows.rows.lock();
        let number = rows.len() as u64;
        let previous = rows.last().map_or(NOON, |row| row.at.0);
        let text = match &kind {
            RowKind::Event(event) => event.to_string(),
            RowKind::Data => String::from_utf8_lossy(bytes).trim_end().to_owned(),
        };
        rows.push(Row {
            number,
            position: Position(number * 100),
            offset: 0,
            origin: None,
            at: Timestamp(NOON + number as i64 * 12_345_678),
            previous_at: Timestamp(previous),
            direction,
            peer,
            kind,
            bytes: bytes.into(),
            text: text.into(),
            spans: Arc::default(),
            continues: false,
            fold: None,
        });
    }

    fn event(&self, peer: PeerId, event: SessionEvent) {
        self.row(Direction::In, peer, RowKind::Event(event), &[]);
    }

    fn end(&mut self, reason: EndReason, detail: &str) {
        self.event(PeerId(1), SessionEvent::Ended { reason, detail: detail.to_owned() });
        self.status.state = SessionState::Ended { reason, detail: detail.into() };
    }

    fn peers(&mut self, change: impl FnOnce(&mut Vec<PeerStatus>)) {
        let mut peers = self.status.peers.to_vec();
        change(&mut peers);
        self.status.peers = peers.into();
    }

    fn receive(&mut self, peer: PeerId, bytes: &[u8]) {
        self.row(Direction::In, peer, RowKind::Data, bytes);
        self.status.traffic.received.add(bytes.len() as u64);
        self.peers(|peers| {
            if let Some(peer) = peers.iter_mut().find(|other| other.id == peer) {
                peer.traffic.received.add(bytes.len() as u64);
            }
        });
    }
}

impl Fake {
    /// Tells an event of a session.
    pub fn tell(&self, id: SessionId, event: SessionEvent) {
        let sessions = self.sessions.lock();
        let session = sessions.iter().find(|session| session.id == id).expect("a session");
        session.event(PeerId::SESSION, event);
    }

    /// Ends a session.
    pub fn end(&self, id: SessionId, reason: EndReason, detail: &str) {
        let mut sessions = self.sessions.lock();
        let session = sessions.iter_mut().find(|session| session.id == id).expect("a session");
        session.end(reason, detail);
    }

    /// Lets a session receive bytes from nowhere.
    pub fn receive(&self, id: SessionId, bytes: &[u8]) {
        let mut sessions = self.sessions.lock();
        let session = sessions.iter_mut().find(|session| session.id == id).expect("a session");
        session.receive(PeerId(1), bytes);
    }

    /// A client of a server is over, or can receive no more.
    pub fn client_becomes(&self, id: SessionId, client: PeerId, state: ConnectionState) {
        let mut sessions = self.sessions.lock();
        let session = sessions.iter_mut().find(|session| session.id == id).expect("a session");
        session.peers(|peers| {
            peers.iter_mut().filter(|peer| peer.id == client).for_each(|peer| peer.state = state);
        });
    }

    /// How a session's log is shown.
    pub fn view_spec(&self, id: SessionId) -> ViewSpec {
        if let Some(open) = self.timelines.lock().iter().find(|it| it.id == id) {
            return open.rows.spec.lock().clone();
        }
        let sessions = self.sessions.lock();
        let session = sessions.iter().find(|session| session.id == id).expect("a session");
        session.rows.spec.lock().clone()
    }

    /// Puts a session into this state.
    pub fn set_state(&self, id: SessionId, state: SessionState) {
        let mut sessions = self.sessions.lock();
        let session = sessions.iter_mut().find(|session| session.id == id).expect("a session");
        session.status.state = state;
    }

    /// What was saved last of a session's log, and where.
    pub fn saved(&self, id: SessionId) -> Option<(std::path::PathBuf, Saving)> {
        let sessions = self.sessions.lock();
        let session = sessions.iter().find(|session| session.id == id).expect("a session");
        session.rows.saved.lock().clone()
    }

    /// Has a timeline say something of a board.
    pub fn say(&self, timeline: SessionId, lane: u32, origin: Origin, event: BoardEvent) {
        let mut timelines = self.timelines.lock();
        let open = timelines.iter_mut().find(|it| it.id == timeline).expect("a timeline");
        open.said.push((Timestamp(i64::MAX), lane, origin, event));
    }

    /// Tells the clock of a board on a timeline.
    pub fn tell_clock(&self, timeline: SessionId, lane: u32, zero: ClockBounds) {
        let mut timelines = self.timelines.lock();
        let open = timelines.iter_mut().find(|it| it.id == timeline).expect("a timeline");
        open.clocks = vec![(lane, zero)];
    }

    fn merge(&self, timeline: &FakeTimeline) {
        let sessions = self.sessions.lock();
        let mut merged: Vec<Row> = Vec::new();
        for (lane, id) in (0..).zip(&timeline.lanes) {
            let Some(session) = sessions.iter().find(|it| it.id == *id) else { continue };
            merged.extend(session.rows.rows.lock().iter().cloned().map(|row| Row {
                origin: Some(Origin { lane, position: row.position }),
                peer: LanePeer { lane, peer: row.peer }.id(),
                ..row
            }));
        }
        for (at, lane, origin, event) in &timeline.said {
            let event = SessionEvent::Board(event.clone());
            merged.push(Row {
                number: 0,
                position: Position(0),
                offset: 0,
                origin: Some(*origin),
                at: *at,
                previous_at: *at,
                direction: Direction::In,
                peer: LanePeer { lane: *lane, peer: PeerId::SESSION }.id(),
                text: event.to_string().into(),
                kind: RowKind::Event(event),
                bytes: Arc::default(),
                spans: Arc::default(),
                continues: false,
                fold: None,
            });
        }
        merged.sort_by_key(|row| row.at);
        for (number, row) in (0..).zip(&mut merged) {
            (row.number, row.position) = (number, Position(number * 100));
        }
        *timeline.rows.rows.lock() = merged;
    }

    fn start(&self, sessions: &mut [Session], at: usize) {
        match sessions[at].spec.transport.clone() {
            TransportSpec::Capture(_) => {}
            TransportSpec::TcpServer(server) => {
                let port = if server.port == 0 { 40_000 + at as u16 } else { server.port };
                let session = &mut sessions[at];
                session.status.state = SessionState::Listening;
                session.status.local = Some(SocketAddr::new(server.bind, port));
                session.event(PeerId::SESSION, SessionEvent::Listening { local: local(port) });
            }
            TransportSpec::TcpClient(client) => {
                let target = format!("{}:{}", client.host, client.port);
                sessions[at].event(PeerId(1), SessionEvent::Connecting { target });
                let found = sessions.iter().position(|other| {
                    other.status.state == SessionState::Listening
                        && other.status.local.is_some_and(|local| local.port() == client.port)
                });
                let Some(server) = found else {
                    sessions[at].end(EndReason::Refused, "Connection refused (os error 111)");
                    return;
                };
                let (here, there) = (local(50_123 + at as u16), local(client.port));
                let session = &mut sessions[at];
                session.status.state = SessionState::Connected(ConnectionState::Open);
                session.status.local = Some(here);
                session.status.remote = Some(there);
                session.event(PeerId(1), SessionEvent::Connected { local: here, remote: there });
                session.peers(|peers| *peers = vec![peer(PeerId(1), there, here)]);
                let session = &mut sessions[server];
                let id = PeerId(session.status.peers.len() as u32 + 1);
                session.event(id, SessionEvent::Accepted { local: there, remote: here });
                session.peers(|peers| peers.push(peer(id, here, there)));
            }
            TransportSpec::Serial(_) => sessions[at].status.state = SessionState::Open,
        }
    }

    fn send(&self, sessions: &mut [Session], at: usize, to: &PeerSelector, bytes: &[u8]) {
        let ends: Vec<(PeerId, SocketAddr, SocketAddr)> = sessions[at]
            .status
            .peers
            .iter()
            .filter(|peer| match to {
                PeerSelector::All => true,
                PeerSelector::Peers(peers) => peers.contains(&peer.id),
            })
            .map(|peer| (peer.id, peer.local, peer.remote))
            .collect();
        for (peer, here, there) in ends {
            let session = &mut sessions[at];
            session.row(Direction::Out, peer, RowKind::Data, bytes);
            session.status.traffic.sent.add(bytes.len() as u64);
            session.peers(|peers| {
                if let Some(peer) = peers.iter_mut().find(|other| other.id == peer) {
                    peer.traffic.sent.add(bytes.len() as u64);
                }
            });
            for other in sessions.iter_mut() {
                let found = other
                    .status
                    .peers
                    .iter()
                    .find(|peer| peer.local == there && peer.remote == here)
                    .map(|peer| peer.id);
                if let Some(peer) = found {
                    other.receive(peer, bytes);
                }
            }
        }
    }
}

fn peer(id: PeerId, remote: SocketAddr, local: SocketAddr) -> PeerStatus {
    PeerStatus {
        id,
        remote,
        local,
        since: Timestamp(NOON - 754_000_000_000),
        state: ConnectionState::Open,
        traffic: Traffic::default(),
        queued: 0,
    }
}

impl Fake {
    /// A closed capture of this name and size.
    pub fn keep(&self, name: &str, bytes: u64) {
        let session = SessionSpec::new(TransportSpec::TcpServer(TcpServerSpec::new(7681)));
        let mut kept = self.kept.lock();
        kept.is_read = true;
        kept.captures.push(CaptureInfo {
            id: CaptureId::try_from(name.to_owned()).expect("a name"),
            path: PathBuf::from("/captures").join(name),
            name: name.to_owned(),
            session: Some(SessionSpec { name: name.to_owned(), ..session }),
            begun: Some(Timestamp(NOON)),
            ended: Some(Timestamp(NOON + 60_000_000_000)),
            bytes,
            is_open: false,
            goes: None,
        });
    }

    /// What is missing in the capture of a session, and behind its last record.
    pub fn damage(&self, id: SessionId, damage: Option<Damage>, torn: u64) {
        let mut sessions = self.sessions.lock();
        if let Some(session) = sessions.iter_mut().find(|it| it.id == id) {
            *session.rows.damage.lock() = damage;
            session.status.torn_bytes = torn;
        }
    }

    /// The history of a session begins with that of an earlier run.
    pub fn continues(&self, id: SessionId) {
        let mut sessions = self.sessions.lock();
        sessions.iter_mut().filter(|it| it.id == id).for_each(|it| it.status.continues = true);
    }

    fn did(&self, what: String, told: OnDone) {
        self.done.lock().push(what);
        told(Ok("done".into()));
    }
}

impl Backend for Fake {
    fn captures(&self) -> Arc<CaptureList> {
        Arc::new(self.kept.lock().clone())
    }

    fn rename_capture(&self, id: CaptureId, name: String, done: OnDone) {
        self.did(format!("rename {id} to {name}"), done);
    }

    fn delete_capture(&self, id: CaptureId, done: OnDone) {
        self.kept.lock().captures.retain(|capture| capture.id != id);
        self.did(format!("delete {id}"), done);
    }

    fn import_capture(&self, path: PathBuf, progress: Progress, done: OnCapturesFound) {
        self.looking.lock().push((path, progress, done));
    }

    fn capture_news(&self) -> CaptureNews {
        *self.news.lock()
    }

    fn export_capture(&self, id: CaptureId, path: PathBuf, _progress: Progress, done: OnDone) {
        self.did(format!("save {id} as {}", path.display()), done);
    }

    fn keep_captures(&self, limits: KeepLimits) {
        *self.limits.lock() = Some(limits);
    }

    fn open(&self, spec: SessionSpec) -> SessionId {
        let mut sessions = self.sessions.lock();
        let id = SessionId(sessions.last().map_or(1, |session| session.id.0 + 1));
        let status = SessionStatus {
            id,
            state: SessionState::Idle,
            local: None,
            remote: None,
            since: None,
            peers: Arc::default(),
            traffic: Traffic::default(),
            integrity: Integrity::default(),
            queued: 0,
            cycle: None,
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

    fn forget(&self, id: SessionId) {
        self.timelines.lock().retain(|timeline| timeline.id != id);
        self.sessions.lock().retain(|session| session.id != id);
    }

    fn sessions(&self) -> Vec<SessionId> {
        self.sessions.lock().iter().map(|session| session.id).collect()
    }

    fn spec(&self, id: SessionId) -> Option<SessionSpec> {
        let sessions = self.sessions.lock();
        sessions.iter().find(|session| session.id == id).map(|session| session.spec.clone())
    }

    fn status(&self, id: SessionId) -> Option<Arc<SessionStatus>> {
        let sessions = self.sessions.lock();
        let session = sessions.iter().find(|session| session.id == id)?;
        Some(Arc::new(session.status.clone()))
    }

    fn command(&self, id: SessionId, command: SessionCommand) -> Result<(), Busy> {
        self.commands.lock().push((id, format!("{command:?}")));
        let mut sessions = self.sessions.lock();
        let Some(at) = sessions.iter().position(|session| session.id == id) else { return Ok(()) };
        match command {
            SessionCommand::Start => self.start(&mut sessions, at),
            SessionCommand::Stop => sessions[at].end(EndReason::ClosedByUs, ""),
            SessionCommand::Board(BoardCommand::Symbols(elf)) => {
                *self.symbols.lock() = elf.map(|path| path.display().to_string());
            }
            SessionCommand::Send { to, bytes } => self.send(&mut sessions, at, &to, &bytes),
            SessionCommand::SetSpec(spec) => sessions[at].spec = *spec,
            SessionCommand::SetBehaviour(behaviour) => {
                if let TransportSpec::TcpServer(server) = &mut sessions[at].spec.transport {
                    server.behaviour = behaviour;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn open_timeline(&self, mut lanes: Vec<SessionId>) -> Option<SessionId> {
        lanes.truncate(LanePeer::LANES as usize);
        // Far from the numbers of sessions.
        let mut timelines = self.timelines.lock();
        let id = SessionId(1000 + timelines.len() as u64);
        let rows = Arc::default();
        timelines.push(FakeTimeline { id, lanes, said: Vec::new(), clocks: Vec::new(), rows });
        Some(id)
    }

    fn join_timeline(&self, timeline: SessionId, session: SessionId) -> bool {
        let mut timelines = self.timelines.lock();
        let Some(open) = timelines.iter_mut().find(|it| it.id == timeline) else { return false };
        open.lanes.push(session);
        true
    }

    fn timeline(&self, id: SessionId) -> Option<TimelineStatus> {
        let timelines = self.timelines.lock();
        let open = timelines.iter().find(|it| it.id == id)?;
        self.merge(open);
        let (lanes, clocks) = (open.lanes.clone().into(), open.clocks.clone().into());
        Some(TimelineStatus { lanes, clocks, ..TimelineStatus::default() })
    }

    fn view(&self, id: SessionId) -> Option<Arc<dyn View>> {
        if let Some(open) = self.timelines.lock().iter().find(|it| it.id == id) {
            return Some(Arc::clone(&open.rows) as Arc<dyn View>);
        }
        let sessions = self.sessions.lock();
        let session = sessions.iter().find(|session| session.id == id)?;
        Some(Arc::clone(&session.rows) as Arc<dyn View>)
    }

    fn ports(&self) -> Arc<[PortInfo]> {
        self.ports.lock().clone().into()
    }

    fn simulates_boards(&self) -> bool {
        false
    }

    fn board(&self, id: SessionId) -> Option<Arc<BoardStatus>> {
        let spec = self.spec(id)?;
        let TransportSpec::Serial(serial) = spec.transport else { return None };
        let symbols = self.symbols.lock().clone().map(|name| Symbols::Elf(name.into()));
        let port_name = serial.port;
        let link = LinkState::Monitoring;
        let told = self.told.lock().clone();
        Some(Arc::new(BoardStatus { port_name, link, symbols, ..told }))
    }

    fn provision_status(&self, _id: SessionId) -> Option<Arc<ProvisionStatus>> {
        self.going.lock().clone()
    }

    fn local_addresses(&self) -> Vec<IpAddr> {
        vec![IpAddr::from([192, 168, 1, 20])]
    }

    fn on_change(&self, _wake: Box<dyn Fn() + Send + Sync>) {}

    fn drawn(&self) {}
}

impl Rows {
    fn shown(&self) -> Vec<Row> {
        let spec = self.spec.lock();
        let rows = self.rows.lock();
        let pass = |row: &&Row| {
            row.text.contains(&spec.filter.text)
                && (row.kind != RowKind::Data || spec.filter.log.passes(&row.text))
                && spec.filter.direction.is_none_or(|direction| row.direction == direction)
                && (spec.filter.peers.is_empty() || spec.filter.peers.contains(&row.peer))
                && row.position >= spec.cleared_before
                && LanePeer::of(row.peer)
                    .is_none_or(|it| !spec.filter.hidden_lanes.contains(&it.lane))
        };
        rows.iter().filter(pass).cloned().collect()
    }
}

impl View for Rows {
    fn status(&self) -> ViewStatus {
        let rows = self.rows.lock().len() as u64;
        ViewStatus {
            revision: self.revision.load(Ordering::Relaxed),
            rows,
            shown: self.shown().len() as u64,
            indexed: (rows * 100, rows * 100),
            damage: *self.damage.lock(),
            find: self.find.lock().as_ref().map(|(_, status)| status.clone()),
            seek_status: self.seek_status.lock().map(|(record, offset)| {
                let shown = self.shown();
                let row = shown.iter().position(|row| row.position >= record);
                let exact = row.is_some_and(|row| shown[row].position == record);
                let row = row.or(shown.len().checked_sub(1)).map(|row| row as u64);
                SeekStatus { record, offset, row, exact }
            }),
            ..ViewStatus::default()
        }
    }

    fn set_spec(&self, spec: ViewSpec) {
        *self.spec.lock() = spec;
        self.revision.fetch_add(1, Ordering::Relaxed);
    }

    /// All rows there are: few enough for a page.
    fn page(&self) -> Page {
        let wanted = self.wanted.lock().clone();
        let status = Arc::new(self.status());
        let rows = self.shown();
        let selected = wanted.selected.map(|place| {
            let at = rows.iter().position(|row| (row.position, row.offset) == place);
            (place, at.map_or(RowVisibility::Hidden, |at| RowVisibility::Row(at as u64)))
        });
        let anchor = wanted.rows.start.min(status.shown);
        Page {
            status,
            request_id: wanted.request_id,
            first: 0,
            anchor,
            rows: rows.into(),
            selected,
        }
    }

    fn request_page(&self, wanted: PageRequest) {
        *self.wanted.lock() = wanted;
    }

    fn find(&self, what: Option<FindSpec>) {
        *self.find.lock() = what.map(|what| {
            let shown = self.shown();
            let hits = shown.iter().filter(|row| row.text.contains(&what.pattern)).count() as u64;
            (what, FindStatus { hits, searched: shown.len() as u64, current: None, error: None })
        });
    }

    fn step(&self, from: u64, forward: bool) {
        let shown = self.shown();
        let mut find = self.find.lock();
        let Some((what, status)) = find.as_mut() else { return };
        let hits: Vec<u64> = (0..)
            .zip(&shown)
            .filter(|(_, row)| row.text.contains(&what.pattern))
            .map(|(number, _)| number)
            .collect();
        let found = if forward {
            hits.iter().position(|hit| *hit > from).or(Some(0))
        } else {
            hits.iter().rposition(|hit| *hit < from).or(hits.len().checked_sub(1))
        };
        status.current = found.and_then(|at| Some((at as u64, *hits.get(at)?)));
    }

    fn seek(&self, record: Position, offset: u32) {
        *self.seek_status.lock() = Some((record, offset));
    }

    fn copy(&self, rows: Range<u64>, format: TextFormat, done: Box<dyn FnOnce(String) + Send>) {
        let shown = self.shown();
        let end = shown.len().min(rows.end as usize);
        let rows = &shown[(rows.start as usize).min(end)..end];
        let lines: Vec<String> = match format {
            TextFormat::Text => rows.iter().map(|row| row.text.to_string()).collect(),
            _ => rows.iter().map(|row| format!("{:02X?}", row.bytes)).collect(),
        };
        done(lines.join("\n"));
    }

    fn save(
        &self,
        path: std::path::PathBuf,
        what: Saving,
        _progress: Progress,
        done: Box<dyn FnOnce(Result<Sentence, Sentence>) + Send>,
    ) {
        *self.saved.lock() = Some((path.clone(), what));
        done(Ok(format!("Saved {}", path.display()).into()));
    }
}
