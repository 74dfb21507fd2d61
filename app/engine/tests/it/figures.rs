//! What TCP knows of connections and listeners, as the system tells it, and how long answers take.

use std::io::{Read as _, Write as _};
use std::net::UdpSocket;

use espalier_core::PeerId;
use espalier_core::backend::prelude::*;
use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::session::{
    Behaviour, ConnectionState, RelayEnd, RelaySpec, SessionSpec, SessionState, TransportSpec,
    UdpSpec,
};

use crate::rig::{Rig, end, notes, plain, reset, send, status_until, until};

const ALL: PeerSelector = PeerSelector::All;

#[test]
fn nothing_is_read_of_a_session_that_nobody_looks_at() {
    let rig = Rig::new();
    let (session, mut peer) = rig.connected(|_| {});
    send(&session, b"hello");
    peer.read_exact(&mut [0; 5]).unwrap();
    peer.write_all(b"and back").unwrap();
    drop(peer);
    end(&session);
    assert_eq!(session.figures().looks, 0);
    assert!(session.figures().connections.is_empty());
}

#[test]
fn who_asks_often_has_it_read_once_in_a_while_and_who_stops_asking_not_at_all() {
    let rig = Rig::new();
    let (session, _peer) = rig.connected(|_| {});
    let ask = || rig.engine.figures(session.id(), &ALL).unwrap();
    let mut asked = 0;
    until("it was read", || {
        asked += 1;
        ask().looks > 0
    });
    // The last one may have come just after a second: so many were not read.
    let looks = session.figures().looks;
    assert!(looks <= asked, "{looks} of {asked}");
    for _ in 0..1000 {
        ask();
    }
    assert!(session.figures().looks < 1000 / 2, "{}", session.figures().looks);
    let other = PeerSelector::Peers(vec![PeerId(1)]);
    let looks = session.figures().looks;
    rig.engine.figures(session.id(), &other).unwrap();
    until("another choice is read at once", || session.figures().looks > looks);
}

#[test]
fn answers_and_connections_are_timed_until_that_is_forgotten() {
    let rig = Rig::new();
    let (session, mut peer) = rig.connected(|_| {});
    peer.write_all(b"nobody asked").unwrap();
    status_until(&session, "it came", |status| status.traffic.received.bytes == 12);
    for _ in 0..3 {
        send(&session, b"?");
        peer.read_exact(&mut [0; 1]).unwrap();
        let came = session.status().traffic.received.bytes;
        peer.write_all(b"!").unwrap();
        status_until(&session, "an answer came", |status| status.traffic.received.bytes > came);
    }
    let figures = session.look(&ALL);
    assert_eq!((figures.answers.count, figures.connects.count), (3, 1));
    assert!(figures.answers.p50_us <= figures.answers.max_us);
    session.command(SessionCommand::ResetLatency).unwrap();
    until("it is forgotten", || session.look(&ALL).answers.count == 0);
    assert_eq!(session.figures().connects.count, 0);
}

#[test]
fn a_relay_times_its_target_and_datagrams_are_timed_too() {
    let rig = Rig::new();
    let (target, address) = rig.server(|spec| spec.behaviour = Behaviour::Echo);
    let spec = RelaySpec::new(
        "127.0.0.1:0".parse::<RelayEnd>().unwrap(),
        address.to_string().parse().unwrap(),
    );
    let relay = rig.open(SessionSpec::new(TransportSpec::Relay(spec)));
    let listens = status_until(&relay, "it listens", |it| it.state == SessionState::Listening);
    let mut client = plain(listens.local.unwrap());
    for _ in 0..2 {
        client.write_all(b"?").unwrap();
        client.read_exact(&mut [0; 1]).unwrap();
    }
    let figures = relay.look(&ALL);
    assert_eq!((figures.answers.count, figures.connects.count), (2, 1));
    // The server sent two answers; one of them was followed by something.
    assert_eq!(target.look(&ALL).answers.count, 1);

    let other = UdpSocket::bind("127.0.0.1:0").unwrap();
    let spec = UdpSpec::to("127.0.0.1", other.local_addr().unwrap().port());
    let session = rig.open(SessionSpec::new(TransportSpec::Udp(spec)));
    status_until(&session, "it is open", |it| it.state == SessionState::Listening);
    send(&session, b"?");
    let (_, from) = other.recv_from(&mut [0; 9]).unwrap();
    other.send_to(b"!", from).unwrap();
    until("the answer is timed", || session.look(&ALL).answers.count == 1);
    assert!(session.figures().connections.is_empty());
}

/// What only this system tells.
#[cfg(target_os = "linux")]
mod told {
    use std::net::{SocketAddr, TcpListener};

    use espalier_core::figures::{TcpFigures, TcpState};
    use espalier_core::session::EndReason;
    use espalier_engine::session::Session;
    use nix_socket::sys::socket::getsockopt;
    use nix_socket::{getsockopt_impl, sockopt_impl};
    use socket2::{Domain, Socket, Type};

