//! The program's own terminal as that of a board or a peer, tried on a pseudo-terminal.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::{Child, ExitStatus};

use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Termios, tcgetattr};

use crate::program::{PATIENCE, espalier, finished};
use crate::terminal::terminal as raw_terminal;

/// A program that has both ends of its terminal never sees it go.
#[cfg(target_os = "linux")]
const NOT_INHERITED: OpenptFlags = OpenptFlags::CLOEXEC;
#[cfg(not(target_os = "linux"))]
const NOT_INHERITED: OpenptFlags = OpenptFlags::empty();

/// A terminal as a shell leaves it, with the program on it.
struct Desk {
    screen: File,
    /// Held open, so that what is on it can be asked when the program has ended.
    keys: OwnedFd,
    before: String,
    child: Child,
    _home: tempfile::TempDir,
}

fn modes(of: &OwnedFd) -> (Termios, String) {
    let modes = tcgetattr(of).unwrap();
    let shown = format!("{modes:?}");
    (modes, shown)
}

impl Desk {
    fn start(arguments: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | NOT_INHERITED).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let open =
            || rustix::fs::open(&name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let keys = open();
        let (_, before) = modes(&keys);
        let mut command = espalier(home.path(), arguments);
        let child = command.stdin(open()).stdout(open()).stderr(open()).spawn().unwrap();
        Self { screen: File::from(master), keys, before, child, _home: home }
    }

    /// Reads what appears on it until this has.
    #[track_caller]
    fn shows(&mut self, what: &str) -> String {
        let mut all = Vec::new();
        let mut piece = [0; 4096];
        while !String::from_utf8_lossy(&all).contains(what) {
            let count = self.screen.read(&mut piece).unwrap();
            all.extend_from_slice(&piece[..count]);
        }
        String::from_utf8(all).unwrap()
    }

    fn types(&mut self, keys: &[u8]) {
        self.screen.write_all(keys).unwrap();
    }

