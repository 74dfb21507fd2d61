//! Foreign programs at the other end: openssl and ncat.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::Command;

use espalier_core::Direction;
use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::session::{Behaviour, EndReason, Reconnect, SessionState};
use espalier_core::tls::{ClientCertificates, ServerTrust, TlsServerSpec};

use super::certificates::Authority;
use super::{connected, showing, told, trusting};
use crate::rig::{Foreign, Rig, captured, end, noise, send, until};

/// A port that was free a moment ago, for programs that cannot tell which one they got.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn text(path: &std::path::Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn openssl_as_client_verifies_us_shows_its_certificate_and_is_echoed() {
    let (rig, authority) = (Rig::new(), Authority::new());
    let (server, address) = rig.server(|spec| {
        showing(authority.issue(&["board.local"], |_| {}))(spec);
        spec.tls.as_mut().unwrap().client_certificates =
            ClientCertificates::Require(authority.file());
        spec.behaviour = Behaviour::Echo;
    });
    let own = authority.issue(&["client"], |_| {});
    let (target, ca) = (address.to_string(), authority.file());
    let arguments = [
        "s_client",
        "-quiet",
        "-no_ign_eof",
        "-connect",
        &target,
        "-servername",
        "board.local",
        "-CAfile",
        text(&ca),
        "-verify_return_error",
        "-verify_hostname",
        "board.local",
        "-cert",
        text(&own.certificate),
        "-key",
        text(&own.key),
    ];
    let Some(mut openssl) = Foreign::start("openssl", &arguments) else { return };
    // No line of it is a command of s_client.
    let letter = b"x123456789abcdef\n".repeat(3000);
    openssl.write(&letter);
    until("all is echoed", || captured(&server, Direction::Out, None).len() == letter.len());
    openssl.close_stdin();
    assert!(openssl.output() == letter);
    assert_eq!(end(&server).0, EndReason::ClosedByPeer);
    assert!(told(&server, "(close_notify)") && told(&server, "certificate 1 of "));
    assert!(told(&server, "server name (SNI) board.local"));
}

