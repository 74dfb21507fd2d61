//! `espalier monitor`: what passes, where it is kept, what keys do, and how it ends.

use std::io::{Read as _, Write as _};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Instant;

use super::desk::{Board, code, text, told};
use crate::program::{PATIENCE, Running, aside, espalier, finished};

/// The last line of a bootloader that finds nothing to run, over and over.
const NOTHING: &str = "invalid header: 0xffffffff";

/// A monitor, and what it shows.
pub struct Monitor {
    running: Running,
    shown: Receiver<Vec<u8>>,
    unread: Vec<u8>,
}

impl Monitor {
    fn of(board: &Board, words: &[&str]) -> Self {
        Self::new(board.start("monitor", words))
    }

    /// Waits until the port is open.
    pub fn new(mut running: Running) -> Self {
        let mut stdout = running.take_stdout();
        let (send, shown) = sync_channel(1000);
        let reader = std::thread::Builder::new().name("stdout".to_owned()).spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stdout.read(&mut buffer) {
                if send.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        reader.unwrap();
        running.says("at 115200 baud");
        Self { running, shown, unread: Vec::new() }
    }

    /// Waits until it has shown this; gives everything up to it, once.
    #[track_caller]
    pub fn shows(&mut self, what: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let text = String::from_utf8_lossy(&self.unread).into_owned();
            if let Some(at) = text.find(what) {
                self.unread = text.as_bytes()[at + what.len()..].to_vec();
                return text[..at + what.len()].to_owned();
            }
            let rest = until.saturating_duration_since(Instant::now());
            match self.shown.recv_timeout(rest) {
                Ok(bytes) => self.unread.extend(bytes),
                Err(_) => panic!("waited in vain for {what:?}; it showed {text}"),
            }
        }
    }

    /// Waits until it has said this on stderr.
    #[track_caller]
    pub fn says(&mut self, what: &str) {
        self.running.says(what);
    }

    pub fn types(&mut self, what: &[u8]) {
        self.running.stdin().write_all(what).unwrap();
    }

    /// Ends it; gives what it said on stderr.
    #[track_caller]
    pub fn ends_by_ctrl_c(self) -> String {
        self.running.interrupt();
        let (status, err) = self.running.end();
        assert_eq!(status.code(), Some(0), "{err}");
        err
    }
}

#[test]
fn the_boot_log_is_shown_as_it_is_and_explained_beside_it() {
    let board = Board::new();
    let mut monitor = Monitor::of(&board, &[]);
    let log = monitor.shows(NOTHING);
    assert!(log.contains("ESP-ROM:esp32c3-api1-20210207"), "{log}");
    monitor.says("starts over and over");
    let err = monitor.ends_by_ctrl_c();
    assert!(err.contains("the flash is empty"), "{err}");
}

#[test]
fn lines_from_stdin_go_to_the_board_and_the_end_of_stdin_changes_nothing() {
    let mut board = Board::new();
    code(&board.finished("flash", &[]), 0);
    let mut monitor = Monitor::of(&board, &[]);
    monitor.types(b"status\n");
    monitor.running.close_stdin();
    monitor.shows("status: system app=espalier");
    // It goes on: what the board says later is shown too.
    board.hand("reset");
    monitor.shows("rst:0x1 (POWERON)");
    monitor.ends_by_ctrl_c();
}

#[test]
fn each_line_has_its_time() {
    let board = Board::new();
    let mut monitor = Monitor::of(&board, &["--timestamps"]);
    let log = monitor.shows(&format!("{NOTHING}\r\n"));
    monitor.ends_by_ctrl_c();
    for line in log.lines() {
        let stamp: Vec<_> = line.chars().take(13).collect();
        let shape: String =
            stamp.iter().map(|c| if c.is_ascii_digit() { '0' } else { *c }).collect();
        assert_eq!(shape, "00:00:00.000 ", "{line:?}");
    }
}

