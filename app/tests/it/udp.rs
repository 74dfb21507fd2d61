//! `espalier udp`.

use std::io::Write as _;
use std::net::{SocketAddr, UdpSocket};

use crate::program::{PATIENCE, Running, espalier, finished};

fn plain() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let local = socket.local_addr().unwrap();
    (socket, local)
}

fn received(socket: &UdpSocket) -> (Vec<u8>, SocketAddr) {
    let mut buffer = vec![0; 65_536];
    let (count, from) = socket.recv_from(&mut buffer).unwrap();
    buffer.truncate(count);
    (buffer, from)
}

#[test]
fn who_sent_last_is_answered_line_by_line() {
    let home = tempfile::tempdir().unwrap();
    let mut running = Running::start(espalier(home.path(), &["udp", "--bind", "127.0.0.1:0"]));
    let address = running.listens();
    let (socket, ours) = plain();
    socket.send_to(b"hello\n", address).unwrap();
    let line = running.says("met");
    assert_eq!(line, format!("#1 met {ours} on {address}"));
    assert_eq!(running.read_stdout(6), b"hello\n");
    running.stdin().write_all(b"one\n\ntwo\n").unwrap();
    for expected in [&b"one\n"[..], b"\n", b"two\n"] {
        assert_eq!(received(&socket).0, expected);
    }
}

#[test]
fn what_is_sent_to_a_host_ends_with_stdin_and_a_linger() {
    let (socket, at) = plain();
    let echo = std::thread::Builder::new().name("echo".to_owned());
    let echo = echo
        .spawn(move || {
            let mut all = Vec::new();
            for _ in 0..3 {
                let (bytes, from) = received(&socket);
                socket.send_to(&bytes, from).unwrap();
                all.push(bytes);
            }
            all
        })
        .unwrap();
    let said = finished(&["udp", &at.to_string(), "--linger", "500ms"], b"a\nbc\nlast");
    assert_eq!(echo.join().unwrap(), [&b"a\n"[..], b"bc\n", b"last"]);
    assert_eq!((said.code, &*said.out), (Some(0), &b"a\nbc\nlast"[..]), "{}", said.err);
}

#[test]
fn stdin_goes_in_chunks_in_hex_with_empty_datagrams_and_in_another_encoding() {
    let (socket, at) = plain();
    let at = at.to_string();
    let sent = |arguments: &[&str], stdin: &[u8], count: usize| {
        let arguments = [&["udp", at.as_str(), "--linger", "0"], arguments].concat();
        let said = finished(&arguments, stdin);
        assert_eq!(said.code, Some(0), "{}", said.err);
        (0..count).map(|_| received(&socket).0).collect::<Vec<_>>()
    };
    assert_eq!(sent(&["--chunk", "4"], b"12345\n789", 3), [&b"1234"[..], b"5\n78", b"9"]);
    assert_eq!(sent(&["--hex"], b"01 02\n\nFF\n", 3), [&b"\x01\x02"[..], b"", b"\xFF"]);
    assert_eq!(sent(&["--encoding", "gbk"], "你\n".as_bytes(), 1), [b"\xC4\xE3\n"]);
}

#[test]
fn a_line_that_no_datagram_holds_is_told_and_left_out() {
    let (socket, at) = plain();
    let mut stdin = vec![b'x'; 70_000];
    stdin.extend(b"\nshort\n");
    let said = finished(&["udp", &at.to_string(), "--linger", "0"], &stdin);
    assert_eq!(received(&socket).0, b"short\n");
    assert_eq!(said.code, Some(15), "{}", said.err);
    assert!(said.err.contains("line 1 was not sent: a datagram holds 65527 bytes"), "{}", said.err);
}

#[test]
#[cfg(target_os = "linux")]
fn what_the_network_did_not_deliver_is_no_success() {
    let (socket, at) = plain();
    drop(socket);
    let said = finished(&["udp", &at.to_string()], b"is anybody there?\n");
    assert_eq!(said.code, Some(10), "{}", said.err);
    assert!(said.err.contains(&format!("undelivered to {at}, 1: ")), "{}", said.err);
}

#[test]
fn what_makes_no_sense_is_one_sentence_and_its_exit_code() {
    let (_taken, at) = plain();
    let at = at.to_string();
    // The system's own words, which are in the user's language where it is Windows.
    let taken = if cfg!(windows) { at.as_str() } else { "in use" };
    for (arguments, code, words) in [
        (&[][..], 2, "required"),
        (&["127.0.0.1:0"], 2, "the port is 1 to 65535"),
        (&["--bind", "127.0.0.1:0", "--group", "10.0.0.1"], 2, "a multicast group is 224"),
        (&["--bind", "239.1.2.3:0"], 1, "join the group (--group)"),
        (&["--bind", &at], 1, taken),
        (
            &["--bind", "127.0.0.1:0", "--group", "239.1.2.3", "--interface", "no-such"],
            1,
            "no-such",
        ),
        (&["no-such-host.invalid:7"], 13, ""),
    ] {
        let arguments = [&["udp"], arguments].concat();
        let said = finished(&arguments, b"");
        assert_eq!(said.code, Some(code), "{arguments:?}: {}", said.err);
        assert!(said.err.contains(words), "{arguments:?}: {}", said.err);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn broadcast_without_its_switch_says_so() {
    let said = finished(&["udp", "127.255.255.255:9"], b"x");
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("allow broadcast (--broadcast)"), "{}", said.err);
}

#[test]
fn a_send_list_goes_in_datagrams() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.toml");
    let list = "schema = 2\n[[send-list.group]]\nname = \"g\"\n[[send-list.group.entry]]\ntext = \"one\"\n[[send-list.group.entry]]\ntext = \"two\"\n";
    std::fs::write(&path, list).unwrap();
    let (socket, at) = plain();
    let path = path.to_str().unwrap();
    let said = finished(&["send-list", path, "--udp", &at.to_string(), "--linger", "0"], b"");
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!((received(&socket).0, received(&socket).0), (b"one".to_vec(), b"two".to_vec()));
}
