//! A serial session of the engine is a session like any other.

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use espalier_core::Position;
use espalier_core::backend::prelude::*;
use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::board::{
    BoardCommand, BoardFault, Chip as Known, FlashOutcome, FlashSpec, Symbols,
};
use espalier_core::board::{PortAccess, PortInfo, PortKind};
use espalier_core::capture::{Cursor, RecordBody, Source as _};
use espalier_core::session::{SerialSpec, SessionEvent, SessionSpec, SessionState, TransportSpec};
use espalier_engine::Engine;
use espalier_engine::board::ports::SimulatedBoards;
use espalier_simulator::{Chip, RunningBoard, Simulator, SimulatorSpec};
use parking_lot::Mutex;
use serialport::{SerialPort as _, TTYPort};

use super::bench::PATIENCE;

/// One simulated board, started when it is opened.
#[derive(Default)]
struct OneBoard(Mutex<Option<RunningBoard>>);

impl SimulatedBoards for OneBoard {
    fn ports(&self) -> Vec<PortInfo> {
        let kind = PortKind::Simulated { chip: Known::Esp32C3 };
        vec![PortInfo { name: "simulated:esp32c3".to_owned(), kind, access: PortAccess::Free }]
    }

    fn start(&self, _name: &str) -> Result<String, BoardFault> {
        let mut board = self.0.lock();
        let board = board
            .get_or_insert_with(|| Simulator::start(SimulatorSpec::new(Chip::Esp32c3)).unwrap());
        Ok(board.path().to_str().unwrap().to_owned())
    }

    fn press(&self, name: &str, boot: bool) -> bool {
        let board = self.0.lock();
        let Some(board) = board.as_ref().filter(|_| self.knows(name)) else { return false };
        if boot {
            board.enter_download_mode()
        } else {
            board.press_en()
        }
        true
    }
}

fn wait<T>(what: &str, find: impl Fn() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(Instant::now() < end, "never came: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn simulated_board_is_offered_opened_flashed_counted_and_captured() {
    let folder = tempfile::tempdir().unwrap();
    let engine =
        Engine::with_simulated_boards(folder.path(), Arc::new(OneBoard::default())).unwrap();
    let port = wait("the offer", || {
        engine.ports().iter().find(|port| port.name.starts_with("simulated:")).cloned()
    });
    assert_eq!(port.friendly_name(), "Simulated ESP32-C3");
    assert!(!engine.images().is_empty());

    let id = engine.open(SessionSpec::new(TransportSpec::Serial(SerialSpec::new(port.name))));
    wait("an open port", || engine.status(id).filter(|status| status.state == SessionState::Open));
    let flash = Box::new(FlashSpec::bundled());
    engine.board_command(id, BoardCommand::Flash(flash)).unwrap();
    wait("the program", || {
        let flash = engine.board(id)?.flash.clone()?;
        match &flash.outcome {
            Some(Ok(FlashOutcome::Running)) => Some(()),
            Some(Err(fault)) => panic!("{fault}: {flash:#?}"),
            _ => None,
        }
    });
    let before = engine.status(id).unwrap().traffic.received.bytes;
    engine.board_command(id, BoardCommand::Reset).unwrap();
    wait("another boot log", || {
        engine.status(id).filter(|status| status.traffic.received.bytes > before + 500)
    });
    let bytes: Arc<[u8]> = b"status\n"[..].into();
    let send = SessionCommand::Send { to: PeerSelector::All, bytes };
    engine.command(id, send).unwrap();
    let status = wait("seven bytes sent", || {
        engine.status(id).filter(|status| status.traffic.sent.bytes == 7)
    });
    let capture = engine.session(id).unwrap().capture().unwrap();
    assert!(capture.extent().end > status.traffic.received.bytes);
    engine.command(id, SessionCommand::Stop).unwrap();
    wait("rest", || engine.status(id).filter(|status| status.state == SessionState::Idle));
    // What backtraces are decoded with can be chosen while the port is closed.
    let elf = std::env::current_exe().unwrap();
    engine.board_command(id, BoardCommand::Symbols(Some(elf))).unwrap();
    let chosen = || matches!(engine.board(id)?.symbols, Some(Symbols::Elf(_))).then_some(());
    wait("the choice", chosen);
    engine.command(id, SessionCommand::Start).unwrap();
    wait("open again", || engine.status(id).filter(|it| it.state == SessionState::Open));
    wait("the same choice", chosen);
    // Asked for with the port from now on, and other options do not take it back.
    let elf_of = |spec: &SessionSpec| match &spec.transport {
        TransportSpec::Serial(serial) => serial.elf.clone(),
        _ => None,
    };
    let spec = engine.spec(id).unwrap();
    assert_eq!(elf_of(&spec), std::env::current_exe().ok());
    let mut plain = SessionSpec::clone(&spec);
    if let TransportSpec::Serial(serial) = &mut plain.transport {
        serial.elf = None;
    }
    let named = SessionSpec { name: "garden".to_owned(), ..plain };
    engine.command(id, SessionCommand::SetSpec(Box::new(named))).unwrap();
    wait("the name", || (engine.spec(id)?.name == "garden").then_some(()));
    assert_eq!(elf_of(&engine.spec(id).unwrap()), elf_of(&spec));
    engine.board_command(id, BoardCommand::Symbols(None)).unwrap();
    wait("no choice", || elf_of(&*engine.spec(id)?).is_none().then_some(()));
    engine.forget(id);
    wait("no session", || engine.sessions().is_empty().then_some(()));
}

#[test]
fn a_core_dump_is_saved_as_a_file_also_when_the_port_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path()).unwrap();
    let (mut far, near) = TTYPort::pair().unwrap();
    let port = near.name().unwrap();
    drop(near);
    let id = engine.open(SessionSpec::new(TransportSpec::Serial(SerialSpec::new(port))));
    wait("an open port", || engine.status(id).filter(|status| status.state == SessionState::Open));
    far.write_all(b"@COREDUMP\r\nAAECAwQFBgcICQoL\r\n@ENDCOREDUMP\r\nRebooting...\r\n").unwrap();
    let panic = wait("the dump", || engine.board(id)?.panics.last().cloned());
    engine.command(id, SessionCommand::Stop).unwrap();
    wait("rest", || engine.status(id).filter(|status| status.state == SessionState::Idle));
    let path = folder.path().join("core.bin");
    let save = |number| BoardCommand::SaveCoreDump { from: panic.from, number, path: path.clone() };
    engine.board_command(id, save(panic.number)).unwrap();
    let saved = wait("the file", || std::fs::read(&path).ok());
    assert_eq!(saved, (0..12).collect::<Vec<u8>>());
    // That it is none of ESP-IDF's is told with it.
    let told = |text: &str| {
        let capture = engine.session(id)?.capture()?;
        let mut cursor = Cursor::new(&capture, Position(0));
        while let Some(record) = cursor.next() {
            if matches!(&record.body, RecordBody::Event(SessionEvent::Note(note)) if note.contains(text))
            {
                return Some(());
            }
        }
        None
    };
    wait("a word", || told("damaged: it does not begin like a core dump"));
    engine.board_command(id, save(panic.number + 1)).unwrap();
    wait("another", || told("is gone"));
}
