//! Sending: cyclic, while options change, from many sides.

use std::io::Read as _;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use espalier_core::backend::{ListRequest, PeerSelector, Refusal, SessionCommand};
use espalier_core::send::{self, OutgoingBytes, SendSpec};
use espalier_core::send_list::{ListPlan, SendEntry, SendGroup, SendList};
use espalier_core::session::{ConnectionState, Keepalive, KnownClient, SocketOptions};
use espalier_core::view::EncodingName;
use espalier_core::{Direction, PeerId};
use socket2::{Domain, SockRef, Socket, Type};

use crate::rig::{Rig, What, captured, notes, records, send, status_until, until};

fn cycle(period_ms: u32, count: Option<u64>) -> SessionCommand {
    SessionCommand::StartCycle { to: PeerSelector::All, bytes: (*b"tick").into(), period_ms, count }
}

fn read_ticks(stream: &mut TcpStream, count: usize) {
    let mut bytes = vec![0; 4 * count];
    stream.read_exact(&mut bytes).unwrap();
    assert!(bytes.chunks(4).all(|tick| tick == b"tick"));
}

#[test]
fn a_cycle_sends_exactly_as_often_as_asked_and_does_not_drift() {
    const BEATS: usize = 200;
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    let begun = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as i64;
    session.command(cycle(5, Some(BEATS as u64))).unwrap();
    read_ticks(&mut stream, BEATS);
    status_until(&session, "it is over", |status| status.cycle.is_none());
    assert_eq!(captured(&session, Direction::Out, None).len(), 4 * BEATS);
    let stamps: Vec<i64> = records(&session)
        .into_iter()
        .filter(|kept| matches!(kept.what, What::Bytes(_)))
        .map(|kept| kept.at.0)
        .collect();
    // Beats of one period each that were late by a little every time would end much later. Only the schedule is checked
    // here: the last beat is never early, whatever the load of this computer.
    let took = stamps[BEATS - 1] - begun;
    let schedule = Duration::from_millis(5).as_nanos() as i64 * (BEATS as i64 - 1);
    assert!(took >= schedule - 5_000_000, "{took} ns for {schedule} ns");
}

#[test]
fn a_cycle_ends_when_it_is_stopped_and_with_its_session() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    session.command(cycle(1, None)).unwrap();
    read_ticks(&mut stream, 20);
    let status = status_until(&session, "it shows", |status| status.cycle.is_some());
    assert!(status.cycle.is_some_and(|cycle| cycle.count.is_none()));
    session.command(SessionCommand::StopCycle).unwrap();
    status_until(&session, "it is over", |status| status.cycle.is_none());
    session.command(cycle(1, None)).unwrap();
    status_until(&session, "it shows again", |status| status.cycle.is_some());
    session.command(SessionCommand::Stop).unwrap();
    status_until(&session, "it is over with the session", |status| status.cycle.is_none());
}

#[test]
fn options_reach_open_connections() {
    let rig = Rig::new();
    let (session, address) = rig.server(|spec| spec.options.nodelay = false);
    let _stream = crate::rig::plain(address);
    status_until(&session, "it is there", |status| status.peers.len() == 1);
    let keepalive = Some(Keepalive { idle: 20, interval: 5, count: 3 });
    let options = SocketOptions { keepalive, ..SocketOptions::default() };
    session.command(SessionCommand::SetOptions(options.clone())).unwrap();
    until("the specification says so", || {
        matches!(&session.spec().transport, espalier_core::session::TransportSpec::TcpServer(spec)
            if spec.options == options)
    });
    assert!(notes(&session).is_empty(), "the system took them all: {:?}", notes(&session));
}

