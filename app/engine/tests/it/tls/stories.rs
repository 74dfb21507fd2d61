//! How a secured connection begins and ends, told.

use std::net::TcpListener;

use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::session::{EndReason, SessionEvent, SessionState, TransportSpec};
use espalier_core::tls::{ServerTrust, TlsClientSpec, TlsServerSpec, TlsVersion};
use espalier_core::{Direction, PeerId};

use super::certificates::{Authority, fingerprint};
use super::peer::TlsPeer;
use super::{connected, pair, showing, told, trusting};
use crate::rig::{Rig, captured, end, events, notes, reset, send, status_until, until};

#[test]
fn a_handshake_is_told_with_version_suite_names_and_certificates() {
    let (rig, authority) = (Rig::new(), Authority::new());
    let identity = authority.issue(&["127.0.0.1", "board.local"], |_| {});
    let own = fingerprint(&identity.certificate);
    let (server, address) = rig.server(|spec| {
        showing(identity)(spec);
        spec.tls.as_mut().unwrap().alpn = vec!["mqtt".to_owned()];
    });
    let client = rig.client(address.port(), |spec| {
        let trust = ServerTrust::CaFile(authority.file());
        spec.tls = Some(TlsClientSpec {
            trust,
            server_name: Some("board.local".to_owned()),
            alpn: vec!["x".to_owned(), "mqtt".to_owned()],
            ..TlsClientSpec::default()
        });
    });
    connected(&client);
    let agreed = "secured by TLS 1.3, TLS_AES_";
    for session in [&client, &server] {
        until("it is told", || told(session, agreed));
        assert!(told(session, "server name (SNI) board.local, protocol (ALPN) mqtt"));
    }
    assert!(told(&client, "certificate 1 of 1: CN=a board"), "{:?}", notes(&client));
    assert!(told(&client, "issued by CN=Test Authority") && told(&client, &own.to_string()));
    assert!(told(&client, "for 127.0.0.1, board.local"));
    assert!(told(&server, "the client showed no certificate"));
    assert!(told(&server, "this server's certificate: CN=a board"));
    send(&client, b"plain");
    until("the server has it", || captured(&server, Direction::In, None) == b"plain");
    let tls = client.status().tls.clone().unwrap();
    assert!(tls.secured.as_ref().is_some_and(|it| it.contains("TLS 1.3")) && !tls.unverified);
    assert_eq!(server.status().tls.as_ref().and_then(|tls| tls.own), Some(own));
}

#[test]
fn who_trusts_anyone_is_told_so_each_time() {
    let rig = Rig::new();
    let (_server, address) = rig.server(|spec| spec.tls = Some(TlsServerSpec::default()));
    let client = rig.client(address.port(), trusting(ServerTrust::Any));
    connected(&client);
    assert!(told(&client, "NOT VERIFIED"));
    assert!(client.status().tls.as_ref().is_some_and(|tls| tls.unverified));
}

#[test]
fn a_client_with_a_certificate_is_taken_by_a_server_that_requires_one() {
    use espalier_core::tls::ClientCertificates;
    let (rig, authority) = (Rig::new(), Authority::new());
    let (server, address) = rig.server(|spec| {
        let client_certificates = ClientCertificates::Require(authority.file());
        spec.tls = Some(TlsServerSpec { client_certificates, ..TlsServerSpec::default() });
    });
    let own = server.status().tls.clone().unwrap().own.unwrap();
    let client = rig.client(address.port(), |spec| {
        trusting(ServerTrust::Fingerprint(own))(spec);
        spec.tls.as_mut().unwrap().identity = Some(authority.issue(&["board-7"], |_| {}));
    });
    connected(&client);
    until("it is told", || told(&server, "certificate 1 of 1: CN=a board"));
    assert!(told(&client, "the server asked for a certificate of ours"));
    send(&client, b"here I am");
    until("it is heard", || captured(&server, Direction::In, None) == b"here I am");
}

#[test]
fn versions_are_what_was_asked_for() {
    let rig = Rig::new();
    let (_server, address) = rig.server(|spec| spec.tls = Some(TlsServerSpec::default()));
    let client = rig.client(address.port(), |spec| {
        trusting(ServerTrust::Any)(spec);
        spec.tls.as_mut().unwrap().max_version = TlsVersion::Tls12;
    });
    connected(&client);
    assert!(told(&client, "secured by TLS 1.2, TLS_ECDHE_ECDSA_"), "{:?}", notes(&client));
}

