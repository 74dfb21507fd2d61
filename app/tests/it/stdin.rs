//! What of stdin was sent is told, and in the exit code.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::program::{PATIENCE, Running, Said, aside, espalier, finished, has, noise};

/// More than the queues of two systems and ours hold.
const MORE: usize = 48 << 20;

/// A peer with a small receive buffer in a thread of its own, and the argument that leads to it.
fn peer<T: Send + 'static>(
    act: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (String, thread::JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    socket2::SockRef::from(&listener).set_recv_buffer_size(64 << 10).unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let acting = thread::Builder::new().name("peer".to_owned()).spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        act(stream)
    });
    (target, acting.unwrap())
}

/// A peer that takes everything, then closes.
fn taker() -> (String, thread::JoinHandle<Vec<u8>>) {
    peer(|mut stream| {
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        all
    })
}

fn reset(stream: TcpStream) {
    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    drop(stream);
}

/// How much was sent, as the last line says it: the number, and what stands behind it.
#[track_caller]
fn sent(err: &str, of: &str) -> (usize, String) {
    let line = err.lines().find(|line| line.contains("of standard input")).unwrap_or_else(|| {
        panic!("it does not say how much was sent: {err}");
    });
    let (number, rest) = line.strip_prefix("espalier: ").unwrap().split_once(" of ").unwrap();
    assert!(rest.contains(of), "{line}");
    (number.replace(',', "").parse().unwrap(), rest.to_owned())
}

#[track_caller]
fn told(said: &Said, code: i32, words: &str) {
    assert_eq!(said.code, Some(code), "{}", said.err);
    assert!(said.err.contains(words), "not {words:?} but {}", said.err);
}

#[test]
fn a_peer_that_closes_first_leaves_a_count_and_a_code() {
    let (target, acting) = peer(|mut stream| {
        stream.shutdown(Shutdown::Write).unwrap();
        let mut all = 0;
        let mut buffer = vec![0; 1 << 16];
        while let count @ 1.. = stream.read(&mut buffer).unwrap() {
            all += count;
        }
        all
    });
    let home = tempfile::tempdir().unwrap();
    let mut running = Running::start(espalier(home.path(), &["client", &target]));
    running.says("peer sent FIN");
    // Nothing of it can be queued any more.
    running.stdin().write_all(&noise(3_000_000)).ok();
    running.close_stdin();
    let (status, err) = running.end();
    let got = acting.join().unwrap();
    assert_eq!((status.code(), got), (Some(15), 0), "{err}");
    assert_eq!(sent(&err, "the 3,000,000 bytes").0, 0);
    assert!(err.contains("closed by peer") && err.contains("--stay-half-open"), "{err}");
}

#[test]
fn what_waited_when_the_peer_closed_is_counted_exactly() {
    let (go, wait) = std::sync::mpsc::sync_channel(1);
    let (target, acting) = peer(move |mut stream| {
        let mut all = vec![0; 100_000];
        stream.read_exact(&mut all).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        wait.recv().unwrap();
        stream.read_to_end(&mut all).unwrap();
        all.len()
    });
    let home = tempfile::tempdir().unwrap();
    let mut running = Running::start(espalier(home.path(), &["client", &target]));
    let mut stdin = running.take_stdin();
    let typing = aside(move || stdin.write_all(&noise(MORE)).is_ok());
    running.says("peer sent FIN");
    go.send(()).unwrap();
    let (status, err) = running.end();
    typing.join().unwrap();
    let got = acting.join().unwrap();
    assert_eq!(status.code(), Some(15), "{err}");
    assert_eq!(sent(&err, " bytes of standard input").0, got, "{err}");
    assert!(got < MORE);
}

#[test]
fn a_reset_keeps_its_code_and_says_how_much_went() {
    let (target, acting) = peer(|mut stream| {
        stream.read_exact(&mut vec![0; 100_000]).unwrap();
        reset(stream);
    });
    let said = finished(&["client", &target], &noise(MORE));
    acting.join().unwrap();
    told(&said, 12, "reset by peer");
    let (count, _) = sent(&said.err, " bytes of standard input");
    assert!((100_000..MORE).contains(&count), "{}", said.err);
}

#[test]
fn a_reset_behind_the_end_of_stdin_says_nothing_of_stdin() {
    let (target, acting) = peer(|mut stream| {
        stream.read_to_end(&mut Vec::new()).unwrap();
        reset(stream);
    });
    let said = finished(&["client", &target], b"all of it");
    acting.join().unwrap();
    told(&said, 12, "reset by peer");
    assert!(!said.err.contains("standard input"), "{}", said.err);
}

