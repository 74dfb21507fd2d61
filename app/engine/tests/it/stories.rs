//! TCP's real story: each way a connection can begin and end is told apart.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::time::Duration;

use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::session::{
    ConnectionState, EndReason, Keepalive, Reconnect, SessionEvent, SessionState,
};
use espalier_core::{Direction, PeerId};

use crate::rig::{
    Rig, captured, end, events, notes, records, reset, rest, send, status_until, until,
};

/// A port of loopback where nobody listens: bound, never listened on, and held while the test runs.
fn deaf_port() -> (socket2::Socket, u16) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let port = socket.local_addr().unwrap().as_socket().unwrap().port();
    (socket, port)
}

#[test]
fn peer_that_closes_first_is_marked_closed_by_peer() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    stream.write_all(b"bye").unwrap();
    drop(stream);
    assert_eq!(end(&session).0, EndReason::ClosedByPeer);
    assert!(events(&session).contains(&SessionEvent::PeerHalfClosed));
    assert_eq!(captured(&session, Direction::In, None), b"bye");
    status_until(&session, "the state says so", |status| {
        matches!(status.state, SessionState::Ended { reason: EndReason::ClosedByPeer, .. })
            && status.peers[0].state == ConnectionState::Ended(EndReason::ClosedByPeer)
    });
}

#[test]
fn what_is_queued_is_sent_before_the_answer_to_a_fin() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    let letter = vec![b'x'; 8 << 20];
    send(&session, &letter);
    until("it is on its way", || session.status().traffic.sent.bytes > 0);
    stream.shutdown(Shutdown::Write).unwrap();
    assert!(rest(&mut stream) == letter);
    assert_eq!(end(&session).0, EndReason::ClosedByPeer);
}

#[test]
fn a_half_closed_peer_can_be_answered_when_we_stay() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|spec| spec.options.stay_half_open = true);
    stream.shutdown(Shutdown::Write).unwrap();
    status_until(&session, "the half-close shows", |status| {
        status.state == SessionState::Connected(ConnectionState::PeerHalfClosed)
    });
    send(&session, b"late answer");
    session.command(SessionCommand::HalfClose(PeerSelector::All)).unwrap();
    assert_eq!(rest(&mut stream), b"late answer");
    assert_eq!(end(&session).0, EndReason::ClosedByPeer);
}

#[test]
fn a_reset_behind_a_half_close_is_noticed() {
    let rig = Rig::new();
    let (session, stream) = rig.connected(|spec| spec.options.stay_half_open = true);
    stream.shutdown(Shutdown::Write).unwrap();
    until("the half-close is told", || events(&session).contains(&SessionEvent::PeerHalfClosed));
    reset(stream);
    assert_eq!(end(&session).0, EndReason::ResetByPeer);
}

#[test]
fn our_half_close_sends_fin_and_goes_on_receiving() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    send(&session, b"question");
    session.command(SessionCommand::HalfClose(PeerSelector::All)).unwrap();
    assert_eq!(rest(&mut stream), b"question");
    status_until(&session, "the half-close shows", |status| {
        status.state == SessionState::Connected(ConnectionState::HalfClosed)
    });
    stream.write_all(b"answer").unwrap();
    drop(stream);
    assert_eq!(end(&session).0, EndReason::ClosedByUs);
    assert_eq!(captured(&session, Direction::In, None), b"answer");
}

#[test]
fn a_reset_is_told_with_the_systems_words_and_nothing_before_it_is_lost() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    stream.write_all(b"last words").unwrap();
    until("they are here", || !captured(&session, Direction::In, None).is_empty());
    reset(stream);
    let (reason, detail) = end(&session);
    assert_eq!(reason, EndReason::ResetByPeer);
    assert!(!detail.is_empty(), "the system said something");
    assert_eq!(captured(&session, Direction::In, None), b"last words");
}

#[test]
fn a_peer_that_resets_while_we_flood_it_is_marked_reset() {
    let rig = Rig::new();
    let (session, stream) = rig.connected(|_| {});
    send(&session, &vec![0; 12 << 20]);
    until("some has moved", || session.status().traffic.sent.bytes > 0);
    reset(stream);
    assert_eq!(end(&session).0, EndReason::ResetByPeer);
    let unsent = notes(&session).into_iter().any(|note| note.contains("were not sent"));
    assert!(unsent, "what was not sent is told: {:?}", notes(&session));
}

#[test]
fn closing_sends_fin_and_is_marked_closed_by_us() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    session.command(SessionCommand::Close(PeerSelector::All)).unwrap();
    assert_eq!(rest(&mut stream), b"", "a FIN, not an RST");
    drop(stream);
    assert_eq!(end(&session).0, EndReason::ClosedByUs);
}