#[test]
fn buffers_asked_for_are_there_or_their_absence_is_told() {
    let rig = Rig::new();
    let (session, stream) = rig.connected(|spec| {
        spec.options.receive_buffer = Some(1 << 30);
        spec.options.send_buffer = Some(32 << 10);
    });
    drop(stream);
    let told: Vec<String> =
        notes(&session).into_iter().filter(|note| note.contains("SO_RCVBUF")).collect();
    // No system gives a gigabyte; it is told once, not at each step.
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(!notes(&session).iter().any(|note| note.contains("SO_SNDBUF")));
}

#[test]
fn what_cannot_be_sent_is_told() {
    let rig = Rig::new();
    let (session, stream) = rig.connected(|spec| spec.options.stay_half_open = true);
    session.command(SessionCommand::HalfClose(PeerSelector::All)).unwrap();
    send(&session, b"too late");
    until("it is told", || {
        notes(&session).contains(&"not sent: our side is closed (8 bytes)".to_owned())
    });
    drop(stream);
    until("it is over", || session.status().peers[0].state != Default::default());
    status_until(&session, "it rests", |status| status.local.is_none());
    send(&session, b"much too late");
    until("it is told", || {
        notes(&session).contains(&"not sent: no connection (13 bytes)".to_owned())
    });
}

/// Not to somebody else instead.
#[test]
fn what_is_meant_for_one_that_has_gone_or_cannot_receive_goes_to_nobody() {
    let rig = Rig::new();
    let (session, address) = rig.server(|spec| spec.options.stay_half_open = true);
    let mut streams: Vec<TcpStream> = Vec::new();
    for count in 1..=3 {
        streams.push(crate::rig::plain(address));
        until("it is accepted", || session.status().peers.len() == count);
    }
    let peers = |ids: &[u32]| PeerSelector::Peers(ids.iter().map(|id| PeerId(*id)).collect());
    let bytes = || OutgoingBytes::from(*b"for one alone");
    // The third stays, and hears of nothing that is not for it.
    drop(streams.remove(0));
    session.command(SessionCommand::Close(peers(&[1]))).unwrap();
    until("the first is over", || {
        matches!(session.status().peers[0].state, ConnectionState::Ended(_))
    });
    session.command(SessionCommand::HalfClose(peers(&[2]))).unwrap();
    until("the second is half closed", || {
        session.status().peers[1].state == ConnectionState::HalfClosed
    });
    assert_eq!(session.send(&peers(&[1]), &bytes()), Err(Refusal::Gone(PeerId(1))));
    assert_eq!(session.send(&peers(&[2]), &bytes()), Err(Refusal::Closed(PeerId(2))));
    assert_eq!(session.send(&peers(&[3, 1]), &bytes()), Err(Refusal::Gone(PeerId(1))));
    assert_eq!(session.send(&peers(&[9]), &bytes()), Err(Refusal::Gone(PeerId(9))));
    assert_eq!(session.send(&peers(&[]), &bytes()), Err(Refusal::Nobody));
    for ids in [&[1][..], &[2], &[3, 1]] {
        session
            .command(SessionCommand::Send { to: peers(ids), bytes: bytes().common().clone() })
            .unwrap();
    }
    until("it is told", || {
        notes(&session).iter().filter(|it| it.contains("not sent")).count() == 3
    });
    let cycle =
        SessionCommand::StartCycle { to: peers(&[1]), bytes: bytes(), period_ms: 1, count: None };
    session.command(cycle).unwrap();
    until("the cycle has stopped", || {
        notes(&session).iter().any(|it| it.contains("the cyclic send has stopped: #1 has gone"))
    });
    assert_eq!(session.send(&PeerSelector::All, &(*b"for all").into()), Ok(()));
    session.command(SessionCommand::Close(peers(&[3]))).unwrap();
    assert_eq!(crate::rig::rest(&mut streams[1]), b"for all");
    assert_eq!(crate::rig::rest(&mut streams[0]), b"", "its FIN came before");
}

