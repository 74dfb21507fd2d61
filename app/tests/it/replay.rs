//! `espalier replay`.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use crate::program::{PATIENCE, Running, Said, aside, ended, espalier};

/// A conversation that was recorded by the program itself.
struct Recorded {
    home: tempfile::TempDir,
    path: PathBuf,
}

/// A server that serves one client, line by line.
fn server(
    answer: impl Fn(&str) -> Option<String> + Send + 'static,
) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let serving = aside(move || {
        let (stream, _) = listener.accept().unwrap();
        serve(stream, answer)
    });
    (target, serving)
}

/// Until its peer closes, or there is no answer; the lines that came.
fn serve(mut stream: TcpStream, answer: impl Fn(&str) -> Option<String>) -> Vec<String> {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let (mut line, mut lines) = (Vec::new(), Vec::new());
    let mut byte = [0];
    while stream.read(&mut byte).is_ok_and(|count| count > 0) {
        line.push(byte[0]);
        if byte[0] == b'\n' {
            let text = String::from_utf8(std::mem::take(&mut line)).unwrap();
            lines.push(text.clone());
            match answer(text.trim_end()) {
                Some(answer) => stream.write_all(answer.as_bytes()).unwrap(),
                None => break,
            }
        }
    }
    lines
}

fn same(line: &str) -> Option<String> {
    Some(format!("{}\r\n", line.to_uppercase()))
}

impl Recorded {
    /// Three questions, each asked when the one before it was answered.
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("then.pcapng");
        let (target, serving) = server(same);
        let capture = path.to_str().unwrap();
        let mut running =
            Running::start(espalier(home.path(), &["client", &target, "--capture", capture]));
        for line in ["one\r\n", "two\r\n", "three\r\n"] {
            running.stdin().write_all(line.as_bytes()).unwrap();
            assert_eq!(running.read_stdout(line.len()), line.to_uppercase().as_bytes());
        }
        running.close_stdin();
        assert_eq!(running.end().0.code(), Some(0));
        serving.join().unwrap();
        Self { home, path }
    }

    fn said(&self, arguments: &[&str]) -> Said {
        ended(self.command(&self.path, arguments))
    }

    fn command(&self, path: &Path, arguments: &[&str]) -> std::process::Command {
        let arguments = [&["replay", path.to_str().unwrap()], arguments].concat();
        espalier(self.home.path(), &arguments)
    }
}

const LINES: [&str; 3] = ["one\r\n", "two\r\n", "three\r\n"];

#[test]
fn the_same_answers_end_with_0_at_every_speed() {
    let then = Recorded::new();
    for how in [&["--step"][..], &["--fast"], &["--speed", "1000"], &[]] {
        let (target, serving) = server(same);
        let said = then.said(&[&["--to", &target], how].concat());
        assert_eq!(said.code, Some(0), "{how:?}: {}", said.err);
        assert_eq!(said.out, b"", "nothing differs");
        let told = "parts sent: 3 of 3; bytes: 17";
        assert!(said.err.contains(told) && said.err.contains("differences: 0"), "{}", said.err);
        assert_eq!(serving.join().unwrap(), LINES);
    }
}

#[test]
fn other_answers_end_with_35_and_stand_side_by_side() {
    let then = Recorded::new();
    let (target, serving) = server(|line| match line {
        "two" => Some("ERROR\r\n".to_owned()),
        _ => same(line),
    });
    let said = then.said(&["--to", &target, "--step"]);
    assert_eq!(said.code, Some(35), "{}", said.err);
    serving.join().unwrap();
    let text = String::from_utf8(said.out).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "difference 1: exchange 2, byte 5: changed, expected 5, came 7");
    assert_eq!(lines[1].split_whitespace().collect::<Vec<_>>(), [r"TWO\r\n", "|", r"ERROR\r\n"]);
    assert_eq!(lines.len(), 2, "{text}");
    assert!(said.err.contains("differences: 1"), "{}", said.err);
    let (target, _serving) = server(|line| same(line).map(|line| line + "more\r\n"));
    let said = then.said(&["--to", &target, "--step", "--view", "hex"]);
    assert_eq!(said.code, Some(35), "{}", said.err);
    let text = String::from_utf8(said.out).unwrap();
    assert!(text.contains("additional") && text.contains("6d 6f 72 65"), "{text}");
    let (target, _serving) =
        server(|line| if line == "two" { Some(String::new()) } else { same(line) });
    let said = then.said(&["--to", &target, "--step", "--timeout", "1500ms"]);
    assert_eq!(said.code, Some(35), "{}", said.err);
    assert!(String::from_utf8(said.out).unwrap().contains("exchange 2, byte 5: missing"));
}

