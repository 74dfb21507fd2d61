//! Histories that outlive their sessions and their program.

use std::io::Write as _;

use espalier_core::backend::SessionCommand;
use espalier_core::backend::prelude::*;
use espalier_core::capture_list::KeepLimits;
use espalier_core::session::{
    CaptureSpec, EndReason, SessionEvent, SessionSpec, SessionState, TcpServerSpec, TransportSpec,
};
use espalier_core::view::PageRequest;
use espalier_core::{Direction, PeerId, Progress};
use espalier_engine::Engine;
use espalier_engine::session::Session;

use crate::rig::{captured, events, plain, records, until};

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
    SessionSpec::clone(&session.spec())
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

/// Who came and how it ended is history too, where no byte was said.
#[test]
fn a_story_without_a_byte_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let first = engine(folder.path());
    let session = first.session(first.open(server())).unwrap();
    until("it listens", || session.status().local.is_some());
    let address = session.status().local.unwrap();
    let client = plain(address);
    until("it is there", || !session.status().peers.is_empty());
    drop(client);
    let ends = |session: &Session| {
        let ended = |event: &SessionEvent| matches!(event, SessionEvent::Ended { .. });
        events(session).iter().filter(|event| ended(event)).count()
    };
    until("its end is written", || ends(&session) == 1);
    let (spec, before) = (SessionSpec::clone(&session.spec()), events(&session));
    drop(session);
    drop(first);

    let second = engine(folder.path());
    let again = second.session(second.open(spec)).unwrap();
    until("its history is there", || again.capture().is_some());
    assert_eq!(events(&again)[..before.len()], before);
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
        view.request_page(PageRequest::rows(view.status().revision, 0..9));
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
    let spec = SessionSpec::clone(&session.spec());
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

/// A pcap file of another program: two datagrams between two ports, by IPv4 without a link layer.
fn datagrams() -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xA1B2_C3D4_u32, 0x0004_0002, 0, 0, 65_535, 101] {
        file.extend(word.to_le_bytes());
    }
    for (second, payload) in [(1_u32, b"ping"), (2, b"pong")] {
        let length = 28 + payload.len() as u16;
        let mut packet = vec![0x45, 0];
        packet.extend(length.to_be_bytes());
        packet.extend([0, 0, 0, 0, 64, 17, 0, 0]);
        packet.extend([10, 0, 0, 1, 10, 0, 0, 2]);
        packet.extend(1000_u16.to_be_bytes());
        packet.extend(2000_u16.to_be_bytes());
        packet.extend((8 + payload.len() as u16).to_be_bytes());
        packet.extend([0, 0]);
        packet.extend(payload);
        for word in [second, 0, u32::from(length), u32::from(length)] {
            file.extend(word.to_le_bytes());
        }
        file.extend(packet);
    }
    file
}

#[test]
fn each_stream_of_another_programs_file_is_a_capture_that_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(&folder.path().join("captures"));
    let file = folder.path().join("wire.pcap");
    std::fs::write(&file, datagrams()).unwrap();
    let look = |path: &std::path::Path| {
        let (told, found) = std::sync::mpsc::sync_channel(1);
        let progress = Progress::default();
        engine.import_capture(
            path.to_owned(),
            progress,
            Box::new(move |what| told.send(what).unwrap()),
        );
        found.recv().unwrap()
    };
    let found = look(&file).unwrap();
    let [(path, name)] = &found.captures[..] else { panic!("{found:?}") };
    assert_eq!(name, "10.0.0.1:1000 → 10.0.0.2:2000");
    assert!(found.told.unwrap().contains(": 2, streams: 1"));
    let look_at = TransportSpec::Capture(CaptureSpec { path: path.clone() });
    let session = engine.session(engine.open(SessionSpec::new(look_at))).unwrap();
    until("it is open", || session.capture().is_some());
    assert_eq!(captured(&session, Direction::Out, None), b"pingpong");
    until("it is in the list", || engine.captures().captures.iter().any(|it| it.name == *name));
    // Ours is opened as it is.
    assert_eq!(look(path).unwrap().captures, [(path.clone(), String::new())]);
    for text in ["neither", ""] {
        std::fs::write(&file, text).unwrap();
        assert!(look(&file).is_err());
    }
    assert!(look(&folder.path().join("nothing")).is_err());
    let left = std::fs::read_dir(folder.path().join("captures")).unwrap().count();
    assert_eq!(left, 1, "what could not be read leaves nothing");
}

#[test]
fn a_cancelled_import_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let captures = folder.path().join("captures");
    let engine = engine(&captures);
    let file = folder.path().join("wire.pcap");
    std::fs::write(&file, datagrams()).unwrap();
    let (progress, (told, found)) = (Progress::default(), std::sync::mpsc::sync_channel(1));
    progress.cancel();
    let watch = progress.watch();
    engine.import_capture(file, progress, Box::new(move |what| told.send(what).unwrap()));
    let sentence = found.recv().unwrap().unwrap_err();
    assert!(sentence.contains("Cancelled"), "{sentence}");
    until("it is over", || watch.action().is_none());
    assert_eq!(std::fs::read_dir(&captures).unwrap().count(), 0);
}

#[test]
fn the_end_of_the_program_cancels_what_is_under_way() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path());
    let progress = Progress::default();
    // Its answer is not awaited: whoever asked has gone.
    engine.import_capture(folder.path().join("nothing"), progress.clone(), Box::new(|_| {}));
    drop(engine);
    assert!(progress.is_cancelled());
}

#[test]
fn two_windows_that_start_at_the_same_time_each_have_a_history() {
    let folder = tempfile::tempdir().unwrap();
    let spec = {
        let engine = engine(folder.path());
        talk(&engine, server(), b"yesterday ")
    };
    let (first, second) = (engine(folder.path()), engine(folder.path()));
    // Both want the same one, and neither has looked whether the other has it.
    let ids = (first.open(spec.clone()), second.open(spec.clone()));
    let sessions = (first.session(ids.0).unwrap(), second.session(ids.1).unwrap());
    for session in [&sessions.0, &sessions.1] {
        until("both listen", || session.status().state == SessionState::Listening);
    }
    let names =
        (sessions.0.spec().capture.clone().unwrap(), sessions.1.spec().capture.clone().unwrap());
    assert_ne!(names.0, names.1);
    let wanted = spec.capture.unwrap();
    assert!(names.0 == wanted || names.1 == wanted);
    let moved = first.capture_changes().moved + second.capture_changes().moved;
    assert_eq!(moved, 1, "the window that must remember another name hears of it");
    drop((sessions, first, second));
    let kept = espalier_engine::captures::list(folder.path()).captures;
    assert_eq!(kept.len(), 1, "the one that held nothing has gone: {kept:?}");
    assert_eq!(kept[0].id, wanted);
}

#[cfg(unix)]
#[test]
fn a_history_that_could_not_be_opened_stays() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let spec = {
        let engine = engine(folder.path());
        talk(&engine, server(), b"yesterday ")
    };
    let kept = folder.path().join(spec.capture.as_ref().unwrap().as_str());
    // The folder cannot be locked: what is called so is no file.
    std::fs::remove_file(kept.join("lock")).unwrap();
    symlink("lock", kept.join("lock")).unwrap();
    let engine = engine(folder.path());
    let session = engine.session(engine.open(spec)).unwrap();
    until("it has ended", || matches!(session.status().state, SessionState::Ended { .. }));
    drop((session, engine));
    std::fs::remove_file(kept.join("lock")).unwrap();
    let listed = espalier_engine::captures::list(folder.path()).captures;
    assert_eq!(listed.len(), 1, "{listed:?}");
}
