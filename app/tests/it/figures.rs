//! `--figures`: what TCP knows, on stderr.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use crate::program::{Running, aside, espalier, finished};

#[test]
fn a_client_tells_its_figures_while_it_stands_and_how_long_answers_took_at_the_end() {
    let home = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut running =
        Running::start(espalier(home.path(), &["client", &address, "--figures=100ms"]));
    let (mut peer, _) = listener.accept().unwrap();
    running.stdin().write_all(b"?").unwrap();
    peer.read_exact(&mut [0; 1]).unwrap();
    peer.write_all(b"!").unwrap();
    assert_eq!(running.read_stdout(1), b"!");
    if cfg!(target_os = "linux") {
        let line = running.says("-- #1 ESTABLISHED round-trip time ");
        for figure in ["segments sent again 0", "not sent yet 0 B", "their receive window "] {
            assert!(line.contains(figure), "{line}");
        }
    }
    drop(peer);
    let connects = running.says("-- connections made: 1; p50 ");
    assert!(connects.ends_with(" ms"), "{connects}");
    running.says("-- answers: 1; p50 ");
    let (status, _) = running.end();
    assert_eq!(status.code(), Some(0));
}

#[test]
#[cfg(target_os = "linux")]
fn a_server_tells_who_waits_in_its_backlog() {
    let home = tempfile::tempdir().unwrap();
    let arguments = ["server", "127.0.0.1:0", "--max-clients", "1", "--figures=100ms"];
    let mut running = Running::start(espalier(home.path(), &arguments));
    let address = running.listens();
    let _served = std::net::TcpStream::connect(address).unwrap();
    let _waits = std::net::TcpStream::connect(address).unwrap();
    running.says("-- listener: 1 waiting in the backlog of ");
    running.interrupt();
    running.says("-- answers: none");
}

#[test]
fn without_the_option_nothing_is_told_and_a_wrong_interval_is() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let peer = aside(move || drop(listener.accept().unwrap()));
    let said = finished(&["client", &address], b"");
    peer.join().unwrap();
    assert!(!said.err.contains("answers:"), "{}", said.err);
    let said = finished(&["client", &address, "--figures=1ms"], b"");
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("at least 100ms is needed"), "{}", said.err);
}