#[test]
fn what_is_ignored_ends_with_0() {
    let then = Recorded::new();
    let (target, serving) = server(|line| match line {
        "two" => Some("TW0000\r\n".to_owned()),
        _ => same(line),
    });
    let said = then.said(&["--to", &target, "--step", "--ignore", "TW.*"]);
    assert_eq!(said.code, Some(0), "{} {:?}", said.err, String::from_utf8_lossy(&said.out));
    serving.join().unwrap();
    let said = then.said(&["--to", "127.0.0.1:9", "--ignore", "("]);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("is no regular expression"), "{}", said.err);
}

#[test]
fn a_server_that_goes_away_or_is_not_there_has_the_codes_of_client() {
    let then = Recorded::new();
    let (target, serving) = server(|line| (line == "one").then(|| same(line)).flatten());
    let said = then.said(&["--to", &target, "--step"]);
    assert_eq!(said.code, Some(15), "{}", said.err);
    assert!(said.err.contains("parts sent: 2 of 3"), "{}", said.err);
    assert_eq!(serving.join().unwrap(), LINES[..2]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = listener.local_addr().unwrap().to_string();
    drop(listener);
    assert_eq!(then.said(&["--to", &nobody]).code, Some(10));
}

#[test]
fn the_other_side_is_played_to_a_client_that_comes() {
    let then = Recorded::new();
    let arguments = ["--listen", "127.0.0.1:0", "--direction", "received", "--step"];
    let mut running = Running::start(then.command(&then.path, &arguments));
    let mut stream = TcpStream::connect(running.listens()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    for line in LINES {
        stream.write_all(line.as_bytes()).unwrap();
        let mut answer = vec![0; line.len()];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(answer, line.to_uppercase().as_bytes());
    }
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(0), "{err}");
}

#[test]
fn a_part_of_it_is_played_where_that_is_asked_for() {
    let then = Recorded::new();
    let said = then.said(&["--to", "127.0.0.1:9", "--since", "+3600"]);
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("nothing was sent there"), "{}", said.err);
    let said = then.said(&["--to", "127.0.0.1:9", "--peer", "7"]);
    assert_eq!(said.code, Some(2), "{}", said.err);
    let said = then.said(&["--to", "127.0.0.1:9", "--speed", "0"]);
    assert!(said.code == Some(2) && said.err.contains("0.01 to 1000"), "{}", said.err);
    assert_eq!(then.said(&[]).code, Some(2), "a target is needed");
    let (target, serving) = server(same);
    let said = then.said(&["--to", &target, "--step", "--peer", "1", "--until", "+3600"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    serving.join().unwrap();
}

#[test]
fn a_damaged_capture_is_played_only_when_that_is_accepted() {
    let then = Recorded::new();
    let whole = std::fs::read(&then.path).unwrap();
    let two = whole.windows(5).position(|it| it == b"two\r\n").unwrap();
    let block = whole[..two].windows(4).rposition(|it| it == [6, 0, 0, 0]).unwrap();
    let mut damaged = whole.clone();
    damaged[block + 4] ^= 0x55;
    let path = then.home.path().join("damaged.pcapng");
    std::fs::write(&path, damaged).unwrap();
    let said = ended(then.command(&path, &["--to", "127.0.0.1:9"]));
    assert_eq!(said.code, Some(1), "{}", said.err);
    let place = format!("at byte {block} of {}", path.display());
    assert!(said.err.contains(&place) && said.err.contains("--damaged"), "{}", said.err);
    let (target, serving) = server(same);
    let said = ended(then.command(&path, &["--to", &target, "--fast", "--damaged"]));
    assert_eq!(serving.join().unwrap(), [LINES[0], LINES[2]], "{}", said.err);
    assert_eq!(said.code, Some(35), "the answer to what is lost: {}", said.err);
    assert!(said.err.contains(&place), "{}", said.err);
    assert!(said.err.contains("note: it is played all the same: parts of"), "{}", said.err);
    // Cut off in the middle of its last record.
    std::fs::write(&path, &whole[..whole.len() - 7]).unwrap();
    let said = ended(then.command(&path, &["--to", "127.0.0.1:9"]));
    assert!(said.code == Some(1) && said.err.contains("no whole record"), "{}", said.err);
    let (target, serving) = server(same);
    let said = ended(then.command(&path, &["--to", &target, "--fast", "--damaged"]));
    serving.join().unwrap();
    assert!(said.err.contains("all the same: the end of the capture"), "{}", said.err);
    // Less was kept of a record than there was.
    let mut cut = whole;
    cut[block + 24] += 1;
    std::fs::write(&path, &cut).unwrap();
    let said = ended(then.command(&path, &["--to", "127.0.0.1:9"]));
    assert!(said.code == Some(1) && said.err.contains("snapshot length"), "{}", said.err);
    std::fs::write(&path, b"no capture").unwrap();
    assert_eq!(ended(then.command(&path, &["--to", "127.0.0.1:9"])).code, Some(2));
}

#[test]
fn it_is_played_as_datagrams_and_what_is_not_delivered_is_told() {
    let then = Recorded::new();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let target = socket.local_addr().unwrap().to_string();
    let serving = aside(move || {
        let mut bytes = [0; 100];
        let mut lines = Vec::new();
        for _ in 0..3 {
            let (count, from) = socket.recv_from(&mut bytes).unwrap();
            let line = String::from_utf8(bytes[..count].to_vec()).unwrap();
            socket.send_to(line.to_uppercase().as_bytes(), from).unwrap();
            lines.push(line);
        }
        lines
    });
    let said = then.said(&["--udp", &target, "--step"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(serving.join().unwrap(), LINES);
    // Linux tells of a port that nobody has.
    let nobody = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let said = then.said(&["--udp", &nobody, "--step", "--timeout", "200ms"]);
    let wanted = if cfg!(target_os = "macos") { 35 } else { 10 };
    assert_eq!(said.code, Some(wanted), "{}", said.err);
}

#[test]
fn it_is_played_by_tls() {
    let then = Recorded::new();
    let arguments = ["server", "127.0.0.1:0", "--tls", "--mode", "echo"];
    let mut server = Running::start(espalier(then.home.path(), &arguments));
    let address = server.listens().to_string();
    let said = then.said(&["--to", &address, "--tls", "--tls-trust-any", "--step"]);
    assert_eq!(said.code, Some(35), "{}", said.err);
    let text = String::from_utf8(said.out).unwrap();
    let rows: Vec<_> = text.lines().filter(|line| line.contains('|')).collect();
    let first = rows[0].split_whitespace().collect::<Vec<_>>();
    assert_eq!((first, rows.len()), (vec![r"ONE\r\n", "|", r"one\r\n"], 3), "{text}");
    let refused = then.said(&["--to", &address, "--tls", "--step"]);
    assert_eq!(refused.code, Some(18), "nobody vouches for it: {}", refused.err);
}

#[cfg(unix)]
#[test]
fn a_program_that_answers_at_the_end_of_its_input_answers_to_it() {
    let then = Recorded::new();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let listen = format!("TCP4-LISTEN:{port},bind=127.0.0.1,reuseaddr");
    let socat = std::process::Command::new("socat").args([&listen, "EXEC:tr a-z A-Z"]).spawn();
    let Ok(mut socat) = socat else {
        eprintln!("SKIPPED: socat is not installed");
        return;
    };
    let target = format!("127.0.0.1:{port}");
    let begun = std::time::Instant::now();
    let said = loop {
        let said = then.said(&["--to", &target, "--fast"]);
        // It does not listen yet.
        if said.code != Some(10) || begun.elapsed() > PATIENCE {
            break said;
        }
    };
    socat.kill().ok();
    socat.wait().ok();
    assert_eq!(said.code, Some(0), "{} {:?}", said.err, String::from_utf8_lossy(&said.out));
}

#[cfg(unix)]
#[test]
fn it_is_played_to_a_serial_port() {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let then = Recorded::new();
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    rustix::io::fcntl_setfd(&master, rustix::io::FdFlags::CLOEXEC).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    let mut far = std::fs::File::from(master);
    let mut running = Running::start(then.command(&then.path, &["--port", &name, "--step"]));
    for line in LINES {
        let mut asked = vec![0; line.len()];
        far.read_exact(&mut asked).unwrap();
        assert_eq!(asked, line.as_bytes());
        let answer = if line == "two\r\n" { "2WO\r\n".to_owned() } else { line.to_uppercase() };
        far.write_all(answer.as_bytes()).unwrap();
    }
    let out = String::from_utf8(running.rest_of_stdout()).unwrap();
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(35), "{err}");
    assert!(out.contains("exchange 2, byte 5: changed"), "{out}");
    let said = then.said(&["--port", "/dev/no-such-port"]);
    assert_eq!(said.code, Some(22), "{}", said.err);
}

#[cfg(unix)]
#[test]
fn one_of_several_connections_is_chosen() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("server.pcapng");
    let capture = path.to_str().unwrap();
    let arguments = ["server", "127.0.0.1:0", "--mode", "echo", "--capture", capture];
    let mut running = Running::start(espalier(home.path(), &arguments));
    let address = running.listens();
    for line in ["first\n", "second\n"] {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(line.as_bytes()).unwrap();
        let mut echo = vec![0; line.len()];
        stream.read_exact(&mut echo).unwrap();
    }
    running.interrupt();
    running.end();
    let then = Recorded { home, path };
    let said = then.said(&["--to", "127.0.0.1:9", "--direction", "received"]);
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("#1, #2") && said.err.contains("--peer"), "{}", said.err);
    let (target, serving) = server(|line| Some(format!("{line}\n")));
    let arguments = ["--to", &target, "--direction", "received", "--peer", "2"];
    let said = then.said(&arguments);
    assert_eq!(said.code, Some(0), "{} {:?}", said.err, String::from_utf8_lossy(&said.out));
    assert_eq!(serving.join().unwrap(), ["second\n"]);
}

#[test]
fn it_listens_by_tls_with_a_certificate_of_its_own_or_the_users() {
    let then = Recorded::new();
    let listen = ["--listen", "127.0.0.1:0", "--direction", "received", "--step", "--tls"];
    let mut running = Running::start(then.command(&then.path, &listen));
    let fingerprint = running.says("this server's certificate: ");
    let fingerprint = fingerprint.rsplit(' ').next().unwrap().to_owned();
    let address = running.listens().to_string();
    let arguments = ["client", &address, "--tls", "--tls-fingerprint", &fingerprint];
    let mut client = Running::start(espalier(then.home.path(), &arguments));
    for line in LINES {
        client.stdin().write_all(line.as_bytes()).unwrap();
        assert_eq!(client.read_stdout(line.len()), line.to_uppercase().as_bytes());
    }
    client.close_stdin();
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(0), "{err}");
    assert_eq!(client.end().0.code(), Some(0));
    // What is said of the other side of TLS makes no sense.
    for arguments in [
        &["--listen", "127.0.0.1:0", "--tls", "--tls-trust-any"][..],
        &["--listen", "127.0.0.1:0", "--tls", "--tls-ca", "x"],
        &["--to", "127.0.0.1:9", "--tls", "--tls-client-ca", "x"],
        &["--listen", "127.0.0.1:0", "--tls-client-ca", "x"],
    ] {
        let said = then.said(arguments);
        assert_eq!(said.code, Some(2), "{arguments:?}: {}", said.err);
    }
}