#[test]
fn the_capture_keeps_both_directions_and_what_happened() {
    let board = Board::new();
    code(&board.finished("flash", &[]), 0);
    let capture = board.folder().join("it.pcapng");
    let capture = capture.to_str().unwrap();
    let mut monitor = Monitor::of(&board, &["--capture", capture]);
    monitor.types(b"status\n");
    let log = monitor.shows("status: system app=espalier");
    monitor.ends_by_ctrl_c();
    let kept = |direction| {
        text(&finished(&["log", capture, "--view", "raw", "--direction", direction], b""))
    };
    assert_eq!(kept("out"), "status\n");
    assert!(kept("in").starts_with(&log), "{} {log}", kept("in"));
    let said = finished(&["log", capture], b"");
    code(&said, 0);
    assert!(text(&said).contains("115200 baud"), "{said:?}");
}

#[test]
fn a_capture_that_cannot_be_written_is_told_before_the_port_is_opened() {
    let board = Board::new();
    let said = board.finished("monitor", &["--capture", "/nowhere/it.pcapng"]);
    assert!(matches!(said.code, Some(1 | 2)), "{said:?}");
    assert!(said.err.contains("/nowhere/it.pcapng cannot be written"), "{said:?}");
}

#[test]
fn a_reader_that_has_enough_ends_it_quietly() {
    let board = Board::new();
    let mut monitor = Monitor::of(&board, &[]);
    monitor.shows(NOTHING);
    let Monitor { running, shown, .. } = monitor;
    drop(shown);
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(0), "{err}");
    assert!(!err.contains("espalier:"), "{err}");
}

#[test]
fn what_was_typed_while_the_board_was_away_is_told_at_the_end() {
    let mut board = Board::new();
    let mut monitor = Monitor::of(&board, &[]);
    monitor.shows(NOTHING);
    board.hand("unplug");
    monitor.says("waiting for it to come back");
    monitor.types(b"lost\n\x12");
    monitor.says("5 bytes were not sent: the board is away");
    monitor.running.close_stdin();
    monitor.running.interrupt();
    let (status, err) = monitor.running.end();
    assert_eq!(status.code(), Some(15), "{err}");
    let told = "0 of the 5 bytes of standard input were sent: the program was ended first";
    assert!(err.contains(told), "{err}");
}

/// A password is in no capture, but it was sent: what counts is what the port took.
#[test]
fn what_is_masked_was_sent_all_the_same() {
    let board = Board::new();
    code(&board.finished("flash", &[]), 0);
    let mut monitor = Monitor::of(&board, &[]);
    monitor.types(b"wifi set Home a-secret-1\nstatus\n");
    monitor.shows("status: system app=espalier");
    monitor.ends_by_ctrl_c();
}

/// More than all queues hold, at a port that is slower than stdin: it waits, and nothing of it is dropped.
#[test]
fn stdin_waits_for_a_slow_port() {
    let board = Board::new();
    let mut running = board.start("monitor", &[]);
    let mut stdout = running.take_stdout();
    aside(move || std::io::copy(&mut stdout, &mut std::io::sink()));
    running.says("at 115200 baud");
    let mut stdin = running.take_stdin();
    let typing = aside(move || {
        let piece = [b'x'; 1 << 16];
        // Until nobody reads it any more.
        (0..20 << 4).take_while(|_| stdin.write_all(&piece).is_ok()).count()
    });
    running.says("starts over and over");
    running.interrupt();
    let (status, err) = running.end();
    typing.join().unwrap();
    assert!(!err.contains("too much waits"), "{err}");
    // The board may have been as fast as that.
    assert!(matches!(status.code(), Some(0 | 15)), "{err}");
    assert_eq!(status.code() == Some(15), err.contains("of standard input were sent"), "{err}");
}

/// The monitor waits for the link's room and the link for the monitor's ear, never both at once.
#[test]
fn a_flood_of_keys_and_a_flood_from_the_board_do_not_lock_each_other() {
    const KEYS: usize = 20_000;
    let board = Board::new();
    let mut running = board.start("monitor", &[]);
    let mut stdout = running.take_stdout();
    aside(move || std::io::copy(&mut stdout, &mut std::io::sink()));
    running.says("at 115200 baud");
    let mut stdin = running.take_stdin();
    let typing = aside(move || stdin.write_all(&b"\x12\n".repeat(KEYS)));
    for _ in 0..KEYS {
        running.says("Reset is not possible from here");
    }
    typing.join().unwrap().unwrap();
    running.interrupt();
    let (status, err) = running.end();
    assert!(matches!(status.code(), Some(0 | 15)), "{:?}", err.lines().last());
}