#[test]
fn closing_does_not_wait_for_ever_for_a_peer_that_stays() {
    let rig = Rig::new();
    let (session, stream) = rig.connected(|_| {});
    session.command(SessionCommand::Close(PeerSelector::All)).unwrap();
    assert_eq!(end(&session).0, EndReason::ClosedByUs);
    drop(stream);
}

#[test]
fn resetting_sends_rst_and_is_marked_reset_by_us() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    session.command(SessionCommand::Reset(PeerSelector::All)).unwrap();
    let error = stream.read(&mut [0; 8]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(end(&session).0, EndReason::ResetByUs);
}

#[test]
fn close_by_reset_turns_a_close_into_an_rst() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|spec| spec.options.close_by_reset = true);
    session.command(SessionCommand::Close(PeerSelector::All)).unwrap();
    let error = stream.read(&mut [0; 8]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(end(&session).0, EndReason::ResetByUs);
}

#[test]
fn nobody_listening_is_refused() {
    let rig = Rig::new();
    let (_held, port) = deaf_port();
    let session = rig.client(port, |_| {});
    let (reason, detail) = end(&session);
    assert_eq!(reason, EndReason::Refused);
    assert!(!detail.is_empty());
}

/// A listener whose socket drops every packet before TCP sees it: a peer behind a broken cable, on loopback.
#[cfg(target_os = "linux")]
fn cut_cable(socket: socket2::SockRef<'_>) {
    /// `BPF_RET | BPF_K` with 0: keep nothing of the packet.
    const DROP_ALL: socket2::SockFilter = socket2::SockFilter::new(6, 0, 0, 0);
    socket.attach_filter(&[DROP_ALL]).unwrap();
}

#[test]
#[cfg(target_os = "linux")]
fn no_answer_to_our_syn_is_timed_out() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    cut_cable(socket2::SockRef::from(&listener));
    let port = listener.local_addr().unwrap().port();
    let session = rig.client(port, |spec| spec.connect_timeout_ms = 300);
    assert_eq!(end(&session).0, EndReason::ConnectTimedOut);
}

#[test]
#[cfg(target_os = "linux")]
fn a_peer_that_answers_no_probe_is_lost_by_keepalive() {
    let rig = Rig::new();
    let probes = Keepalive { idle: 1, interval: 1, count: 1 };
    let (session, stream) = rig.connected(|spec| spec.options.keepalive = Some(probes));
    cut_cable(socket2::SockRef::from(&stream));
    let (reason, detail) = end(&session);
    assert_eq!(reason, EndReason::KeepaliveLost, "{detail}");
    assert!(!detail.is_empty());
}

#[test]
#[cfg(target_os = "linux")]
fn unanswered_data_is_lost_by_keepalive_too() {
    let rig = Rig::new();
    let probes = Keepalive { idle: 1, interval: 1, count: 1 };
    let (session, stream) = rig.connected(|spec| spec.options.keepalive = Some(probes));
    cut_cable(socket2::SockRef::from(&stream));
    send(&session, b"anybody there?");
    assert_eq!(end(&session).0, EndReason::KeepaliveLost);
}

#[test]
#[cfg(target_os = "linux")]
fn no_route_is_unreachable() {
    let rig = Rig::new();
    // TCP to a broadcast address fails inside the system: nothing leaves this computer.
    let session = rig.client(9, |spec| spec.host = "127.255.255.255".to_owned());
    let (reason, detail) = end(&session);
    assert_eq!(reason, EndReason::Unreachable, "{detail}");
}

#[test]
fn a_name_without_an_address_is_not_found() {
    let rig = Rig::new();
    // A label of more than 63 characters (RFC 1035 section 2.3.4) is refused before anybody is asked.
    let session = rig.client(9, |spec| spec.host = format!("{}.invalid", "x".repeat(64)));
    let (reason, detail) = end(&session);
    assert_eq!(reason, EndReason::NameNotFound, "{detail}");
    assert!(!detail.is_empty());
}

#[test]
fn a_local_address_that_is_not_ours_is_told_as_such() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // TEST-NET-1 (RFC 5737) belongs to nobody.
    let session =
        rig.client(port, |spec| spec.local = Some(SocketAddr::from(([192, 0, 2, 1], 0)).into()));
    assert_eq!(end(&session).0, EndReason::BindFailed);
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let session = rig.client(port, |spec| spec.local = Some(held.local_addr().unwrap().into()));
    assert_eq!(end(&session).0, EndReason::BindFailed);
}

