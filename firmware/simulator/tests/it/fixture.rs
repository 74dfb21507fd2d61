//! A board and a serial port to listen at.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use espalier_simulator::{Chip, Mode, RunningBoard, Simulator, SimulatorSpec, SimulatorStatus};
use serialport::{SerialPort as _, TTYPort};
use tempfile::TempDir;

/// Longer than anything takes on a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A board whose state folder is the test's own.
pub struct Bench {
    pub board: RunningBoard,
    pub folder: TempDir,
}

impl Bench {
    /// A new board with an empty flash.
    pub fn new(chip: Chip) -> Self {
        Self::with(chip, &[], |_| {})
    }

    /// A board with this at the beginning of its flash.
    pub fn with(chip: Chip, flash: &[u8], change: impl FnOnce(&mut SimulatorSpec)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        if !flash.is_empty() {
            fs::write(folder.path().join("flash.bin"), flash).unwrap();
        }
        let mut spec = SimulatorSpec::new(chip);
        spec.state = Some(folder.path().to_owned());
        change(&mut spec);
        Self { board: Simulator::start(spec).unwrap(), folder }
    }

    pub fn path(&self) -> String {
        self.board.path().to_str().unwrap().to_owned()
    }

    pub fn flash_file(&self) -> PathBuf {
        self.folder.path().join("flash.bin")
    }

    pub fn flash(&self) -> Vec<u8> {
        fs::read(self.flash_file()).unwrap()
    }

    /// Opens the port as a monitor does.
    pub fn monitor(&self) -> Monitor {
        Monitor::open(&self.board.path())
    }

    /// Waits until the board's status is such.
    pub fn wait(&self, such: impl Fn(&SimulatorStatus) -> bool) -> SimulatorStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            let status = self.board.status();
            if such(&status) {
                return status;
            }
            assert!(Instant::now() < end, "the board stays at {status:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn wait_for(&self, mode: Mode) -> SimulatorStatus {
        self.wait(|status| status.mode == mode)
    }
}

/// Somebody who listens at the port.
pub struct Monitor {
    pub port: TTYPort,
    pub heard: String,
}

impl Monitor {
    pub fn open(path: &Path) -> Self {
        let port = serialport::new(path.to_str().unwrap(), 115_200)
            .timeout(Duration::from_millis(50))
            .open_native()
            .unwrap();
        Self { port, heard: String::new() }
    }

    /// Listens until `text` was heard; gives everything up to and with it, and forgets that.
    pub fn expect(&mut self, text: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.heard.find(text) {
                let rest = self.heard.split_off(at + text.len());
                return std::mem::replace(&mut self.heard, rest);
            }
            assert!(Instant::now() < end, "never heard {text:?}, but {:?}", self.heard);
            self.listen();
        }
    }

    /// Listens for a moment.
    pub fn listen(&mut self) {
        let mut buffer = [0; 4096];
        match self.port.read(&mut buffer) {
            Ok(n) => self.heard.push_str(&String::from_utf8_lossy(&buffer[..n])),
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::TimedOut, "{error}"),
        }
    }

    pub fn set_rate(&mut self, rate: u32) {
        self.port.set_baud_rate(rate).unwrap();
    }
}
