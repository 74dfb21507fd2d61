//! Real windows that are killed, or asked to end, and come back; and two of them of one user.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use espalier_core::capture::{Cursor, RecordBody};
use espalier_core::capture_list::CaptureInfo;
use espalier_core::session::{SessionSpec, TcpServerSpec, TransportSpec};
use espalier_core::settings::UserSetting;
use espalier_core::{Direction, Position};
use espalier_engine::capture::SavedCapture;
use espalier_engine::captures::list;
use espalier_engine::workspace::{ProgramPaths, SettingsFile, Workspace};
use rustix::process::Signal;

use crate::program::{PATIENCE, Running, espalier, has};

/// A display that nobody sees; it goes with the test.
struct Display(Child, String);

impl Display {
    /// `None`, said aloud, where there is no X server without a screen.
    fn open() -> Option<Self> {
        if !has("Xvfb") {
            return None;
        }
        let arguments = ["-displayfd", "1", "-screen", "0", "1024x768x24", "-nolisten", "tcp"];
        let mut server = Command::new("Xvfb")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        Some(Self(server, format!(":{}", number.trim())))
    }

    /// Opens a window, and waits until it can be asked to end.
    fn window(&self, home: &Path, arguments: &[&str]) -> Window {
        let log = home.join(format!("{}.log", fresh(home)));
        let mut all = vec!["--log-level", "info", "--log", log.to_str().unwrap()];
        all.extend(arguments);
        let mut command = espalier(home, &all);
        command.env("DISPLAY", &self.1).env_remove("WAYLAND_DISPLAY");
        let window = Window { running: Running::start(command), log };
        until("the window is open", || window.said().contains("the window opens"));
        window
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

struct Window {
    running: Running,
    log: PathBuf,
}

impl Window {
    /// What stands in its program's log.
    fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn kill(self) {
        self.running.signal(Signal::KILL);
        assert_eq!(self.running.end().0.code(), None);
    }

    /// Asks it to end, and waits until it has.
    fn end(self, signal: Signal) {
        self.running.signal(signal);
        let (status, said) = self.running.end();
        assert_eq!(status.code(), Some(0), "{said}");
    }
}

/// How many files are in the folder: a number that no file there has yet.
fn fresh(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A user with one session: a server that listens at once.
struct User {
    home: tempfile::TempDir,
    server: SocketAddr,
}

impl User {
    fn with_a_server() -> Self {
        let home = tempfile::tempdir().unwrap();
        // Nobody gets this port again so soon.
        let server = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let transport = TransportSpec::TcpServer(TcpServerSpec {
            bind: server.ip().into(),
            ..TcpServerSpec::new(server.port())
        });
        let spec = SessionSpec { autostart: true, ..SessionSpec::new(transport) };
        let workspace = Workspace { sessions: vec![spec], ..Workspace::default() };
        workspace.save(&ProgramPaths::within(home.path()).workspace).unwrap();
        Self { home, server }
    }

    fn paths(&self) -> ProgramPaths {
        ProgramPaths::within(self.home.path())
    }

    fn workspace(&self) -> String {
        std::fs::read_to_string(self.paths().workspace).unwrap()
    }

    /// Says something to the server, once it listens, and waits until all that it ever heard is this.
    fn talk(&self, words: &[u8], heard: &[u8]) {
        let mut stream = None;
        until("the server listens", || {
            stream = TcpStream::connect(self.server).ok();
            stream.is_some()
        });
        stream.unwrap().write_all(words).unwrap();
        until("it has heard it", || {
            let kept = self.captures();
            matches!(&kept[..], [only] if only.is_open && received(&only.path) == heard)
        });
    }

    fn captures(&self) -> Vec<CaptureInfo> {
        list(&self.paths().captures).captures
    }
}

fn received(path: &Path) -> Vec<u8> {
    let saved = SavedCapture::open(path).unwrap();
    let mut cursor = Cursor::new(&saved, Position(0));
    let mut all = Vec::new();
    while let Some(record) = cursor.next() {
        if let (Direction::In, RecordBody::Data(bytes)) = (record.direction, &record.body) {
            all.extend_from_slice(bytes);
        }
    }
    all
}

const ENDED_BADLY: &str = "the last run did not end in order";

#[test]
fn a_window_that_is_killed_comes_back_with_its_history_and_says_so_once() {
    let Some(display) = Display::open() else { return };
    let user = User::with_a_server();
    // Who ends the window by a signal is not asked.
    let ask = UserSetting::named("ask_before_closing").unwrap();
    SettingsFile::change(&user.paths().settings, ask, &"connections".into()).unwrap();
    let window = display.window(user.home.path(), &[]);
    assert!(!window.said().contains(ENDED_BADLY), "{}", window.said());
    user.talk(b"before ", b"before ");
    // Nobody touched the window, and it knows all the same what to continue.
    until("the state names the capture", || user.workspace().contains("capture = "));
    window.kill();

    let window = display.window(user.home.path(), &[]);
    user.talk(b"after ", b"before after ");
    assert!(window.said().contains(ENDED_BADLY), "{}", window.said());
    // In order, by each of the three.
    window.end(Signal::TERM);
    assert!(!user.captures()[0].is_open);
    let mut heard = b"before after ".to_vec();
    for signal in [Signal::HUP, Signal::INT] {
        let window = display.window(user.home.path(), &[]);
        heard.extend_from_slice(b"again ");
        user.talk(b"again ", &heard);
        assert!(!window.said().contains(ENDED_BADLY), "{}", window.said());
        window.end(signal);
    }
}

#[test]
fn a_second_window_has_a_state_of_its_own() {
    let Some(display) = Display::open() else { return };
    let user = User::with_a_server();
    let first = display.window(user.home.path(), &[]);
    user.talk(b"one ", b"one ");
    until("the state names the capture", || user.workspace().contains("capture = "));
    let state = user.workspace();

    let file = user.captures()[0].path.clone();
    let second = display.window(user.home.path(), &[file.to_str().unwrap()]);
    let own = user.home.path().join("workspace-2.toml");
    // It shows, read only, what the first one writes, and nothing besides.
    until("its state is stored", || {
        let own = std::fs::read_to_string(&own).unwrap_or_default();
        own.contains("kind = \"capture\"") && own.matches("[[session]]").count() == 1
    });
    user.talk(b"two ", b"one two ");
    second.end(Signal::TERM);
    assert_eq!(user.workspace(), state);
    user.talk(b"three", b"one two three");
    first.end(Signal::TERM);
    assert_eq!(user.captures().len(), 1);

    // What was open in two windows comes back in one.
    let only = display.window(user.home.path(), &[]);
    assert!(user.workspace().contains("kind = \"capture\""), "{}", user.workspace());
    assert!(!own.exists());
    only.end(Signal::TERM);
    for file in ["window.ron", "window-2.ron"] {
        use std::os::unix::fs::PermissionsExt as _;
        let found = std::fs::metadata(user.home.path().join(file)).unwrap();
        assert_eq!(found.permissions().mode() & 0o777, 0o600, "{file}");
    }
}