/// A client of this server that comes from another address of this computer, where the system has one.
fn from_elsewhere(server: SocketAddr) -> Option<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let elsewhere = SocketAddr::from(([127, 0, 0, 2], 0));
    if socket.bind(&elsewhere.into()).is_err() {
        eprintln!("SKIPPED: this computer has no 127.0.0.2");
        return None;
    }
    socket.set_read_timeout(Some(crate::rig::PATIENCE)).unwrap();
    socket.connect(&server.into()).unwrap();
    Some(socket.into())
}

#[test]
fn a_client_with_an_encoding_of_its_own_gets_what_is_sent_in_that() {
    let rig = Rig::new();
    let gbk = EncodingName("GBK".to_owned());
    let lamp = KnownClient { name: "灯".to_owned(), encoding: Some(gbk) };
    let (session, server) = rig.server(|_| {});
    let mut plain = crate::rig::plain(server);
    let Some(mut elsewhere) = from_elsewhere(server) else { return };
    until("both are there", || session.status().peers.len() == 2);
    session.command(SessionCommand::SetClient([127, 0, 0, 2].into(), lamp.clone())).unwrap();
    until("it is known", || !session.spec().transport.clients().is_empty());
    // Composed by the window.
    let utf8 = EncodingName::default();
    let spec = session.spec();
    let to = session.status().peers.iter().map(|peer| peer.remote.ip()).collect::<Vec<_>>();
    let compose = |encoding: &EncodingName| send::compose(&SendSpec::default(), "好", encoding);
    let bytes = spec.transport.clients().compose(&utf8, to, compose).unwrap();
    session.send(&PeerSelector::All, &bytes).unwrap();
    let cycle =
        SessionCommand::StartCycle { to: PeerSelector::All, bytes, period_ms: 1, count: Some(2) };
    session.command(cycle).unwrap();
    status_until(&session, "the cycle is over", |status| {
        status.cycle.is_none() && status.traffic.sent.records == 6
    });
    // Composed by the engine.
    let entry = SendEntry { text: "灯".to_owned(), delay_ms: 0, ..SendEntry::default() };
    let list = SendList { groups: vec![SendGroup::new("", [entry])] };
    let request = ListRequest {
        to: PeerSelector::All,
        plan: ListPlan::of_all(&list, None, Some(1)),
        encoding: utf8,
        variables: Default::default(),
    };
    session.command(SessionCommand::StartList(Box::new(request))).unwrap();
    status_until(&session, "all is sent", |status| status.traffic.sent.records == 8);
    session.command(SessionCommand::Stop).unwrap();
    assert_eq!(crate::rig::rest(&mut plain), "好好好灯".as_bytes());
    assert_eq!(crate::rig::rest(&mut elsewhere), b"\xba\xc3\xba\xc3\xba\xc3\xb5\xc6");
}

#[test]
fn connections_that_are_over_are_forgotten_when_that_is_asked_and_the_log_still_tells_of_them() {
    let rig = Rig::new();
    let (session, server) = rig.server(|_| {});
    for number in 1..=3 {
        drop(crate::rig::plain(server));
        until("it is over", || {
            let peers = session.status().peers.clone();
            peers.len() == number
                && peers.iter().all(|it| matches!(it.state, ConnectionState::Ended(_)))
        });
    }
    let stays = crate::rig::plain(server);
    until("one is there", || session.status().peers.len() == 4);
    let before = records(&session).len();
    session.command(SessionCommand::ForgetEnded).unwrap();
    until("they are forgotten", || session.status().peers.len() == 1);
    assert_eq!(session.status().peers[0].id, PeerId(4));
    assert_eq!(records(&session).len(), before);
    drop(stays);
}

#[test]
fn nodelay_is_on_unless_asked_otherwise() {
    let rig = Rig::new();
    let (_session, stream) = rig.connected(|_| {});
    // Our own option cannot be seen from here; that of a plain socket is off by default, so the rule is worth a test of the
    // specification alone.
    assert!(SocketOptions::default().nodelay);
    assert!(!SockRef::from(&stream).tcp_nodelay().unwrap());
}