    /// It ends, and the terminal is as it was.
    #[track_caller]
    fn ends(&mut self) -> ExitStatus {
        let status = self.child.wait().unwrap();
        assert_eq!(modes(&self.keys).1, self.before, "the terminal is as it was");
        status
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A client with its terminal, and its peer.
fn client(arguments: &[&str]) -> (Desk, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut desk = Desk::start(&[&["client", &address, "--terminal"], arguments].concat());
    let (mut peer, _) = listener.accept().unwrap();
    peer.set_read_timeout(Some(PATIENCE)).unwrap();
    peer.set_nodelay(true).unwrap();
    // What is typed before it is connected goes nowhere.
    peer.write_all(b"hello").unwrap();
    assert!(desk.shows("hello").contains("Ctrl-] leads out"));
    (desk, peer)
}

fn expect(peer: &mut impl std::io::Read, wanted: &[u8]) {
    let mut read = vec![0; wanted.len()];
    peer.read_exact(&mut read).unwrap();
    assert_eq!(String::from_utf8_lossy(&read), String::from_utf8_lossy(wanted));
}

#[test]
fn at_a_terminal_an_error_names_its_page_of_the_manual_and_elsewhere_it_does_not() {
    // Bound and not listening: nobody else comes to listen there.
    let deaf = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    deaf.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
    let address = deaf.local_addr().unwrap().as_socket().unwrap().to_string();
    for (arguments, shown, code) in [
        (&["client", &address][..], "more: espalier manual tcp", 10),
        (&["client", &address, "--lang", "zh-CN"], "详见：espalier manual tcp", 10),
        (&["monitor", "--port", "/dev/none-here"], "more: espalier manual drivers", 22),
        // What has no page of its own leads to that of its exit code; a usage error to the help.
        (&["log", "none-here.pcapng"], "more: espalier manual troubleshooting", 2),
        (&["client", "--none"], "(see --help)", 2),
        // Behind what is said of the error itself.
        (
            &["flash", "--port", "/dev/none-here"],
            "its name.\r\n  more: espalier manual drivers",
            22,
        ),
    ] {
        let mut desk = Desk::start(arguments);
        desk.shows(shown);
        assert_eq!(desk.ends().code(), Some(code), "{arguments:?}");
    }
    let said = finished(&["client", &address], b"");
    assert!(!said.err.contains("manual"), "{said:?}");
}

#[test]
fn each_key_goes_out_at_once_and_what_comes_is_obeyed_but_for_what_a_terminal_must_not_do() {
    let (mut desk, mut peer) = client(&[]);
    assert!(!modes(&desk.keys).0.local_modes.contains(LocalModes::ICANON), "each key counts");
    desk.types(b"v");
    expect(&mut peer, b"v");
    // Enter, Ctrl-C, Ctrl-D and an arrow are keys of the other side.
    desk.types(b"\r\x03\x04\x1B[A");
    expect(&mut peer, b"\r\x03\x04\x1B[A");
    peer.write_all(b"\x1B]52;c;ZXZpbA==\x07\x1B]0;title\x1B\\\x1B[21t\x1B[?1049h\x1B[2J\x1B[6nend")
        .unwrap();
    let shown = desk.shows("end");
    assert!(shown.ends_with("\x1B[?1049h\x1B[2J\x1B[6nend"), "{shown:?}");
    assert!(!shown.contains("\x1B]") && !shown.contains("21t"), "{shown:?}");
    // What the terminal answers is a key like any other.
    desk.types(b"\x1B[1;4R");
    expect(&mut peer, b"\x1B[1;4R");
    desk.types(b"last\x1Dnever");
    expect(&mut peer, b"last");
    assert!(desk.shows("\x1B[?1049l").len() < 1000, "the alternate screen is left");
    assert_eq!(desk.ends().code(), Some(0));
    let mut rest = Vec::new();
    peer.read_to_end(&mut rest).unwrap();
    assert!(rest.is_empty(), "{rest:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_terminal_that_is_gone_is_a_failure() {
    let (mut desk, peer) = client(&[]);
    let (gone, _) = std::io::pipe().unwrap();
    // The terminal hangs up: stdin cannot be read any more.
    drop(std::mem::replace(&mut desk.screen, File::from(OwnedFd::from(gone))));
    assert_eq!(desk.child.wait().unwrap().code(), Some(1));
    drop(peer);
}

#[test]
fn line_feeds_alone_begin_lines_where_that_is_asked() {
    let (mut desk, mut peer) = client(&["--implicit-cr"]);
    peer.write_all(b"one\ntwo\r\nend").unwrap();
    assert!(desk.shows("end").ends_with("one\r\ntwo\r\r\nend"));
    desk.types(b"\x1D");
    assert_eq!(desk.ends().code(), Some(0));
}

#[test]
fn keys_are_sent_as_it_is_asked() {
    let arguments = ["--enter", "crlf", "--backspace", "bs", "--local-echo", "--encoding", "gbk"];
    let (mut desk, mut peer) = client(&arguments);
    desk.types("你\x7F\r".as_bytes());
    expect(&mut peer, b"\xC4\xE3\x08\r\n");
    desk.shows("你");
    peer.write_all(b"\xBA\xC3!").unwrap();
    desk.shows("好!");
    desk.types(b"\x1D");
    assert_eq!(desk.ends().code(), Some(0));
}

#[test]
fn the_terminal_is_given_back_however_it_ends() {
    let (mut desk, peer) = client(&[]);
    drop(peer);
    assert_eq!(desk.ends().code(), Some(0));

    let (mut desk, _peer) = client(&[]);
    kill_process(Pid::from_child(&desk.child), Signal::TERM).unwrap();
    assert_eq!(desk.ends().code(), Some(130));

    // Nobody is there to be sent to, and Ctrl-] leads out all the same.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut desk = Desk::start(&["client", &closed, "--terminal", "--reconnect=10s"]);
    desk.shows("10");
    desk.types(b"nobody hears\x1D");
    assert_eq!(desk.ends().code(), Some(0));
}

#[test]
fn without_a_terminal_it_is_refused_with_a_sentence() {
    for arguments in [
        &["client", "127.0.0.1:9", "--terminal"][..],
        &["monitor", "--port", "/dev/null", "--terminal"],
    ] {
        let said = finished(arguments, b"");
        assert_eq!(said.code, Some(2), "{}", said.err);
        assert!(said.err.contains("needs a terminal at standard input and output"), "{}", said.err);
    }
    for more in [&["--enter", "lf"][..], &["--terminal", "--hex"], &["--terminal", "--raw"]] {
        let said = finished(&[&["client", "127.0.0.1:9"], more].concat(), b"");
        assert_eq!(said.code, Some(2), "{more:?}: {}", said.err);
    }
}

#[test]
fn a_monitor_is_the_terminal_of_a_board() {
    let (mut board, _held, port) = raw_terminal();
    let mut desk = Desk::start(&["monitor", "--port", &port, "--terminal"]);
    desk.shows("Ctrl-] ends");
    desk.types(b"h");
    expect(&mut board, b"h");
    // Ctrl-R is a key, too: readline looks in its history with it.
    desk.types(b"\x12\r");
    expect(&mut board, b"\x12\r");
    board.write_all(b"\x1B[5n\x1B]0;t\x07\x1B[32mesp> \x1B[0m").unwrap();
    let shown = desk.shows("esp> ");
    assert!(shown.contains("\x1B[5n\x1B[32mesp> ") && !shown.contains("\x1B]"), "{shown:?}");
    desk.types(b"\x1B[0n");
    expect(&mut board, b"\x1B[0n");
    desk.types(b"\x1D");
    assert_eq!(desk.ends().code(), Some(0));

    let (_board, _held, port) = raw_terminal();
    let mut desk = Desk::start(&["monitor", "--port", &port, "--terminal"]);
    desk.shows("Ctrl-] ends");
    kill_process(Pid::from_child(&desk.child), Signal::HUP).unwrap();
    assert_eq!(desk.ends().code(), Some(0));
}
