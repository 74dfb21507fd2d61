//! What goes wrong, each told in one sentence.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use espalier_core::Direction;
use espalier_core::session::{EndReason, SessionState, TcpClientSpec, TcpServerSpec};
use espalier_core::tls::{
    ClientCertificates, Fingerprint, ServerTrust, TlsClientSpec, TlsIdentity, TlsServerSpec,
    TlsVersion,
};

use super::certificates::Authority;
use super::{showing, told, trusting};
use crate::rig::{Rig, captured, end, notes, plain, rest, send, status_until, until};

/// How a client of ours ends with a server of ours, and how that tells it.
fn ends(
    rig: &Rig,
    server: impl FnOnce(&mut TcpServerSpec),
    client: impl FnOnce(&mut TcpClientSpec),
) -> (String, String) {
    let (server, address) = rig.server(server);
    let client = rig.client(address.port(), client);
    let (reason, of_client) = end(&client);
    assert_eq!(reason, EndReason::TlsFailed, "{of_client}");
    status_until(&client, "it has ended", |status| {
        matches!(status.state, SessionState::Ended { reason: EndReason::TlsFailed, .. })
    });
    let (_, of_server) = end(&server);
    (of_client, of_server)
}

#[test]
fn a_certificate_that_is_refused_is_told_with_the_reason_at_both_ends() {
    let (rig, authority, other) =
        (Rig::new(), Authority::new(), Authority::named("Another Authority"));
    let ca = || ServerTrust::CaFile(authority.file());
    let good = authority.issue(&["127.0.0.1"], |_| {});
    let table: [(TlsIdentity, ServerTrust, &str, &str); 6] = [
        (
            authority.issue_expired(&["127.0.0.1"]),
            ca(),
            "expired on 2021-02-03",
            "certificate_expired",
        ),
        (
            authority.issue(&["board.local"], |_| {}),
            ca(),
            "is for board.local, not for 127.0.0.1",
            "bad_certificate",
        ),
        (good, ServerTrust::CaFile(other.file()), "issuer: CN=Test Authority", "alert"),
        (authority.as_server(), ca(), "CA:TRUE", "alert"),
        (
            authority.issue(&["localhost"], |_| {}),
            ServerTrust::Fingerprint(Fingerprint::of(b"another")),
            "pinned to",
            "certificate_unknown",
        ),
        (
            authority.issue(&["127.0.0.1", "early"], |params| {
                params.not_before = rcgen::date_time_ymd(2100, 1, 1);
                params.not_after = rcgen::date_time_ymd(2101, 1, 1);
            }),
            ca(),
            "not valid before 2100-01-01",
            "certificate_expired",
        ),
    ];
    for (identity, trust, of_client, of_server) in table {
        let told = ends(&rig, showing(identity), trusting(trust));
        assert!(told.0.contains(of_client), "{of_client}: {}", told.0);
        assert!(
            told.1.contains("refuses our certificate") && told.1.contains(of_server),
            "{of_server}: {}",
            told.1
        );
    }
}

#[test]
fn the_authorities_of_this_computer_do_not_vouch_for_what_we_made_ourselves() {
    let rig = Rig::new();
    let server = |spec: &mut TcpServerSpec| spec.tls = Some(TlsServerSpec::default());
    let (_server, address) = rig.server(server);
    let client = rig.client(address.port(), trusting(ServerTrust::System));
    let (reason, detail) = end(&client);
    assert_eq!(reason, EndReason::TlsFailed);
    if detail.contains("ca-certificates") {
        eprintln!("SKIPPED: this computer has no list of authorities");
        return;
    }
    assert!(detail.contains("signed by itself"), "{detail}");
}

