//! Sessions as terminals, before peers that ask as consoles do, and before foreign programs.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use espalier_core::backend::prelude::*;
use espalier_core::backend::{PeerSelector, SessionCommand, TerminalView};
use espalier_core::send::OutgoingBytes;
use espalier_core::session::{SessionEvent, SessionState};
use espalier_core::terminal::{
    GridSize, KeyModifiers, TerminalKey, TerminalScreen, key_text, typed_pieces,
};
use espalier_core::{Direction, PeerId};
use espalier_engine::session::Session;

use crate::rig::{PATIENCE, Rig, What, records, until};

const SIZE: GridSize = GridSize { columns: 80, rows: 24 };

/// A session's terminal, with a window that draws it.
struct Terminal<'r> {
    rig: &'r Rig,
    session: Session,
    view: Arc<dyn TerminalView>,
}

impl<'r> Terminal<'r> {
    fn of(rig: &'r Rig, session: Session) -> Self {
        let view = rig.engine.terminal(session.id()).unwrap();
        view.draw(SIZE);
        Self { rig, session, view }
    }

    #[track_caller]
    fn until(&self, what: &str, right: impl Fn(&TerminalScreen) -> bool) -> Arc<TerminalScreen> {
        let start = Instant::now();
        loop {
            let screen = self.view.screen();
            if right(&screen) {
                return screen;
            }
            assert!(start.elapsed() < PATIENCE, "waited in vain until {what}:\n{}", screen.text());
            self.view.draw(SIZE);
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn shows(&self, text: &str) -> Arc<TerminalScreen> {
        self.until(text, |screen| screen.text().contains(text))
    }

    fn types(&self, text: &str) {
        self.rig
            .engine
            .send(self.session.id(), &PeerSelector::All, text.as_bytes().into())
            .unwrap();
    }

    fn press(&self, key: TerminalKey) {
        let modes = self.view.screen().modes;
        let text = key_text(key, KeyModifiers::default(), modes, &self.session.spec().terminal);
        self.types(&text.unwrap());
    }
}

fn expect(peer: &mut TcpStream, wanted: &[u8]) {
    let mut read = vec![0; wanted.len()];
    peer.read_exact(&mut read).unwrap();
    assert_eq!(String::from_utf8_lossy(&read), String::from_utf8_lossy(wanted));
}

#[test]
fn esp_idf_finds_a_terminal_and_its_width() {
    let rig = Rig::new();
    let (session, mut board) = rig.connected(|_| {});
    let terminal = Terminal::of(&rig, session.clone());
    board.write_all(b"boot\r\n").unwrap();
    terminal.shows("boot");
    // linenoiseProbe: four bytes, or the console believes that nobody understands escape sequences.
    board.write_all(b"\x1B[5n\0").unwrap();
    expect(&mut board, b"\x1B[0n");
    // getColumns.
    board.write_all(b"\x1B[6n\0").unwrap();
    expect(&mut board, b"\x1B[2;1R");
    board.write_all(b"\x1B[999C\0\x1B[6n\0").unwrap();
    expect(&mut board, b"\x1B[2;80R");
    board.write_all(b"\resp> ").unwrap();
    terminal.shows("esp>");
    let records = records(&session);
    let is_told = |what: &What| {
        matches!(what, What::Event(SessionEvent::Note(note))
        if note.to_string().contains(r"by the terminal, asked by the other side: \x1B[0n"))
    };
    assert!(records.iter().any(|it| is_told(&it.what) && it.peer == PeerId(1)), "{records:?}");
    let sent: Vec<u8> = records
        .iter()
        .filter(|it| it.direction == Direction::Out)
        .filter_map(|it| if let What::Bytes(bytes) = &it.what { Some(bytes.clone()) } else { None })
        .flatten()
        .collect();
    assert_eq!(sent, b"\x1B[0n\x1B[2;1R\x1B[2;80R");
}

#[test]
fn a_terminal_that_was_closed_answers_nothing_and_shows_the_same_when_it_is_opened_again() {
    let rig = Rig::new();
    let (session, mut peer) = rig.connected(|_| {});
    let terminal = Terminal::of(&rig, session.clone());
    peer.write_all(b"one\r\n").unwrap();
    terminal.shows("one");
    rig.engine.close_terminal(session.id());
    drop(terminal);
    peer.write_all(b"two \x1B[5n\x1B[32mgreen\x1B[0m").unwrap();
    until("it has come", || session.status().traffic.received.bytes >= 5 + 17);
    let terminal = Terminal::of(&rig, session.clone());
    terminal.shows("one\ntwo green");
    peer.write_all(b"\r\n\x1B[6n").unwrap();
    // Nothing of the query before it.
    expect(&mut peer, b"\x1B[3;1R");
}

#[test]
fn micropython_is_driven_by_its_control_characters() {
    let rig = Rig::new();
    let (session, mut board) = rig.connected(|_| {});
    let terminal = Terminal::of(&rig, session);
    board.write_all(b"\r\nMicroPython v1.24\r\n>>> ").unwrap();
    terminal.shows(">>>");
    let ctrl = |char| {
        let held = KeyModifiers { ctrl: true, ..KeyModifiers::default() };
        let modes = terminal.view.screen().modes;
        let spec = &terminal.session.spec().terminal;
        terminal.types(&key_text(TerminalKey::Char(char), held, modes, spec).unwrap());
    };
    ctrl('a');
    expect(&mut board, b"\x01");
    board.write_all(b"\r\nraw REPL; CTRL-B to exit\r\n>").unwrap();
    terminal.shows("raw REPL");
    ctrl('b');
    expect(&mut board, b"\x02");
    terminal.types("1+1");
    terminal.press(TerminalKey::Enter);
    expect(&mut board, b"1+1\r");
    // As its readline echoes and redraws: characters, backspaces, erasing to the end.
    board.write_all(b"\r\n>>> 1+2\x08\x1B[K1\r\n2\r\n>>> ").unwrap();
    terminal.shows(">>> 1+1\n2\n>>>");
    ctrl('d');
    expect(&mut board, b"\x04");
}

#[test]
fn what_is_typed_like_a_person_comes_in_pieces() {
    let rig = Rig::new();
    let (session, mut board) = rig.connected(|_| {});
    let pieces = typed_pieces("help\rfree\r", "\r").into_iter();
    let pieces = pieces.map(|piece| piece.as_bytes().into()).collect();
    let command = SessionCommand::Type { to: PeerSelector::All, pieces, pause_ms: 40 };
    session.command(command).unwrap();
    expect(&mut board, b"help\rfree\r");
    let sent = || {
        let all = records(&session).into_iter();
        let sent = all.filter(|it| it.direction == Direction::Out);
        let sent = sent.filter_map(|it| match it.what {
            What::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            What::Event(_) => None,
        });
        sent.collect::<Vec<_>>()
    };
    until("the last piece is recorded", || sent().len() >= 4);
    assert_eq!(sent(), ["help", "\r", "free", "\r"]);

    // Given up when it is asked, and when nobody is there.
    let endless = vec![OutgoingBytes::from(*b"x"); 100_000];
    let command = SessionCommand::Type { to: PeerSelector::All, pieces: endless, pause_ms: 1 };
    session.command(command).unwrap();
    expect(&mut board, b"xx");
    session.command(SessionCommand::StopTyping).unwrap();
    session
        .command(SessionCommand::Send { to: PeerSelector::All, bytes: b"."[..].into() })
        .unwrap();
    let mut byte = [b'x'];
    while byte == *b"x" {
        board.read_exact(&mut byte).unwrap();
    }
    assert_eq!(byte, *b".");
    let is_told = |what: &What| {
        matches!(what, What::Event(SessionEvent::Note(note))
        if note.to_string().contains("of 100000 pieces"))
    };
    until("it is told", || records(&session).iter().any(|it| is_told(&it.what)));
}

#[test]
fn a_session_that_does_not_run_answers_nothing() {
    let rig = Rig::new();
    let (session, mut peer) = rig.connected(|_| {});
    let terminal = Terminal::of(&rig, session.clone());
    terminal.until("it is drawn", |screen| screen.generation > 0);
    peer.write_all(b"\x1B[5nbye").unwrap();
    drop(peer);
    terminal.shows("bye");
    until("it has ended", || !matches!(session.state(), SessionState::Connected(_)));
    assert!(matches!(session.state(), SessionState::Ended { .. }), "{:?}", session.state());
}

/// A program on a pseudo-terminal of its own, brought to a server session by socat; `None`, and said, where one of them is
/// missing.
#[cfg(unix)]
fn served<'r>(rig: &'r Rig, program: &str) -> Option<(Terminal<'r>, std::process::Child)> {
    use std::process::{Command, Stdio};
    for needed in ["socat", "bash", program] {
        let found = std::env::var_os("PATH").is_some_and(|path| {
            std::env::split_paths(&path).any(|folder| folder.join(needed).is_file())
        });
        if !found {
            eprintln!("SKIPPED: {needed} is not installed");
            return None;
        }
    }
    let (session, address) = rig.server(|_| {});
    let terminal = Terminal::of(rig, session);
    let socat = Command::new("socat")
        .arg(format!("TCP:{address}"))
        .arg("EXEC:bash --norc --noprofile -i,pty,stderr,setsid,ctty,sane")
        .env("TERM", "xterm-256color")
        .env("PS1", "ready> ")
        .env_remove("PROMPT_COMMAND")
        .env_remove("HISTFILE")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    terminal.shows("ready>");
    Some((terminal, socat))
}

#[cfg(unix)]
#[test]
fn bash_is_used_as_at_a_terminal() {
    let rig = Rig::new();
    let Some((terminal, mut socat)) = served(&rig, "bash") else { return };
    terminal.types("stty cols 80 rows 24; echo $((6*7)) done");
    terminal.press(TerminalKey::Left);
    terminal.press(TerminalKey::Backspace);
    terminal.press(TerminalKey::Enter);
    terminal.shows("42 doe");
    // From its history, at the place where readline's redrawing left the cursor.
    terminal.press(TerminalKey::Up);
    terminal.until("the line is there again", |screen| {
        screen.text().ends_with("ready> stty cols 80 rows 24; echo $((6*7)) doe")
    });
    // Ctrl-U: the whole line away.
    terminal.types("\x15");
    terminal.types("printf '\\033[1;34mblue\\033[0m\\n'");
    terminal.press(TerminalKey::Enter);
    terminal.until("it is blue", |screen| {
        let runs = screen.rows.iter().flat_map(|row| &row.runs);
        runs.into_iter().any(|run| run.text == "blue" && run.style.foreground == Some(4))
    });
    terminal.types("exit\r");
    socat.wait().unwrap();
}

#[cfg(unix)]
#[test]
fn vi_edits_a_file_and_leaves_the_screen_as_it_was() {
    let rig = Rig::new();
    let Some((terminal, mut socat)) = served(&rig, "vi") else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("note.txt");
    terminal.types(&format!("stty cols 80 rows 24; vi -u NONE -N {}\r", file.display()));
    let screen = terminal.until("vi has its screen", |screen| {
        screen.modes.alternate_screen && screen.text().contains("~\n~")
    });
    assert!(!screen.text().contains("stty"));
    terminal.types("ifirst line");
    terminal.press(TerminalKey::Enter);
    terminal.types("second");
    terminal.shows("first line\nsecond");
    terminal.press(TerminalKey::Escape);
    // Gone when the key is not taken for the beginning of a sequence.
    terminal.until("it inserts no more", |screen| !screen.text().contains("INSERT"));
    terminal.types(":s/second/two/\r");
    terminal.shows("first line\ntwo");
    terminal.types(":wq\r");
    let screen = terminal.until("the shell is back", |screen| {
        !screen.modes.alternate_screen && screen.text().ends_with("ready>")
    });
    assert!(screen.text().contains("stty cols 80"), "{}", screen.text());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "first line\ntwo\n");
    terminal.types("exit\r");
    socat.wait().unwrap();
}
