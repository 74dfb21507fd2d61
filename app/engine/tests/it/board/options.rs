//! What is asked of a link in every state: options changed while it monitors, flashes, waits or is closed, and commands that
//! come when they cannot be done.

use std::sync::Arc;
use std::time::Duration;

use espalier_core::board::{
    BoardCommand, BoardFault, BoardRefusal, Chip as Known, FlashSpec, FlashStep, LinkState,
    PortAccess, PortInfo, PortKind, ProvisionRequest,
};
use espalier_core::session::{SerialSpec, SessionEvent, StopBits};
use espalier_engine::board::ports::SimulatedBoards;
use espalier_simulator::{Chip, Faults};
use parking_lot::Mutex;

use super::bench::{Bench, Desk, Heard, outcome};

const PORT: &str = "simulated:one";

/// A board that was unplugged, on a port that keeps its name.
struct Unplugged {
    _folder: tempfile::TempDir,
    port: String,
    bench: Bench,
    desk: Desk,
}

impl Unplugged {
    /// Opened, then this, then unplugged.
    fn after(act: impl FnOnce(&Desk)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("port");
        let bench = Bench::with(Chip::Esp32c3, |spec| spec.link = Some(link.clone()));
        let port = link.to_str().unwrap().to_owned();
        let desk = Desk::open(&port);
        desk.wait_open();
        act(&desk);
        bench.board.unplug();
        desk.wait_status("away", |status| (status.link == LinkState::Away).then_some(()));
        Self { _folder: folder, port, bench, desk }
    }
}

/// One simulated board, and the names by which its buttons were pressed.
struct Buttons {
    bench: Bench,
    pressed: Mutex<Vec<String>>,
}

impl Buttons {
    fn new() -> Arc<Self> {
        Arc::new(Self { bench: Bench::new(Chip::Esp32c3), pressed: Mutex::default() })
    }

    fn slow(&self) {
        let slow_erase = Some(Duration::from_millis(10));
        self.bench.board.set_faults(Faults { slow_erase, ..Faults::default() });
    }
}

impl SimulatedBoards for Buttons {
    fn ports(&self) -> Vec<PortInfo> {
        let kind = PortKind::Simulated { chip: Known::Esp32C3 };
        vec![PortInfo { name: PORT.to_owned(), kind, access: PortAccess::Free }]
    }

    fn start(&self, _name: &str) -> Result<String, BoardFault> {
        Ok(self.bench.path())
    }

    fn press(&self, name: &str, boot: bool) -> bool {
        self.pressed.lock().push(name.to_owned());
        if !self.knows(name) {
            return false;
        }
        if boot {
            self.bench.board.enter_download_mode();
        } else {
            self.bench.board.press_en();
        }
        true
    }
}

fn noted(text: &str) -> impl Fn(&Heard) -> Option<()> {
    move |heard| {
        let told =
            |event: &SessionEvent| matches!(event, SessionEvent::Note(note) if note.contains(text));
        heard.events.iter().any(told).then_some(())
    }
}

fn at_speed(port: &str, baud: u32) -> SerialSpec {
    SerialSpec { baud, ..SerialSpec::new(port) }
}

fn writes(desk: &Desk) {
    desk.wait_flash("some of it", |flash| matches!(flash.step, FlashStep::Writing(_)));
}

#[test]
fn options_changed_while_flashing_hold_when_it_is_over_and_the_latest_count() {
    let board = Buttons::new();
    let desk = Desk::with(SerialSpec::new(PORT), board.clone());
    desk.wait_open();
    board.slow();
    desk.begin(FlashSpec::bundled());
    writes(&desk);
    // More than any queue holds, and what is said of the port is not for this flash.
    for baud in (0..1000).map(|number| 9600 + number) {
        desk.link.configure(at_speed("simulated:another", baud)).unwrap();
    }
    desk.link.configure(at_speed("simulated:another", 57_600)).unwrap();
    board.bench.board.set_faults(Faults::default());
    outcome(&desk.flashed());
    desk.wait("the latest options", noted("57600 baud, 8N1"));
    desk.ask(BoardCommand::Reset);
    desk.wait("a reset", noted("Reset by us"));
    let pressed = board.pressed.lock();
    assert!(!pressed.is_empty() && pressed.iter().all(|name| name == PORT), "{pressed:?}");
}

#[test]
fn options_that_the_port_refuses_while_flashing_are_told_and_it_goes_on_as_it_was() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = bench.desk();
    let slow_erase = Some(Duration::from_millis(10));
    bench.board.set_faults(Faults { slow_erase, ..Faults::default() });
    desk.begin(FlashSpec::bundled());
    writes(&desk);
    // With eight data bits there is no such thing.
    let stop_bits = StopBits::OneAndAHalf;
    desk.link.configure(SerialSpec { stop_bits, ..SerialSpec::new(bench.path()) }).unwrap();
    bench.board.set_faults(Faults::default());
    outcome(&desk.flashed());
    desk.wait("a word about it", noted("The port does not take"));
    desk.wait_text("boot: started");
    desk.wait("one opening", |heard| (heard.opened.len() == 1).then_some(()));
}

#[test]
fn options_changed_while_the_board_is_away_hold_when_it_is_back() {
    let Unplugged { _folder, port, bench, desk } = Unplugged::after(|_| ());
    let port = port.as_str();
    desk.link.configure(at_speed(port, 57_600)).unwrap();
    desk.ask(BoardCommand::Reset);
    desk.wait("a word about it", noted("nothing was done"));
    bench.board.plug_in();
    desk.wait("the return", |heard| (heard.bauds == [115_200, 57_600]).then_some(()));
}

#[test]
fn how_a_flash_ended_can_be_dismissed_while_the_board_is_away() {
    let flash = |desk: &Desk| {
        outcome(&desk.flash(FlashSpec::bundled()));
    };
    let Unplugged { desk, .. } = &Unplugged::after(flash);
    desk.ask(BoardCommand::DismissFlash);
    desk.wait_status("a clean slate", |status| status.flash.is_none().then_some(()));
}

#[test]
fn what_a_port_alone_cannot_do_and_a_closed_one_are_refused() {
    let bench = Bench::new(Chip::Esp32c3);
    let desk = bench.desk();
    let provision = BoardCommand::Provision(ProvisionRequest::default());
    assert_eq!(desk.link.command(provision), Err(BoardRefusal::NoConversation));
    desk.link.close();
    desk.wait("the end", |heard| heard.ended.clone());
    while !desk.link.is_closed() {
        std::thread::yield_now();
    }
    assert_eq!(desk.link.command(BoardCommand::Reset), Err(BoardRefusal::Closed));
    assert_eq!(desk.link.configure(at_speed(PORT, 9600)), Err(BoardRefusal::Closed));
}

#[test]
fn options_that_no_port_takes_are_told_while_the_board_is_away_and_do_not_keep_it_away() {
    let Unplugged { _folder, port, bench, desk } = Unplugged::after(|_| ());
    let port = port.as_str();
    let stop_bits = StopBits::OneAndAHalf;
    desk.link.configure(SerialSpec { stop_bits, ..SerialSpec::new(port) }).unwrap();
    desk.wait("a word about it", noted("1.5 stop bits"));
    bench.board.plug_in();
    desk.wait("the return", |heard| (heard.bauds == [115_200, 115_200]).then_some(()));
}
