//! Peers that flood, that never read, that read slowly, that die on the way; captures that cannot be written.

use std::io::{Read as _, Write as _};
use std::thread;
use std::time::Duration;

use espalier_core::Direction;
use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::session::{Behaviour, EndReason, SessionState};
use espalier_engine::session::OUTBOX_LIMIT;

use crate::rig::{
    Rig, captured, digest, end, noise, notes, plain, reset, send, status_until, until,
};

#[test]
fn a_flood_is_captured_whole_counted_and_digested() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    let flood = noise(7, 24 << 20);
    stream.write_all(&flood).unwrap();
    drop(stream);
    assert_eq!(end(&session).0, EndReason::ClosedByPeer);
    // A digest is of what moved while the snapshot was made, too.
    let status = status_until(&session, "all is counted and digested", |status| {
        status.traffic.received.bytes == flood.len() as u64
            && status.integrity.received_bytes == flood.len() as u64
    });
    assert_eq!(status.integrity.received, digest(&flood));
    assert!(status.traffic.receive_peak > 0.0);
    assert!(captured(&session, Direction::In, None) == flood);
    status_until(&session, "the rate falls by itself", |s| s.traffic.receive_rate == 0.0);
}

#[test]
fn what_a_slow_reader_gets_is_whole_and_so_is_what_the_capture_says_was_sent() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|spec| spec.options.send_buffer = Some(16 << 10));
    let letter = noise(3, 2 << 20);
    send(&session, &letter);
    let mut got = Vec::new();
    let mut piece = vec![0; 64 << 10];
    while got.len() < letter.len() {
        let count = stream.read(&mut piece).unwrap();
        got.extend_from_slice(&piece[..count]);
        thread::sleep(Duration::from_millis(2));
    }
    assert!(got == letter);
    let status = status_until(&session, "nothing waits", |status| status.queued == 0);
    assert_eq!(status.integrity.sent, digest(&letter));
    assert!(captured(&session, Direction::Out, None) == letter);
}

#[test]
fn to_a_peer_that_never_reads_what_does_not_fit_is_refused_and_told() {
    let rig = Rig::new();
    let (session, _stream) = rig.connected(|_| {});
    let piece = vec![1; 1 << 20];
    for _ in 0..64 {
        send(&session, &piece);
        thread::sleep(Duration::from_millis(1));
    }
    until("it is told", || notes(&session).iter().any(|note| note.starts_with("not sent: 16 MiB")));
    assert!(session.status().queued <= OUTBOX_LIMIT as u64);
    // It can still be ended, and how much was lost is told.
    session.command(SessionCommand::Reset(PeerSelector::All)).unwrap();
    assert_eq!(end(&session).0, EndReason::ResetByUs);
    assert!(notes(&session).iter().any(|note| note.contains("were not sent")));
}

#[test]
fn an_echo_to_a_peer_that_never_reads_stops_reading_and_the_others_go_on() {
    let rig = Rig::new();
    let (server, address) = rig.server(|spec| spec.behaviour = Behaviour::Echo);
    let mut deaf = plain(address);
    deaf.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    let piece = vec![2; 1 << 20];
    let mut written = 0;
    // Socket buffers and one outbox: then the writer is held back.
    while let Ok(count) = deaf.write(&piece) {
        written += count;
        assert!(written < 256 << 20, "nobody holds the sender back");
    }
    assert!(server.status().queued <= OUTBOX_LIMIT as u64);
    let mut other = plain(address);
    other.write_all(b"hello").unwrap();
    let mut answer = [0; 5];
    other.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"hello");
    // Its death is noticed although nothing is read from it.
    reset(deaf);
    assert_eq!(end(&server).0, EndReason::ResetByPeer);
}

#[test]
fn a_broadcast_passes_over_a_peer_that_never_reads_and_tells_how_much_it_did_not_get() {
    let rig = Rig::new();
    let (server, address) = rig.server(|spec| spec.behaviour = Behaviour::Broadcast);
    let mut deaf = plain(address);
    let mut listener = plain(address);
    let mut speaker = plain(address);
    status_until(&server, "all are there", |status| status.peers.len() == 3);
    let speech = noise(5, 48 << 20);
    let spoken = speech.clone();
    let speaking = thread::Builder::new().name("speaker".to_owned()).spawn(move || {
        speaker.write_all(&spoken).unwrap();
        speaker
    });
    let mut heard = vec![0; speech.len()];
    listener.read_exact(&mut heard).unwrap();
    assert!(heard == speech, "a peer that reads gets everything");
    let mut speaker = speaking.unwrap().join().unwrap();
    until("the deaf one is told", || {
        notes(&server).iter().any(|note| note.starts_with("reads nothing"))
    });
    // It begins to read: it gets what waits for it and, in the end, what comes new.
    deaf.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let mut piece = vec![0; 1 << 20];
    let mut got = 0;
    while let Ok(count) = deaf.read(&mut piece) {
        assert!(
            speech[got..].starts_with(&piece[..count]),
            "what it gets has no hole before its end"
        );
        got += count;
    }
    assert!(got < speech.len());
    speaker.write_all(b"anew").unwrap();
    deaf.set_read_timeout(Some(crate::rig::PATIENCE)).unwrap();
    deaf.read_exact(&mut piece[..4]).unwrap();
    assert_eq!(&piece[..4], b"anew");
    let told = format!("reads again; did not get {} broadcast bytes", speech.len() - got);
    until("how much is told", || notes(&server).contains(&told));
}

#[test]
fn of_a_connection_that_dies_mid_transfer_everything_that_came_is_kept() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    let letter = noise(11, 4 << 20);
    send(&session, &noise(12, 12 << 20));
    stream.write_all(&letter).unwrap();
    reset(stream);
    assert_eq!(end(&session).0, EndReason::ResetByPeer);
    let came = captured(&session, Direction::In, None);
    assert!(letter.starts_with(&came), "in order and unaltered");
    let sent = captured(&session, Direction::Out, None);
    assert!(noise(12, 12 << 20).starts_with(&sent));
    let status = status_until(&session, "all is counted", |status| {
        status.integrity.received_bytes == came.len() as u64
    });
    assert_eq!(status.integrity.received, digest(&came));
    assert_eq!(status.integrity.sent, digest(&sent));
}

#[test]
fn a_capture_that_cannot_be_written_ends_its_session_and_the_others_go_on() {
    let rig = Rig::new();
    let (broken, mut first) = rig.connected(|_| {});
    let (sound, mut second) = rig.connected(|_| {});
    // What is deleted under a session cannot be written any more, as on a full disk.
    broken.capture().unwrap().delete();
    first.write_all(b"no place for this").unwrap();
    let status = status_until(&broken, "it says why", |status| {
        matches!(status.state, SessionState::Ended { reason: EndReason::CaptureFailed, .. })
    });
    let SessionState::Ended { detail, .. } = &status.state else { unreachable!() };
    assert!(!detail.is_empty());
    assert_eq!(status.integrity.received_bytes, 0, "what is not kept is not counted");
    second.write_all(b"all is well").unwrap();
    until("the other goes on", || captured(&sound, Direction::In, None) == b"all is well");
}
