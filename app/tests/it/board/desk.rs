//! A simulated board in a process of its own.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use tempfile::TempDir;

use crate::program::{PATIENCE, Running, Said, espalier, finished};

/// `espalier simulate`, new each time; it is killed when this is dropped.
pub struct Board {
    process: Running,
    folder: TempDir,
}

impl Board {
    /// An empty ESP32-C3.
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// With these arguments more.
    pub fn with(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let within = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (port, state) = (within("port"), within("state"));
        let all = [&["simulate", "--link", &port, "--state", &state], arguments].concat();
        let mut process = Running::start(espalier(folder.path(), &all));
        assert_eq!(process.read_stdout(6), b"ready ");
        Self { process, folder }
    }

    /// The port to open.
    pub fn port(&self) -> String {
        self.folder.path().join("port").to_str().unwrap().to_owned()
    }

    /// Where its files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Does what hands would do: `reset`, `unplug`, `fault bad-md5=1`.
    pub fn hand(&mut self, line: &str) {
        writeln!(self.process.stdin(), "{line}").unwrap();
    }

    /// What its flash holds.
    pub fn flash(&self) -> Vec<u8> {
        std::fs::read(self.folder.path().join("state/flash.bin")).unwrap()
    }

    /// Whether nothing was ever written.
    pub fn is_empty(&self) -> bool {
        self.flash().iter().all(|byte| *byte == 0xff)
    }

    /// A file beside the board.
    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// `ADDRESS:FILE` for `--image`.
    pub fn image(&self, address: u32, name: &str, bytes: &[u8]) -> String {
        format!("{address:#x}:{}", self.file(name, bytes).display())
    }

    /// Runs `espalier SUBCOMMAND --port P WORDS…` to its end.
    pub fn finished(&self, subcommand: &str, words: &[&str]) -> Said {
        self.answers(subcommand, words, b"")
    }

    /// The same with this on stdin.
    pub fn answers(&self, subcommand: &str, words: &[&str], stdin: &[u8]) -> Said {
        finished(&[&[subcommand, "--port", &self.port()], words].concat(), stdin)
    }

    /// Starts `espalier SUBCOMMAND --port P WORDS…`.
    pub fn start(&self, subcommand: &str, words: &[&str]) -> Running {
        let port = self.port();
        let all = [&[subcommand, "--port", &port], words].concat();
        Running::start(espalier(self.folder.path(), &all))
    }
}

/// What stdout was, as text.
pub fn text(said: &Said) -> String {
    String::from_utf8_lossy(&said.out).into_owned()
}

/// The program ended so, or the test fails with all it said.
#[track_caller]
pub fn code(said: &Said, code: i32) {
    assert_eq!(said.code, Some(code), "{said:#?}");
}

/// The same, and said this on stderr.
#[track_caller]
pub fn told(said: &Said, exit: i32, words: &[&str]) {
    code(said, exit);
    for words in words {
        assert!(said.err.contains(words), "not {words:?} but {}", said.err);
    }
}

/// Looks again and again until something is found.
#[track_caller]
pub fn until<T>(what: &str, mut find: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "never came: {what}");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
