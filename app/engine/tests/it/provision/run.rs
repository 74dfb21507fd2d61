//! A provisioning run when all goes well.

use espalier_core::Direction;
use espalier_core::backend::prelude::*;
use espalier_core::board::ServiceState;
use espalier_core::board::{
    BoardCommand, BoardProgress, Chip, Conversation, FirmwareState, NextAction, ProvisionRequest,
    ProvisionStep, Secret, StepState,
};

use super::bench::{Board, LOCKED, OPEN, PASSWORD, echoes};
use crate::rig::{Rig, captured, until};

#[test]
fn a_bare_board_becomes_one_that_echoes_and_its_password_is_kept_nowhere() {
    let rig = Rig::new();
    let bare = Board::bare(&rig);
    let at = bare.provision(Some((LOCKED, PASSWORD))).unwrap();
    let client = bare.client(at);
    echoes(&client, "hello, board\n");
    until("the board tells of us", || {
        bare.place(&client) == Some(ServiceState::Served { slot: 1 })
    });

    let status = bare.status();
    let progress =
        BoardProgress::of(&status, &status.reported, "?", false, Conversation::Confirmed);
    assert!(matches!(progress.firmware, FirmwareState::Ours { .. }), "{progress:?}");
    assert_eq!((progress.next, progress.endpoint), (NextAction::Connect, Some(at)));
    assert!(ProvisionStep::ALL.iter().all(|step| progress.state(*step) == StepState::Done));

    let sent = captured(&bare.serial, Direction::Out, None);
    let text = String::from_utf8_lossy(&sent);
    assert!(text.contains(LOCKED) && text.contains("********"), "{text:?}");
    assert!(!text.contains(PASSWORD), "{text:?}");
}

#[test]
fn a_board_that_is_online_already_is_not_disturbed() {
    let rig = Rig::new();
    let (board, at) = Board::online(&rig);
    let client = board.client(at);
    echoes(&client, "one\n");
    let resets = board.board.status().resets;
    assert_eq!(board.provision(Some((OPEN, ""))).unwrap(), at);
    assert_eq!(board.provision(None).unwrap(), at);
    echoes(&client, "two\n");
    assert_eq!(board.board.status().resets, resets);
    assert_eq!(board.place(&client), Some(ServiceState::Served { slot: 1 }));
}

#[test]
fn an_older_version_of_ours_is_used_as_it_is_or_updated_and_keeps_its_settings() {
    let rig = Rig::new();
    let board = Board::of_version(&rig, Some("0.0.9"));
    let images = rig.engine.images();
    let bundled = images.iter().find(|image| image.chip == Chip::Esp32C3).unwrap();
    let progress = || {
        let status = board.status();
        BoardProgress::of(&status, &status.reported, &bundled.version, false, Conversation::None)
    };
    let version = || board.status().reported.firmware.clone().unwrap().version;

    let network = Some((LOCKED.to_owned(), Secret(PASSWORD.to_owned())));
    board.begin(ProvisionRequest { network, may_flash: false });
    echoes(&board.client(board.gone().unwrap()), "as it is\n");
    assert_eq!((version().as_str(), progress().next), ("0.0.9", NextAction::Update));

    let at = board.provision(None).unwrap();
    assert_eq!((version(), progress().next), (bundled.version.clone(), NextAction::Connect));
    assert_eq!(board.status().reported.wifi.ssid, LOCKED);
    echoes(&board.client(at), "up to date\n");
    // Once is enough.
    let resets = board.board.status().resets;
    assert_eq!(board.provision(None).unwrap(), at);
    assert_eq!(board.board.status().resets, resets);
}

#[test]
fn a_newer_version_of_ours_is_left_alone() {
    let rig = Rig::new();
    let board = Board::of_version(&rig, Some("99.0.0"));
    let before = std::fs::read(board.folder().join("flash.bin")).unwrap();
    board.provision(Some((OPEN, ""))).unwrap();
    assert_eq!(board.status().reported.firmware.clone().unwrap().version, "99.0.0");
    let after = std::fs::read(board.folder().join("flash.bin")).unwrap();
    assert!(before[0x1_0000..] == after[0x1_0000..]);
}

#[test]
fn two_boards_go_at_the_same_time_and_each_knows_its_own_clients() {
    let rig = Rig::new();
    let (one, two) = (Board::ours(&rig), Board::ours(&rig));
    let request = || espalier_core::board::ProvisionRequest {
        network: Some((OPEN.to_owned(), Default::default())),
        may_flash: false,
    };
    one.begin(request());
    two.begin(request());
    let (at_one, at_two) = (one.gone().unwrap(), two.gone().unwrap());
    assert_ne!(at_one, at_two);
    let (client_one, client_two) = (one.client(at_one), two.client(at_two));
    echoes(&client_one, "to the first\n");
    echoes(&client_two, "to the second\n");
    let served = Some(ServiceState::Served { slot: 1 });
    until("each tells of its own", || {
        one.place(&client_one) == served && two.place(&client_two) == served
    });
    assert_eq!((one.place(&client_two), two.place(&client_one)), (None, None));
}

#[test]
fn the_networks_in_range_are_listed_strongest_first() {
    let rig = Rig::new();
    let board = Board::ours(&rig);
    rig.engine.board_command(board.id(), BoardCommand::Scan { known: Vec::new() }).unwrap();
    until("the scan is over", || {
        let networks = rig.engine.networks(board.id());
        !networks.scanning && !networks.list.is_empty()
    });
    let networks = rig.engine.networks(board.id());
    let found: Vec<_> = networks.list.iter().map(|it| (it.ssid.as_str(), it.locked)).collect();
    assert_eq!(found, [(OPEN, false), (LOCKED, true)]);

    rig.engine
        .board_command(board.id(), BoardCommand::Scan { known: vec![LOCKED.to_owned()] })
        .unwrap();
    until("the one that is known comes first", || {
        rig.engine.networks(board.id()).list.first().is_some_and(|it| it.ssid == LOCKED)
    });
}