#[test]
fn a_client_may_send_its_fin_before_it_is_answered() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("then.pcapng");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let serving = aside(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = Vec::new();
        stream.read_to_end(&mut asked).unwrap();
        stream.write_all(b"answer").unwrap();
        asked
    });
    let arguments = ["client", &target, "--capture", path.to_str().unwrap()];
    let mut running = Running::start(espalier(home.path(), &arguments));
    running.stdin().write_all(b"question").unwrap();
    running.close_stdin();
    assert_eq!(running.rest_of_stdout(), b"answer");
    assert_eq!(running.end().0.code(), Some(0));
    assert_eq!(serving.join().unwrap(), b"question");
    let then = Recorded { home, path };
    for how in ["--step", "--speed=1000"] {
        let arguments = ["--listen", "127.0.0.1:0", "--direction", "received", how];
        let mut running = Running::start(then.command(&then.path, &arguments));
        let mut stream = TcpStream::connect(running.listens()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(b"question").unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let (status, err) = running.end();
        assert_eq!((answer.as_slice(), status.code()), (&b"answer"[..], Some(0)), "{how}: {err}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_with_130_wherever_it_is() {
    let then = Recorded::new();
    // Nobody has come yet.
    let mut running = Running::start(then.command(&then.path, &["--listen", "127.0.0.1:0"]));
    running.listens();
    running.interrupt();
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(130), "{err}");
    // An answer is waited for.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let arguments = ["--to", &target, "--step", "--timeout", "1h"];
    let running = Running::start(then.command(&then.path, &arguments));
    let (mut stream, _) = listener.accept().unwrap();
    stream.read_exact(&mut [0; 5]).unwrap();
    running.interrupt();
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(130), "{err}");
    assert!(err.contains("parts sent: 1 of 3"), "{err}");
}

