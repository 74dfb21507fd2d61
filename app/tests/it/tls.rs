//! `--tls` on `client` and `server`, and in a workspace file.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;

use rcgen::{CertificateParams, KeyPair};

use crate::program::{Running, aside, espalier, finished, noise};

/// A server that makes its own certificate: it, where it listens, and its fingerprint.
fn server(home: &Path, arguments: &[&str]) -> (Running, String, String) {
    let arguments = [&["server", "127.0.0.1:0", "--tls"], arguments].concat();
    let mut running = Running::start(espalier(home, &arguments));
    let line = running.says("this server's certificate: ");
    let fingerprint = line.rsplit(' ').next().unwrap().to_owned();
    let address = running.listens().to_string();
    (running, address, fingerprint)
}

#[test]
fn a_server_tells_its_fingerprint_by_which_a_client_trusts_it() {
    let home = tempfile::tempdir().unwrap();
    let (mut server, address, fingerprint) = server(home.path(), &["--mode", "echo"]);
    let letter = noise(300_000);
    let arguments = ["client", &address, "--tls", "--tls-fingerprint", &fingerprint];
    let said = finished(&arguments, &letter);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out == letter && said.err.contains("secured by TLS 1.3, TLS_"), "{}", said.err);
    assert!(server.read_stdout(letter.len()) == letter);

    // The same certificate next time, and its file is what a client can be given.
    let (_second, address, again) = self::server(home.path(), &["--mode", "echo"]);
    assert_eq!(again, fingerprint);
    let file = home.path().join("certificates/server-127.0.0.1.crt");
    let said = finished(&["client", &address, "--tls", "--tls-ca", file.to_str().unwrap()], b"hi");
    assert_eq!((said.code, &*said.out), (Some(0), &b"hi"[..]), "{}", said.err);
}

#[test]
fn exit_codes_tell_tls_that_failed_and_tls_that_was_cut_off() {
    let home = tempfile::tempdir().unwrap();
    let (_server, address, fingerprint) = server(home.path(), &["--mode", "echo"]);
    let other = fingerprint.replace(':', "").replace(|c: char| c.is_ascii_digit(), "0");
    for (arguments, why) in [
        (&["--tls-fingerprint", &*other][..], "pinned to"),
        (&["--tls-ca", r"/nowhere/c\a.pem"], r"c\a.pem cannot be read"),
        (&["--tls-trust-any", "--tls-name", "no name"], "is no name"),
    ] {
        let said = finished(&[&["client", &address, "--tls"], arguments].concat(), b"");
        assert_eq!(said.code, Some(18), "{}", said.err);
        assert!(said.err.contains("ended: TLS failed: ") && said.err.contains(why), "{}", said.err);
    }
    for arguments in [
        &["--tls-trust-any"][..],
        &["--tls", "--tls-fingerprint", "12:34"],
        &["--tls", "--tls-trust-any", "--tls-ca", "x"],
        &["--tls", "--tls-cert", "x"],
        &["--tls", "--tls-max", "1.1"],
    ] {
        let said = finished(&[&["client", &address], arguments].concat(), b"");
        assert_eq!(said.code, Some(2), "{arguments:?}: {}", said.err);
    }

    // Somebody in between who cuts it off.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let between = listener.local_addr().unwrap().to_string();
    let arguments = ["client", &between, "--tls", "--tls-trust-any"];
    let mut client = Running::start(espalier(home.path(), &arguments));
    let (near, _) = listener.accept().unwrap();
    let far = TcpStream::connect(&address).unwrap();
    let copies = [(&near, &far), (&far, &near)].map(|(from, to)| {
        let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
        aside(move || std::io::copy(&mut from, &mut to))
    });
    client.stdin().write_all(b"echo").unwrap();
    assert_eq!(client.read_stdout(4), b"echo");
    near.shutdown(Shutdown::Write).unwrap();
    let (status, err) = client.end();
    assert_eq!(status.code(), Some(19), "{err}");
    assert!(err.contains("NOT VERIFIED") && err.contains("without the close_notify"), "{err}");
    far.shutdown(Shutdown::Both).ok();
    for copy in copies {
        copy.join().unwrap().ok();
    }
}

#[test]
fn a_plain_server_is_told_from_one_that_speaks_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let acting = aside(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"220 mail.example ESMTP\r\n").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        stream.read_to_end(&mut Vec::new()).ok();
    });
    let said = finished(&["client", &target, "--tls"], b"");
    assert_eq!(said.code, Some(18), "{}", said.err);
    assert!(
        said.err.contains("does not speak TLS: it sent “220 mail.example ESMTP”"),
        "{}",
        said.err
    );
    acting.join().unwrap();
}

#[test]
fn sessions_of_a_workspace_file_speak_tls_by_files_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    std::fs::write(folder.path().join("own.pem"), certificate.pem()).unwrap();
    std::fs::write(folder.path().join("own.key"), key.serialize_pem()).unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let text = format!(
        "schema = 2\n\
         [[session]]\n[session.transport]\nkind = \"tcp-server\"\nport = {free}\n\
         [session.transport.tls]\nidentity = {{ certificate = \"own.pem\", key = \"own.key\" }}\n\
         [[session]]\n[session.transport]\nkind = \"tcp-client\"\nhost = \"127.0.0.1\"\nport = {free}\n\
         reconnect = {{ policy = \"fixed\", delay_ms = 50 }}\n\
         [session.transport.tls]\ntrust = {{ ca-file = \"own.pem\" }}\nmin_version = \"1.3\"\n"
    );
    let file = folder.path().join("sessions.toml");
    std::fs::write(&file, text).unwrap();
    // From elsewhere: the files are beside the workspace, not where the program was started.
    let mut running = Running::start(espalier(folder.path(), &["run", file.to_str().unwrap()]));
    let line = running.says("secured by TLS 1.3");
    assert!(line.starts_with("["), "{line}");
    #[cfg(unix)]
    running.interrupt();
}

#[test]
fn a_file_and_a_send_list_go_over_tls_too() {
    let home = tempfile::tempdir().unwrap();
    let (mut server, address, fingerprint) = server(home.path(), &[]);
    let file = home.path().join("file.bin");
    let letter = noise(100_000);
    std::fs::write(&file, &letter).unwrap();
    let to = ["--to", &address, "--tls", "--tls-fingerprint", &fingerprint];
    let said = finished(&[&["send-file", file.to_str().unwrap()], &to[..]].concat(), b"");
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(server.read_stdout(letter.len()) == letter);

    let list = home.path().join("list.toml");
    let text = "schema = 2\n[[send-list.group]]\nname = \"g\"\n[[send-list.group.entry]]\ntext = \"hello\"\n";
    std::fs::write(&list, text).unwrap();
    let said = finished(&[&["send-list", list.to_str().unwrap()], &to[..]].concat(), b"");
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(server.read_stdout(5), b"hello");
    let serial = ["send-file", file.to_str().unwrap(), "--port", "x", "--tls"];
    assert_eq!(finished(&serial, b"").code, Some(2));
}