#[test]
fn a_peer_that_closes_in_order_is_told_from_one_that_is_cut_off_and_one_that_resets() {
    let rig = Rig::new();
    let authority = Authority::new();
    let identity = authority.issue(&["127.0.0.1"], |_| {});
    let meet = || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let client = rig.client(port, trusting(ServerTrust::CaFile(authority.file())));
        let mut peer = TlsPeer::accept(&listener, &identity);
        peer.write(b"last words");
        (client, peer)
    };

    let (client, mut peer) = meet();
    peer.close_notify();
    // Without FIN yet: close_notify is the end of its half, and ours is answered.
    assert_eq!(peer.rest().unwrap(), b"");
    drop(peer);
    assert_eq!(end(&client).0, EndReason::ClosedByPeer);
    assert!(told(&client, "in order (close_notify)"));

    let (client, peer) = meet();
    peer.cut_off();
    assert_eq!(end(&client).0, EndReason::Truncated);
    assert!(told(&client, "truncated"));
    assert_eq!(captured(&client, Direction::In, None), b"last words");

    let (client, peer) = meet();
    until("its words are here", || captured(&client, Direction::In, None) == b"last words");
    reset(peer.tcp);
    assert_eq!(end(&client).0, EndReason::ResetByPeer);

    // An alert in the middle of the conversation.
    let (client, mut peer) = meet();
    until("its words are here", || captured(&client, Direction::In, None) == b"last words");
    use std::io::Write as _;
    peer.tcp.write_all(b"\x17\x03\x03\x00\x20 this is no record of this key !!").unwrap();
    let (reason, detail) = end(&client);
    assert_eq!(reason, EndReason::TlsFailed, "{detail}");
}

#[test]
fn what_comes_behind_close_notify_and_with_the_handshake_holds_nothing_up() {
    let rig = Rig::new();
    let (server, address) = rig.server(|spec| spec.tls = Some(TlsServerSpec::default()));
    // More than is taken at once.
    let _peer = TlsPeer::connect_to_leave(address, &[0; 6000]);
    assert_eq!(end(&server).0, EndReason::ClosedByPeer);
    assert!(told(&server, "closed its side of TLS in order"));
    assert!(captured(&server, Direction::In, None).is_empty());
}

#[test]
fn our_half_close_is_close_notify_and_we_go_on_receiving() {
    let rig = Rig::new();
    let (_server, address) = rig.server(|spec| spec.tls = Some(TlsServerSpec::default()));
    let mut peer = TlsPeer::connect(address);
    let server = &_server;
    until("it is here", || !server.status().peers.is_empty());
    send(server, b"question");
    server.command(SessionCommand::HalfClose(PeerSelector::All)).unwrap();
    assert_eq!(peer.rest().unwrap(), b"question", "to close_notify");
    peer.write(b"answer");
    until("the answer is here", || captured(server, Direction::In, None) == b"answer");
    peer.close_notify();
    peer.cut_off();
    assert_eq!(end(server).0, EndReason::ClosedByUs);
}

