//! Relays with TLS on one side or on both, and who hears what where that comes to nothing.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener};

use espalier_core::backend::SessionCommand;
use espalier_core::faults::{FaultSpec, RelayFaults};
use espalier_core::session::{EndReason, RelaySpec, SessionSpec, SessionState, TransportSpec};
use espalier_core::tls::{ServerTrust, TlsClientSpec};
use espalier_core::{Direction, PeerId};
use espalier_engine::session::Session;

use super::certificates::Authority;
use super::peer::TlsPeer;
use super::told;
use crate::rig::{Foreign, Rig, captured, noise, plain, rest, status_until, until};

/// A relay between these two that listens, and where.
fn relay(
    rig: &Rig,
    listen: &str,
    target: &str,
    change: impl FnOnce(&mut RelaySpec),
) -> (Session, SocketAddr) {
    let mut spec = RelaySpec::new(listen.parse().unwrap(), target.parse().unwrap());
    change(&mut spec);
    let session = rig.open(SessionSpec::new(TransportSpec::Relay(spec)));
    until("the relay listens", || session.status().state == SessionState::Listening);
    let local = session.status().local.unwrap();
    (session, local)
}

fn trusting(trust: ServerTrust) -> impl FnOnce(&mut RelaySpec) {
    move |spec| *spec.target_tls = TlsClientSpec { trust, ..TlsClientSpec::default() }
}

