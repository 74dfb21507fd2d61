//! Boards that look alike: the same serial number, or none, told apart by where they are plugged in.

use std::path::Path;
use std::process::Command;

use espalier_simulator::{Chip, RunningBoard, Simulator, SimulatorSpec};

use super::desk::{code, text, told, until};
use super::monitor::Monitor;
use super::shims::{System, Usb};
use crate::program::{Running, ended, espalier};

const CHEAP: Usb<'_> =
    Usb { vid: "10c4", pid: "ea60", serial: "0001", product: "CP2102", socket: "1-1" };

fn board() -> RunningBoard {
    Simulator::start(SimulatorSpec::new(Chip::Esp32c3)).unwrap()
}

fn shown(system: &System, folder: &Path, words: &[&str]) -> Command {
    let mut command = espalier(folder, words);
    system.show(&mut command);
    command
}

/// Two boards of a make whose serial numbers are all like this one's.
fn two(serial: &str, run: impl FnOnce(&System, &Path, &[RunningBoard; 2], [Usb<'_>; 2])) {
    let folder = tempfile::tempdir().unwrap();
    let Some(system) = System::new(folder.path()) else { return };
    let usb = [Usb { serial, ..CHEAP }, Usb { serial, socket: "1-4.2", ..CHEAP }];
    run(&system, folder.path(), &[board(), board()], usb);
}

#[test]
fn a_name_that_means_two_boards_is_refused_and_their_sockets_tell_them_apart() {
    two("0001", |system, folder, boards, usb| {
        system.plug_in("ttyACM0", usb[0], &boards[0].path());
        system.plug_in("ttyACM1", usb[1], &boards[1].path());
        let listed = text(&ended(shown(system, folder, &["ports"])));
        for (name, mark) in [("/dev/ttyACM0", "usb:1-1:1.0"), ("/dev/ttyACM1", "usb:1-4.2:1.0")] {
            let row = |line: &&str| line.starts_with(name) && line.contains(mark);
            assert_eq!(listed.lines().filter(row).count(), 1, "{listed}");
        }
        let by_serial = ended(shown(system, folder, &["flash", "--port", "serial:0001"]));
        told(&by_serial, 2, &["means several ports: /dev/ttyACM0, /dev/ttyACM1", "usb:1-1.2"]);
        let by_socket = ended(shown(system, folder, &["flash", "--port", "usb:1-4.2"]));
        told(&by_socket, 0, &["the program runs"]);
        code(&ended(shown(system, folder, &["board", "--port", "/dev/ttyACM1", "status"])), 0);
        let nobody = ended(shown(system, folder, &["flash", "--port", "serial:42"]));
        told(&nobody, 22, &["No board is plugged in that serial:42 means"]);
    });
}

#[test]
fn a_board_is_named_by_the_serial_number_that_is_its_own() {
    two("", |system, folder, boards, usb| {
        system.plug_in("ttyACM0", usb[0], &boards[0].path());
        let own = Usb { serial: "7C:DF:A1:00:00:02", ..usb[1] };
        system.plug_in("ttyACM1", own, &boards[1].path());
        let words = ["flash", "--port", "serial:7c:df:a1:00:00:02"];
        told(&ended(shown(system, folder, &words)), 0, &["the program runs"]);
        code(&ended(shown(system, folder, &["board", "--port", "/dev/ttyACM1", "status"])), 0);
    });
}

#[test]
fn a_board_that_was_plugged_in_elsewhere_since_is_opened_where_it_may_be_the_same() {
    for (serial, opens) in [("0001", true), ("7C:DF:A1:00:00:01", false)] {
        two("", |system, folder, boards, _| {
            let now = if opens { serial } else { "7C:DF:A1:00:00:02" };
            let usb = Usb { serial: now, socket: "1-4.2", ..CHEAP };
            system.plug_in("ttyACM0", usb, &boards[0].path());
            let kept =
                format!("vid = 4292, pid = 60000, serial = \"{serial}\", location = \"1-1:1.0\"");
            let transport =
                format!("{{ kind = \"serial\", port = \"/dev/ttyACM0\", board = {{ {kept} }} }}");
            let workspace = folder.join("workspace.toml");
            let text = format!("schema = 2\n[[session]]\ntransport = {transport}\n");
            std::fs::write(&workspace, text).unwrap();
            let words = ["run", workspace.to_str().unwrap()];
            let mut running = Running::start(shown(system, folder, &words));
            running.says(if opens { "115200" } else { "/dev/ttyACM0 is not there" });
            running.interrupt();
            running.end();
        });
    }
}

#[test]
fn ports_that_swap_their_names_keep_their_boards() {
    for serial in ["0001", ""] {
        two(serial, |system, folder, boards, usb| {
            system.plug_in("ttyACM0", usb[0], &boards[0].path());
            system.plug_in("ttyACM1", usb[1], &boards[1].path());
            let words = ["monitor", "--port", "/dev/ttyACM0"];
            let mut monitor = Monitor::new(Running::start(shown(system, folder, &words)));
            monitor.shows("ESP-ROM:esp32c3");
            boards[0].unplug();
            system.unplug("ttyACM0");
            system.unplug("ttyACM1");
            monitor.says("waiting for it to come back");
            // The other one comes first, and takes its name.
            system.plug_in("ttyACM0", usb[1], &boards[1].path());
            boards[0].plug_in();
            until("it has a port again", || boards[0].path().exists().then_some(()));
            system.plug_in("ttyACM1", usb[0], &boards[0].path());
            monitor.says("/dev/ttyACM1 at 115200 baud");
            monitor.ends_by_ctrl_c();
        });
    }
}
