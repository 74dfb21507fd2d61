//! Load tests by TLS: each handshake is part of connecting, and what fails there is counted by itself.

use std::io::Write as _;
use std::net::TcpListener;

use espalier_core::backend::SessionCommand;
use espalier_core::load::{LoadSpec, LoadVerdict};
use espalier_core::session::{Behaviour, EndReason, SessionState};
use espalier_core::tls::{ServerTrust, TlsClientSpec, TlsServerSpec};

use super::told;
use crate::load::{ECHO, load, over, status};
use crate::rig::{Rig, notes, status_until, until};

/// Secures a load test, which trusts so.
fn secured(trust: ServerTrust) -> impl FnOnce(&mut LoadSpec) {
    move |spec| spec.tls = Some(TlsClientSpec { trust, ..TlsClientSpec::default() })
}

#[test]
fn each_client_is_secured_and_the_pattern_comes_back_right() {
    let rig = Rig::new();
    let (server, address) = rig.server(|spec| {
        spec.tls = Some(TlsServerSpec::default());
        spec.behaviour = Behaviour::Echo;
    });
    let own = server.status().tls.clone().and_then(|tls| tls.own).expect("it has a certificate");
    let session = load(&rig, address, |spec| {
        secured(ServerTrust::Fingerprint(own))(spec);
        (spec.traffic, spec.kept_clients) = (ECHO, 1);
    });
    until("much came back", || status(&session).sum.received > 1 << 18);
    session.command(SessionCommand::Stop).unwrap();
    status_until(&session, "it is idle", |status| status.state == SessionState::Idle);
    let last = status(&session);
    assert_eq!(last.verdict(), LoadVerdict::Good, "{:?}", last.sum);
    assert_eq!((last.handshake.count, last.connect.count, last.sum.tls_failed), (3, 3, 0));
    assert!(last.clients.iter().all(|client| client.handshake_us.is_some()));
    let tls = session.status().tls.clone().expect("it speaks TLS");
    assert!(tls.secured.as_deref().is_some_and(|it| it.starts_with("TLS 1.3")), "{tls:?}");
    // The story of the first one is that of all.
    let stories = notes(&session).into_iter().filter(|note| note.starts_with("secured by TLS"));
    assert_eq!(stories.count(), 1);
}

#[test]
fn a_certificate_that_is_refused_is_told_apart_and_can_be_trusted_once() {
    let rig = Rig::new();
    let (_server, address) = rig.server(|spec| spec.tls = Some(TlsServerSpec::default()));
    // An authority that has not signed it.
    let authority = super::certificates::Authority::new();
    let session = load(&rig, address, |spec| {
        secured(ServerTrust::CaFile(authority.file()))(spec);
        spec.stay_ms = Some(10);
    });
    let last = over(&session);
    assert_eq!((last.sum.tls_failed, last.sum.failed, last.sum.refused), (3, 0, 0));
    assert_eq!(last.verdict(), LoadVerdict::NoneConnected(Some(EndReason::TlsFailed)));
    assert!(told(&session, "TLS failed: 3, failed otherwise: 0"), "{:?}", notes(&session));
    let refused = session.status().tls.clone().and_then(|tls| tls.refused.clone());
    let fingerprint = refused.expect("it is shown").facts.fingerprint;
    for (is_trusted, verdict) in
        [(true, LoadVerdict::Good), (false, LoadVerdict::NoneConnected(Some(EndReason::TlsFailed)))]
    {
        let began = status(&session).began;
        session
            .command(match is_trusted {
                true => SessionCommand::TrustCertificate { fingerprint, always: false },
                false => SessionCommand::Start,
            })
            .unwrap();
        until("it runs again", || status(&session).began > began);
        assert_eq!(over(&session).verdict(), verdict);
    }
}

#[test]
fn plain_text_at_the_other_end_is_a_handshake_that_failed() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let session = load(&rig, address, |spec| {
        secured(ServerTrust::Any)(spec);
        spec.clients = 1;
    });
    listener.accept().unwrap().0.write_all(b"220 ready\r\n").unwrap();
    assert_eq!(over(&session).sum.tls_failed, 1);
    let ended = crate::rig::end(&session);
    assert_eq!(ended.0, EndReason::TlsFailed, "{ended:?}");
}

#[test]
fn what_cannot_be_used_is_told_before_anybody_is_connected_to() {
    let rig = Rig::new();
    let (server, address) = rig.server(|_| {});
    let nowhere = ServerTrust::CaFile("/no/such/ca.pem".into());
    let session = load(&rig, address, secured(nowhere));
    let state = status_until(&session, "it has ended", |status| {
        matches!(status.state, SessionState::Ended { .. })
    });
    let SessionState::Ended { reason, detail } = &state.state else { panic!() };
    assert_eq!(*reason, EndReason::TlsFailed);
    assert!(detail.contains("ca.pem"), "{detail}");
    assert!(server.status().peers.is_empty());
}

/// Who says nothing is waited for no longer than the handshake may take, and all of it ends when it is stopped.
#[test]
fn a_handshake_that_is_not_answered_ends_with_the_test() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let session = load(&rig, listener.local_addr().unwrap(), |spec| {
        secured(ServerTrust::Any)(spec);
        (spec.clients, spec.time_ms) = (2, 300);
    });
    let last = over(&session);
    assert_eq!((last.sum.begun, last.sum.connections, last.sum.tls_failed), (2, 0, 0));
    assert_eq!(last.verdict(), LoadVerdict::NoneConnected(Some(EndReason::ClosedByUs)));
}