    use super::*;

    sockopt_impl!(
        /// What a socket counts; the last one is what it dropped.
        Memory,
        GetOnly,
        libc::SOL_SOCKET,
        libc::SO_MEMINFO,
        [u32; 9]
    );

    /// What is told of the first connection now.
    fn now(session: &Session) -> TcpFigures {
        let figures = session.look(&ALL);
        figures.connections[0].series.last().unwrap().figures
    }

    #[test]
    fn a_peer_that_stops_reading_shows_in_the_figures_and_in_the_log() {
        let rig = Rig::new();
        let (session, mut peer) = rig.connected(|_| {});
        send(&session, b"hello");
        peer.read_exact(&mut [0; 5]).unwrap();
        until("a round trip was measured", || now(&session).round_trip_us.is_some());
        until("all is acknowledged", || now(&session).held_bytes() == Some(0));
        let told = now(&session);
        assert_eq!(told.state, Some(TcpState::Established));
        assert_eq!(told.retransmitted_segments, Some(0));
        for figure in [told.segment_size_bytes, told.path_mtu_bytes, told.congestion_window_bytes] {
            assert!(figure > Some(0), "{told:?}");
        }
        assert!(told.send_window_bytes > Some(0), "{told:?}");
        let much = vec![0; 12 << 20];
        send(&session, &much);
        until("the peer's window is closed", || now(&session).send_window_bytes == Some(0));
        let unsent = now(&session).unsent_bytes;
        assert!(unsent > Some(100_000), "{unsent:?}");
        let closed = "the other end takes nothing more for now: its receive window is 0";
        assert!(notes(&session).contains(&closed.to_owned()), "{:?}", notes(&session));
        peer.read_exact(&mut vec![0; much.len()]).unwrap();
        until("all of it was taken", || now(&session).held_bytes() == Some(0));
        let opened = "the other end takes data again: its receive window is ";
        let notes = notes(&session);
        assert!(notes.iter().any(|note| note.starts_with(opened)), "{notes:?}");
    }

    #[test]
    fn what_a_reset_loses_is_told() {
        let rig = Rig::new();
        let (session, peer) = rig.connected(|_| {});
        send(&session, &vec![0; 12 << 20]);
        until("the system takes nothing more", || now(&session).send_window_bytes == Some(0));
        reset(peer);
        assert_eq!(end(&session).0, EndReason::ResetByPeer);
        let over = &session.figures().connections[0];
        assert!(over.is_over);
        let held = over.series.last().unwrap().figures.held_bytes().unwrap();
        assert!(held > 100_000, "{held}");
        let lost =
            format!("{held} bytes that count as sent were never acknowledged by the other end");
        let notes = notes(&session);
        assert!(notes.contains(&lost), "{lost}: {notes:?}");
    }

    #[test]
    fn a_client_that_waits_in_the_backlog_is_counted_there() {
        let rig = Rig::new();
        let (server, address) = rig.server(|spec| spec.max_clients = Some(2));
        let _clients = [plain(address), plain(address), plain(address)];
        status_until(&server, "two are served", |status| {
            status.peers.iter().filter(|peer| peer.state == ConnectionState::Open).count() == 2
        });
        until("one waits", || {
            server.look(&ALL).listener.is_some_and(|listener| listener.waiting == 1)
        });
        let listener = server.figures().listener.unwrap();
        assert!(listener.limit >= 100, "{listener:?}");
        assert_eq!(listener.dropped, Some(0));
        assert_eq!(server.figures().connections.len(), 2);
        server.command(SessionCommand::Stop).unwrap();
        status_until(&server, "it is idle", |status| status.state == SessionState::Idle);
        assert_eq!(server.look(&ALL).listener, None);
    }

    /// A SYN that a full backlog drops is sent again after a second.
    #[test]
    fn segments_that_were_sent_again_are_told_at_the_end() {
        let rig = Rig::new();
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        socket.listen(1).unwrap();
        let listener = TcpListener::from(socket);
        let address = listener.local_addr().unwrap();
        let _fill = [plain(address), plain(address)];
        let session = rig.client(address.port(), |spec| spec.connect_timeout_ms = 60_000);
        let drops = || getsockopt(&listener, Memory).unwrap()[libc::SK_MEMINFO_DROPS as usize];
        until("its SYN was dropped", || drops() > 0);
        drop(listener.accept().unwrap());
        drop(listener.accept().unwrap());
        let (peer, _) = listener.accept().unwrap();
        status_until(&session, "it is connected", |status| {
            status.state == SessionState::Connected(ConnectionState::Open)
        });
        drop(peer);
        end(&session);
        let notes = notes(&session);
        let told = notes.iter().find(|note| note.starts_with("in all "));
        let told = told.unwrap_or_else(|| panic!("{notes:?}"));
        assert!(told.contains(" segments were sent again; round-trip time "), "{told}");
        assert!(session.look(&ALL).connects.max_us > 500_000);
    }
}
