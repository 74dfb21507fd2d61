//! `espalier chat`, and `espalier server --mode room`.

use std::io::Write as _;
use std::net::TcpListener;

use crate::program::{Running, aside, espalier, finished};

fn room(home: &std::path::Path) -> (Running, String) {
    let mut room = Running::start(espalier(home, &["server", "127.0.0.1:0", "--mode", "room"]));
    let address = room.listens().to_string();
    (room, address)
}

#[test]
fn lines_are_said_and_heard_and_the_end_of_stdin_leaves() {
    let home = tempfile::tempdir().unwrap();
    let (_room, address) = room(home.path());
    let mut alice =
        Running::start(espalier(home.path(), &["chat", &address, "--name", "alice", "--stay"]));
    alice.says("in the room");
    let said = finished(
        &["chat", &address, "--name", "小明", "--encoding", "utf-8"],
        "hello\n/me waves\n/msg alice psst\n".as_bytes(),
    );
    assert_eq!((said.code, &*said.out), (Some(0), &b""[..]), "{}", said.err);
    let wanted = "小明: hello\n* 小明 waves\n小明> psst\n";
    assert_eq!(String::from_utf8(alice.read_stdout(wanted.len())).unwrap(), wanted);
    alice.says("小明 has left the room");
}

#[test]
fn a_name_that_is_taken_gets_a_number() {
    let home = tempfile::tempdir().unwrap();
    let (_room, address) = room(home.path());
    let mut first =
        Running::start(espalier(home.path(), &["chat", &address, "--name", "bob", "--stay"]));
    first.says("in the room");
    let said = finished(&["chat", &address, "--name", "bob"], b"hi\n");
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.err.contains("trying the name bob2"), "{}", said.err);
    assert_eq!(first.read_stdout(9), b"bob2: hi\n");
}

#[test]
fn exit_codes_are_those_of_a_client_and_what_was_not_taken_is_told() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let said = finished(&["chat", &free.to_string()], b"");
    assert_eq!(said.code, Some(10), "{}", said.err);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let closing = aside(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // A room that takes nothing, and goes.
        let mut hello = [0; 8];
        std::io::Read::read_exact(&mut stream, &mut hello).unwrap();
        stream.write_all(b"/welcome 1 00000000000000ff 0 300 32\n").unwrap();
        std::thread::sleep(std::time::Duration::from_millis(300));
    });
    let home = tempfile::tempdir().unwrap();
    let mut running = Running::start(espalier(home.path(), &["chat", &address]));
    running.stdin().write_all(b"lost?\n").unwrap();
    closing.join().unwrap();
    running.says("attempt 2");
    running.interrupt();
    let (status, err) = running.end();
    assert!(!status.success(), "{err}");
    assert!(err.contains("1 messages were not taken by the room"), "{err}");
}