#[test]
fn nobody_there_keeps_its_code_and_says_that_nothing_went() {
    let deaf = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    deaf.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let target = format!("127.0.0.1:{}", deaf.local_addr().unwrap().as_socket().unwrap().port());
    told(&finished(&["client", &target], b"hello"), 10, "0 of the 5 bytes of standard input");
    let one = finished(&["client", &target], b"h");
    told(&one, 10, "the only byte of standard input was not sent: refused");
}

#[test]
fn lines_of_any_length_are_sent_whole() {
    let bytes = noise(1_500_000);
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let spaced: String = bytes.iter().map(|byte| format!("0x{byte:02X}, ")).collect();
    for line in [digits.clone(), spaced, format!("\n0x{digits}\n")] {
        let (target, acting) = taker();
        let said = finished(&["client", &target, "--hex"], line.as_bytes());
        assert_eq!(said.code, Some(0), "{}", said.err);
        assert!(acting.join().unwrap() == bytes);
    }
    let (target, acting) = taker();
    let text = "a好é".repeat(500_000);
    let said = finished(&["client", &target, "--encoding", "gb18030"], text.as_bytes());
    assert_eq!(said.code, Some(0), "{}", said.err);
    let (expected, _, _) = encoding_rs::GB18030.encode(&text);
    assert!(acting.join().unwrap() == *expected);
}

#[test]
fn a_line_that_makes_no_sense_is_told_counted_and_in_the_code() {
    let (target, acting) = taker();
    let said = finished(&["client", &target, "--hex"], b"01\nzz\n02\n0");
    told(&said, 15, "line 2 was not sent: column 1");
    told(&said, 15, "2 of the 4 lines of standard input were sent: see above");
    assert_eq!(acting.join().unwrap(), [1, 2]);

    // What had gone before it was known stays with the peer.
    let (target, acting) = taker();
    let long = format!("{}zz\n03", "01".repeat(1_000_000));
    let said = finished(&["client", &target, "--hex"], long.as_bytes());
    told(&said, 15, "line 1 was sent in part only: column 2000001");
    told(&said, 15, "1 of the 2 lines of standard input were sent: see above");
    assert!(acting.join().unwrap().ends_with(&[1, 3]));

    let (target, acting) = taker();
    let said = finished(&["client", &target, "--encoding", "gbk"], b"\xC4\xE3\n");
    told(&said, 15, "it is not UTF-8");
    told(&said, 15, "the only line of standard input was not sent: see above");
    acting.join().unwrap();

    // A flood of them does not flood the terminal.
    let (target, acting) = taker();
    let said = finished(&["client", &target, "--hex"], "x\n".repeat(1000).as_bytes());
    told(&said, 15, "0 of the 1,000 lines of standard input were sent: see above");
    assert!(said.err.lines().count() < 40, "{}", said.err);
    acting.join().unwrap();
}

#[test]
fn a_byte_order_mark_is_no_part_of_text_and_stays_in_bytes() {
    let cases: [(&[&str], &[u8], &[u8]); 6] = [
        (&["--hex"], b"\xEF\xBB\xBF01 02\n", &[1, 2]),
        (&["--hex"], b"\n\xEF", b""),
        (&["--encoding", "gbk"], "\u{feff}你\n".as_bytes(), b"\xC4\xE3\n"),
        (&["--encoding", "gbk"], "\u{feff}".as_bytes(), b""),
        (&["--encoding", "utf-8"], "\u{feff}你".as_bytes(), "你".as_bytes()),
        (&[], b"\xEF\xBB\xBF01\n", b"\xEF\xBB\xBF01\n"),
    ];
    for (arguments, stdin, expected) in cases {
        let (target, acting) = taker();
        let said = finished(&[&["client", &target], arguments].concat(), stdin);
        let code = if stdin == b"\n\xEF" { 15 } else { 0 };
        assert_eq!(said.code, Some(code), "{arguments:?}: {}", said.err);
        assert_eq!(acting.join().unwrap(), expected, "{arguments:?}");
    }
    let (target, acting) = taker();
    let said = finished(&["client", &target, "--encoding", "gbk"], b"\xFF\xFEa\0");
    told(&said, 15, "it is UTF-16, not UTF-8");
    acting.join().unwrap();
}