#[test]
fn a_board_that_goes_is_waited_for_and_shown_again() {
    let mut board = Board::new();
    let mut monitor = Monitor::of(&board, &[]);
    monitor.shows(NOTHING);
    board.hand("unplug");
    monitor.says("waiting for it to come back");
    board.hand("plug");
    monitor.says("at 115200 baud");
    monitor.shows(NOTHING);
    monitor.ends_by_ctrl_c();
}

#[test]
fn ctrl_r_presses_the_button_where_there_is_one_and_says_so_where_not() {
    let board = Board::new();
    let mut monitor = Monitor::of(&board, &[]);
    monitor.types(b"\x12");
    monitor.says("Reset is not possible from here");
    monitor.ends_by_ctrl_c();

    let home = tempfile::tempdir().unwrap();
    let words = ["monitor", "--port", "simulated:esp32c3"];
    let mut monitor = Monitor::new(Running::start(espalier(home.path(), &words)));
    monitor.types(b"\x12");
    monitor.says("Reset by us");
    monitor.shows("rst:0x1 (POWERON)");
    monitor.ends_by_ctrl_c();
}

/// A terminal keeps Ctrl-R for itself unless it is told otherwise; afterwards it is as it was.
#[test]
fn ctrl_r_works_on_a_terminal_and_leaves_it_as_it_was() {
    use rustix::fs::{Mode, OFlags};
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use rustix::termios::{SpecialCodeIndex, tcgetattr};

    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let terminal = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
    let reprint = || tcgetattr(&terminal).unwrap().special_codes[SpecialCodeIndex::VREPRINT];
    let before = reprint();

    let home = tempfile::tempdir().unwrap();
    let command = espalier(home.path(), &["monitor", "--port", "simulated:esp32c3"]);
    let stdin = Stdio::from(terminal.try_clone().unwrap());
    let mut monitor = Monitor::new(Running::with_stdin(command, stdin));
    // Without Enter.
    rustix::io::write(&master, b"\x12").unwrap();
    monitor.says("Reset by us");
    assert_ne!(reprint(), before);
    monitor.ends_by_ctrl_c();
    assert_eq!(reprint(), before);
}

/// A pseudo-terminal keeps what was asked for, though it has no line for it (but the width and the presence of a check bit).
#[cfg(target_os = "linux")]
#[test]
fn mark_parity_and_one_and_a_half_stop_bits_reach_the_port() {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use rustix::termios::{ControlModes, tcgetattr};

    let device = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&device).unwrap();
    unlockpt(&device).unwrap();
    let port = ptsname(&device, Vec::new()).unwrap().into_string().unwrap();
    let home = tempfile::tempdir().unwrap();
    let stick = ControlModes::CMSPAR | ControlModes::PARODD | ControlModes::CSTOPB;
    for (options, wanted) in [
        (["5", "mark", "1.5"], stick),
        (["8", "space", "1"], ControlModes::CMSPAR),
        (["7", "even", "2"], ControlModes::CSTOPB),
        (["8", "none", "1"], ControlModes::empty()),
    ] {
        let [bits, parity, stop] = options;
        let words = ["monitor", "--port", &port, "--data-bits", bits, "--parity", parity];
        let words = [&words[..], &["--stop-bits", stop]].concat();
        let monitor = Monitor::new(Running::start(espalier(home.path(), &words)));
        let found = tcgetattr(&device).unwrap().control_modes & stick;
        assert_eq!(found, wanted, "{options:?}");
        monitor.ends_by_ctrl_c();
    }
}

#[test]
fn a_frame_that_no_uart_has_is_refused_with_what_to_choose() {
    let words = ["monitor", "--port", "simulated:esp32c3", "--stop-bits", "1.5"];
    let said = finished(&words, b"");
    told(&said, 1, &["1.5 stop bits go with 5 data bits only", "Choose 5 data bits"]);
}
