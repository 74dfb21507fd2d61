//! What 0.1.0 has left is read, listed and continued. The file is the work of its own encoder.

use espalier_core::capture::{Cursor, RecordBody, Source as _};
use espalier_core::session::{
    EndReason, SessionEvent, SessionSpec, SessionState, TcpServerSpec, TransportSpec,
};
use espalier_core::{CaptureId, Direction, PeerId, Position};
use espalier_engine::capture::SavedCapture;
use espalier_engine::captures::list;

use crate::rig::{Rig, captured, until};

const TALK: &[u8] = include_bytes!("old/v0_1_0.pcapng");

/// As a run of 0.1.0 kept it.
fn ended(captures: &std::path::Path) -> std::path::PathBuf {
    let folder = captures.join("1766300000-4711").join("1");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("0000000000000000.pcapng"), TALK).unwrap();
    folder
}

#[test]
fn a_capture_of_0_1_0_is_read_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talk.pcapng");
    std::fs::write(&path, TALK).unwrap();
    let saved = SavedCapture::open(&path).unwrap();
    assert_eq!((saved.torn(), saved.extent()), (0, 0..TALK.len() as u64));
    let mut cursor = Cursor::new(&saved, Position(0));
    let (mut bytes, mut events) = ([Vec::new(), Vec::new()], Vec::new());
    while let Some(record) = cursor.next() {
        match record.body {
            RecordBody::Data(data) => {
                assert_eq!(record.peer, PeerId(1));
                bytes[usize::from(record.direction == Direction::Out)].extend_from_slice(data);
            }
            RecordBody::Event(event) => events.push(event),
        }
    }
    assert_eq!(cursor.damage(), None);
    assert_eq!(bytes, [b"\xE4\xBD\xA0\xE5\xA5\xBD\r\n\x00\xFF\n".to_vec(), b"hello\n".to_vec()]);
    let (local, remote) = ("127.0.0.1:7681".parse().unwrap(), "127.0.0.1:50123".parse().unwrap());
    let ended = SessionEvent::Ended { reason: EndReason::ClosedByPeer, detail: String::new() };
    let expected = [
        SessionEvent::Listening { local },
        SessionEvent::Accepted { local, remote },
        SessionEvent::PeerHalfClosed,
        ended,
        SessionEvent::StoppedListening,
    ];
    assert_eq!(events, expected);
}

#[test]
fn a_capture_of_0_1_0_is_listed_and_a_session_goes_on_in_it() {
    let folder = tempfile::tempdir().unwrap();
    ended(folder.path());
    let listed = list(folder.path()).captures;
    let [old] = &listed[..] else { panic!("{listed:?}") };
    assert_eq!((old.id.as_str(), old.bytes), ("1766300000-4711/1", TALK.len() as u64));
    assert_eq!(old.session, None, "it did not say");
    let rig = Rig::with_captures(folder.path());
    rig.engine.keep_captures(espalier_core::capture_list::KeepLimits::ALL);
    let capture = CaptureId::try_from("1766300000-4711/1".to_owned()).ok();
    let server = TransportSpec::TcpServer(TcpServerSpec::new(0));
    let session = rig.open(SessionSpec { capture: capture.clone(), ..SessionSpec::new(server) });
    until("the server listens", || session.status().state == SessionState::Listening);
    assert_eq!(session.spec().capture, capture);
    assert_eq!(captured(&session, Direction::Out, None), b"hello\n");
    until("it says that it goes on", || session.status().continues);
}
