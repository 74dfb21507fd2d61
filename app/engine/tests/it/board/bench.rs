//! A simulated board, a link to it, and somebody who writes down what the link sees.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use espalier_core::Timestamp;
use espalier_core::board::{
    BoardCommand, BoardFault, BoardStatus, FlashFile, FlashOutcome, FlashSpec, FlashStatus,
    LinkState, UsbIdentity,
};
use espalier_core::session::{EndReason, SerialSpec, SessionEvent};
use espalier_engine::board::link::{Link, LinkSink};
use espalier_engine::board::ports::{NoSimulatedBoards, SimulatedBoards};
use espalier_engine::receipt::Piece;
use espalier_simulator::{Chip, Mode, RunningBoard, Simulator, SimulatorSpec};
use parking_lot::{Condvar, Mutex};
use tempfile::TempDir;

/// Longer than anything takes on a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What a link told.
#[derive(Default)]
pub struct Heard {
    pub received: Vec<u8>,
    pub sent: Vec<u8>,
    pub opened: Vec<String>,
    pub bauds: Vec<u32>,
    pub elf: Option<PathBuf>,
    pub waiting: Vec<BoardFault>,
    pub events: Vec<SessionEvent>,
    pub ended: Option<(EndReason, String)>,
}

impl std::fmt::Debug for Heard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { received, sent, opened, bauds, elf, waiting, events, ended } = self;
        let tail = &received[received.len().saturating_sub(2000)..];
        writeln!(f, "{} received, ending {:?}", received.len(), String::from_utf8_lossy(tail))?;
        writeln!(
            f,
            "{} sent, {opened:?} {bauds:?} {elf:?} {waiting:?} {events:?} {ended:?}",
            sent.len()
        )
    }
}

#[derive(Debug, Default)]
pub struct Recorder {
    heard: Mutex<Heard>,
    changed: Condvar,
}

struct Sink(Arc<Recorder>);

impl Sink {
    fn with(&self, change: impl FnOnce(&mut Heard)) {
        change(&mut self.0.heard.lock());
        self.0.changed.notify_all();
    }
}

impl LinkSink for Sink {
    fn opened(&mut self, _at: Timestamp, port: &str, baud: u32) {
        self.with(|heard| {
            heard.opened.push(port.to_owned());
            heard.bauds.push(baud);
        });
    }

    fn received(&mut self, _at: Timestamp, bytes: &[u8]) -> Result<(), String> {
        self.with(|heard| heard.received.extend_from_slice(bytes));
        Ok(())
    }

    fn sent(&mut self, _at: Timestamp, bytes: &[u8]) -> Result<(), String> {
        self.with(|heard| heard.sent.extend_from_slice(bytes));
        Ok(())
    }

    fn event(&mut self, _at: Timestamp, event: SessionEvent) {
        self.with(|heard| heard.events.push(event));
    }

    fn waiting(&mut self, _at: Timestamp, fault: &BoardFault) {
        self.with(|heard| heard.waiting.push(fault.clone()));
    }

    fn ended(&mut self, _at: Timestamp, reason: EndReason, detail: &str) {
        self.with(|heard| heard.ended = Some((reason, detail.to_owned())));
    }

    fn symbols(&mut self, elf: Option<&Path>, _board: Option<&UsbIdentity>) {
        self.with(|heard| heard.elf = elf.map(Path::to_owned));
    }

    fn changed(&mut self) {
        self.with(|_| {});
    }
}

/// A link and what it told.
pub struct Desk {
    pub link: Link,
    recorder: Arc<Recorder>,
}

impl Desk {
    pub fn open(port: impl Into<String>) -> Self {
        Self::with(SerialSpec::new(port), Arc::new(NoSimulatedBoards))
    }

    pub fn with(spec: SerialSpec, simulated: Arc<dyn SimulatedBoards>) -> Self {
        let recorder = Arc::new(Recorder::default());
        let link = Link::open(spec, simulated, Box::new(Sink(recorder.clone()))).unwrap();
        Self { link, recorder }
    }

