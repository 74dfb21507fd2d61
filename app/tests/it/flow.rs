//! From a bare board to a conversation with the real binary: `simulate` in one process, `go` and `board` in others.

use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;

use crate::program::{Running, Said, espalier, finished};

/// A simulated board in a process of its own, new each time; its port is `folder/port`.
fn simulated(folder: &Path) -> (Running, String) {
    let port = folder.join("port").to_str().unwrap().to_owned();
    let mut board = Running::start(espalier(folder, &["simulate", "--link", &port]));
    assert_eq!(board.read_stdout(6), b"ready ");
    (board, port)
}

fn text(said: &Said) -> String {
    String::from_utf8_lossy(&said.out).into_owned()
}

#[test]
fn a_bare_board_is_asked_gone_with_changed_and_restarted_and_each_end_has_its_code() {
    let folder = tempfile::tempdir().unwrap();
    let (_board, port) = simulated(folder.path());
    let board = |words: &[&str], stdin: &[u8]| {
        let arguments = [&["board", "--port", &port], words].concat();
        finished(&arguments, stdin)
    };
    let code = |said: &Said, code: i32| assert_eq!(said.code, Some(code), "{said:?}");

    code(&board(&["status"], b""), 30);
    code(&finished(&["go", "--port", &port, "--no-flash", "--ssid", "Simulated"], b""), 30);
    let gone = finished(&["go", "--port", &port, "--ssid", "Simulated"], b"");
    code(&gone, 0);
    let address = text(&gone);
    let mut client = TcpStream::connect(address.trim()).unwrap();
    client.write_all(b"hello").unwrap();
    let mut echo = [0; 5];
    std::io::Read::read_exact(&mut client, &mut echo).unwrap();
    assert_eq!(&echo, b"hello");

    let status = board(&["status", "--json"], b"");
    let status: serde_json::Value = serde_json::from_slice(&status.out).unwrap();
    assert_eq!(status["endpoint"], address.trim());
    assert_eq!(status["clients"][0]["peer"], client.local_addr().unwrap().to_string());
    assert_eq!(status["clients"][0]["in"], 5);

    assert!(text(&board(&["scan"], b"")).contains("locked  Simulated-WPA"));
    code(&board(&["kick", &client.local_addr().unwrap().to_string()], b""), 0);
    code(&board(&["kick", "1"], b""), 34);
    code(&board(&["set", "limit=3", "mode=discard", "name=On the wall"], b""), 0);
    code(&board(&["set", "limit=9"], b""), 2);
    let wrong = ["provision", "--ssid", "Simulated-WPA", "--password-stdin"];
    let said = board(&wrong, b"not this one\n");
    code(&said, 31);
    assert!(!said.err.contains("not this one"), "{said:?}");
    code(&board(&["provision", "--ssid", "Nowhere"], b""), 32);
    code(&board(&wrong, b"espalier\n"), 0);
    code(&board(&["restart"], b""), 0);
    let status = board(&["status"], b"");
    assert!(text(&status).contains("discard, 0/3 served"), "{status:?}");
    assert!(text(&status).contains("On the wall"), "{status:?}");
}

#[test]
fn a_port_that_is_not_there_is_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    let port = folder.path().join("none");
    let said = finished(&["go", "--port", port.to_str().unwrap(), "--ssid", "Simulated"], b"");
    assert_eq!(said.code, Some(22), "{said:?}");
    assert_eq!(finished(&["board", "status"], b"").code, Some(2));
}
