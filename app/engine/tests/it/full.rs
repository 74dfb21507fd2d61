//! A disk that is full while several clients send, and then has room again.
//!
//! The system's own limit of a file's length stands for the disk: it takes part of a write, refuses the rest, and can be
//! raised again without being root. It holds for a whole process, so each test is a process of its own.

#![cfg(unix)]

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::thread;

use espalier_core::Direction;
use espalier_core::backend::SessionCommand;
use espalier_core::load::{LoadSpec, LoadTraffic, PatternCheck};
use espalier_core::session::{EndReason, SerialSpec, SessionSpec, SessionState, TransportSpec};
use espalier_engine::session::Session;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::rig::{Rig, captured, noise, plain, status_until, until};

const CHILD: &str = "ESPALIER_TEST_FULL_DISK";
const ROOM: u64 = 256 << 10;
const ROUNDS: u64 = 10;

/// Runs this test again as a process whose writes fail above a limit, instead of being killed.
fn in_a_process_of_its_own(name: &str) -> bool {
    if std::env::var_os(CHILD).is_some() {
        return true;
    }
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", name])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let erred = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{erred}");
    false
}

fn limit(bytes: Option<u64>) {
    let maximum = getrlimit(Resource::Fsize).maximum;
    setrlimit(Resource::Fsize, Rlimit { current: bytes.or(maximum), maximum }).unwrap();
}

fn failed(state: &SessionState) -> bool {
    matches!(state, SessionState::Ended { reason: EndReason::CaptureFailed, .. })
}

/// Sends until it is cut off.
fn flood(mut stream: TcpStream, seed: u64) -> thread::JoinHandle<(SocketAddr, Vec<u8>)> {
    let address = stream.local_addr().unwrap();
    let send = move || {
        let bytes = noise(seed, 8 << 20);
        stream.write_all(&bytes).ok();
        (address, bytes)
    };
    thread::Builder::new().name("sender".to_owned()).spawn(send).unwrap()
}

/// What a session has read of these clients is in its capture, in order, once.
fn assert_kept(session: &Session, sent: &[(SocketAddr, Vec<u8>)]) {
    let status = status_until(session, "all is counted", |status| {
        let read: u64 = status.peers.iter().map(|peer| peer.traffic.received.bytes).sum();
        read >= ROOM / 2 && status.integrity.received_bytes == read
    });
    for (address, bytes) in sent {
        let Some(peer) = status.peers.iter().find(|peer| peer.remote == *address) else { continue };
        let kept = captured(session, Direction::In, Some(peer.id));
        assert_eq!(kept.len() as u64, peer.traffic.received.bytes, "no byte less, none twice");
        assert!(bytes.starts_with(&kept), "in order");
    }
}

#[test]
fn what_several_clients_had_sent_is_there_once_there_is_room() {
    if !in_a_process_of_its_own("full::what_several_clients_had_sent_is_there_once_there_is_room") {
        return;
    }
    for round in 0..ROUNDS {
        let rig = Rig::new();
        let (session, address) = rig.server(|_| {});
        limit(Some(ROOM));
        let senders: Vec<_> = (0..6).map(|n| flood(plain(address), round * 10 + n)).collect();
        until("the session ends", || failed(&session.state()));
        let sent: Vec<_> = senders.into_iter().map(|sender| sender.join().unwrap()).collect();
        // In vain, again and again: nothing is lost and nothing doubled by it.
        for _ in 0..3 {
            session.command(SessionCommand::Start).unwrap();
            session.command(SessionCommand::Stop).unwrap();
        }
        session.command(SessionCommand::Start).unwrap();
        until("it ends again", || failed(&session.state()));
        limit(None);
        session.command(SessionCommand::Start).unwrap();
        until("it listens again", || session.state() == SessionState::Listening);
        assert_kept(&session, &sent);
    }
}

