//! What comes from outside never drives the user's terminal, and an output that is closed or full ends nothing in the middle.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::board::desk::Board;
use crate::program::{PATIENCE, Running, espalier, finished, noise};

/// Fills the clipboard, changes the title, asks for an answer, turns the reading order, writes over what stood there; with
/// a colour before and a line after it.
const HOSTILE: &str = "\x1b[31mred\x1b]52;c;ZXZpbA==\x07\x1b]0;title\x1b\\\x1b[6n\u{9b}2J\u{202e}safe\rover\x1b[0m\nend\n";
const SHOWN: &str = "\x1b[31mred\\x1b]52;c;ZXZpbA==\\x07\\x1b]0;title\\x1b\\\\x1b[6n\\u{9b}2J\\u{202e}safe\\x0dover\x1b[0m\nend\n";

/// A pseudo-terminal: our side of it, and the other, on which nothing is translated.
pub fn terminal() -> (File, OwnedFd, String) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let slave = rustix::fs::open(&name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
    let mut plain = rustix::termios::tcgetattr(&slave).unwrap();
    plain.make_raw();
    rustix::termios::tcsetattr(&slave, rustix::termios::OptionalActions::Now, &plain).unwrap();
    (File::from(master), slave, name.into_string().unwrap())
}

/// Reads until this has come.
#[track_caller]
fn read_until(from: &mut File, end: &str) -> String {
    let mut all = Vec::new();
    let mut piece = [0; 4096];
    while !String::from_utf8_lossy(&all).contains(end) {
        let count = from.read(&mut piece).unwrap();
        all.extend_from_slice(&piece[..count]);
    }
    String::from_utf8(all).unwrap()
}

/// The program with its stdout on a terminal; what it said there up to `end of it`.
fn on_a_terminal(mut command: Command, end: &str, meanwhile: impl FnOnce()) -> String {
    let (mut master, slave, _) = terminal();
    let mut child =
        command.stdin(Stdio::null()).stdout(slave).stderr(Stdio::null()).spawn().unwrap();
    drop(command);
    meanwhile();
    let said = read_until(&mut master, end);
    child.kill().ok();
    child.wait().unwrap();
    said
}

/// A peer that says something hostile, in two pieces cut anywhere, to each that connects.
fn hostile_peer(cut: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let speaking = move || {
        for stream in listener.incoming().take(1) {
            let mut stream = stream.unwrap();
            stream.set_nodelay(true).unwrap();
            stream.write_all(&HOSTILE.as_bytes()[..cut]).unwrap();
            stream.write_all(&HOSTILE.as_bytes()[cut..]).unwrap();
        }
    };
    std::thread::Builder::new().name("peer".to_owned()).spawn(speaking).unwrap();
    address
}

#[test]
fn what_a_peer_sends_is_shown_on_a_terminal_and_unchanged_in_a_pipe() {
    let home = tempfile::tempdir().unwrap();
    for cut in [0, 6, 9, 14, 40, 50] {
        let command = espalier(home.path(), &["client", &hostile_peer(cut)]);
        assert_eq!(on_a_terminal(command, "end\n", || ()), SHOWN, "cut at {cut}");
    }
    let command = espalier(home.path(), &["client", &hostile_peer(3), "--encoding", "utf-8"]);
    assert_eq!(on_a_terminal(command, "end\n", || ()), SHOWN);
    let command = espalier(home.path(), &["client", &hostile_peer(3), "--raw"]);
    assert_eq!(on_a_terminal(command, "end\n", || ()), HOSTILE);
    let said = finished(&["client", &hostile_peer(3)], b"");
    assert_eq!(String::from_utf8(said.out).unwrap(), HOSTILE);
}

#[test]
fn what_a_client_sends_and_what_a_capture_holds_is_shown_on_a_terminal() {
    let home = tempfile::tempdir().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let capture = home.path().join("c.pcapng");
    let capture = capture.to_str().unwrap();
    let command = espalier(home.path(), &["server", &free, "--capture", capture]);
    let said = on_a_terminal(command, "end\n", || {
        let start = std::time::Instant::now();
        let mut stream = loop {
            match TcpStream::connect(&free) {
                Ok(stream) => break stream,
                Err(error) => assert!(start.elapsed() < PATIENCE, "{error}"),
            }
        };
        stream.write_all(HOSTILE.as_bytes()).unwrap();
    });
    assert_eq!(said, SHOWN);
    for view in ["text", "raw"] {
        let command = espalier(home.path(), &["log", capture, "--view", view]);
        let said = on_a_terminal(command, "end", || ());
        assert!(!said.contains("\x1b]") && !said.contains('\u{9b}'), "{said:?}");
        assert!(!said.contains('\u{202e}') && !said.contains('\x07'), "{said:?}");
    }
    let said = finished(&["log", capture, "--view", "raw"], b"");
    assert_eq!(String::from_utf8(said.out).unwrap(), HOSTILE);
}

