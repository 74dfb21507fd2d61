//! The engine talks to programs that are not ours, both ways.

use std::net::TcpListener;

use espalier_core::Direction;
use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::session::{Behaviour, ConnectionState, EndReason, Reconnect, SessionState};

use crate::rig::{Foreign, Rig, captured, digest, end, noise, send, status_until, until};

/// A port that was free a moment ago, for programs that cannot tell which one they got.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn ncat_as_client_is_echoed_byte_for_byte() {
    let rig = Rig::new();
    let (server, address) = rig.server(|spec| spec.behaviour = Behaviour::Echo);
    let port = address.port().to_string();
    let Some(mut ncat) = Foreign::start("ncat", &["127.0.0.1", &port]) else { return };
    let letter = noise(21, 20_000);
    ncat.write(&letter);
    ncat.close_stdin();
    assert!(ncat.output() == letter);
    assert_eq!(end(&server).0, EndReason::ClosedByPeer);
    let status = status_until(&server, "all is counted", |status| {
        status.integrity.sent_bytes == letter.len() as u64
    });
    assert_eq!(status.integrity.received, digest(&letter));
    assert_eq!(status.integrity.sent, digest(&letter));
}

#[test]
fn ncat_as_server_talks_with_our_client() {
    let rig = Rig::new();
    let port = free_port();
    let Some(mut ncat) = Foreign::start("ncat", &["-l", "127.0.0.1", &port.to_string()]) else {
        return;
    };
    let session = rig.client(port, |spec| spec.reconnect = Reconnect::Fixed { delay_ms: 50 });
    status_until(&session, "it is connected", |status| {
        status.state == SessionState::Connected(ConnectionState::Open)
    });
    ncat.write(b"from ncat\n");
    until("ncat is heard", || captured(&session, Direction::In, None) == b"from ncat\n");
    send(&session, b"from espalier\n");
    session.command(SessionCommand::Close(PeerSelector::All)).unwrap();
    status_until(&session, "it has ended", |status| {
        matches!(status.state, SessionState::Ended { reason: EndReason::ClosedByUs, .. })
    });
    ncat.close_stdin();
    assert_eq!(ncat.output(), b"from espalier\n");
}

#[test]
fn socat_as_client_over_ipv6_gets_what_the_server_sends() {
    let rig = Rig::new();
    if TcpListener::bind("[::1]:0").is_err() {
        eprintln!("SKIPPED: this computer has no IPv6 loopback");
        return;
    }
    let (server, address) = rig.server(|spec| spec.bind = "::1".parse().unwrap());
    let target = format!("TCP6:{address}");
    let Some(mut socat) = Foreign::start("socat", &["-", &target]) else { return };
    socat.write(b"hello");
    until("socat is heard", || captured(&server, Direction::In, None) == b"hello");
    send(&server, b"goodbye");
    until("it is sent", || captured(&server, Direction::Out, None) == b"goodbye");
    server.command(SessionCommand::Close(PeerSelector::All)).unwrap();
    assert_eq!(socat.output(), b"goodbye");
}

#[test]
fn socat_as_server_echoes_our_client() {
    let rig = Rig::new();
    let port = free_port();
    let listen = format!("TCP4-LISTEN:{port},bind=127.0.0.1");
    let Some(_socat) = Foreign::start("socat", &[&listen, "EXEC:cat"]) else { return };
    let session = rig.client(port, |spec| spec.reconnect = Reconnect::Fixed { delay_ms: 50 });
    status_until(&session, "it is connected", |status| {
        status.state == SessionState::Connected(ConnectionState::Open)
    });
    let letter = noise(31, 50_000);
    send(&session, &letter);
    until("all has come back", || captured(&session, Direction::In, None).len() == letter.len());
    assert!(captured(&session, Direction::In, None) == letter);
}
