//! Bridges between two open sessions: what one receives the other sends.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};

use espalier_core::Direction;
use espalier_core::backend::SessionCommand;
use espalier_core::backend::prelude::*;
use espalier_core::session::{
    ConnectionState, NoBridge, RelaySpec, SessionSpec, SessionState, TransportSpec, UdpSpec,
};
use espalier_engine::session::Session;

use crate::rig::{
    PATIENCE, Rig, captured, digest, noise, notes, plain, reset, rest, status_until, until,
};

fn told(session: &Session, words: &str) -> bool {
    notes(session).iter().any(|note| note.contains(words))
}

fn read(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

/// A server session with one client that is a plain socket.
fn served(rig: &Rig) -> (Session, TcpStream) {
    let (server, address) = rig.server(|_| {});
    let client = plain(address);
    status_until(&server, "it is served", |status| status.peers.len() == 1);
    (server, client)
}

fn bridge(rig: &Rig, one: &Session, other: &Session) -> Result<(), NoBridge> {
    rig.engine.bridge(one.id(), other.id())
}

#[test]
fn what_one_receives_the_other_sends_until_one_of_them_is_closed() {
    let rig = Rig::new();
    let (client, mut near) = rig.connected(|_| {});
    let (server, mut far) = served(&rig);
    bridge(&rig, &client, &server).unwrap();
    near.write_all(b"question").unwrap();
    assert_eq!(read(&mut far, 8), b"question");
    far.write_all(b"answer").unwrap();
    assert_eq!(read(&mut near, 6), b"answer");
    until("both captures show both ways", || {
        captured(&client, Direction::In, None) == b"question"
            && captured(&server, Direction::Out, None) == b"question"
            && captured(&server, Direction::In, None) == b"answer"
            && captured(&client, Direction::Out, None) == b"answer"
    });
    status_until(&client, "it is shown", |status| status.bridge == Some(server.id()));
    status_until(&server, "it is shown", |status| status.bridge == Some(client.id()));
    until("it is told", || told(&client, "bridged with ") && told(&server, "bridged with "));
    // It is kept by the name of the other one, which follows.
    let kept = client.spec().bridge.clone();
    assert!(kept.is_some() && kept == Some(server.spec().name.clone()), "{kept:?}");
    server.command(SessionCommand::SetName("cloud".to_owned())).unwrap();
    until("the name follows", || client.spec().bridge.as_deref() == Some("cloud"));
    rig.engine.forget(server.id());
    until("it is told", || told(&client, "the bridge with cloud is over: that session is closed"));
    status_until(&client, "it is over", |status| status.bridge.is_none());
    assert_eq!(client.spec().bridge, None);
    near.write_all(b"alone").unwrap();
    until("it goes on", || captured(&client, Direction::In, None).ends_with(b"alone"));
}

/// As a window does that opens a workspace: nobody waits for a session to be ready.
#[test]
fn a_bridge_of_sessions_that_were_opened_just_now_is_told_in_both_logs() {
    for autostart in [true, false] {
        let rig = Rig::new();
        let open = || {
            let transport = TransportSpec::TcpServer(espalier_core::session::TcpServerSpec::new(0));
            rig.open(SessionSpec { autostart, ..SessionSpec::new(transport) })
        };
        let (one, other) = (open(), open());
        bridge(&rig, &one, &other).unwrap();
        until("it is told", || told(&one, "bridged with ") && told(&other, "bridged with "));
    }
}

#[test]
fn a_bridge_is_ended_and_begun_again() {
    let rig = Rig::new();
    let (client, mut near) = rig.connected(|_| {});
    let (server, mut far) = served(&rig);
    bridge(&rig, &client, &server).unwrap();
    rig.engine.end_bridge(server.id());
    assert!(told(&client, "is ended") && told(&server, "is ended"));
    near.write_all(b"not over").unwrap();
    until("it came", || captured(&client, Direction::In, None) == b"not over");
    bridge(&rig, &server, &client).unwrap();
    near.write_all(b"over").unwrap();
    assert_eq!(read(&mut far, 4), b"over");
}

#[test]
fn a_slow_reader_at_one_end_slows_the_sender_at_the_other() {
    let rig = Rig::new();
    let (client, mut near) = rig.connected(|spec| spec.options.receive_buffer = Some(65_536));
    let (server, mut far) = served(&rig);
    bridge(&rig, &client, &server).unwrap();
    let letter = noise(31, 24 << 20);
    let expected = digest(&letter);
    let length = letter.len();
    let sender = std::thread::Builder::new().name("sender".to_owned());
    let sender = sender.spawn(move || near.write_all(&letter).map(|()| near)).unwrap();
    // As long as nobody reads there, not all is read here.
    let (mut before, mut same) = (0, 0);
    until("nothing more is read", || {
        let now = client.status().traffic.received.bytes;
        same = if now > 0 && now == before { same + 1 } else { 0 };
        before = now;
        same >= 40
    });
    assert!(before < length as u64, "all was read, and nobody took it");
    assert!(digest(&read(&mut far, length)) == expected);
    drop(sender.join().unwrap().unwrap());
    assert!(!told(&client, "not go over"));
}

#[test]
fn what_nobody_takes_is_told_and_who_comes_gets_what_comes_then() {
    let rig = Rig::new();
    let (client, mut near) = rig.connected(|_| {});
    let (server, address) = rig.server(|_| {});
    bridge(&rig, &client, &server).unwrap();
    near.write_all(b"lost").unwrap();
    until("it is told", || {
        told(&client, "nobody is there to get it at the other end of the bridge")
    });
    let mut far = plain(address);
    status_until(&server, "it is served", |status| status.peers.len() == 1);
    near.write_all(b"heard").unwrap();
    assert_eq!(read(&mut far, 5), b"heard");
    until("it is told", || told(&client, "is sent there again; 4 bytes were not"));
}

fn is_over(session: &Session) {
    status_until(session, "the connection is over", |status| {
        status.peers.iter().all(|peer| matches!(peer.state, ConnectionState::Ended(_)))
    });
}

#[test]
fn each_half_is_closed_for_itself_over_a_bridge() {
    let rig = Rig::new();
    let (client, mut near) = rig.connected(|_| {});
    let (server, mut far) = served(&rig);
    bridge(&rig, &client, &server).unwrap();
    let question = noise(6, 300_000);
    near.write_all(&question).unwrap();
    near.shutdown(Shutdown::Write).unwrap();
    assert!(rest(&mut far) == question, "the end comes behind all of it");
    far.write_all(b"answer").unwrap();
    far.shutdown(Shutdown::Write).unwrap();
    assert_eq!(rest(&mut near), b"answer");
    is_over(&client);
    is_over(&server);
}

#[test]
fn who_waits_for_an_answer_over_a_bridge_does_not_wait_in_vain() {
    let rig = Rig::new();
    let half_closed = || {
        let (client, mut near) = rig.connected(|_| {});
        let (server, mut far) = served(&rig);
        bridge(&rig, &client, &server).unwrap();
        near.write_all(b"question").unwrap();
        near.shutdown(Shutdown::Write).unwrap();
        assert_eq!(rest(&mut far), b"question");
        (client, near, server, far)
    };
    // Who was to answer is gone.
    let (client, mut near, server, far) = half_closed();
    reset(far);
    assert_eq!(rest(&mut near), b"");
    is_over(&client);
    is_over(&server);
    // The bridge is.
    let (client, mut near, _server, _far) = half_closed();
    rig.engine.end_bridge(client.id());
    assert_eq!(rest(&mut near), b"");
    is_over(&client);
}

#[test]
fn an_end_that_does_not_go_over_a_bridge_is_told() {
    let rig = Rig::new();
    let (client, mut near) = rig.connected(|_| {});
    let (server, address) = rig.server(|_| {});
    bridge(&rig, &client, &server).unwrap();
    near.shutdown(Shutdown::Write).unwrap();
    assert_eq!(rest(&mut near), b"");
    until("it is told", || told(&client, "nobody is there at the other end"));
    is_over(&client);
    rig.engine.end_bridge(client.id());

    let (client, mut near) = rig.connected(|_| {});
    let _several = [plain(address), plain(address)];
    status_until(&server, "both are served", |status| status.peers.len() == 2);
    bridge(&rig, &client, &server).unwrap();
    near.shutdown(Shutdown::Write).unwrap();
    assert_eq!(rest(&mut near), b"");
    until("it is told", || told(&client, "several are connected at the other end"));
}

#[test]
fn datagrams_and_a_stream_are_bridged() {
    let rig = Rig::new();
    let board = UdpSocket::bind("127.0.0.1:0").unwrap();
    board.set_read_timeout(Some(PATIENCE)).unwrap();
    let bind = Some("127.0.0.1".parse().unwrap());
    let udp =
        rig.open(SessionSpec::new(TransportSpec::Udp(UdpSpec { bind, ..UdpSpec::default() })));
    status_until(&udp, "it is open", |status| status.local.is_some());
    let (server, mut far) = served(&rig);
    bridge(&rig, &udp, &server).unwrap();
    board.send_to(b"from the board", udp.status().local.unwrap()).unwrap();
    assert_eq!(read(&mut far, 14), b"from the board");
    // More than one datagram takes on its way over Ethernet.
    let letter = noise(5, 4000);
    far.write_all(&letter).unwrap();
    let (mut heard, mut piece) = (Vec::<u8>::new(), [0; 65_536]);
    while heard.len() < letter.len() {
        let count = board.recv(&mut piece).unwrap();
        assert!(count <= 1472);
        heard.extend(&piece[..count]);
    }
    assert!(heard == letter);
    far.shutdown(Shutdown::Write).unwrap();
    assert_eq!(rest(&mut far), b"");
    until("it is told", || told(&server, "datagrams at the other end have no such thing"));
}

#[test]
#[cfg(unix)]
fn a_serial_port_and_a_client_are_bridged() {
    use espalier_core::session::SerialSpec;
    let rig = Rig::new();
    let (mut port, _held, name) = crate::relays::pty();
    let serial = rig.open(SessionSpec::new(TransportSpec::Serial(SerialSpec::new(name))));
    status_until(&serial, "it is open", |status| status.state == SessionState::Open);
    let (client, mut near) = rig.connected(|_| {});
    bridge(&rig, &serial, &client).unwrap();
    port.write_all(b"from the port").unwrap();
    assert_eq!(read(&mut near, 13), b"from the port");
    let letter = noise(8, 3000);
    near.write_all(&letter).unwrap();
    let mut heard = vec![0; 3000];
    port.read_exact(&mut heard).unwrap();
    assert!(heard == letter);
}

#[test]
fn what_would_go_around_is_refused_or_ends_when_it_comes_to_be() {
    let rig = Rig::new();
    let (server, address) = rig.server(|_| {});
    let client = rig.client(address.port(), |_| {});
    status_until(&server, "it is served", |status| status.peers.len() == 1);
    status_until(&client, "it is connected", |status| status.remote.is_some());
    assert_eq!(bridge(&rig, &client, &server), Err(NoBridge::Circle));
    assert_eq!(bridge(&rig, &client, &client), Err(NoBridge::Itself));
    let relay = RelaySpec::new("127.0.0.1:0".parse().unwrap(), "127.0.0.1:1".parse().unwrap());
    let relay = rig.open(SessionSpec::new(TransportSpec::Relay(relay)));
    assert!(matches!(bridge(&rig, &client, &relay), Err(NoBridge::OtherKind(_))));
    // A – B, B – C, C – A.
    let (third, _) = rig.server(|_| {});
    let (fourth, place) = rig.server(|_| {});
    bridge(&rig, &client, &third).unwrap();
    assert!(matches!(bridge(&rig, &third, &fourth), Err(NoBridge::Bridged(_))));
    assert!(matches!(bridge(&rig, &fourth, &client), Err(NoBridge::Bridged(_))));
    // Over another bridge: a client of the fourth, bridged with the server that the first one talks with.
    let fifth = rig.client(place.port(), |_| {});
    status_until(&fifth, "it is connected", |status| status.remote.is_some());
    bridge(&rig, &server, &fifth).unwrap();
    rig.engine.end_bridge(client.id());
    assert_eq!(bridge(&rig, &client, &fourth), Err(NoBridge::Circle));
    rig.engine.end_bridge(server.id());
    // It comes to be when they connect.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (late, _) = rig.server(|spec| spec.port = free);
    let mut spec = espalier_core::session::TcpClientSpec::new("127.0.0.1", free);
    spec.connect_timeout_ms = 5000;
    let waits = rig
        .open(SessionSpec { autostart: false, ..SessionSpec::new(TransportSpec::TcpClient(spec)) });
    bridge(&rig, &waits, &late).unwrap();
    waits.command(SessionCommand::Start).unwrap();
    until("it is told", || {
        told(&waits, "would go around without end") && told(&late, "would go around without end")
    });
    status_until(&waits, "it is over", |status| status.bridge.is_none());
}