#[test]
fn a_name_with_both_families_reaches_a_listener_of_either() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let session = rig.client(port, |spec| spec.host = "localhost".to_owned());
    let (_stream, _) = listener.accept().unwrap();
    status_until(&session, "it is connected", |status| {
        status.state == SessionState::Connected(ConnectionState::Open)
    });
}

#[test]
fn a_client_binds_to_the_local_port_it_is_given() {
    let rig = Rig::new();
    let (socket, port) = deaf_port();
    drop(socket);
    let (session, stream) =
        rig.connected(|spec| spec.local = Some(SocketAddr::from(([127, 0, 0, 1], port)).into()));
    assert_eq!(stream.peer_addr().unwrap().port(), port);
    assert_eq!(session.status().local.map(|local| local.port()), Some(port));
}

#[test]
fn a_client_tries_again_until_somebody_listens_and_after_each_loss() {
    let rig = Rig::new();
    let (socket, port) = deaf_port();
    let session = rig.client(port, |spec| spec.reconnect = Reconnect::Fixed { delay_ms: 50 });
    until("two attempts have failed", || {
        let told = events(&session);
        let retries = told.iter().filter(|event| matches!(event, SessionEvent::RetryIn { .. }));
        retries.count() >= 2
    });
    socket.listen(8).unwrap();
    let listener = TcpListener::from(socket);
    let (first, _) = listener.accept().unwrap();
    drop(first);
    let (_second, _) = listener.accept().unwrap();
    let status = status_until(&session, "the second stands", |status| {
        status.state == SessionState::Connected(ConnectionState::Open) && status.peers.len() == 2
    });
    assert_eq!(status.peers[1].id, PeerId(2), "two lives of one address never mix");
}

#[test]
fn what_we_close_ourselves_is_not_tried_again() {
    let rig = Rig::new();
    let (session, mut stream) =
        rig.connected(|spec| spec.reconnect = Reconnect::Fixed { delay_ms: 50 });
    session.command(SessionCommand::Close(PeerSelector::All)).unwrap();
    assert_eq!(rest(&mut stream), b"", "our FIN is first");
    drop(stream);
    status_until(&session, "it rests", |status| {
        matches!(status.state, SessionState::Ended { reason: EndReason::ClosedByUs, .. })
    });
    std::thread::sleep(Duration::from_millis(150));
    assert!(!events(&session).iter().any(|event| matches!(event, SessionEvent::RetryIn { .. })));
}

#[test]
fn a_wait_for_the_next_attempt_can_be_cut_short_or_ended() {
    let rig = Rig::new();
    let (socket, port) = deaf_port();
    let session = rig.client(port, |spec| spec.reconnect = Reconnect::Fixed { delay_ms: 600_000 });
    let waits = |session: &_| {
        status_until(session, "it waits", |status| {
            matches!(status.state, SessionState::Waiting { reason: EndReason::Refused, .. })
        });
    };
    waits(&session);
    socket.listen(8).unwrap();
    session.command(SessionCommand::Start).unwrap();
    let listener = TcpListener::from(socket);
    let (stream, _) = listener.accept().unwrap();
    drop(stream);
    status_until(&session, "it waits again", |status| {
        matches!(status.state, SessionState::Waiting { reason: EndReason::ClosedByPeer, .. })
    });
    session.command(SessionCommand::Stop).unwrap();
    status_until(&session, "it is idle", |status| status.state == SessionState::Idle);
}

#[test]
fn an_answer_never_stands_before_its_question() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    stream.set_nodelay(true).unwrap();
    let echo = std::thread::Builder::new().name("echo".to_owned()).spawn(move || {
        let mut byte = [0];
        while stream.read_exact(&mut byte).is_ok() {
            stream.write_all(&byte).unwrap();
        }
    });
    for question in 0..200_u8 {
        send(&session, &[question]);
        until("the answer is here", || {
            session.status().traffic.received.bytes > u64::from(question)
        });
    }
    let moved = records(&session).into_iter().filter_map(|kept| match kept.what {
        crate::rig::What::Bytes(bytes) => Some((bytes, kept.direction, kept.at)),
        crate::rig::What::Event(_) => None,
    });
    let moved: Vec<_> = moved.collect();
    assert_eq!(moved.len(), 400);
    for (number, pair) in moved.chunks(2).enumerate() {
        let expected = (vec![number as u8], Direction::Out, vec![number as u8], Direction::In);
        let [(asked, out, sent), (answered, into, received)] = pair else { unreachable!() };
        assert_eq!((asked.clone(), *out, answered.clone(), *into), expected);
        assert!(sent <= received);
    }
    drop(session);
    drop(rig);
    echo.unwrap().join().unwrap();
}
