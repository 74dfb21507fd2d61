//! What is counted and kept is what the other end had, whatever TLS makes of it below.

use std::io::Read as _;

use espalier_core::Direction;
use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::session::{EndReason, SessionSpec, TcpClientSpec, TcpServerSpec, TransportSpec};
use espalier_core::tls::{ServerTrust, TlsServerSpec};
use espalier_engine::session::{CaptureTarget, Session};

use super::peer::TlsPeer;
use super::{connected, pair, trusting};
use crate::rig::{Rig, captured, digest, end, noise, send, status_until, until};

fn listening(session: &Session) -> u16 {
    until("it listens", || session.status().local.is_some());
    session.status().local.unwrap().port()
}

#[test]
fn a_hundred_megabytes_are_the_same_at_both_ends() {
    let rig = Rig::new();
    let open = |transport| {
        rig.engine.open_tapped(SessionSpec::new(transport), CaptureTarget::Nowhere, None)
    };
    let mut server = TcpServerSpec::new(0);
    server.tls = Some(TlsServerSpec::default());
    let server = open(TransportSpec::TcpServer(server));
    let mut client = TcpClientSpec::new("127.0.0.1", listening(&server));
    trusting(ServerTrust::Any)(&mut client);
    let client = open(TransportSpec::TcpClient(client));
    connected(&client);
    let piece = noise(7, 4 << 20);
    let mut whole = Vec::with_capacity(100 << 20);
    for _ in 0..25 {
        whole.extend(&piece);
        // Bounded: what does not fit is refused as a whole.
        let bytes = std::sync::Arc::<[u8]>::from(&*piece).into();
        until("there is room", || client.send(&PeerSelector::All, &bytes).is_ok());
    }
    let bytes = whole.len() as u64;
    let status =
        status_until(&server, "all has come", |status| status.integrity.received_bytes == bytes);
    let sent =
        status_until(&client, "all is counted", |status| status.integrity.sent_bytes == bytes);
    assert_eq!(status.integrity.received, digest(&whole));
    assert_eq!(sent.integrity.sent, status.integrity.received);
}

#[test]
fn what_a_peer_does_not_read_is_queued_and_counted_to_the_byte() {
    let rig = Rig::new();
    let (server, address) = rig.server(|spec| spec.tls = Some(TlsServerSpec::default()));
    let mut peer = TlsPeer::connect(address);
    until("it is here", || !server.status().peers.is_empty());
    let letter = noise(11, 12 << 20);
    send(&server, &letter);
    until("the system takes no more", || {
        let before = server.status().traffic.sent.bytes;
        std::thread::sleep(std::time::Duration::from_millis(100));
        before > 0 && server.status().traffic.sent.bytes == before
    });
    let status = server.status();
    assert!(status.queued > 0);
    assert_eq!(status.queued + status.traffic.sent.bytes, letter.len() as u64);
    server.command(SessionCommand::Close(PeerSelector::All)).unwrap();
    assert!(peer.rest().unwrap() == letter, "all of it, and close_notify");
    assert!(captured(&server, Direction::Out, None) == letter);
    drop(peer);
    assert_eq!(end(&server).0, EndReason::ClosedByUs);
}

#[test]
fn what_never_left_is_told() {
    let rig = Rig::new();
    let (server, address) = rig.server(|spec| spec.tls = Some(TlsServerSpec::default()));
    let mut peer = TlsPeer::connect(address);
    until("it is here", || !server.status().peers.is_empty());
    let letter = noise(13, 12 << 20);
    send(&server, &letter);
    until("some has moved", || server.status().traffic.sent.bytes > 0);
    server.command(SessionCommand::Reset(PeerSelector::All)).unwrap();
    assert_eq!(end(&server).0, EndReason::ResetByUs);
    let status = status_until(&server, "it is over", |status| status.queued == 0);
    let sent = status.traffic.sent.bytes;
    let unsent = format!("{} queued bytes were not sent", letter.len() as u64 - sent);
    assert!(super::told(&server, &unsent), "{unsent}: {:?}", crate::rig::notes(&server));
    // The peer cannot have had more than was counted.
    let mut had = vec![0; 4096];
    while peer.tcp.read(&mut had).is_ok_and(|count| count > 0) {}
}

#[test]
fn what_is_sent_on_time_goes_through_tls_in_order() {
    let rig = Rig::new();
    let (client, server) = pair(&rig);
    let cycle = SessionCommand::StartCycle {
        to: PeerSelector::All,
        bytes: std::sync::Arc::<[u8]>::from(&b"tick "[..]).into(),
        period_ms: 1,
        count: Some(300),
    };
    client.command(cycle).unwrap();
    let all = b"tick ".repeat(300);
    until("all beats have come", || captured(&server, Direction::In, None) == all);
    assert!(captured(&client, Direction::Out, None) == all);
}

#[test]
fn an_echo_over_tls_is_byte_for_byte() {
    use espalier_core::session::Behaviour;
    let rig = Rig::new();
    let (_server, address) = rig.server(|spec| {
        spec.tls = Some(TlsServerSpec::default());
        spec.behaviour = Behaviour::Echo;
    });
    let client = rig.client(address.port(), trusting(ServerTrust::Any));
    connected(&client);
    let letter = noise(17, 3 << 20);
    send(&client, &letter);
    until("all is back", || captured(&client, Direction::In, None).len() == letter.len());
    assert!(captured(&client, Direction::In, None) == letter);
}
