//! What the tests share: an engine in a folder of its own, waiting with a limit, plain sockets for the other end.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use espalier_core::backend::prelude::*;
use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::capture::{Cursor, RecordBody};
use espalier_core::session::{
    ConnectionState, EndReason, SessionEvent, SessionSpec, SessionState, SessionStatus,
    TcpClientSpec, TcpServerSpec, TransportSpec,
};
use espalier_core::{Direction, PeerId, Position, Timestamp};
use espalier_engine::Engine;
use espalier_engine::session::Session;

/// Nothing on loopback takes this long; only a test that fails waits for it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// An engine that leaves nothing behind.
pub struct Rig {
    pub engine: Engine,
    _folder: tempfile::TempDir,
}

/// A record of a capture, on its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub at: Timestamp,
    pub direction: Direction,
    pub peer: PeerId,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq)]
pub enum What {
    Bytes(Vec<u8>),
    Event(SessionEvent),
}

impl Rig {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::new(folder.path()).unwrap();
        Self { engine, _folder: folder }
    }

    /// One whose captures go there.
    pub fn with_captures(captures: &std::path::Path) -> Self {
        let engine = Engine::new(captures).unwrap();
        Self { engine, _folder: tempfile::tempdir().unwrap() }
    }

    pub fn open(&self, spec: SessionSpec) -> Session {
        self.engine.session(self.engine.open(spec)).unwrap()
    }

    /// A client of a port on this computer.
    pub fn client(&self, port: u16, change: impl FnOnce(&mut TcpClientSpec)) -> Session {
        let mut spec = TcpClientSpec::new("127.0.0.1", port);
        change(&mut spec);
        self.open(SessionSpec::new(TransportSpec::TcpClient(spec)))
    }

    /// A server that listens, and its address.
    pub fn server(&self, change: impl FnOnce(&mut TcpServerSpec)) -> (Session, SocketAddr) {
        let mut spec = TcpServerSpec::new(0);
        change(&mut spec);
        let session = self.open(SessionSpec::new(TransportSpec::TcpServer(spec)));
        until("the server listens", || session.status().state == SessionState::Listening);
        let local = session.status().local.unwrap();
        (session, local)
    }

    /// A client session that is connected to a plain socket, and that socket.
    pub fn connected(&self, change: impl FnOnce(&mut TcpClientSpec)) -> (Session, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let session = self.client(listener.local_addr().unwrap().port(), change);
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        until("the client is connected", || {
            session.status().state == SessionState::Connected(ConnectionState::Open)
        });
        (session, stream)
    }
}

/// Waits until it is so; fails after [`PATIENCE`].
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Connects a plain socket.
pub fn plain(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Ends a plain socket by RST.
pub fn reset(stream: TcpStream) {
    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
}

/// Reads to the end.
pub fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    all
}

pub fn send(session: &Session, bytes: &[u8]) {
    session.command(SessionCommand::Send { to: PeerSelector::All, bytes: bytes.into() }).unwrap();
}

/// Everything a session's capture holds, read as a stranger would.
pub fn records(session: &Session) -> Vec<Kept> {
    let Some(capture) = session.capture() else { return Vec::new() };
    let mut cursor = Cursor::new(&capture, Position(0));
    let mut all = Vec::new();
    while let Some(record) = cursor.next() {
        let what = match record.body {
            RecordBody::Data(bytes) => What::Bytes(bytes.to_vec()),
            RecordBody::Event(event) => What::Event(event),
        };
        all.push(Kept { at: record.at, direction: record.direction, peer: record.peer, what });
    }
    all
}

/// All bytes of a direction in the capture; of one peer, or of all.
pub fn captured(session: &Session, direction: Direction, peer: Option<PeerId>) -> Vec<u8> {
    let wanted =
        |kept: &Kept| kept.direction == direction && peer.is_none_or(|peer| kept.peer == peer);
    let mut all = Vec::new();
    for kept in records(session).into_iter().filter(wanted) {
        if let What::Bytes(bytes) = kept.what {
            all.extend(bytes);
        }
    }
    all
}

/// The events in the capture, in order.
pub fn events(session: &Session) -> Vec<SessionEvent> {
    let events = records(session).into_iter().filter_map(|kept| match kept.what {
        What::Event(event) => Some(event),
        What::Bytes(_) => None,
    });
    events.collect()
}

/// The notes in the capture, in order.
pub fn notes(session: &Session) -> Vec<String> {
    let notes = events(session).into_iter().filter_map(|event| match event {
        SessionEvent::Note(sentence) => Some(sentence.to_string()),
        _ => None,
    });
    notes.collect()
}

/// Why the latest connection, attempt or session ended, with the system's words; waits for it.
#[track_caller]
pub fn end(session: &Session) -> (EndReason, String) {
    let mut found = None;
    until("it has ended", || {
        found = events(session).into_iter().rev().find_map(|event| match event {
            SessionEvent::Ended { reason, detail } => Some((reason, detail)),
            _ => None,
        });
        found.is_some()
    });
    found.unwrap()
}

/// Waits for the snapshot to be so.
#[track_caller]
pub fn status_until(
    session: &Session,
    what: &str,
    is_so: impl Fn(&SessionStatus) -> bool,
) -> Arc<SessionStatus> {
    until(what, || is_so(&session.status()));
    session.status()
}

/// SHA-256 of these bytes.
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).into()
}

/// Bytes that repeat nowhere soon: a 64-bit linear congruential sequence.
pub fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    };
    (0..length).map(|_| next()).collect()
}

/// A foreign program that ends with the test.
pub struct Foreign(pub Child);

impl Foreign {
    /// Starts it with pipes; `None`, said aloud, when it is not installed.
    pub fn start(program: &str, arguments: &[&str]) -> Option<Self> {
        let started = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        match started {
            Ok(child) => Some(Self(child)),
            Err(error) => {
                eprintln!("SKIPPED: {program}: {error}");
                None
            }
        }
    }

    pub fn write(&mut self, bytes: &[u8]) {
        let stdin = self.0.stdin.as_mut().unwrap();
        stdin.write_all(bytes).unwrap();
        stdin.flush().unwrap();
    }

    pub fn close_stdin(&mut self) {
        self.0.stdin.take();
    }

    /// Everything it printed until it ended by itself.
    pub fn output(mut self) -> Vec<u8> {
        let mut all = Vec::new();
        self.0.stdout.take().unwrap().read_to_end(&mut all).unwrap();
        self.0.wait().unwrap();
        all
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