#[test]
fn a_refused_certificate_can_be_trusted_once_or_always() {
    let rig = Rig::new();
    let (_server, address) = rig.server(|spec| spec.tls = Some(TlsServerSpec::default()));
    // The authority is gone with its folder: that is told before anybody is called.
    let gone = Authority::new().file();
    let client = rig.client(address.port(), trusting(ServerTrust::CaFile(gone)));
    assert!(end(&client).1.contains("cannot be read"));
    let authority = Authority::new();
    let client = rig.client(address.port(), trusting(ServerTrust::CaFile(authority.file())));
    let status = status_until(&client, "it is refused", |status| {
        status.tls.as_ref().is_some_and(|tls| tls.refused.is_some())
            && matches!(status.state, SessionState::Ended { .. })
    });
    let refused = status.tls.as_ref().unwrap().refused.clone().unwrap();
    assert!(refused.why.contains("signed by itself"), "{}", refused.why);
    assert!(refused.facts.names.contains(&"localhost".to_owned()));
    let fingerprint = refused.facts.fingerprint;
    assert!(told(&client, &fingerprint.to_string()));

    client.command(SessionCommand::TrustCertificate { fingerprint, always: false }).unwrap();
    connected(&client);
    assert!(client.status().tls.as_ref().is_some_and(|tls| tls.refused.is_none()));
    let trust = |spec: &espalier_core::session::SessionSpec| match &spec.transport {
        TransportSpec::TcpClient(client) => client.tls.as_ref().map(|tls| tls.trust.clone()),
        _ => None,
    };
    assert_eq!(trust(&client.spec()), Some(ServerTrust::CaFile(authority.file())));
    client.command(SessionCommand::Stop).unwrap();
    status_until(&client, "it rests", |status| status.state == SessionState::Idle);

    client.command(SessionCommand::Start).unwrap();
    status_until(&client, "it is refused again", |status| {
        status.tls.as_ref().is_some_and(|tls| tls.refused.is_some())
    });
    client.command(SessionCommand::TrustCertificate { fingerprint, always: true }).unwrap();
    connected(&client);
    assert_eq!(trust(&client.spec()), Some(ServerTrust::Fingerprint(fingerprint)));
}

#[test]
fn what_was_refused_before_is_no_reason_of_an_attempt_that_cannot_begin() {
    let (rig, authority) = (Rig::new(), Authority::new());
    let (_server, address) = rig.server(|spec| spec.tls = Some(TlsServerSpec::default()));
    let client = rig.client(address.port(), trusting(ServerTrust::CaFile(authority.file())));
    status_until(&client, "it is refused", |status| {
        status.tls.as_ref().is_some_and(|tls| tls.refused.is_some())
            && matches!(status.state, SessionState::Ended { .. })
    });
    // Its file is gone with it.
    drop(authority);
    client.command(SessionCommand::Start).unwrap();
    let status = status_until(
        &client,
        "the file is missed",
        |status| matches!(&status.state, SessionState::Ended { detail, .. } if detail.contains("cannot be read")),
    );
    assert!(status.tls.as_ref().is_some_and(|tls| tls.refused.is_none()));
}

#[test]
fn closing_while_the_handshake_waits_ends_it_at_once() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let client = rig.client(port, trusting(ServerTrust::Any));
    let (_silent, _) = listener.accept().unwrap();
    let begun = |event: &SessionEvent| matches!(event, SessionEvent::Connected { .. });
    until("TCP stands", || events(&client).iter().any(begun));
    assert_eq!(client.state(), SessionState::Connecting);
    client.command(SessionCommand::Stop).unwrap();
    assert_eq!(end(&client).0, EndReason::ClosedByUs);

    let (server, address) = rig.server(|spec| spec.tls = Some(TlsServerSpec::default()));
    let _silent = crate::rig::plain(address);
    let taken = |event: &SessionEvent| matches!(event, SessionEvent::Accepted { .. });
    until("TCP stands", || events(&server).iter().any(taken));
    assert!(server.status().peers.is_empty(), "it is no client yet");
    server.command(SessionCommand::Stop).unwrap();
    status_until(&server, "it rests", |status| status.state == SessionState::Idle);
    assert_eq!(end(&server).0, EndReason::ClosedByUs);
}

#[test]
fn who_says_nothing_is_told_and_keeps_nobody_waiting() {
    let rig = Rig::new();
    let (server, address) = rig.server(|spec| {
        spec.tls = Some(TlsServerSpec { handshake_timeout_ms: 400, ..TlsServerSpec::default() });
    });
    let silent: Vec<_> = (0..20).map(|_| crate::rig::plain(address)).collect();
    let mut peer = TlsPeer::connect(address);
    peer.write(b"served");
    until("the one that talks is served", || captured(&server, Direction::In, None) == b"served");
    let expired = || {
        let ended = events(&server).into_iter().filter(|event| {
            matches!(event, SessionEvent::Ended { reason: EndReason::TlsFailed, detail }
                if detail.contains("nothing came within 0.4 s"))
        });
        ended.count()
    };
    until("all the silent ones are told", || expired() == silent.len());
    drop(pair(&rig));
    assert_eq!(server.status().peers.iter().filter(|peer| peer.id == PeerId(21)).count(), 1);
}