#[test]
fn openssl_as_server_is_verified_and_talks_with_our_client() {
    let (rig, authority) = (Rig::new(), Authority::new());
    let identity = authority.issue(&["127.0.0.1"], |_| {});
    let (own, ca) = (authority.issue(&["client"], |_| {}), authority.file());
    let keys = authority.folder().join("theirs.keys");
    let port = free_port().to_string();
    let arguments = [
        "s_server",
        "-quiet",
        "-accept",
        &port,
        "-naccept",
        "1",
        "-cert",
        text(&identity.certificate),
        "-key",
        text(&identity.key),
        "-Verify",
        "1",
        "-verify_return_error",
        "-CAfile",
        text(&ca),
        "-keylogfile",
        text(&keys),
    ];
    let Some(mut openssl) = Foreign::start("openssl", &arguments) else { return };
    let ours = authority.folder().join("ours.keys");
    let client = rig.client(port.parse().unwrap(), |spec| {
        trusting(ServerTrust::CaFile(authority.file()))(spec);
        let tls = spec.tls.as_mut().unwrap();
        tls.identity = Some(own);
        tls.key_log = Some(ours.clone());
        spec.reconnect = Reconnect::Fixed { delay_ms: 50 };
    });
    connected(&client);
    openssl.write(b"from openssl\n");
    until("openssl is heard", || captured(&client, Direction::In, None) == b"from openssl\n");
    send(&client, b"from espalier\n");
    client.command(SessionCommand::Close(PeerSelector::All)).unwrap();
    assert_eq!(openssl.output(), b"from espalier\n");
    assert!(told(&client, "asked for a certificate of ours"));
    until("its close_notify is told", || told(&client, "(close_notify)"));

    // The same secrets by both: their lines and ours, whatever their order.
    let lines = |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let mut lines: Vec<String> = lines.map(str::to_lowercase).collect();
        lines.sort();
        lines
    };
    let (theirs, own) = (lines(&keys), lines(&ours));
    let both = [
        "client_handshake_traffic_secret",
        "server_handshake_traffic_secret",
        "client_traffic_secret_0",
        "server_traffic_secret_0",
    ];
    for label in both {
        let of = |lines: &[String]| {
            lines
                .iter()
                .filter(|line| line.starts_with(&format!("{label} ")))
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(of(&own).len(), 1, "{label} in {own:?}");
        assert_eq!(of(&own), of(&theirs), "{label}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(ours.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert!(told(&client, "who has that file can read all that is said"));
}

#[test]
fn openssl_that_refuses_us_is_told_by_its_alert() {
    let (rig, authority) = (Rig::new(), Authority::new());
    let (server, address) = rig.server(|spec| spec.tls = Some(TlsServerSpec::default()));
    let (target, ca) = (address.to_string(), authority.file());
    let arguments = ["s_client", "-connect", &target, "-CAfile", text(&ca), "-verify_return_error"];
    let Some(openssl) = Foreign::start("openssl", &arguments) else { return };
    let (reason, detail) = end(&server);
    assert_eq!(reason, EndReason::TlsFailed, "{detail}");
    assert!(detail.contains("refuses our certificate: alert "), "{detail}");
    drop(openssl);
}

#[test]
fn openssl_of_old_finds_no_version_in_common() {
    let rig = Rig::new();
    let (server, address) = rig.server(|spec| spec.tls = Some(TlsServerSpec::default()));
    let target = address.to_string();
    let arguments = ["s_client", "-connect", &target, "-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"];
    let Some(mut openssl) = Foreign::start("openssl", &arguments) else { return };
    let stderr = openssl.0.stderr.take().unwrap();
    let heard = std::thread::Builder::new().name("stderr".to_owned()).spawn(move || {
        BufReader::new(stderr).lines().map_while(Result::ok).collect::<Vec<_>>().join("\n")
    });
    openssl.close_stdin();
    openssl.output();
    let said = heard.unwrap().join().unwrap();
    if said.contains("no protocols available") || said.contains("unknown option") {
        eprintln!("SKIPPED: this openssl does not speak TLS 1.1: {said}");
        return;
    }
    let (reason, detail) = end(&server);
    assert_eq!(reason, EndReason::TlsFailed);
    assert!(detail.contains("no version of TLS in common"), "{detail}: {said}");
}

#[test]
fn ncat_both_ways() {
    let (rig, authority) = (Rig::new(), Authority::new());
    let (server, address) = rig.server(|spec| {
        spec.tls = Some(TlsServerSpec::default());
        spec.behaviour = Behaviour::Echo;
    });
    let port = address.port().to_string();
    let Some(mut ncat) = Foreign::start("ncat", &["--ssl", "127.0.0.1", &port]) else { return };
    let letter = noise(23, 20_000);
    ncat.write(&letter);
    until("all is echoed", || captured(&server, Direction::Out, None).len() == letter.len());
    ncat.close_stdin();
    assert!(ncat.output() == letter);

    let identity = authority.issue(&["127.0.0.1"], |_| {});
    let port = free_port().to_string();
    let arguments = [
        "-l",
        "127.0.0.1",
        &port,
        "--ssl",
        "--ssl-cert",
        text(&identity.certificate),
        "--ssl-key",
        text(&identity.key),
    ];
    let Some(mut ncat) = Foreign::start("ncat", &arguments) else { return };
    let client = rig.client(port.parse().unwrap(), |spec| {
        trusting(ServerTrust::CaFile(authority.file()))(spec);
        spec.reconnect = Reconnect::Fixed { delay_ms: 50 };
    });
    connected(&client);
    ncat.write(b"from ncat\n");
    until("ncat is heard", || captured(&client, Direction::In, None) == b"from ncat\n");
    send(&client, b"from espalier\n");
    client.command(SessionCommand::Close(PeerSelector::All)).unwrap();
    // It ends with its input, whatever was still to be read.
    until("the connection is over", || !matches!(client.state(), SessionState::Connected(_)));
    ncat.close_stdin();
    assert_eq!(ncat.output(), b"from espalier\n");
}

#[test]
fn an_encrypted_key_of_openssl_is_refused_in_words() {
    let (rig, authority) = (Rig::new(), Authority::new());
    let mut identity = authority.issue(&["a"], |_| {});
    let encrypted = authority.folder().join("encrypted.pem");
    let made = Command::new("openssl")
        .args(["pkey", "-aes256", "-passout", "pass:secret", "-in", text(&identity.key), "-out"])
        .arg(&encrypted)
        .output();
    if let Err(error) = made {
        eprintln!("SKIPPED: openssl: {error}");
        return;
    }
    identity.key = encrypted;
    let client = rig.client(1, |spec| {
        trusting(ServerTrust::Any)(spec);
        spec.tls.as_mut().unwrap().identity = Some(identity);
    });
    assert!(end(&client).1.contains("is encrypted"), "{:?}", end(&client));
}
