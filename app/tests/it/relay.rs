//! `espalier relay`.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};

use crate::program::{Running, ended, espalier};

fn start(home: &tempfile::TempDir, options: &[&str]) -> (Running, TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let arguments = [&["relay", "127.0.0.1:0", &target][..], options].concat();
    let mut running = Running::start(espalier(home.path(), &arguments));
    let client = TcpStream::connect(running.listens()).unwrap();
    let (carried, _) = listener.accept().unwrap();
    (running, client, carried)
}

#[test]
fn what_passes_is_kept_and_what_happens_is_told() {
    let home = tempfile::tempdir().unwrap();
    let capture = home.path().join("relay.pcapng");
    let (mut running, mut client, mut target) =
        start(&home, &["--capture", capture.to_str().unwrap(), "--up", "--limit-data", "5"]);
    client.write_all(b"hello, world").unwrap();
    let mut heard = Vec::new();
    target.read_to_end(&mut heard).unwrap();
    assert_eq!(heard, b"hello");
    assert!(
        running.says("#1 accepted 127.0.0.1:").contains(&client.local_addr().unwrap().to_string())
    );
    running.says("#2 connected to 127.0.0.1:");
    running.says("#1 note: fault (up): closed (FIN) after 5 bytes");
    drop((client, target));
    running.says("#2 ended");
    drop(running);
    let text = ended(espalier(home.path(), &["log", capture.to_str().unwrap(), "--peer", "2"]));
    let text = String::from_utf8(text.out).unwrap();
    assert!(text.contains("hello") && !text.contains("world"), "{text}");
}

#[test]
fn tshark_sees_two_streams_of_the_conversation() {
    let home = tempfile::tempdir().unwrap();
    let capture = home.path().join("relay.pcapng");
    let (mut running, mut client, mut target) =
        start(&home, &["--capture", capture.to_str().unwrap()]);
    client.write_all(b"ping").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    target.read_to_end(&mut Vec::new()).unwrap();
    drop((client, target));
    running.says("#2 ended");
    drop(running);
    let file = capture.to_str().unwrap();
    let seen = std::process::Command::new("tshark")
        .args(["-r", file, "-Y", "data", "-T", "fields", "-e", "exported_pdu.src_port"])
        .args(["-e", "exported_pdu.dst_port", "-e", "data.data"])
        .output();
    let Ok(seen) = seen else {
        eprintln!("SKIPPED: tshark is not installed");
        return;
    };
    let text = String::from_utf8(seen.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines.iter().all(|line| line.ends_with("70696e67")), "{text}");
    assert_ne!(lines[0], lines[1], "{text}");
}

#[test]
fn what_makes_no_sense_is_one_sentence() {
    let home = tempfile::tempdir().unwrap();
    for (arguments, words) in [
        (["relay", "127.0.0.1:0", "127.0.0.1:0"], "the port of the target is 1 to 65535"),
        (["relay", "board.invalid:1", "127.0.0.1:1"], "listens on an address of this computer"),
        (["relay", "127.0.0.1:0", "udp:h:1"], "a relay does not know this kind"),
        (["relay", "serial:COM3", "serial:COM3@9600"], "both sides are the same serial port"),
        (["relay", "rfc2217:127.0.0.1:0", "127.0.0.1:1"], "RFC 2217 offers a serial port"),
    ] {
        let said = ended(espalier(home.path(), &arguments));
        assert_eq!(said.code, Some(2), "{}", said.err);
        assert!(said.err.contains(words), "{}", said.err);
    }
    // What is asked for of a side that does not speak TLS.
    for (option, words) in [
        (&["--tls-cert", "a", "--tls-key", "b"][..], "--tls-cert needs TLS where it listens"),
        (&["--tls-trust-any"], "--tls-trust-any needs TLS to the target"),
        (&["--tls-key-log", "keys"], "--tls-key-log needs TLS: "),
    ] {
        let arguments = [&["relay", "127.0.0.1:0", "127.0.0.1:1"], option].concat();
        let said = ended(espalier(home.path(), &arguments));
        assert_eq!(said.code, Some(2), "{}", said.err);
        assert!(said.err.contains(words), "{}", said.err);
    }
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let said = ended(espalier(home.path(), &["relay", &port, &port]));
    assert_eq!((said.code, said.err.lines().count()), (Some(1), 1), "{}", said.err);
    assert!(said.err.contains("the relay would forward to itself"), "{}", said.err);
}