    /// Waits until what was told is such; gives what `find` makes of it.
    pub fn wait<T>(&self, what: &str, find: impl Fn(&Heard) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        let mut heard = self.recorder.heard.lock();
        loop {
            if let Some(found) = find(&heard) {
                return found;
            }
            let late = self.recorder.changed.wait_until(&mut heard, end).timed_out();
            assert!(!late, "never came: {what}; {heard:?} {:#?}", self.link.status());
        }
    }

    pub fn wait_text(&self, text: &str) {
        self.wait(text, |heard| {
            String::from_utf8_lossy(&heard.received).contains(text).then_some(())
        });
    }

    pub fn wait_open(&self) {
        self.wait("an open port", |heard| (!heard.opened.is_empty()).then_some(()));
    }

    /// Waits until the board's status is such.
    pub fn wait_status<T>(&self, what: &str, find: impl Fn(&BoardStatus) -> Option<T>) -> T {
        self.wait(what, |_| find(&self.link.status()))
    }

    pub fn ask(&self, command: BoardCommand) {
        self.link.command(command).unwrap();
    }

    pub fn send(&self, bytes: &[u8]) {
        self.link.write(Piece::new(bytes.into(), None)).unwrap();
    }

    /// Flashes and waits until it is over, and monitoring goes on.
    pub fn flash(&self, spec: FlashSpec) -> FlashStatus {
        self.begin(spec);
        self.flashed()
    }

    /// Begins to flash; how the last one ended is forgotten first.
    pub fn begin(&self, spec: FlashSpec) {
        self.ask(BoardCommand::DismissFlash);
        self.wait_status("a clean slate", |status| status.flash.is_none().then_some(()));
        self.ask(BoardCommand::Flash(Box::new(spec)));
    }

    pub fn flashed(&self) -> FlashStatus {
        self.wait_status("the end of flashing", |status| {
            let flash = status.flash.as_ref().filter(|flash| flash.outcome.is_some())?;
            (status.link != LinkState::Flashing).then(|| FlashStatus::clone(flash))
        })
    }

    /// Waits until flashing is so far.
    pub fn wait_flash(&self, what: &str, such: impl Fn(&FlashStatus) -> bool) {
        self.wait_status(what, |status| {
            status.flash.as_ref().filter(|flash| such(flash)).map(drop)
        });
    }
}

/// What went wrong, or the test fails.
pub fn fault(status: &FlashStatus) -> BoardFault {
    match &status.outcome {
        Some(Err(fault)) => fault.clone(),
        other => panic!("no fault but {other:?}; {status:#?}"),
    }
}

/// How it went well, or the test fails.
pub fn outcome(status: &FlashStatus) -> FlashOutcome {
    match &status.outcome {
        Some(Ok(outcome)) => *outcome,
        other => panic!("{other:?}; {status:#?}"),
    }
}

/// A simulated board whose state folder is the test's own.
pub struct Bench {
    pub board: RunningBoard,
    pub folder: TempDir,
}

impl Bench {
    pub fn new(chip: Chip) -> Self {
        Self::with(chip, |_| {})
    }

    pub fn with(chip: Chip, change: impl FnOnce(&mut SimulatorSpec)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut spec = SimulatorSpec::new(chip);
        spec.state = Some(folder.path().to_owned());
        change(&mut spec);
        Self { board: Simulator::start(spec).unwrap(), folder }
    }

    pub fn path(&self) -> String {
        self.board.path().to_str().unwrap().to_owned()
    }

    pub fn desk(&self) -> Desk {
        let desk = Desk::open(self.path());
        desk.wait_open();
        desk
    }

    pub fn flash(&self) -> Vec<u8> {
        std::fs::read(self.folder.path().join("flash.bin")).unwrap()
    }

    pub fn wait_for(&self, mode: Mode) {
        let end = Instant::now() + PATIENCE;
        while self.board.status().mode != mode {
            assert!(Instant::now() < end, "the board stays at {:?}", self.board.status());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// A file with noise in it, to be written at `address`.
    pub fn noise(&self, name: &str, length: usize, address: u32) -> FlashFile {
        self.file(name, &noise(length), Some(address))
    }

    pub fn file(&self, name: &str, bytes: &[u8], address: Option<u32>) -> FlashFile {
        let path: PathBuf = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        FlashFile { path, address }
    }
}

/// Bytes that do not compress.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..length).map(|_| next()).collect()
}
