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
        (["relay", "127.0.0.1:0", "tls:h:1"], "a relay does not know this kind"),
        (["relay", "serial:COM3", "127.0.0.1:1"], "put the serial port on the other side"),
        (["relay", "rfc2217:127.0.0.1:0", "127.0.0.1:1"], "RFC 2217 offers a serial port"),
    ] {
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
