//! From a bare board to a conversation: `go` and `board`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use super::desk::{Board, code, text, told, until};
use crate::program::finished;

#[test]
fn a_bare_board_is_asked_gone_with_changed_and_restarted_and_each_end_has_its_code() {
    let bare = Board::new();
    let board = |words: &[&str], stdin: &[u8]| bare.answers("board", words, stdin);

    code(&board(&["status"], b""), 30);
    code(&bare.finished("go", &["--no-flash", "--ssid", "Simulated"]), 30);
    assert!(bare.is_empty());
    let gone = bare.finished("go", &["--ssid", "Simulated"]);
    code(&gone, 0);
    assert!(gone.err.contains("parts written: 3"), "{gone:?}");
    let address = text(&gone);
    let mut client = TcpStream::connect(address.trim()).unwrap();
    client.write_all(b"hello").unwrap();
    let mut echo = [0; 5];
    client.read_exact(&mut echo).unwrap();
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
fn go_says_what_to_press_on_a_board_that_it_cannot_reset() {
    let mut board = Board::with(&["--no-auto-reset"]);
    let mut running = board.start("go", &["--ssid", "Simulated"]);
    running.says("Hold BOOT");
    board.hand("download");
    running.says("waiting for the server");
    assert_eq!(running.end().0.code(), Some(0));
}

#[test]
fn a_run_that_is_interrupted_is_cancelled_and_can_be_started_again() {
    let board = Board::new();
    let mut running = board.start("go", &["--ssid", "Simulated"]);
    running.says("Writing application");
    running.interrupt();
    assert_eq!(running.end().0.code(), Some(26));
    code(&board.finished("go", &["--ssid", "Simulated"]), 0);
}

#[test]
fn a_board_that_is_unplugged_during_a_run_has_its_code_and_the_run_can_be_repeated_when_it_is_back()
{
    let mut board = Board::new();
    board.hand("fault slow-erase=20");
    let mut running = board.start("go", &["--ssid", "Simulated"]);
    running.says("Writing application");
    board.hand("unplug");
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(22), "{err}");
    assert!(err.contains("went away while it was being flashed"), "{err}");
    board.hand("fault");
    board.hand("plug");
    until("the port's return", || std::fs::canonicalize(board.port()).ok());
    code(&board.finished("go", &["--ssid", "Simulated"]), 0);
}

#[test]
fn a_board_that_gets_no_further_in_time_has_its_code() {
    let board = Board::new();
    code(&board.finished("go", &["--ssid", "Simulated"]), 0);
    // It dials out now, so there is no server to reach.
    code(&board.finished("board", &["set", "client=127.0.0.1:9", "mode=client"]), 0);
    told(&board.finished("go", &["--wait", "3s"]), 33, &["did not begin to listen in time"]);
    code(&board.finished("board", &["set", "mode=echo"]), 0);
    code(&board.finished("go", &[]), 0);
}

#[test]
fn a_board_out_of_range_sees_no_network_and_joins_when_it_is_near_again() {
    let mut board = Board::new();
    // Flashed, and without a network: bad arguments, for it knows none.
    code(&board.finished("go", &[]), 2);
    board.hand("far");
    told(&board.finished("go", &["--ssid", "Simulated"]), 32, &["Simulated", "in range"]);
    told(&board.finished("board", &["provision", "--ssid", "Simulated"]), 32, &["Simulated"]);
    code(&board.finished("board", &["scan"]), 0);
    board.hand("near");
    code(&board.finished("board", &["provision", "--ssid", "Simulated"]), 0);
}

#[test]
fn a_port_that_is_not_there_is_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    let port = folder.path().join("none");
    for words in
        [&["go", "--ssid", "Simulated"][..], &["board", "status"], &["flash"], &["monitor"]]
    {
        let said = finished(&[words, &["--port", port.to_str().unwrap()]].concat(), b"");
        code(&said, 22);
        assert!(said.err.contains(port.to_str().unwrap()), "{said:?}");
    }
    code(&finished(&["board", "status"], b""), 2);
}
