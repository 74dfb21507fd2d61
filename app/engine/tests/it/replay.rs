//! Captures played again, over real sockets: what the other end gets, and what is told of its answers.

use std::io::{Read as _, Write as _};
use std::net::{TcpStream, UdpSocket};
use std::sync::Arc;

use espalier_core::backend::prelude::*;
use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::replay::{
    DifferenceKind, ReplayChoice, ReplayControl, ReplayEnd, ReplayPace, ReplayPhase, ReplayRequest,
    ReplayStatus,
};
use espalier_core::session::{SessionSpec, SessionState, TransportSpec, UdpSpec};
use espalier_core::transfer::{
    RawPacing, SendFiles, TransferControl, TransferEnd, TransferPhase, TransferProtocol,
    TransferTimes,
};
use espalier_core::{Direction, PeerId};
use espalier_engine::session::Session;

use crate::rig::{PATIENCE, Rig, captured, notes, plain, rest, send, status_until, until};
use crate::udp::datagrams;

pub const ONCE: [(&[u8], &[u8]); 3] =
    [(b"id?\r\n", b"board 7\r\n"), (b"temp?\r\n", b"20.5\r\n"), (b"bye\r\n", b"ok\r\n")];

/// A session that has had this conversation.
pub fn recorded(rig: &Rig, conversation: &[(&[u8], &[u8])]) -> Session {
    let (session, mut stream) = rig.connected(|_| {});
    let mut heard = Vec::new();
    for (asked, answered) in conversation {
        send(&session, asked);
        assert_eq!(read(&mut stream, asked.len()), *asked);
        stream.write_all(answered).unwrap();
        heard.extend_from_slice(answered);
        until("it has the answer", || captured(&session, Direction::In, None) == heard);
    }
    session
}