/// esptool's steps into the loader come one by one over the network; they are done at the port.
#[test]
#[cfg(unix)]
fn esptool_finds_a_simulated_board_by_rfc_2217() {
    let Some(esptool) = crate::board::esptool_program::program() else { return };
    let home = tempfile::tempdir().unwrap();
    let arguments = ["relay", "rfc2217:127.0.0.1:0", "serial:simulated:esp32c3@115200"];
    let mut running = Running::start(espalier(home.path(), &arguments));
    let port = format!("rfc2217://{}", running.listens());
    let said = std::process::Command::new(esptool)
        .args(["--chip", "esp32c3", "--port", &port, "flash-id"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&said.stdout);
    assert!(said.status.success() && text.contains("Detected flash size: 4MB"), "{text}");
    running.says("Download mode by us");
}

#[test]
#[cfg(unix)]
fn a_port_that_is_not_there_is_told_and_waited_for() {
    let home = tempfile::tempdir().unwrap();
    let arguments = ["relay", "127.0.0.1:0", "serial:/dev/no-such-port@9600"];
    let mut running = Running::start(espalier(home.path(), &arguments));
    running.says("/dev/no-such-port is not there");
    running.interrupt();
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(0), "{err}");
}

#[test]
fn a_workspace_file_has_relays_with_their_faults() {
    let home = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let workspace = home.path().join("relay.toml");
    let text = format!(
        "schema = 2\n[[session]]\n[session.transport]\nkind = \"relay\"\nlisten = \"127.0.0.1:0\"\n\
         target = \"{}\"\n[session.transport.faults]\nseed = 7\n\
         [session.transport.faults.down]\nlimit_data = 3\ncorrupt = 0\n",
        listener.local_addr().unwrap()
    );
    std::fs::write(&workspace, text).unwrap();
    let arguments = ["run", workspace.to_str().unwrap()];
    let mut running = Running::start(espalier(home.path(), &arguments));
    let mut client = TcpStream::connect(running.listens()).unwrap();
    let (mut target, _) = listener.accept().unwrap();
    target.write_all(b"answer").unwrap();
    let mut heard = Vec::new();
    client.read_to_end(&mut heard).unwrap();
    assert_eq!(heard, b"ans");
    running.says("fault (down): closed (FIN) after 3 bytes");
}

/// One relay adds TLS and the other takes it away: the client at one end and the target at the other speak plain text.
#[test]
fn tls_is_put_on_and_taken_off_by_two_relays() {
    let home = tempfile::tempdir().unwrap();
    let keys = home.path().join("keys.log");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let mut off = Running::start(espalier(home.path(), &["relay", "tls:127.0.0.1:0", &target]));
    let line = off.says("this server's certificate: ");
    let fingerprint = line.rsplit(' ').next().unwrap().to_owned();
    let secured = format!("tls:{}", off.listens());
    let arguments = [
        "relay",
        "127.0.0.1:0",
        &secured,
        "--tls-fingerprint",
        &fingerprint,
        "--tls-key-log",
        keys.to_str().unwrap(),
    ];
    let mut on = Running::start(espalier(home.path(), &arguments));
    on.says("are written to");
    let mut client = TcpStream::connect(on.listens()).unwrap();
    client.write_all(b"through TLS").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let (mut carried, _) = listener.accept().unwrap();
    let mut heard = Vec::new();
    carried.read_to_end(&mut heard).unwrap();
    assert_eq!(heard, b"through TLS");
    on.says("#2 note: secured by TLS 1.3");
    off.says("#1 note: secured by TLS 1.3");
    let secrets = std::fs::read_to_string(&keys).unwrap();
    assert!(secrets.contains("CLIENT_TRAFFIC_SECRET_0"), "{secrets}");
    // Another certificate than the one that was said.
    let other = fingerprint.replace(':', "").replace(|c: char| c.is_ascii_digit(), "0");
    let arguments = ["relay", "127.0.0.1:0", &secured, "--tls-fingerprint", &other];
    let mut wrong = Running::start(espalier(home.path(), &arguments));
    let mut client = TcpStream::connect(wrong.listens()).unwrap();
    assert!(client.read_to_end(&mut Vec::new()).is_err(), "reset");
    wrong.says("came to nothing, so the client is reset: ");
}