/// Whether a plain socket ends by RST.
fn ends_by_reset(stream: &mut std::net::TcpStream) -> bool {
    match stream.read_to_end(&mut Vec::new()) {
        Ok(_) => false,
        Err(error) if error.kind() == ErrorKind::ConnectionReset => true,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_plain_client_reaches_a_target_behind_tls_and_both_legs_are_kept_as_plain_text() {
    let (rig, authority) = (Rig::new(), Authority::new());
    let identity = authority.issue(&["127.0.0.1"], |_| {});
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("tls:{}", listener.local_addr().unwrap());
    let trust = trusting(ServerTrust::CaFile(authority.file()));
    let (relay, address) = relay(&rig, "127.0.0.1:0", &target, trust);
    let mut client = plain(address);
    // Sent before the target is secured: it waits.
    client.write_all(b"question").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut peer = TlsPeer::accept(&listener, &identity);
    assert_eq!(peer.rest().unwrap(), b"question", "to close_notify");
    peer.write(b"answer");
    peer.close_notify();
    peer.cut_off();
    assert_eq!(rest(&mut client), b"answer");
    let of = |direction, peer| captured(&relay, direction, Some(PeerId(peer)));
    until("all is kept", || {
        of(Direction::In, 1) == b"question"
            && of(Direction::Out, 2) == b"question"
            && of(Direction::In, 2) == b"answer"
            && of(Direction::Out, 1) == b"answer"
    });
    assert!(told(&relay, "secured by TLS 1.3") && told(&relay, "carries on #1"));
}

#[test]
fn tls_on_both_sides_passes_all_and_an_end_without_close_notify_as_one() {
    let (rig, authority) = (Rig::new(), Authority::new());
    let identity = authority.issue(&["127.0.0.1"], |_| {});
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("tls:{}", listener.local_addr().unwrap());
    let (relay, address) = relay(&rig, "tls:127.0.0.1:0", &target, trusting(ServerTrust::Any));
    let status = relay.status();
    assert!(status.tls.as_ref().is_some_and(|tls| tls.own.is_some()), "its own certificate");
    let letter = noise(21, 300_000);
    let connecting = std::thread::scope(|scope| {
        let far = scope.spawn(|| TlsPeer::accept(&listener, &identity));
        (TlsPeer::connect(address), far.join().unwrap())
    });
    let (mut near, mut far) = connecting;
    near.write(&letter);
    near.close_notify();
    near.cut_off();
    assert!(far.rest().unwrap() == letter);
    far.write(b"and back");
    far.cut_off();
    // What was cut off there is cut off here, and all before it came.
    let mut heard = Vec::new();
    let end = loop {
        let mut piece = [0; 1024];
        match near.connection.reader().read(&mut piece) {
            Ok(count) if count > 0 => heard.extend(&piece[..count]),
            Ok(_) => break None,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                near.connection.read_tls(&mut near.tcp).unwrap();
                near.connection.process_new_packets().unwrap();
            }
            Err(error) => break Some(error.kind()),
        }
    };
    assert_eq!((&*heard, end), (&b"and back"[..], Some(ErrorKind::UnexpectedEof)));
    until("it is told", || told(&relay, "truncated: the other end sent FIN"));
    // Nobody looked at the certificate: that stays in sight, though the client's handshake was in order.
    status_until(&relay, "it is shown", |status| {
        status.tls.as_ref().is_some_and(|tls| tls.unverified)
    });
}

#[test]
fn a_certificate_that_is_refused_resets_the_client_until_it_is_trusted() {
    for always in [false, true] {
        let (rig, authority) = (Rig::new(), Authority::new());
        let somebody = Authority::named("Somebody else");
        let stranger = somebody.issue(&["127.0.0.1"], |_| {});
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = format!("tls:{}", listener.local_addr().unwrap());
        let trust = trusting(ServerTrust::CaFile(authority.file()));
        let (relay, address) = relay(&rig, "127.0.0.1:0", &target, trust);
        let mut client = plain(address);
        let refused = std::thread::scope(|scope| {
            let far = scope.spawn(|| TlsPeer::try_accept(&listener, &stranger).err());
            assert!(ends_by_reset(&mut client));
            far.join().unwrap()
        });
        assert!(refused.is_some(), "the target was not talked to");
        let note = format!("TLS with the target {target} came to nothing, so the client is reset");
        until("it is told", || told(&relay, &note));
        let status = status_until(&relay, "it can be trusted", |status| {
            status.tls.as_ref().is_some_and(|tls| tls.refused.is_some())
        });
        assert_eq!(status.state, SessionState::Listening);
        let refused = status.tls.as_ref().unwrap().refused.clone().unwrap();
        let fingerprint = refused.facts.fingerprint;
        relay.command(SessionCommand::TrustCertificate { fingerprint, always }).unwrap();
        status_until(&relay, "that is settled", |status| {
            status.tls.as_ref().is_some_and(|tls| tls.refused.is_none())
        });
        // Once: as long as it listens, and not for one of its clients alone.
        for _ in 0..2 {
            let mut client = plain(address);
            let mut far = TlsPeer::accept(&listener, &stranger);
            client.write_all(b"now").unwrap();
            client.shutdown(Shutdown::Write).unwrap();
            assert_eq!(far.rest().unwrap(), b"now");
        }
        let spec = relay.spec();
        let TransportSpec::Relay(spec) = &spec.transport else { panic!("a relay") };
        assert_eq!(spec.target_tls.trust == ServerTrust::Fingerprint(fingerprint), always);
        relay.command(SessionCommand::Stop).unwrap();
        status_until(&relay, "it rests", |status| status.state == SessionState::Idle);
        relay.command(SessionCommand::Start).unwrap();
        status_until(&relay, "it listens", |status| status.state == SessionState::Listening);
        let mut client = plain(relay.status().local.unwrap());
        let known = TlsPeer::try_accept(&listener, &stranger).is_ok();
        assert_eq!(known, always);
        assert!(known || ends_by_reset(&mut client));
    }
}

#[test]
fn each_side_that_speaks_plain_text_to_tls_is_told_in_one_sentence() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap();
    // A client that speaks plain text: the target is not even called.
    let (front, address) = relay(&rig, "tls:127.0.0.1:0", &target.to_string(), |_| {});
    let mut client = plain(address);
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    client.read_to_end(&mut Vec::new()).ok();
    until("it is told", || {
        crate::rig::events(&front).iter().any(|event| {
            let text = event.to_string();
            text.contains("TLS failed") && text.contains("it sent “GET / HTTP/1.1”")
        })
    });
    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    listener.set_nonblocking(false).unwrap();
    // A target that speaks plain text.
    let (behind, address) =
        relay(&rig, "127.0.0.1:0", &format!("tls:{target}"), trusting(ServerTrust::Any));
    let mut client = plain(address);
    let (mut far, _) = listener.accept().unwrap();
    far.write_all(b"220 mail.example ESMTP\r\n").unwrap();
    assert!(ends_by_reset(&mut client));
    until("it is told", || {
        told(&behind, "so the client is reset: ") && told(&behind, "it sent “220 mail.example")
    });
    // And one that is not there, after the client's handshake.
    drop(listener);
    let mut client = TlsPeer::connect(front.status().local.unwrap());
    assert!(client.rest().is_err(), "reset");
    until("it is told", || told(&front, "refused: nobody listens there, so the client is reset"));
    assert_eq!(front.status().state, SessionState::Listening);
}