#[test]
fn a_client_without_a_certificate_or_with_a_foreign_one_is_told_to_both() {
    let (rig, authority, other) =
        (Rig::new(), Authority::new(), Authority::named("Another Authority"));
    let requiring = |spec: &mut TcpServerSpec| {
        let client_certificates = ClientCertificates::Require(authority.file());
        spec.tls = Some(TlsServerSpec { client_certificates, ..TlsServerSpec::default() });
    };
    let (client, server) = ends(&rig, requiring, trusting(ServerTrust::Any));
    assert!(server.contains("requires one"), "{server}");
    assert!(client.contains("requires a certificate of ours"), "{client}");
    let (client, server) = ends(&rig, requiring, |spec| {
        trusting(ServerTrust::Any)(spec);
        spec.tls.as_mut().unwrap().identity = Some(other.issue(&["stranger"], |_| {}));
    });
    assert!(server.contains("issuer: CN=Another Authority"), "{server}");
    assert!(client.contains("refuses our certificate"), "{client}");
}

#[test]
fn nothing_in_common_is_told_by_what_it_is() {
    let rig = Rig::new();
    let spec = |min_version, max_version| {
        move |spec: &mut TcpServerSpec| {
            spec.tls = Some(TlsServerSpec { min_version, max_version, ..TlsServerSpec::default() });
        }
    };
    let new = spec(TlsVersion::Tls13, TlsVersion::Tls13);
    let (client, server) = ends(&rig, new, |spec| {
        trusting(ServerTrust::Any)(spec);
        spec.tls.as_mut().unwrap().max_version = TlsVersion::Tls12;
    });
    assert!(client.contains("no version of TLS in common: we speak TLS 1.2"), "{client}");
    assert!(server.contains("no version of TLS in common: we speak TLS 1.3"), "{server}");

    let mqtt = |spec: &mut TcpServerSpec| {
        spec.tls = Some(TlsServerSpec { alpn: vec!["mqtt".into()], ..TlsServerSpec::default() });
    };
    let (client, server) = ends(&rig, mqtt, |spec| {
        trusting(ServerTrust::Any)(spec);
        spec.tls.as_mut().unwrap().alpn = vec!["http/1.1".to_owned()];
    });
    assert!(client.contains("speaks none of our application protocols"), "{client}");
    assert!(server.contains("we speak mqtt"), "{server}");
}

#[test]
fn a_peer_that_speaks_plain_text_is_quoted_and_what_it_said_is_kept() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = rig.client(listener.local_addr().unwrap().port(), trusting(ServerTrust::Any));
    let (mut stream, _) = listener.accept().unwrap();
    stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    drop(stream);
    let (reason, detail) = end(&client);
    assert_eq!(reason, EndReason::TlsFailed);
    assert!(detail.contains("does not speak TLS: it sent “HTTP/1.1 400 Bad Request”"), "{detail}");
    assert_eq!(captured(&client, Direction::In, None), b"HTTP/1.1 400 Bad Request\r\n\r\n");

    let (server, address) = rig.server(|spec| spec.tls = Some(TlsServerSpec::default()));
    let mut stream = plain(address);
    // Shorter than the header of a record.
    stream.write_all(b"hi\n").unwrap();
    rest(&mut stream);
    drop(stream);
    let (reason, detail) = end(&server);
    assert_eq!(reason, EndReason::TlsFailed);
    assert!(detail.contains("it sent “hi”"), "{detail}");
    assert_eq!(captured(&server, Direction::In, None), b"hi\n");
}

#[test]
fn a_peer_that_closes_instead_of_a_handshake_is_told() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = rig.client(listener.local_addr().unwrap().port(), trusting(ServerTrust::Any));
    let (stream, _) = listener.accept().unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert!(end(&client).1.contains("without a word of TLS"), "{:?}", end(&client));
}