#[test]
fn a_workspace_file_has_relays_with_tls_by_files_beside_it() {
    let home = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    std::fs::write(home.path().join("own.pem"), certificate.pem()).unwrap();
    std::fs::write(home.path().join("own.key"), key.serialize_pem()).unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap();
    let text = format!(
        "schema = 2\n[[session]]\n[session.transport]\nkind = \"relay\"\n\
         listen = \"tls:127.0.0.1:{free}\"\ntarget = \"{target}\"\n\
         [session.transport.listen_tls]\n\
         identity = {{ certificate = \"own.pem\", key = \"own.key\" }}\n\
         [[session]]\n[session.transport]\nkind = \"relay\"\nlisten = \"127.0.0.1:0\"\n\
         target = \"tls:127.0.0.1:{free}\"\n\
         [session.transport.target_tls]\ntrust = {{ ca-file = \"own.pem\" }}\n"
    );
    let workspace = home.path().join("relays.toml");
    std::fs::write(&workspace, text).unwrap();
    let mut running = Running::start(espalier(home.path(), &["run", workspace.to_str().unwrap()]));
    // Whichever of the two is there first.
    let mut lines = [running.says("] listening on "), running.says("] listening on ")];
    lines.sort();
    let [secured, line] = lines;
    assert!(secured.ends_with(&free.to_string()), "{secured}");
    let mut client = TcpStream::connect(line.rsplit(' ').next().unwrap()).unwrap();
    client.write_all(b"secured between").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let (mut carried, _) = listener.accept().unwrap();
    let mut heard = Vec::new();
    carried.read_to_end(&mut heard).unwrap();
    assert_eq!(heard, b"secured between");
}

/// The port of a simulated board is the one client.
#[test]
#[cfg(unix)]
fn a_serial_port_is_forwarded_and_its_loss_is_an_exit_code() {
    let home = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let arguments = ["relay", "serial:simulated:esp32c3@115200", &target];
    let mut running = Running::start(espalier(home.path(), &arguments));
    let (mut carried, _) = listener.accept().unwrap();
    running.says("opened simulated:esp32c3 at 115200 baud");
    // A board says something when it is reset, and so does a bare one's loader.
    let mut first = [0; 1];
    carried.read_exact(&mut first).unwrap();
    running.interrupt();
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(0), "{err}");
    let arguments = ["relay", "serial:/dev/null@9600", &target];
    let said = ended(espalier(home.path(), &arguments));
    assert!(matches!(said.code, Some(1 | 20..=22)), "{said:?}");
    // A target that is not tried again.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let arguments = ["relay", "serial:simulated:esp32c3@115200", &gone, "--reconnect", "off"];
    let said = ended(espalier(home.path(), &arguments));
    assert_eq!(said.code, Some(10), "{}", said.err);
}

#[test]
fn its_figures_are_told_and_the_answers_of_its_target_are_timed() {
    let home = tempfile::tempdir().unwrap();
    let (mut running, mut client, mut target) = start(&home, &["--figures=100ms"]);
    client.write_all(b"?").unwrap();
    target.read_exact(&mut [0; 1]).unwrap();
    target.write_all(b"!").unwrap();
    client.read_exact(&mut [0; 1]).unwrap();
    if cfg!(target_os = "linux") {
        running.says("-- listener: 0 waiting in the backlog of ");
        running.says("-- #1 ESTABLISHED round-trip time ");
        running.says("-- #2 ESTABLISHED round-trip time ");
    }
    #[cfg(unix)]
    {
        running.interrupt();
        running.says("-- connections made: 1; p50 ");
        running.says("-- answers: 1; p50 ");
    }
}