#[test]
fn what_a_fault_cuts_ends_without_close_notify() {
    let (rig, authority) = (Rig::new(), Authority::new());
    let identity = authority.issue(&["127.0.0.1"], |_| {});
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("tls:{}", listener.local_addr().unwrap());
    let up = FaultSpec { limit_data: Some(5), ..FaultSpec::default() };
    let (relay, address) = relay(&rig, "127.0.0.1:0", &target, |spec| {
        trusting(ServerTrust::Any)(spec);
        spec.faults = RelayFaults { up, ..RelayFaults::default() };
    });
    let mut client = plain(address);
    let mut far = TlsPeer::accept(&listener, &identity);
    client.write_all(b"hello, world").unwrap();
    assert_eq!(far.rest().unwrap_err().kind(), ErrorKind::UnexpectedEof);
    until("it is told", || told(&relay, "fault (up): closed (FIN) after 5 bytes"));
    assert_eq!(captured(&relay, Direction::Out, Some(PeerId(2))), b"hello");
}

#[test]
fn files_that_cannot_be_used_are_told_at_the_start_or_before_the_target_is_called() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("tls:{}", listener.local_addr().unwrap());
    let trust = trusting(ServerTrust::CaFile("/nowhere/ca.pem".into()));
    let (relay, address) = relay(&rig, "127.0.0.1:0", &target, trust);
    assert!(ends_by_reset(&mut plain(address)));
    until("it is told", || told(&relay, "/nowhere/ca.pem cannot be read"));
    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    let mut spec =
        RelaySpec::new("tls:127.0.0.1:0".parse().unwrap(), "127.0.0.1:1".parse().unwrap());
    let missing = espalier_core::tls::TlsIdentity {
        certificate: "/nowhere/own.pem".into(),
        key: "/nowhere/own.key".into(),
    };
    spec.listen_tls.identity = Some(missing);
    let session = rig.open(SessionSpec::new(TransportSpec::Relay(spec)));
    let (reason, detail) = crate::rig::end(&session);
    assert!(reason == EndReason::TlsFailed && detail.contains("/nowhere/own.pem"), "{detail}");
}

#[test]
fn openssl_on_both_sides_talks_through_a_relay() {
    let (rig, authority) = (Rig::new(), Authority::new());
    let identity = authority.issue(&["127.0.0.1", "board.local"], |_| {});
    let port = super::strangers::free_port().to_string();
    let text = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let (certificate, key) = (text(&identity.certificate), text(&identity.key));
    let arguments = ["s_server", "-quiet", "-accept", &port, "-cert", &certificate, "-key", &key];
    let Some(mut server) = Foreign::start("openssl", &arguments) else { return };
    let (relay, address) =
        relay(&rig, "tls:127.0.0.1:0", &format!("tls:127.0.0.1:{port}"), |spec| {
            trusting(ServerTrust::CaFile(authority.file()))(spec);
            spec.listen_tls.identity = Some(identity.clone());
        });
    until("openssl listens", || std::net::TcpStream::connect(format!("127.0.0.1:{port}")).is_ok());
    let (at, ca) = (address.to_string(), text(&authority.file()));
    let arguments = [
        "s_client",
        "-quiet",
        "-connect",
        &at,
        "-servername",
        "board.local",
        "-CAfile",
        &ca,
        "-verify_return_error",
        "-verify_hostname",
        "board.local",
    ];
    let Some(mut client) = Foreign::start("openssl", &arguments) else { return };
    client.write(b"from the client\n");
    until("it passed", || captured(&relay, Direction::Out, None) == b"from the client\n");
    server.write(b"from the server\n");
    let mut heard = [0; 16];
    client.0.stdout.as_mut().unwrap().read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"from the server\n");
    assert!(told(&relay, "server name (SNI) board.local"));
}
