//! Boards that are reset by DTR and RTS, and ports that USB tells of: the program itself, with the system's part played by
//! preloaded shims. The boards do not listen to SYNC here, so that nothing but the lines brings them into their loader.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use espalier_simulator::{Chip, Mode, RunningBoard, Simulator, SimulatorSpec, Wiring};

use super::desk::{code, text, until};
use super::monitor::Monitor;
use super::shims::{Lines, System, Usb};
use crate::program::{Running, ended, espalier};

const BUILT_IN: Usb<'_> = Usb {
    vid: "303a",
    pid: "1001",
    serial: "7C:DF:A1:00:00:01",
    product: "USB JTAG/serial debug unit",
    socket: "1-1",
};

fn board(wiring: Wiring) -> Arc<RunningBoard> {
    let mut spec = SimulatorSpec::new(Chip::Esp32c3);
    spec.auto_reset = false;
    spec.wiring = wiring;
    Arc::new(Simulator::start(spec).unwrap())
}

fn wait_for(board: &RunningBoard, mode: Mode) {
    until(&format!("{mode:?}"), || (board.status().mode == mode).then_some(()));
}

/// `espalier WORDS…` with its files here.
fn program(folder: &Path, words: &[&str]) -> Command {
    espalier(folder, words)
}

fn path(board: &RunningBoard) -> String {
    board.path().to_str().unwrap().to_owned()
}

#[test]
fn the_usual_circuit_takes_the_board_into_its_loader_and_out_of_it_without_hands() {
    let folder = tempfile::tempdir().unwrap();
    let board = board(Wiring::Transistors);
    let Some(lines) = Lines::to(&board, folder.path()) else { return };
    let mut command = program(folder.path(), &["flash", "--port", &path(&board)]);
    lines.give(&mut command);
    let said = ended(command);
    code(&said, 0);
    for line in ["The loader answers", "Restarted by the modem lines", "the program runs"] {
        assert!(said.err.contains(line), "{line}: {}", said.err);
    }
    assert!(!said.err.contains("Hold BOOT") && !said.err.contains("no answer"), "{}", said.err);
    wait_for(&board, Mode::Running);
}

#[test]
fn a_cancelled_flash_leaves_the_chip_in_its_rom_by_the_lines() {
    let folder = tempfile::tempdir().unwrap();
    let board = board(Wiring::Transistors);
    board.set_faults("slow-erase=20".parse().unwrap());
    let Some(lines) = Lines::to(&board, folder.path()) else { return };
    let flash = || {
        let mut command = program(folder.path(), &["flash", "--port", &path(&board)]);
        lines.give(&mut command);
        Running::start(command)
    };
    let mut running = flash();
    running.says("Writing application ");
    running.interrupt();
    assert_eq!(running.end().0.code(), Some(26));
    wait_for(&board, Mode::RomLoader);
    board.set_faults(Default::default());
    assert_eq!(flash().end().0.code(), Some(0));
}

#[test]
fn a_refused_flash_leaves_the_program_running_that_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let board = board(Wiring::Transistors);
    let Some(lines) = Lines::to(&board, folder.path()) else { return };
    let flash = |words: &[&str]| {
        let port = path(&board);
        let mut command = program(folder.path(), &[&["flash", "--port", &port], words].concat());
        lines.give(&mut command);
        ended(command)
    };
    code(&flash(&[]), 0);
    wait_for(&board, Mode::Running);
    let said = flash(&["--chip", "esp32c6"]);
    code(&said, 24);
    assert!(said.err.contains("Nothing was changed"), "{}", said.err);
    wait_for(&board, Mode::Running);
}

#[test]
fn opening_and_closing_a_port_resets_nothing_and_ctrl_r_does() {
    let folder = tempfile::tempdir().unwrap();
    for wiring in [Wiring::Transistors, Wiring::UsbJtag] {
        let folder = folder.path().join(format!("{wiring:?}"));
        std::fs::create_dir(&folder).unwrap();
        let board = board(wiring);
        // Ours runs and does not restart by itself.
        board.enter_download_mode();
        wait_for(&board, Mode::RomLoader);
        let resets = board.status().resets;
        let Some(lines) = Lines::to(&board, &folder) else { return };
        let mut command = program(&folder, &["monitor", "--port", &path(&board)]);
        lines.give(&mut command);
        let mut monitor = Monitor::new(Running::start(command));
        std::thread::sleep(std::time::Duration::from_millis(200));
        assert_eq!((board.status().mode, board.status().resets), (Mode::RomLoader, resets));
        monitor.types(b"\x12");
        monitor.says("Reset by us");
        monitor.shows("boot:0xc (SPI_FAST_FLASH_BOOT)");
        monitor.ends_by_ctrl_c();
    }
}