#[test]
fn what_a_board_says_is_shown_and_our_own_sentences_are_escaped_in_a_pipe_too() {
    let home = tempfile::tempdir().unwrap();
    let (mut board, _held, port) = terminal();
    let panic = "Guru Meditation Error: Core  0 panic'ed (\x1b]52;c;ZXZpbA==\x07\u{202e})\r\n\
        MEPC    : 0x42001234  RA      : 0x42005678\r\nRebooting...\r\n";
    let command = espalier(home.path(), &["monitor", "--port", &port]);
    let mut running = Running::with_stdin(command, Stdio::null());
    running.says("at 115200 baud");
    board.write_all(panic.as_bytes()).unwrap();
    let line = running.says("Panic: ");
    assert!(line.contains(r"(\x1b]52;c;ZXZpbA==\x07\u{202e})"), "{line:?}");
    assert_eq!(running.read_stdout(panic.len()), panic.as_bytes());
    running.interrupt();
    let (_, err) = running.end();
    assert!(!err.contains(['\x1b', '\x07', '\u{202e}']), "{err:?}");

    let command = espalier(home.path(), &["monitor", "--port", &port, "--timestamps"]);
    let mut board = Some(board);
    let said = on_a_terminal(command, "end\n", || {
        // Before the port is open a pty keeps what is written.
        board.as_mut().unwrap().write_all(HOSTILE.as_bytes()).unwrap();
    });
    assert!(said.contains(r"\x1b]52;c;ZXZpbA==\x07"), "{said:?}");
    assert!(!said.contains("\x1b]"), "{said:?}");
}

#[test]
fn names_that_we_are_given_are_escaped_in_every_complaint() {
    let evil = "no\x1b]52;c;ZXZpbA==\x07\u{9b}2J\u{202e}such";
    for arguments in [
        &["monitor", "--port", evil][..],
        &["flash", "--port", evil],
        &["flash", "--port", "simulated:esp32c3", "--image", evil],
        &["board", "--port", evil, "status"],
        &["log", evil],
        &["run", evil],
        &["client", &format!("{evil}.invalid:7")],
        &["client", evil],
        &[evil],
    ] {
        let said = finished(arguments, b"");
        assert_ne!(said.code, Some(0), "{arguments:?}");
        assert!(!said.err.is_empty(), "{arguments:?}");
        assert!(!said.err.contains(['\x1b', '\x07', '\u{9b}', '\u{202e}']), "{:?}", said.err);
    }
}

/// What was held back until the end (half a character) could not be written: that is no success.
#[test]
#[cfg(target_os = "linux")]
fn the_last_bytes_that_stdout_does_not_take_are_an_error() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let home = tempfile::tempdir().unwrap();
    let mut command = espalier(home.path(), &["client", &target, "--encoding", "gbk"]);
    let mut child =
        command.stdin(Stdio::null()).stdout(full()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut peer, _) = listener.accept().unwrap();
    peer.write_all(b"\xd6").unwrap();
    drop(peer);
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{told}");
    assert!(told.contains("cannot write to stdout"), "{told}");
}

/// A pipe that nobody reads any more.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

fn full() -> Stdio {
    OpenOptions::new().write(true).open("/dev/full").unwrap().into()
}

#[test]
#[cfg(target_os = "linux")]
fn a_stderr_that_is_closed_or_full_stops_no_flash_in_the_middle() {
    for stderr in [closed as fn() -> Stdio, full] {
        let board = Board::new();
        let bytes = noise(150_000);
        let image = board.image(0x1_0000, "app.bin", &bytes);
        let arguments = ["flash", "--port", &board.port(), "--image", &image, "--after", "none"];
        let mut command = espalier(board.folder(), &arguments);
        let status =
            command.stdin(Stdio::null()).stdout(stderr()).stderr(stderr()).status().unwrap();
        assert_eq!(status.code(), Some(0));
        assert!(board.flash()[0x1_0000..].starts_with(&bytes), "a part of it was not written");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_stderr_that_is_closed_or_full_ends_neither_monitor_nor_go() {
    for stderr in [closed as fn() -> Stdio, full] {
        let home = tempfile::tempdir().unwrap();
        let (mut board, _held, port) = terminal();
        let mut command = espalier(home.path(), &["monitor", "--port", &port]);
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr()).spawn().unwrap();
        let mut out = child.stdout.take().unwrap();
        // Each boot is told on stderr.
        for round in 0..3 {
            let said =
                format!("rst:0x1 (POWERON),boot:0xc (SPI_FAST_FLASH_BOOT)\r\nround {round}\r\n");
            board.write_all(said.as_bytes()).unwrap();
            let mut heard = vec![0; said.len()];
            out.read_exact(&mut heard).unwrap();
            assert_eq!(String::from_utf8(heard).unwrap(), said);
        }
        rustix::process::kill_process(
            rustix::process::Pid::from_child(&child),
            rustix::process::Signal::INT,
        )
        .unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0));

        let board = Board::new();
        let arguments = ["go", "--port", &board.port(), "--ssid", "Simulated"];
        let mut command = espalier(board.folder(), &arguments);
        let output =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr()).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(String::from_utf8(output.stdout).unwrap().starts_with("127.0.0.1:"));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn an_answer_that_cannot_be_printed_is_an_error_and_no_abort() {
    let home = tempfile::tempdir().unwrap();
    for arguments in [&["ports"][..], &["ports", "--json"]] {
        let run = |stdout: Stdio| {
            let mut command = espalier(home.path(), arguments);
            command.stdin(Stdio::null()).stdout(stdout).output().unwrap()
        };
        let said = run(full());
        assert_eq!(said.status.code(), Some(1), "{arguments:?}");
        let err = String::from_utf8(said.stderr).unwrap();
        assert_eq!(err.lines().count(), 1, "{err}");
        // A reader that has enough: an end in order.
        assert_eq!(run(closed()).status.code(), Some(0), "{arguments:?}");
    }
    // Nothing at all is open.
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec \"$0\" ports <&- >&- 2>&-", env!("CARGO_BIN_EXE_espalier")]);
    assert_eq!(shell.env("ESPALIER_HOME", home.path()).status().unwrap().code(), Some(0));
}
