//! What tests do to the engine in memory, and what they ask of it: what the world would do to sessions and captures.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use espalier_core::backend::{Copying, OnDone, Saving};
use espalier_core::capture::Damage;
use espalier_core::capture_list::CaptureInfo;
use espalier_core::session::{
    ConnectionState, EndReason, ListStatus, RulesStatus, SessionEvent, SessionId, SessionSpec,
    SessionState, SessionStatus, TcpServerSpec, TransportSpec,
};
use espalier_core::timeline::TimelineId;
use espalier_core::view::ViewSpec;
use espalier_core::{CaptureId, PeerId, Timestamp};

use super::session::peer;
use super::{Fake, NOON};

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

    /// A transfer of the first session stands so.
    pub fn transfer(&self, status: espalier_core::transfer::TransferStatus) {
        let mut sessions = self.sessions.lock();
        sessions[0].status.transfer = Some(status.into());
    }

    /// How a replay to the first session goes.
    pub fn replay(&self, status: espalier_core::replay::ReplayStatus) {
        self.sessions.lock()[0].status.replay = Some(status.into());
    }

    /// The chat of the first session stands so.
    pub fn chat(&self, status: espalier_core::chat::ChatStatus) {
        self.sessions.lock()[0].status.chat = Some(status.into());
    }

    /// These are in the room of the first session.
    pub fn room(&self, status: espalier_core::session::RoomStatus) {
        self.sessions.lock()[0].status.room = Some(status.into());
    }

    /// The other end of the first session has begun a transfer.
    pub fn offer(&self, offer: (espalier_core::PeerId, espalier_core::transfer::TransferOffer)) {
        self.sessions.lock()[0].status.offer = Some(offer);
    }

    /// How a run of a session's send list goes.
    pub fn run_list(&self, id: SessionId, list: ListStatus) {
        let mut sessions = self.sessions.lock();
        let session = sessions.iter_mut().find(|session| session.id == id).expect("a session");
        session.status.list = Some(list.into());
    }

    /// The rules of a session stand so.
    pub fn rules_at_work(&self, id: SessionId, rules: RulesStatus) {
        let mut sessions = self.sessions.lock();
        if let Some(session) = sessions.iter_mut().find(|session| session.id == id) {
            session.status.rules = Some(rules.into());
        }
    }

    /// Lets a session receive bytes from nowhere.
    pub fn receive(&self, id: SessionId, bytes: &[u8]) {
        let mut sessions = self.sessions.lock();
        let session = sessions.iter_mut().find(|session| session.id == id).expect("a session");
        session.receive(PeerId(1), bytes);
    }

    /// A client from nowhere comes to a server.
    pub fn accept(&self, id: SessionId) {
        self.accept_from(id, None);
    }

    /// A client comes to a server, from this address of another computer; or a first datagram from there.
    pub fn accept_from(&self, id: SessionId, ip: Option<IpAddr>) {
        let mut sessions = self.sessions.lock();
        let session = sessions.iter_mut().find(|session| session.id == id).expect("a session");
        let local = session.status.local.expect("a server that listens");
        let client = PeerId(session.status.peers.last().map_or(0, |last| last.id.0) + 1);
        let remote = SocketAddr::new(ip.unwrap_or(local.ip()), 50_000 + client.0 as u16);
        if matches!(session.spec.transport, TransportSpec::Udp(_)) {
            session.event(client, SessionEvent::Met { local, remote });
            session.status.counterpart = Some(client);
        } else {
            session.event(client, SessionEvent::Accepted { local, remote });
        }
        session.peers(|peers| peers.push(peer(client, remote, local)));
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
        let sessions = self.sessions.lock();
        let session = sessions.iter().find(|session| session.id == id).expect("a session");
        session.rows.spec.lock().clone()
    }

    /// The record that was sought last in a session's log.
    pub fn sought(&self, id: SessionId) -> Option<espalier_core::Position> {
        let sessions = self.sessions.lock();
        let session = sessions.iter().find(|session| session.id == id).expect("a session");
        let sought = *session.rows.seek_status.lock();
        sought.map(|(record, ..)| record)
    }

    /// How a timeline is shown.
    pub fn timeline_spec(&self, id: TimelineId) -> ViewSpec {
        let timelines = self.timelines.lock();
        let open = timelines.iter().find(|it| it.id == id).expect("a timeline");
        open.rows.spec.lock().clone()
    }

    /// Changes what is published of a session.
    pub fn publish(&self, id: SessionId, change: impl FnOnce(&mut SessionStatus)) {
        let mut sessions = self.sessions.lock();
        let session = sessions.iter_mut().find(|session| session.id == id).expect("a session");
        change(&mut session.status);
    }

    /// Puts a session into this state.
    pub fn set_state(&self, id: SessionId, state: SessionState) {
        let mut sessions = self.sessions.lock();
        let session = sessions.iter_mut().find(|session| session.id == id).expect("a session");
        session.status.state = state;
    }

    /// What was saved last of a session's log, and where.
    pub fn saved(&self, id: SessionId) -> Option<(PathBuf, Saving)> {
        let sessions = self.sessions.lock();
        let session = sessions.iter().find(|session| session.id == id).expect("a session");
        session.rows.saved.lock().clone()
    }

    /// What was copied last of a session's log.
    pub fn copied(&self, id: SessionId) -> Option<Copying> {
        let sessions = self.sessions.lock();
        let session = sessions.iter().find(|session| session.id == id).expect("a session");
        session.rows.copied.lock().clone()
    }

    /// A session's status.
    pub fn status_of(&self, id: SessionId) -> SessionStatus {
        let sessions = self.sessions.lock();
        let session = sessions.iter().find(|session| session.id == id).expect("a session");
        session.status.clone()
    }

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
            clock: None,
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

    pub(super) fn did(&self, what: String, told: OnDone) {
        self.done.lock().push(what);
        told(Ok("done".into()));
    }
}