pub fn read(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

pub fn by_answer(timeout_ms: u32) -> ReplayRequest {
    ReplayRequest { pace: ReplayPace::ByAnswer, timeout_ms, ..ReplayRequest::default() }
}

pub fn fast() -> ReplayRequest {
    ReplayRequest { pace: ReplayPace::Fast, ..by_answer(60_000) }
}

pub fn play(rig: &Rig, then: &Session, to: &Session, request: ReplayRequest) {
    // How the one before it ended is not how this one does.
    if to.status().replay.as_deref().is_some_and(ReplayStatus::is_over) {
        control(to, ReplayControl::Dismiss);
        status_until(to, "it is forgotten", |status| status.replay.is_none());
    }
    rig.engine.start_replay(to.id(), &PeerSelector::All, then.id(), request).unwrap();
}

pub fn control(session: &Session, control: ReplayControl) {
    session.command(SessionCommand::Replay(control)).unwrap();
}

#[track_caller]
pub fn replay_until(
    session: &Session,
    what: &str,
    is_so: impl Fn(&ReplayStatus) -> bool,
) -> Arc<ReplayStatus> {
    let status = status_until(session, what, |status| status.replay.as_deref().is_some_and(&is_so));
    status.replay.clone().unwrap()
}

#[track_caller]
pub fn over(session: &Session) -> (ReplayEnd, Arc<ReplayStatus>) {
    let status = replay_until(session, "the replay is over", ReplayStatus::is_over);
    match &status.phase {
        ReplayPhase::Over(end) => (end.clone(), status),
        _ => unreachable!("it is over"),
    }
}

/// Answers each part with these, and gives what came.
fn answer(stream: &mut TcpStream, answers: &[&[u8]]) {
    for ((asked, _), answered) in ONCE.iter().zip(answers) {
        assert_eq!(read(stream, asked.len()), *asked);
        stream.write_all(answered).unwrap();
    }
}

#[test]
fn the_same_answers_are_told_as_such_at_every_pace() {
    let rig = Rig::new();
    let then = recorded(&rig, &ONCE);
    for pace in [ReplayPace::ByAnswer, ReplayPace::Fast, ReplayPace::Recorded(1000.0)] {
        let (session, mut stream) = rig.connected(|_| {});
        play(&rig, &then, &session, ReplayRequest { pace, ..fast() });
        match pace {
            // Not as they were cut then.
            ReplayPace::Fast => answer(&mut stream, &[b"board", b" 7\r\n20.", b"5\r\nok\r\n"]),
            _ => answer(&mut stream, &[b"board 7\r\n", b"20.5\r\n", b"ok\r\n"]),
        }
        let (end, status) = over(&session);
        assert_eq!((end, status.totals.differences), (ReplayEnd::Done, 0), "{pace:?}: {status:?}");
        assert_eq!((status.sent, status.parts, status.sent_bytes), (3, 3, 17));
        assert_eq!((status.totals.expected, status.totals.new), (19, 19));
        let notes = notes(&session);
        assert!(notes[0].contains("a replay begins; parts: 3, bytes: 17"), "{notes:?}");
        assert!(notes[1].contains("the answers are those of the capture"), "{notes:?}");
        control(&session, ReplayControl::Dismiss);
        status_until(&session, "it is forgotten", |status| status.replay.is_none());
    }
}

#[test]
fn by_answers_a_part_waits_for_the_one_before_it_however_late_that_is() {
    let rig = Rig::new();
    let then = recorded(&rig, &ONCE);
    let (session, mut stream) = rig.connected(|spec| spec.options.nodelay = true);
    play(&rig, &then, &session, by_answer(60_000));
    for (at, (asked, answered)) in ONCE.iter().enumerate() {
        assert_eq!(read(&mut stream, asked.len()), *asked);
        let sent = at as u64 + 1;
        let waits = |status: &ReplayStatus| {
            status.sent == sent
                && matches!(status.phase, ReplayPhase::Waiting | ReplayPhase::Ending)
        };
        replay_until(&session, "it waits", waits);
        let (first, last) = answered.split_at(answered.len() - 1);
        stream.write_all(first).unwrap();
        until("a part of it has come", || {
            let whole: usize = ONCE[..at].iter().map(|(_, answer)| answer.len()).sum();
            captured(&session, Direction::In, None).len() == whole + first.len()
        });
        assert!(replay_until(&session, "it still waits", |_| true).sent == sent);
        stream.write_all(last).unwrap();
    }
    let (end, status) = over(&session);
    assert_eq!((end, status.totals.differences), (ReplayEnd::Done, 0));
}

#[test]
fn what_is_different_less_or_more_is_told_with_its_place() {
    let rig = Rig::new();
    let then = recorded(&rig, &ONCE);
    for (answers, exchange, kind, at) in [
        ([&b"board 7\r\n"[..], b"21.5\r\n", b"ok\r\n"], 2, DifferenceKind::Changed, 10),
        ([b"board 7\r\n", b"", b"ok\r\n"], 2, DifferenceKind::Missing, 9),
        ([b"board 7\r\n", b"20.5\r\n", b"ok\r\nnews\r\n"], 3, DifferenceKind::Additional, 19),
    ] {
        let (session, mut stream) = rig.connected(|_| {});
        let timeout = if kind == DifferenceKind::Missing { 1500 } else { 60_000 };
        play(&rig, &then, &session, by_answer(timeout));
        answer(&mut stream, &answers);
        let (end, status) = over(&session);
        assert_eq!((end, status.totals.differences), (ReplayEnd::Done, 1), "{answers:?}");
        let found = &status.differences[0];
        assert_eq!((found.exchange, found.kind(), found.first_byte()), (exchange, kind, at));
        let notes = notes(&session);
        let told = format!("the answer to exchange {exchange} differs at byte {at}");
        assert!(notes.iter().any(|note| note.contains(&told)), "{notes:?}");
        assert!(notes.last().unwrap().contains("differences in the answers: 1"), "{notes:?}");
    }
}

#[test]
fn what_changes_by_nature_can_be_ignored() {
    let rig = Rig::new();
    let then = recorded(&rig, &ONCE);
    let (session, mut stream) = rig.connected(|_| {});
    let ignore = vec![r"[0-9]+(\.[0-9]+)?".to_owned()];
    play(&rig, &then, &session, ReplayRequest { ignore, ..by_answer(60_000) });
    answer(&mut stream, &[b"board 1234567\r\n", b"9\r\n", b"ok\r\n"]);
    let (end, status) = over(&session);
    assert_eq!((end, status.totals.differences), (ReplayEnd::Done, 0), "{:?}", status.differences);
    let bad = ReplayRequest { ignore: vec!["(".to_owned()], ..fast() };
    play(&rig, &then, &session, bad);
    assert!(matches!(over(&session).0, ReplayEnd::Failed(why) if why.contains("no regular")));
}

#[test]
fn a_peer_that_goes_away_stops_it_in_sight() {
    let rig = Rig::new();
    let then = recorded(&rig, &ONCE);
    let (session, mut stream) = rig.connected(|_| {});
    play(&rig, &then, &session, by_answer(60_000));
    answer(&mut stream, &[b"board 7\r\n"]);
    assert_eq!(read(&mut stream, 7), b"temp?\r\n");
    stream.write_all(b"20").unwrap();
    drop(stream);
    let (end, status) = over(&session);
    assert!(matches!(end, ReplayEnd::TargetGone(_)), "{end:?}");
    assert_eq!((status.sent, status.parts), (2, 3));
    assert_eq!(status.differences[0].kind(), DifferenceKind::Missing, "{status:?}");
    let notes = notes(&session);
    let told = "has ended behind part 2 of 3: the other end has gone";
    assert!(notes.last().unwrap().contains(told), "{notes:?}");
}

#[test]
fn it_is_paused_stepped_and_stopped() {
    let rig = Rig::new();
    let then = recorded(&rig, &ONCE);
    let (session, mut stream) = rig.connected(|_| {});
    play(&rig, &then, &session, by_answer(60_000));
    assert_eq!(read(&mut stream, 5), b"id?\r\n");
    control(&session, ReplayControl::Pause);
    replay_until(&session, "it is paused", |status| status.paused);
    stream.write_all(b"board 7\r\n").unwrap();
    replay_until(&session, "the answer is compared", |status| status.totals.new == 9);
    assert_eq!(replay_until(&session, "nothing is sent", |_| true).sent, 1);
    control(&session, ReplayControl::Step);
    assert_eq!(read(&mut stream, 7), b"temp?\r\n");
    let stepped = replay_until(&session, "it has stepped", |status| status.sent == 2);
    assert!(stepped.paused);
    stream.write_all(b"20.5\r\n").unwrap();
    control(&session, ReplayControl::Resume);
    assert_eq!(read(&mut stream, 5), b"bye\r\n");
    control(&session, ReplayControl::Stop);
    assert_eq!(over(&session).0, ReplayEnd::Stopped);
    assert!(notes(&session).last().unwrap().contains("was stopped behind part 3 of 3"));
}

#[test]
fn one_side_says_that_it_sends_no_more_where_it_did() {
    let rig = Rig::new();
    let (then, mut stream) = rig.connected(|_| {});
    send(&then, b"question");
    then.command(SessionCommand::HalfClose(PeerSelector::All)).unwrap();
    assert_eq!(rest(&mut stream), b"question");
    stream.write_all(b"answer").unwrap();
    until("it has the answer", || captured(&then, Direction::In, None) == b"answer");
    let (session, mut stream) = rig.connected(|_| {});
    play(&rig, &then, &session, fast());
    assert_eq!(rest(&mut stream), b"question");
    stream.write_all(b"answer").unwrap();
    let (end, status) = over(&session);
    assert_eq!((end, status.totals.differences, status.totals.new), (ReplayEnd::Done, 0, 6));
}

#[test]
fn the_other_side_can_be_played_by_a_server() {
    let rig = Rig::new();
    let then = recorded(&rig, &ONCE);
    let (server, address) = rig.server(|_| {});
    let mut client = plain(address);
    until("it has the client", || !server.status().peers.is_empty());
    let choice = ReplayChoice { direction: Direction::In, ..ReplayChoice::default() };
    play(&rig, &then, &server, ReplayRequest { choice, ..by_answer(60_000) });
    // What comes while the capture is looked through is no question of it.
    replay_until(&server, "it waits", |status| status.phase == ReplayPhase::Waiting);
    for (asked, answered) in ONCE {
        client.write_all(asked).unwrap();
        assert_eq!(read(&mut client, answered.len()), answered);
    }
    let (end, status) = over(&server);
    assert_eq!((end, status.totals.differences), (ReplayEnd::Done, 0), "{status:?}");
    assert_eq!((status.parts, status.totals.expected), (3, 17));
}

#[test]
fn what_cannot_be_played_now_is_told() {
    let rig = Rig::new();
    let then = recorded(&rig, &ONCE);
    let failed = |session: &Session, words: &str| match over(session).0 {
        ReplayEnd::Failed(why) => assert!(why.contains(words), "{why}"),
        end => panic!("{end:?}"),
    };
    // Nobody is there.
    let (server, address) = rig.server(|_| {});
    play(&rig, &then, &server, fast());
    failed(&server, "no connection");
    // Two are.
    let clients = [plain(address), plain(address)];
    until("it has both", || server.status().peers.len() == 2);
    control(&server, ReplayControl::Dismiss);
    status_until(&server, "it is forgotten", |status| status.replay.is_none());
    play(&rig, &then, &server, fast());
    failed(&server, "choose one");
    drop(clients);
    // Its capture has several connections, of which none was chosen.
    let (both, address) = rig.server(|_| {});
    let mut clients = [plain(address), plain(address)];
    until("it has both", || both.status().peers.len() == 2);
    send(&both, b"to both");
    clients.iter_mut().for_each(|client| assert_eq!(read(client, 7), b"to both"));
    let (session, mut stream) = rig.connected(|_| {});
    play(&rig, &both, &session, fast());
    failed(&session, "#1, #2");
    let choice = ReplayChoice { peer: Some(PeerId(2)), ..ReplayChoice::default() };
    play(&rig, &both, &session, ReplayRequest { choice, ..fast() });
    assert_eq!(read(&mut stream, 7), b"to both");
    assert_eq!(over(&session).0, ReplayEnd::Done);
    assert!(
        rig.engine
            .start_replay(session.id(), &PeerSelector::All, espalier_core::SessionId(99), fast())
            .is_err()
    );
}

#[test]
fn a_file_and_a_capture_are_not_sent_at_the_same_time() {
    let rig = Rig::new();
    let then = recorded(&rig, &ONCE);
    let (session, mut stream) = rig.connected(|_| {});
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, b"x").unwrap();
    let transfer = || {
        let files = SendFiles {
            files: vec![path.clone()],
            protocol: TransferProtocol::Xmodem,
            pacing: RawPacing::TCP,
            times: TransferTimes::default(),
        };
        let command = SessionCommand::SendFiles { to: PeerSelector::All, files: Box::new(files) };
        session.command(command).unwrap();
    };
    play(&rig, &then, &session, by_answer(60_000));
    assert_eq!(read(&mut stream, 5), b"id?\r\n");
    transfer();
    let refused = status_until(&session, "the file is refused", |status| status.transfer.is_some());
    let refused = refused.transfer.clone().unwrap();
    assert!(
        matches!(&refused.phase, TransferPhase::Over(TransferEnd::Failed(why)) if why.contains("played"))
    );
    // A second one does not disturb the first.
    play(&rig, &then, &session, fast());
    assert_eq!(replay_until(&session, "it goes on", |_| true).sent, 1);
    until("that is told", || {
        notes(&session).iter().any(|note| note.contains("only one capture is played"))
    });
    control(&session, ReplayControl::Stop);
    over(&session);
    transfer();
    status_until(&session, "the file goes", |status| {
        status.transfer.as_ref().is_some_and(|it| it.phase == TransferPhase::Waiting)
    });
    play(&rig, &then, &session, fast());
    assert!(matches!(over(&session).0, ReplayEnd::Failed(why) if why.contains("a file is being")));
    session.command(SessionCommand::Transfer(TransferControl::Cancel)).unwrap();
}

