//! `espalier client`.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use crate::program::{PATIENCE, Running, espalier, finished, noise};

/// A peer in a thread of its own, and the argument that leads to it.
fn peer<T: Send + 'static>(
    act: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (String, thread::JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let acting = thread::Builder::new().name("peer".to_owned()).spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        act(stream)
    });
    (target, acting.unwrap())
}

fn read_to_end(stream: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    all
}

#[test]
fn stdin_goes_to_the_peer_and_the_peer_to_stdout_unchanged_with_a_half_close_between() {
    let question = noise(3_000_000);
    let answer: Vec<u8> = question.iter().rev().copied().collect();
    let reply = answer.clone();
    let (target, acting) = peer(move |mut stream| {
        // All of the question, and our FIN, come before the answer begins.
        let got = read_to_end(&mut stream);
        stream.write_all(&reply).unwrap();
        got
    });
    let said = finished(&["client", &target], &question);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out == answer);
    assert!(acting.join().unwrap() == question);
    assert!(said.err.contains("connected to"), "{}", said.err);
    assert!(said.err.contains("we sent FIN"), "{}", said.err);
}

#[test]
fn exit_codes_tell_the_ends_apart() {
    let (target, acting) = peer(|stream| stream.shutdown(Shutdown::Both).unwrap());
    let home = tempfile::tempdir().unwrap();
    let running = Running::start(espalier(home.path(), &["client", &target]));
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(0), "{err}");
    assert!(err.contains("peer sent FIN") && err.contains("ended: closed by peer"), "{err}");
    acting.join().unwrap();

    let (target, acting) = peer(|stream| {
        socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    });
    let running = Running::start(espalier(home.path(), &["client", &target]));
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(12), "{err}");
    assert!(err.contains("reset by peer"), "{err}");
    acting.join().unwrap();

    // Bound and never listened on: nobody else gets the port meanwhile.
    let deaf = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    deaf.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let target = format!("127.0.0.1:{}", deaf.local_addr().unwrap().as_socket().unwrap().port());
    let said = finished(&["client", &target], b"");
    assert_eq!((said.code, said.out.len()), (Some(10), 0), "{}", said.err);

    let name = format!("{}.invalid:9", "x".repeat(64));
    let said = finished(&["client", &name], b"");
    assert_eq!(said.code, Some(13), "{}", said.err);
}

#[test]
#[cfg(target_os = "linux")]
fn exit_codes_tell_no_answer_from_no_route() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    // A socket that drops every packet before TCP sees it.
    let drop_all = [socket2::SockFilter::new(6, 0, 0, 0)];
    socket2::SockRef::from(&listener).attach_filter(&drop_all).unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let said = finished(&["client", &target, "--connect-timeout", "300ms"], b"");
    assert_eq!(said.code, Some(11), "{}", said.err);
    // TCP to a broadcast address fails inside the system.
    let said = finished(&["client", "127.255.255.255:9"], b"");
    assert_eq!(said.code, Some(14), "{}", said.err);
}

#[test]
fn bad_arguments_get_one_sentence_and_code_2() {
    let bad: [&[&str]; 8] = [
        &["client"],
        &["client", "localhost"],
        &["client", "localhost:99999"],
        &["client", "localhost:1", "--keepalive", "1,2"],
        &["client", "localhost:1", "--encoding", "klingon"],
        &["client", "localhost:1", "--hex", "--encoding", "gbk"],
        &["server", "nowhere:1"],
        &["run", "/no/such/file.toml"],
    ];
    for arguments in bad {
        let said = finished(arguments, b"");
        assert_eq!(said.code, Some(2), "{arguments:?}: {}", said.err);
        assert_eq!(said.err.lines().count(), 1, "{arguments:?}: {}", said.err);
        assert!(said.err.starts_with("espalier: "), "{}", said.err);
    }
}

#[test]
fn the_help_documents_every_exit_code() {
    let said = finished(&["--help"], b"");
    let help = String::from_utf8(said.out).unwrap();
    for code in ["0", "1", "2", "10", "11", "12", "13", "14", "130"] {
        let documented =
            help.lines().any(|line| line.trim_start().starts_with(&format!("{code}  ")));
        assert!(documented, "{code} in {help}");
    }
}

#[test]
fn hex_and_encodings_work_both_ways() {
    let (target, acting) = peer(|mut stream| {
        let got = read_to_end(&mut stream);
        // One character in two segments.
        stream.set_nodelay(true).unwrap();
        stream.write_all(b"\xC4").unwrap();
        thread::sleep(Duration::from_millis(50));
        stream.write_all(b"\xE3\xFF").unwrap();
        got
    });
    let said = finished(&["client", &target, "--encoding", "gbk"], "好\n".as_bytes());
    assert_eq!(acting.join().unwrap(), b"\xBA\xC3\n");
    assert_eq!(String::from_utf8(said.out).unwrap(), "你\\xFF");

    let (target, acting) = peer(|mut stream| {
        let got = read_to_end(&mut stream);
        stream.write_all(&[0x00, 0x41]).unwrap();
        got
    });
    let said = finished(&["client", &target, "--hex"], b"01 02,0x03\nzz\nFF\n");
    assert_eq!(acting.join().unwrap(), [1, 2, 3, 0xFF]);
    let shown = String::from_utf8(said.out).unwrap();
    assert!(shown.starts_with("00000000  00 41 "), "{shown}");
    assert!(said.err.contains("line 2 was not sent: column 1"), "{}", said.err);
}

#[test]
fn a_client_reconnects_when_asked_to() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let home = tempfile::tempdir().unwrap();
    let mut running =
        Running::start(espalier(home.path(), &["client", &target, "--reconnect=50ms"]));
    for life in [b"one", b"two"] {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(life).unwrap();
        drop(stream);
        assert_eq!(running.read_stdout(3), life);
    }
}

#[test]
fn when_nobody_reads_stdout_any_more_it_ends_quietly() {
    let (target, acting) = peer(|mut stream| {
        let piece = vec![b'x'; 100_000];
        // Until the other side is gone.
        while stream.write_all(&piece).is_ok() {}
    });
    let home = tempfile::tempdir().unwrap();
    let mut running = Running::start(espalier(home.path(), &["client", &target]));
    running.read_stdout(10);
    running.close_stdout();
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(0), "{err}");
    assert!(!err.contains("espalier:") && !err.contains("panic"), "{err}");
    acting.join().unwrap();
}

#[test]
#[cfg(unix)]
fn ctrl_c_closes_in_order() {
    let (target, acting) = peer(|mut stream| read_to_end(&mut stream));
    let home = tempfile::tempdir().unwrap();
    let mut running = Running::start(espalier(home.path(), &["client", &target]));
    running.stdin().write_all(b"unfinished").unwrap();
    running.says("connected to");
    // What was written is on its way before the interrupt.
    thread::sleep(Duration::from_millis(200));
    running.interrupt();
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(130), "{err}");
    assert_eq!(acting.join().unwrap(), b"unfinished");
}
