//! `espalier chat`, and `espalier server --mode room`.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use crate::program::{PATIENCE, Running, aside, espalier, finished};

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
        stream.read_exact(&mut hello).unwrap();
        stream.write_all(b"/welcome 1 00000000000000ff 0 300 32\n").unwrap();
    });
    let home = tempfile::tempdir().unwrap();
    let mut running = Running::start(espalier(home.path(), &["chat", &address]));
    running.stdin().write_all(b"lost?\n").unwrap();
    closing.join().unwrap();
    running.says("attempt 2");
    #[cfg(unix)]
    {
        running.interrupt();
        let (status, err) = running.end();
        assert!(!status.success(), "{err}");
        assert!(err.contains("1 messages were not taken by the room"), "{err}");
    }
}

#[test]
fn what_the_room_refuses_with_its_last_bytes_is_not_success() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let home = tempfile::tempdir().unwrap();
    let mut running = Running::start(espalier(home.path(), &["chat", &address]));
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.read_exact(&mut [0; 8]).unwrap();
    stream.write_all(b"/welcome 1 00000000000000ff 0 300 32\n").unwrap();
    running.stdin().write_all(b"/msg nobody hi\n/quit\n").unwrap();
    running.says("leaving as soon as the room has taken 1 messages");
    // All it waits for, and why that was nothing.
    stream.write_all(b"/error 7 nobody has that name\n/ack 1\n").unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
    drop(stream);
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(15), "{err}");
    assert!(err.contains("1 messages were not taken by the room"), "{err}");
}

#[test]
fn what_is_refused_is_not_success_and_who_quits_leaves_when_all_is_taken() {
    let home = tempfile::tempdir().unwrap();
    let (_room, address) = room(home.path());
    let args = ["chat", &address, "--name", "alice"];
    let said = finished(&args, b"hi\n/msg nobody hi\n");
    assert_eq!(said.code, Some(15), "{}", said.err);
    assert!(said.err.contains("nobody has that name"), "{}", said.err);
    assert!(said.err.contains("1 messages were not taken by the room"), "{}", said.err);
    let said = finished(&args, b"hi\n/who\n/quit bye\n");
    assert_eq!(said.code, Some(0), "{}", said.err);
    let said = finished(&args, b"/quit bye\nnever said\n");
    assert_eq!(said.code, Some(15), "{}", said.err);
    assert!(said.err.contains("1 messages were not taken by the room"), "{}", said.err);
    let long = [vec![b'x'; 70_000], b"\nshort\n".to_vec()].concat();
    let said = finished(&args, &long);
    assert_eq!(said.code, Some(15), "{}", said.err);
    assert!(said.err.contains("a line of stdin is too long"), "{}", said.err);
    let said = finished(&["chat", &address, "--name", "a b"], b"");
    assert_eq!(said.code, Some(2), "{}", said.err);
}

#[test]
fn a_long_file_is_said_whole_and_in_order() {
    let home = tempfile::tempdir().unwrap();
    let (_room, address) = room(home.path());
    let mut bob =
        Running::start(espalier(home.path(), &["chat", &address, "--name", "bob", "--stay"]));
    bob.says("in the room");
    // More than may wait, and than are kept to be shown.
    let lines: String = (0..12_000).map(|n| format!("{n}\n")).collect();
    let said = finished(&["chat", &address, "--name", "alice"], lines.as_bytes());
    assert_eq!(said.code, Some(0), "{}", said.err);
    let wanted: String = lines.lines().map(|line| format!("alice: {line}\n")).collect();
    let heard = bob.read_stdout(wanted.len());
    assert!(heard == wanted.as_bytes(), "they are in order, and all are there");
}