#[test]
fn whoever_reads_the_differences_may_leave_and_it_is_no_success() {
    let then = Recorded::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let arguments = ["--to", &target, "--step", "--timeout", "1h"];
    let mut running = Running::start(then.command(&then.path, &arguments));
    running.close_stdout();
    let (mut stream, _) = listener.accept().unwrap();
    // The last of three is not answered; what differs is known when the next part was.
    for (line, answer) in [("one\r\n", "OTHER\r\n"), ("two\r\n", "ELSE\r\n")] {
        let mut asked = vec![0; line.len()];
        stream.read_exact(&mut asked).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
    }
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(15), "{err}");
}

#[test]
fn of_more_differences_than_are_shown_there_is_their_number() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("then.pcapng");
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let target = socket.local_addr().unwrap().to_string();
    let arguments = ["udp", &target, "--capture", path.to_str().unwrap(), "--linger", "60s"];
    let mut running = Running::start(espalier(home.path(), &arguments));
    running.stdin().write_all(b"go\n").unwrap();
    let (_, from) = socket.recv_from(&mut [0; 10]).unwrap();
    for _ in 0..1010 {
        socket.send_to(b"x\n", from).unwrap();
        assert_eq!(running.read_stdout(2), b"x\n");
    }
    drop(running);
    let then = Recorded { home, path };
    let serving = aside(move || {
        let (_, from) = socket.recv_from(&mut [0; 10]).unwrap();
        for _ in 0..1010 {
            socket.send_to(b"y\n", from).unwrap();
            std::thread::yield_now();
        }
    });
    let arguments = ["--udp", &target, "--step", "--timeout", "300ms", "--damaged"];
    let said = then.said(&arguments);
    serving.join().unwrap();
    assert_eq!(said.code, Some(35), "{}", said.err);
    let text = String::from_utf8(said.out).unwrap();
    assert!(text.contains("difference 1000:") && !text.contains("difference 1001:"));
    assert_eq!(text.lines().last(), Some("… and 10 more"));
    assert!(said.err.contains("differences that are not told here: 994"), "{}", said.err);
}
