//! A server and its clients.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::session::{
    Behaviour, ConnectionState, EndReason, OverLimit, SessionEvent, SessionSpec, SessionState,
    TcpServerSpec,
};
use espalier_core::{Direction, PeerId};
use espalier_engine::session::Session;

use crate::rig::{Rig, captured, end, events, notes, plain, rest, status_until, until};

fn clients(server: &Session, count: usize) {
    status_until(server, "all clients are there", |status| {
        let open = status.peers.iter().filter(|peer| peer.state == ConnectionState::Open);
        open.count() == count
    });
}

fn read_exactly(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_server_tells_its_real_port_and_listens_again_on_it_after_a_stop() {
    let rig = Rig::new();
    let (server, address) = rig.server(|_| {});
    assert_ne!(address.port(), 0);
    assert!(events(&server).contains(&SessionEvent::Listening { local: address }));
    let _client = plain(address);
    clients(&server, 1);
    server.command(SessionCommand::Stop).unwrap();
    status_until(&server, "it is idle", |status| status.state == SessionState::Idle);
    assert!(events(&server).contains(&SessionEvent::StoppedListening));
    assert!(TcpStream::connect(address).is_err());
    let mut spec = SessionSpec::clone(&server.spec());
    spec.transport =
        espalier_core::session::TransportSpec::TcpServer(TcpServerSpec::new(address.port()));
    server.command(SessionCommand::SetSpec(Box::new(spec))).unwrap();
    server.command(SessionCommand::Start).unwrap();
    status_until(&server, "it listens", |status| status.state == SessionState::Listening);
    assert_eq!(server.status().local, Some(address));
}

#[test]
fn a_port_in_use_is_told_as_such() {
    let rig = Rig::new();
    let (_first, address) = rig.server(|_| {});
    let spec = TcpServerSpec::new(address.port());
    let second = rig.open(espalier_core::session::SessionSpec::new(
        espalier_core::session::TransportSpec::TcpServer(spec),
    ));
    let (reason, detail) = end(&second);
    assert_eq!(reason, EndReason::BindFailed);
    assert!(detail.contains(&address.to_string()), "{detail}");
}

#[test]
fn all_interfaces_of_both_families_are_reached_by_one_unspecified_address() {
    let rig = Rig::new();
    let (server, address) = rig.server(|spec| spec.bind = "::".parse().unwrap());
    let v4 = plain(([127, 0, 0, 1], address.port()).into());
    status_until(&server, "the client is shown by its own address", |status| {
        status.peers.first().is_some_and(|peer| Some(peer.remote) == v4.local_addr().ok())
    });
}

#[test]
fn bytes_go_to_one_to_several_and_to_all() {
    let rig = Rig::new();
    let (server, address) = rig.server(|_| {});
    let mut streams = Vec::new();
    for number in 1..=3 {
        streams.push(plain(address));
        clients(&server, number);
    }
    let send = |to, bytes: &[u8]| {
        server.command(SessionCommand::Send { to, bytes: bytes.into() }).unwrap();
    };
    send(PeerSelector::Peers(vec![PeerId(2)]), b"one.");
    send(PeerSelector::Peers(vec![PeerId(1), PeerId(3)]), b"several.");
    send(PeerSelector::All, b"all.");
    assert_eq!(read_exactly(&mut streams[0], 12), b"several.all.");
    assert_eq!(read_exactly(&mut streams[1], 8), b"one.all.");
    assert_eq!(read_exactly(&mut streams[2], 12), b"several.all.");
    send(PeerSelector::Peers(vec![PeerId(9)]), b"nobody");
    until("the missing one is told", || notes(&server).iter().any(|note| note.contains('9')));
}

#[test]
fn one_client_is_kicked_by_fin_or_rst_and_the_others_stay() {
    let rig = Rig::new();
    let (server, address) = rig.server(|_| {});
    let (mut first, mut second, mut third) = (plain(address), plain(address), plain(address));
    clients(&server, 3);
    let id = |stream: &TcpStream| {
        let local = stream.local_addr().unwrap();
        server.status().peers.iter().find(|peer| peer.remote == local).unwrap().id
    };
    let (fin, rst) = (id(&first), id(&second));
    server.command(SessionCommand::Close(PeerSelector::Peers(vec![fin]))).unwrap();
    server.command(SessionCommand::Reset(PeerSelector::Peers(vec![rst]))).unwrap();
    assert_eq!(rest(&mut first), b"");
    drop(first);
    let error = second.read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    let status = status_until(&server, "both are marked", |status| {
        let ended = status.peers.iter().filter(|p| matches!(p.state, ConnectionState::Ended(_)));
        ended.count() == 2
    });
    let state = |id| status.peers.iter().find(|peer| peer.id == id).unwrap().state;
    assert_eq!(state(fin), ConnectionState::Ended(EndReason::ClosedByUs));
    assert_eq!(state(rst), ConnectionState::Ended(EndReason::ResetByUs));
    third.write_all(b"still here").unwrap();
    until("the third is heard", || captured(&server, Direction::In, None) == b"still here");
}

#[test]
fn over_the_limit_a_connection_waits_in_the_backlog_until_a_place_is_free() {
    let rig = Rig::new();
    let (server, address) = rig.server(|spec| {
        spec.max_clients = Some(1);
        spec.behaviour = Behaviour::Echo;
    });
    let first = plain(address);
    clients(&server, 1);
    let mut waiting = plain(address);
    waiting.write_all(b"patience").unwrap();
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert_eq!(server.status().peers.len(), 1, "it is not taken yet");
    drop(first);
    assert_eq!(read_exactly(&mut waiting, 8), b"patience", "what it sent meanwhile is kept");
}

#[test]
fn over_the_limit_a_connection_is_closed_at_once_when_asked_so() {
    let rig = Rig::new();
    let (server, address) = rig.server(|spec| {
        spec.max_clients = Some(1);
        spec.over_limit = OverLimit::Close;
    });
    let _first = plain(address);
    clients(&server, 1);
    let mut second = plain(address);
    assert_eq!(rest(&mut second), b"");
    assert_eq!(end(&server).0, EndReason::OverLimit);
    // The limit can be lifted while it runs.
    let lifted = SessionCommand::SetLimit { max_clients: None, over_limit: OverLimit::Close };
    server.command(lifted).unwrap();
    until("there is place", || {
        let _third = plain(address);
        std::thread::sleep(std::time::Duration::from_millis(20));
        server
            .status()
            .peers
            .iter()
            .any(|peer| peer.id.0 > 2 && peer.state == ConnectionState::Open)
    });
}

#[test]
fn echo_gives_everything_back_and_broadcast_gives_it_to_the_others() {
    let rig = Rig::new();
    let (server, address) = rig.server(|spec| spec.behaviour = Behaviour::Echo);
    let (mut first, mut second) = (plain(address), plain(address));
    clients(&server, 2);
    first.write_all(b"echo").unwrap();
    assert_eq!(read_exactly(&mut first, 4), b"echo");
    server.command(SessionCommand::SetBehaviour(Behaviour::Broadcast)).unwrap();
    until("the behaviour is another", || {
        matches!(&server.spec().transport, espalier_core::session::TransportSpec::TcpServer(spec)
            if spec.behaviour == Behaviour::Broadcast)
    });
    first.write_all(b"news").unwrap();
    assert_eq!(read_exactly(&mut second, 4), b"news");
    second.write_all(b"answer").unwrap();
    assert_eq!(read_exactly(&mut first, 6), b"answer", "and not its own words");
}

#[test]
fn an_echo_is_complete_before_the_answer_to_a_fin() {
    let rig = Rig::new();
    let (_server, address) = rig.server(|spec| spec.behaviour = Behaviour::Echo);
    let letter = crate::rig::noise(1, 3 << 20);
    let mut stream = plain(address);
    let mut writer = stream.try_clone().unwrap();
    let sent = letter.clone();
    let writing = std::thread::Builder::new().name("writer".to_owned()).spawn(move || {
        writer.write_all(&sent).unwrap();
        writer.shutdown(std::net::Shutdown::Write).unwrap();
    });
    assert!(rest(&mut stream) == letter);
    writing.unwrap().join().unwrap();
}

#[test]
fn a_thousand_clients_are_served_and_each_gets_its_own_answer() {
    const CLIENTS: usize = 1000;
    let rig = Rig::new();
    let (server, address) = rig.server(|spec| spec.behaviour = Behaviour::Echo);
    let mut streams: Vec<TcpStream> = (0..CLIENTS).map(|_| plain(address)).collect();
    clients(&server, CLIENTS);
    let letter = |number: usize| format!("letter of client {number:04}").into_bytes();
    for (number, stream) in streams.iter_mut().enumerate() {
        stream.write_all(&letter(number)).unwrap();
    }
    for (number, stream) in streams.iter_mut().enumerate() {
        let expected = letter(number);
        assert_eq!(read_exactly(stream, expected.len()), expected);
    }
    let status = status_until(&server, "all is counted", |status| {
        status.traffic.sent.bytes == (CLIENTS * letter(0).len()) as u64
    });
    assert_eq!(status.integrity.received_bytes, status.integrity.sent_bytes);
    drop(streams);
    // The latest ended ones are remembered.
    status_until(&server, "all have left", |status| {
        let ended = |state| matches!(state, ConnectionState::Ended(_));
        status.peers.len() == 64 && status.peers.iter().all(|peer| ended(peer.state))
    });
    let ends = events(&server).into_iter().filter(|event| {
        matches!(event, SessionEvent::Ended { reason: EndReason::ClosedByPeer, .. })
    });
    assert_eq!(ends.count(), CLIENTS);
}