#[test]
fn tls_spoken_to_a_plain_session_is_told_once_at_each_end() {
    let rig = Rig::new();
    let (server, address) = rig.server(|_| {});
    for _ in 0..3 {
        let client = rig.client(address.port(), trusting(ServerTrust::Any));
        until("its hello is here", || !captured(&server, Direction::In, None).is_empty());
        client.end();
    }
    until("it is told", || told(&server, "begins a TLS handshake (ClientHello)"));
    let notes = notes(&server);
    let hellos = notes.iter().filter(|note| note.contains("ClientHello"));
    assert_eq!(hellos.count(), 1, "{notes:?}");

    let (_server, address) = rig.server(|spec| spec.tls = Some(TlsServerSpec::default()));
    // What a record of TLS begins with, so that the server answers by an alert.
    let client = rig.client(address.port(), |_| {});
    super::connected(&client);
    send(&client, b"\x16\x03\x01\x00\x04\xff\x00\x00\x00");
    until("it is told", || told(&client, "answers with a TLS alert ("));
}

#[test]
fn a_file_that_cannot_be_used_is_told_before_anybody_is_called() {
    let (rig, authority) = (Rig::new(), Authority::new());
    let good = authority.issue(&["a"], |_| {});
    let other = authority.issue(&["b"], |_| {});
    let written = |name: &str, text: &str| -> PathBuf {
        let path = authority.folder().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let encrypted = written(
        "encrypted.pem",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    let old = written(
        "old.pem",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIB\n-----END RSA PRIVATE KEY-----\n",
    );
    let empty = written("empty.pem", "nothing\n");
    let torn = written("torn.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n");
    let nonsense =
        written("nonsense.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
    let no_key =
        written("no-key.pem", "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n");
    let missing = authority.folder().join("missing.pem");
    let of = |certificate: &Path, key: &Path| TlsIdentity {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
    };
    let (certificate, key) = (&*good.certificate, &*good.key);
    let table = [
        (of(certificate, &other.key), "does not fit"),
        (of(certificate, &encrypted), "is encrypted"),
        (of(certificate, &old), "is encrypted"),
        (of(certificate, &empty), "holds no private key"),
        (of(certificate, &no_key), "cannot be used"),
        (of(certificate, &missing), "cannot be read"),
        (of(&empty, key), "holds no certificate"),
        (of(&torn, key), "is damaged"),
        (of(&nonsense, key), "cannot be used"),
        (of(authority.folder(), key), "it is a folder"),
    ];
    for (identity, part) in table {
        let mut spec = TcpServerSpec::new(0);
        showing(identity.clone())(&mut spec);
        let spec = espalier_core::session::TransportSpec::TcpServer(spec);
        let server = rig.open(espalier_core::session::SessionSpec::new(spec));
        let (reason, detail) = end(&server);
        assert_eq!(reason, EndReason::TlsFailed, "{detail}");
        assert!(detail.contains(part), "{part}: {detail}");
        let client = rig.client(1, |spec| {
            spec.tls = Some(TlsClientSpec { identity: Some(identity), ..TlsClientSpec::default() });
            spec.tls.as_mut().unwrap().trust = ServerTrust::Any;
        });
        assert!(end(&client).1.contains(part), "{part}: {:?}", end(&client));
    }
    let nameless = |spec: &mut TcpClientSpec| {
        trusting(ServerTrust::Any)(spec);
        spec.tls.as_mut().unwrap().server_name = Some("no name at all".to_owned());
    };
    assert!(end(&rig.client(1, nameless)).1.contains("is no name"));
    let upside_down = |spec: &mut TcpClientSpec| {
        trusting(ServerTrust::Any)(spec);
        let tls = spec.tls.as_mut().unwrap();
        (tls.min_version, tls.max_version) = (TlsVersion::Tls13, TlsVersion::Tls12);
    };
    assert!(end(&rig.client(1, upside_down)).1.contains("from TLS 1.3 up to TLS 1.2"));
    let unwritable = |spec: &mut TcpClientSpec| {
        trusting(ServerTrust::Any)(spec);
        spec.tls.as_mut().unwrap().key_log = Some(authority.folder().to_owned());
    };
    assert!(end(&rig.client(1, unwritable)).1.contains("cannot be written"));
}
