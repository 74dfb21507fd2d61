//! A board of ours on the network, found by what it says there.

use espalier_core::backend::prelude::*;
use espalier_core::board::{BoardCommand, ProvisionRequest, Secret};
use espalier_protocol::Command;
use espalier_simulator::{Chip, Simulator, SimulatorSpec};

use super::bench::{Board, OPEN, open, until_slow};
use crate::network_boards::{can_multicast, find};
use crate::rig::{Rig, until};

#[test]
fn a_board_is_found_where_it_serves_under_the_name_that_it_was_given() {
    if !can_multicast() {
        return;
    }
    let (rig, folder) = (Rig::new(), tempfile::tempdir().unwrap());
    // As the others, but for what it says on the loopback interface.
    let flashed = Board::ours(&rig);
    std::fs::copy(flashed.folder().join("flash.bin"), folder.path().join("flash.bin")).unwrap();
    let mut spec = SimulatorSpec::new(Chip::Esp32c3);
    spec.state = Some(folder.path().to_owned());
    spec.announces = true;
    let simulated = Simulator::start(spec).unwrap();
    let serial = open(&rig, simulated.path().to_str().unwrap());
    let say = |command| rig.engine.board_command(serial.id(), command).unwrap();

    let network = Some((OPEN.to_owned(), Secret::default()));
    say(BoardCommand::Provision(ProvisionRequest { network, may_flash: false }));
    let mut outcome = None;
    until_slow("it is online", || {
        outcome = rig.engine.provision_status(serial.id()).and_then(|it| it.outcome.clone());
        outcome.is_some()
    });
    let at = outcome.unwrap().unwrap();
    let hostname = format!("found-{}", std::process::id());
    for command in ["name \"On the 桌子\"".to_owned(), format!("hostname {hostname}")] {
        say(BoardCommand::Say(Command::parse(&command).unwrap().unwrap()));
    }
    until("it is called so", || {
        let status = rig.engine.board(serial.id()).unwrap();
        let console = status.reported.settings.console.as_ref();
        let is_so = console.is_some_and(|it| it.hostname == hostname);
        if !is_so {
            say(BoardCommand::Say(Command::SettingsShow));
        }
        is_so
    });
    let found = find(&format!("{hostname}.local")).expect("it is found");
    assert_eq!((found.endpoint(), &*found.name), (Some(at), "On the 桌子"));
    assert_eq!(found.chip, "esp32c3");
}