#[test]
#[cfg(unix)]
fn a_stdin_that_cannot_be_read_is_no_success() {
    let (target, acting) = taker();
    let home = tempfile::tempdir().unwrap();
    let folder = std::fs::File::open(home.path()).unwrap();
    let command = espalier(home.path(), &["client", &target]);
    let (status, err) = Running::with_stdin(command, folder.into()).end();
    acting.join().unwrap();
    assert_eq!(status.code(), Some(15), "{err}");
    assert!(err.contains("stdin cannot be read"), "{err}");
}

#[test]
#[cfg(unix)]
fn ctrl_c_keeps_its_code_and_says_how_much_went() {
    let (done, wait) = std::sync::mpsc::sync_channel::<()>(1);
    let (target, acting) = peer(move |stream| {
        wait.recv().ok();
        drop(stream);
    });
    let home = tempfile::tempdir().unwrap();
    let mut running = Running::start(espalier(home.path(), &["client", &target]));
    // As much as the program takes: more than the peer's system and ours do.
    running.stdin().write_all(&noise(14 << 20)).unwrap();
    running.interrupt();
    running.says("of standard input");
    done.send(()).unwrap();
    let (status, err) = running.end();
    acting.join().unwrap();
    assert_eq!(status.code(), Some(130), "{err}");
    let (count, rest) = sent(&err, " bytes of standard input");
    assert!(count < 14 << 20 && rest.contains("the program was ended first"), "{err}");
}

#[test]
#[cfg(unix)]
fn a_server_tells_what_a_client_did_not_get() {
    let home = tempfile::tempdir().unwrap();
    let mut running = Running::start(espalier(home.path(), &["server", "127.0.0.1:0"]));
    let address = running.listens();
    // Nobody at all.
    running.stdin().write_all(b"hello\n").unwrap();
    running.close_stdin();
    let mut first = TcpStream::connect(address).unwrap();
    first.read_exact(&mut [0; 6]).unwrap();
    running.interrupt();
    drop(first);
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(0), "{err}");
    assert!(!err.contains("standard input"), "{err}");

    let mut running = Running::start(espalier(home.path(), &["server", "127.0.0.1:0"]));
    running.listens();
    running.stdin().write_all(b"hello\n").unwrap();
    running.close_stdin();
    running.interrupt();
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(15), "{err}");
    assert!(err.contains("0 of the 6 bytes of standard input were sent"), "{err}");

    // One gets all of it, one leaves with some of it on its way.
    let mut running = Running::start(espalier(home.path(), &["server", "127.0.0.1:0"]));
    let address = running.listens();
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(64 << 10).unwrap();
    socket.connect(&address.into()).unwrap();
    let mut reader = TcpStream::connect(address).unwrap();
    running.says("#2 accepted");
    // It is told a moment before it is in the list of those who are sent to.
    thread::sleep(Duration::from_millis(200));
    running.stdin().write_all(&noise(14 << 20)).unwrap();
    running.close_stdin();
    let mut all = vec![0; 14 << 20];
    reader.read_exact(&mut all).unwrap();
    reset(socket.into());
    running.says("queued bytes were not sent");
    running.interrupt();
    drop(reader);
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(15), "{err}");
    assert!(sent(&err, "the 14,680,064 bytes").0 < 14 << 20, "{err}");
}

/// As netcat does with an empty stdin: FIN first, receiving goes on.
#[test]
fn ncat_that_closes_its_side_gets_all_or_the_code_says_not() {
    if !has("ncat") {
        return;
    }
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut ncat = Command::new("ncat")
        .args(["-v", "-l", "127.0.0.1", &port.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = std::io::BufReader::new(ncat.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("Listening on 127.0.0.1") {
        line.clear();
        assert!(std::io::BufRead::read_line(&mut said, &mut line).unwrap() > 0);
    }
    let stdout = aside({
        let mut stdout = ncat.stdout.take().unwrap();
        move || {
            let mut all = Vec::new();
            stdout.read_to_end(&mut all).unwrap();
            all.len()
        }
    });
    let stderr = aside(move || std::io::copy(&mut said, &mut std::io::sink()));
    let client = finished(&["client", &format!("127.0.0.1:{port}")], &noise(3_000_000));
    ncat.wait().unwrap();
    stderr.join().unwrap().unwrap();
    let got = stdout.join().unwrap();
    match client.code {
        Some(0) => assert_eq!(got, 3_000_000, "{}", client.err),
        Some(15) => assert_eq!(sent(&client.err, "bytes").0, got, "{}", client.err),
        other => panic!("{other:?}: {}", client.err),
    }
}