#[test]
fn datagrams_go_one_by_one_and_are_compared_so() {
    let rig = Rig::new();
    let open = || {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let port = socket.local_addr().unwrap().port();
        let spec = SessionSpec::new(TransportSpec::Udp(UdpSpec::to("127.0.0.1", port)));
        let session = rig.open(spec);
        until("the socket is open", || session.status().state == SessionState::Listening);
        (session, socket)
    };
    let heard = |socket: &UdpSocket| {
        let mut bytes = [0; 100];
        let (count, from) = socket.recv_from(&mut bytes).unwrap();
        (bytes[..count].to_vec(), from)
    };
    let (then, socket) = open();
    let mut count = 0;
    for (asked, answers) in [(&b"one"[..], [&b"1"[..], b""]), (b"two", [b"2", b"22"])] {
        send(&then, asked);
        let from = heard(&socket).1;
        for answer in answers {
            socket.send_to(answer, from).unwrap();
        }
        // The empty one too, which no bytes tell of.
        count += answers.len();
        until("it has the last answer", || datagrams(&then, Direction::In).len() == count);
    }
    let (session, socket) = open();
    let to = PeerSelector::Counterpart;
    rig.engine.start_replay(session.id(), &to, then.id(), by_answer(60_000)).unwrap();
    let (first, from) = heard(&socket);
    assert_eq!(first, b"one");
    socket.send_to(b"1", from).unwrap();
    replay_until(&session, "the empty one is waited for", |status| status.totals.new == 1);
    assert_eq!(replay_until(&session, "it waits", |_| true).sent, 1);
    socket.send_to(b"", from).unwrap();
    assert_eq!(heard(&socket).0, b"two");
    // The same bytes, but two datagrams are one.
    socket.send_to(b"222", from).unwrap();
    socket.send_to(b"", from).unwrap();
    let (end, status) = over(&session);
    assert_eq!(end, ReplayEnd::Done);
    assert_eq!((status.totals.differences, status.differences[0].exchange), (2, 2), "{status:?}");
}

#[test]
fn a_peer_that_reads_nothing_holds_it_up_and_a_stop_takes_effect() {
    let rig = Rig::new();
    let (then, mut stream) = rig.connected(|_| {});
    let mebibyte = vec![b'x'; 1 << 20];
    for _ in 0..24 {
        send(&then, &mebibyte);
        assert_eq!(read(&mut stream, 1 << 20), mebibyte);
    }
    until("all of it is kept", || captured(&then, Direction::Out, None).len() == 24 << 20);
    let (session, stream) = rig.connected(|spec| spec.options.send_buffer = Some(64 << 10));
    play(&rig, &then, &session, fast());
    let held =
        replay_until(&session, "it is held up", |status| status.phase == ReplayPhase::HeldUp);
    assert!(held.sent < held.parts);
    assert!(session.status().queued <= 2 << 20, "{}", session.status().queued);
    control(&session, ReplayControl::Stop);
    assert_eq!(over(&session).0, ReplayEnd::Stopped);
    drop(stream);
}