#[test]
fn a_client_is_told_and_goes_on_with_nothing_lost() {
    if !in_a_process_of_its_own("full::a_client_is_told_and_goes_on_with_nothing_lost") {
        return;
    }
    for round in 0..ROUNDS {
        let rig = Rig::new();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        limit(Some(ROOM));
        let session = rig.client(listener.local_addr().unwrap().port(), |_| {});
        let sender = flood(listener.accept().unwrap().0, round);
        until("the session ends", || failed(&session.state()));
        let (_, sent) = sender.join().unwrap();
        limit(None);
        session.command(SessionCommand::Start).unwrap();
        let (again, _) = listener.accept().unwrap();
        drop(again);
        until("the second connection is over", || {
            matches!(session.state(), SessionState::Ended { reason: EndReason::ClosedByPeer, .. })
        });
        let kept = captured(&session, Direction::In, None);
        assert!(kept.len() as u64 >= ROOM / 2 && sent.starts_with(&kept), "{}", kept.len());
        let counted = status_until(&session, "all is counted", |status| {
            status.integrity.received_bytes == kept.len() as u64
        });
        assert_eq!(counted.integrity.received, crate::rig::digest(&kept));
    }
}

#[test]
fn a_load_test_ends_and_is_no_success() {
    if !in_a_process_of_its_own("full::a_load_test_ends_and_is_no_success") {
        return;
    }
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut spec = LoadSpec::new("127.0.0.1", listener.local_addr().unwrap().port());
    spec.clients = 2;
    spec.traffic = LoadTraffic::Pattern { rate: 0, check: PatternCheck::Source };
    limit(Some(ROOM));
    let session = rig.open(SessionSpec::new(TransportSpec::Load(spec)));
    let senders: Vec<_> = (0..2).map(|n| flood(listener.accept().unwrap().0, n)).collect();
    until("the session ends", || failed(&session.state()));
    let load = session.load().unwrap();
    assert!(load.over.is_some() && load.sum.good == 0, "{:?}", load.sum);
    limit(None);
    for sender in senders {
        sender.join().unwrap();
    }
}

#[test]
fn a_serial_session_is_told_and_goes_on_with_nothing_lost() {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    if !in_a_process_of_its_own("full::a_serial_session_is_told_and_goes_on_with_nothing_lost") {
        return;
    }
    let rig = Rig::new();
    // Who sends is not held up when nobody reads any more.
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).and_then(|()| unlockpt(&master)).unwrap();
    rustix::io::ioctl_fionbio(&master, true).unwrap();
    let port = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    let spec = SerialSpec::new(port);
    limit(Some(ROOM));
    let session = rig.open(SessionSpec::new(TransportSpec::Serial(spec)));
    until("the port is open", || session.state() == SessionState::Open);
    let sent = noise(7, 1 << 20);
    let mut done = 0;
    until("the session ends", || {
        let rest = &sent[done..sent.len().min(done + 4096)];
        done += rustix::io::write(&master, rest).unwrap_or_default();
        failed(&session.state())
    });
    let SessionState::Ended { detail, .. } = session.state() else { unreachable!() };
    assert!(detail.contains("no space left"), "{detail}");
    // In vain: nothing is lost and nothing doubled by it.
    session.command(SessionCommand::Start).unwrap();
    until("it ends again", || failed(&session.state()));
    limit(None);
    session.command(SessionCommand::Start).unwrap();
    until("the port is open again", || session.state() == SessionState::Open);
    status_until(&session, "all is counted", |status| {
        let kept = captured(&session, Direction::In, None);
        status.integrity.received_bytes == kept.len() as u64
    });
    let kept = captured(&session, Direction::In, None);
    assert!(kept.len() as u64 >= ROOM / 2, "{}", kept.len());
    // What came while the port was closed is not ours to keep; up to there nothing is missing.
    let before = kept.iter().zip(&sent).take_while(|(kept, sent)| kept == sent).count();
    assert!(before as u64 >= ROOM / 2, "{before} of {}", kept.len());
    // More may have come since all was counted.
    status_until(&session, "what is kept is counted", |status| {
        status.integrity.received_bytes >= before as u64
    });
}

#[test]
fn the_end_of_the_program_does_not_wait_for_a_broken_capture() {
    if !in_a_process_of_its_own("full::the_end_of_the_program_does_not_wait_for_a_broken_capture") {
        return;
    }
    let rig = Rig::new();
    let (session, address) = rig.server(|_| {});
    limit(Some(ROOM));
    let senders: Vec<_> = (0..6).map(|n| flood(plain(address), n)).collect();
    until("the session ends", || failed(&session.state()));
    drop(rig);
    // Cut off, all of them.
    senders.into_iter().for_each(|sender| drop(sender.join().unwrap()));
}