#[test]
fn a_board_whose_boot_pin_is_not_wired_is_told_so_and_waits_for_hands() {
    let folder = tempfile::tempdir().unwrap();
    let board = board(Wiring::Transistors);
    let cut = Lines::such(&board, folder.path(), |_, rts| (false, rts));
    let Some(lines) = cut else { return };
    let mut command =
        program(folder.path(), &["flash", "--chip", "esp32c3", "--port", &path(&board)]);
    lines.give(&mut command);
    let mut running = Running::start(command);
    running.says("its BOOT pin was not low");
    running.says("GPIO9");
    board.enter_download_mode();
    let (status, err) = running.end();
    assert_eq!(status.code(), Some(0), "{err}");
    assert!(err.contains("Restarted by the modem lines"), "{err}");
}

#[test]
fn the_chips_own_usb_gets_its_own_sequence() {
    let folder = tempfile::tempdir().unwrap();
    let board = board(Wiring::UsbJtag);
    let Some(lines) = Lines::to(&board, folder.path()) else { return };
    let Some(system) = System::new(folder.path()) else { return };
    system.plug_in("ttyACM0", BUILT_IN, &board.path());
    let run = |words: &[&str]| {
        let mut command = program(folder.path(), words);
        lines.give(&mut command);
        system.show(&mut command);
        command
    };
    let listed = ended(run(&["ports"]));
    let first = text(&listed).lines().next().unwrap_or_default().to_owned();
    assert!(first.starts_with("/dev/ttyACM0") && first.contains("303a:1001"), "{listed:?}");
    let said = ended(run(&["flash", "--port", "/dev/ttyACM0"]));
    code(&said, 0);
    assert!(said.err.contains("Restarted by the modem lines"), "{}", said.err);
    assert!(!said.err.contains("Hold BOOT") && !said.err.contains("no answer"), "{}", said.err);
    wait_for(&board, Mode::Running);
}

#[test]
fn a_board_that_comes_back_under_another_name_is_opened_by_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let Some(system) = System::new(folder.path()) else { return };
    let (ours, other) = (board(Wiring::UsbJtag), board(Wiring::UsbJtag));
    other.enter_download_mode();
    wait_for(&other, Mode::RomLoader);
    system.plug_in("ttyACM0", BUILT_IN, &ours.path());
    let mut command = program(folder.path(), &["monitor", "--port", "/dev/ttyACM0"]);
    system.show(&mut command);
    let mut monitor = Monitor::new(Running::start(command));
    monitor.shows("ESP-ROM:esp32c3");
    ours.unplug();
    system.unplug("ttyACM0");
    monitor.says("waiting for it to come back");
    // Another board of the same make takes its name first.
    system.plug_in("ttyACM0", Usb { serial: "7C:DF:A1:00:00:02", ..BUILT_IN }, &other.path());
    ours.plug_in();
    until("its new port", || ours.path().exists().then_some(()));
    system.plug_in("ttyACM1", BUILT_IN, &ours.path());
    monitor.says("/dev/ttyACM1 at 115200 baud");
    monitor.shows("ESP-ROM:esp32c3");
    monitor.ends_by_ctrl_c();
}

#[test]
fn the_other_sides_lines_are_told_as_they_change_and_a_break_has_a_beginning_and_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let board = board(Wiring::Transistors);
    let Some(lines) = Lines::to(&board, folder.path()) else { return };
    let (theirs, breaks) = (folder.path().join("theirs"), folder.path().join("breaks"));
    // As Linux numbers them: CTS 0x20, DCD 0x40, RI 0x80, DSR 0x100.
    std::fs::write(&theirs, (0x20 | 0x100).to_string()).unwrap();
    let port = path(&board);
    let words = ["monitor", "--port", &port, "--lines", "--break"];
    let mut command = program(folder.path(), &words);
    lines.give(&mut command);
    command.env("ESPALIER_THEIRS", &theirs).env("ESPALIER_BREAKS", &breaks);
    let mut monitor = Monitor::new(Running::start(command));
    monitor.says("CTS on, DSR on, DCD off, RI off");
    monitor.says("BREAK by us");
    until("the end of the BREAK", || {
        (std::fs::read_to_string(&breaks).ok()? == "Bb").then_some(())
    });
    std::fs::write(&theirs, (0x40 | 0x80).to_string()).unwrap();
    monitor.says("CTS off, DSR off, DCD on, RI on");
    monitor.ends_by_ctrl_c();
}
