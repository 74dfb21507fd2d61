//! Histories that outlive their sessions and their program.

use std::io::Write as _;

use espalier_core::backend::{Backend as _, SessionCommand};
use espalier_core::kept::KeepLimits;
use espalier_core::session::{
    CaptureSpec, EndReason, SessionSpec, SessionState, TcpServerSpec, TransportSpec,
};
use espalier_core::view::Wanted;
use espalier_core::{Direction, PeerId};
use espalier_engine::Engine;

use crate::rig::{captured, plain, records, until};

fn engine(folder: &std::path::Path) -> Engine {
    let engine = Engine::new(folder).unwrap();
    engine.keep_captures(KeepLimits::default());
    engine
}

/// A server that somebody says something to; as it would be kept.
fn talk(engine: &Engine, spec: SessionSpec, words: &[u8]) -> SessionSpec {
    let session = engine.session(engine.open(spec)).unwrap();
    until("the server listens", || session.status().state == SessionState::Listening);
    let mut stream = plain(session.status().local.unwrap());
    stream.write_all(words).unwrap();
    drop(stream);
    until("it has heard them", || captured(&session, Direction::In, None).ends_with(words));
    session.spec()
}

fn server() -> SessionSpec {
    SessionSpec::new(TransportSpec::TcpServer(TcpServerSpec::new(0)))
}

#[test]
fn a_session_goes_on_in_its_history_after_the_program_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    let first = engine(folder.path());
    let spec = talk(&first, server(), b"yesterday ");
    drop(first);

    let second = engine(folder.path());
    let again = talk(&second, spec.clone(), b"today");
    assert_eq!(again.capture, spec.capture);
    let session = second.session(second.sessions()[0]).unwrap();
    assert_eq!(captured(&session, Direction::In, None), b"yesterday today");
    let peers: Vec<PeerId> = records(&session).iter().map(|kept| kept.peer).collect();
    assert!(peers.contains(&PeerId(1)) && peers.contains(&PeerId(2)), "{peers:?}");
    // The digest is of this run, and says so by its count.
    until("5 bytes were counted", || session.status().integrity.received_bytes == 5);

    // Twice at the same time is twice a history.
    let twin = second.session(second.open(spec)).unwrap();
    assert_ne!(twin.spec().capture, again.capture);
}

#[test]
fn a_closed_tab_is_in_the_list_and_can_be_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path());
    let spec = talk(&engine, SessionSpec { name: "lamp".to_owned(), ..server() }, b"hello\n");
    engine.open(SessionSpec { autostart: false, ..server() });
    engine.sessions().into_iter().for_each(|id| engine.forget(id));
    until("both are closed", || {
        let list = engine.captures();
        // The empty one has gone.
        list.captures.len() == 1 && !list.captures[0].is_open
    });
    let kept = engine.captures().captures[0].clone();
    assert_eq!((kept.name.as_str(), Some(kept.id)), ("lamp", spec.capture));

    let look = TransportSpec::Capture(CaptureSpec { path: kept.path.clone() });
    let id = engine.open(SessionSpec::new(look));
    let session = engine.session(id).unwrap();
    until("it is open", || session.capture().is_some());
    assert_eq!(captured(&session, Direction::In, None), b"hello\n");
    let view = engine.view(id).unwrap();
    until("its rows are there", || {
        let page = view.page();
        view.look(Wanted::rows(view.status().revision, 0..9));
        page.rows.iter().any(|row| row.text.contains("hello"))
    });
    let before = records(&session).len();
    for command in [SessionCommand::Start, SessionCommand::Stop, SessionCommand::StopCycle] {
        session.command(command).unwrap();
    }
    engine.forget(id);
    until("it is forgotten", || engine.session(id).is_none());
    assert_eq!(records(&session).len(), before, "nothing is written to what is looked at");
    assert!(kept.path.exists());
}

#[test]
fn what_is_no_capture_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path());
    let path = folder.path().join("letter.txt");
    std::fs::write(&path, "Dear reader, this is no capture at all").unwrap();
    let look = TransportSpec::Capture(CaptureSpec { path });
    let session = engine.session(engine.open(SessionSpec::new(look))).unwrap();
    until("it is told", || {
        matches!(
            &session.status().state,
            SessionState::Ended { reason: EndReason::CaptureFailed, detail } if detail.contains("letter.txt")
        )
    });
}

#[test]
fn a_number_is_given_once_though_its_connection_said_its_last_long_ago() {
    let folder = tempfile::tempdir().unwrap();
    let first = engine(folder.path());
    let id = first.open(server());
    let session = first.session(id).unwrap();
    until("the server listens", || session.status().state == SessionState::Listening);
    let address = session.status().local.unwrap();
    let mut talker = plain(address);
    until("the first is there", || session.status().peers.len() == 1);
    drop(plain(address));
    until("the second was there", || session.status().peers.len() == 2);
    let flood = vec![b'x'; 20 << 20];
    talker.write_all(&flood).unwrap();
    until("it was heard", || session.status().traffic.received.bytes == flood.len() as u64);
    let spec = session.spec();
    drop((session, talker, first));

    let next = |engine: &Engine| {
        let session = engine.session(engine.open(spec.clone())).unwrap();
        until("the server listens", || session.status().state == SessionState::Listening);
        let _stream = plain(session.status().local.unwrap());
        until("somebody is there", || !session.status().peers.is_empty());
        session.status().peers[0].id
    };
    assert_eq!(next(&engine(folder.path())), PeerId(3));
    // As a program that was killed leaves it: what is written down at the end is not there.
    let about = folder.path().join(spec.capture.as_ref().unwrap().as_str()).join("capture.toml");
    assert!(std::fs::read_to_string(&about).unwrap().contains("numbered"));
    std::fs::remove_file(about).unwrap();
    assert_eq!(next(&engine(folder.path())), PeerId(4));
}
