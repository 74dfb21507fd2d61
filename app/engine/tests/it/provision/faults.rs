//! Provisioning when something is wrong: each fault is told as what it is, and the next attempt can succeed.

use std::sync::Arc;

use espalier_core::board::{BoardCommand, FaultKind, ProvisionFault, ProvisionRequest, Secret};
use espalier_core::session::SessionState;
use espalier_protocol::WifiState;
use espalier_simulator::{Mode, RunningBoard};

use super::bench::{Board, LOCKED, OPEN, PASSWORD, echoes};
use crate::rig::{Rig, until};

#[test]
fn a_wrong_password_is_told_as_such_and_the_right_one_helps() {
    let rig = Rig::new();
    let board = Board::ours(&rig);
    let fault = board.provision(Some((LOCKED, "not this one"))).unwrap_err();
    assert_eq!(*fault, ProvisionFault::WrongPassword { ssid: LOCKED.to_owned() });
    assert!(!fault.to_string().contains("not this one"), "{fault}");
    let at = board.provision(Some((LOCKED, PASSWORD))).unwrap();
    echoes(&board.client(at), "in\n");
}

#[test]
fn a_network_that_is_not_there_or_out_of_range_is_told_as_such() {
    let rig = Rig::new();
    let board = Board::ours(&rig);
    let nowhere = || ProvisionFault::NoSuchNetwork { ssid: "Nowhere".to_owned() };
    assert_eq!(*board.provision(Some(("Nowhere", "12345678"))).unwrap_err(), nowhere());
    board.board.set_in_range(false);
    let fault = board.provision(Some((OPEN, ""))).unwrap_err();
    assert_eq!(*fault, ProvisionFault::NoSuchNetwork { ssid: OPEN.to_owned() });
    board.board.set_in_range(true);
    board.provision(Some((OPEN, ""))).unwrap();
}

#[test]
fn a_board_that_knows_no_network_asks_for_one() {
    let rig = Rig::new();
    let board = Board::ours(&rig);
    assert_eq!(*board.provision(None).unwrap_err(), ProvisionFault::NoNetwork);
}

#[test]
fn a_bare_board_that_must_not_be_flashed_is_left_alone() {
    let rig = Rig::new();
    let bare = Board::bare(&rig);
    let before = std::fs::read(bare.folder().join("flash.bin")).unwrap_or_default();
    bare.begin(ProvisionRequest {
        network: Some((OPEN.to_owned(), Default::default())),
        may_flash: false,
    });
    assert_eq!(*bare.gone().unwrap_err(), ProvisionFault::OtherFirmware);
    assert!(std::fs::read(bare.folder().join("flash.bin")).unwrap_or_default() == before);
}

/// Begins to join with a password that is refused, and does something to the board meanwhile, which is undone afterwards;
/// how that ended. Joining takes no longer than the refusal: a slow test comes too late, and tries again.
fn disturbed_while_joining(
    board: &Board<'_>,
    disturb: impl Fn(&RunningBoard),
    undo: impl Fn(&RunningBoard),
) -> Arc<ProvisionFault> {
    let wrong = || (LOCKED.to_owned(), Secret("not this one".to_owned()));
    let refused = ProvisionFault::WrongPassword { ssid: LOCKED.to_owned() };
    let disturbed = (0..10).find_map(|_| {
        board.begin(ProvisionRequest { network: Some(wrong()), may_flash: false });
        until("it joins", || {
            let wifi = board.status().reported.wifi.clone();
            wifi.state == WifiState::Joining || wifi.failure.is_some()
        });
        disturb(&board.board);
        let fault = board.gone().unwrap_err();
        undo(&board.board);
        until("it runs again, on an open port", || {
            let open = board.serial.state() == SessionState::Open;
            open && board.board.status().mode == Mode::Running
        });
        (*fault != refused).then_some(fault)
    });
    disturbed.expect("joining was over each time")
}

#[test]
fn a_board_unplugged_while_joining_is_told_as_gone_and_goes_on_when_it_is_back() {
    let rig = Rig::new();
    let board = Board::ours(&rig);
    let fault = disturbed_while_joining(&board, RunningBoard::unplug, RunningBoard::plug_in);
    let ProvisionFault::Board(fault) = &*fault else { panic!("{fault:?}") };
    assert_eq!(fault.kind, FaultKind::Gone);
    board.provision(Some((OPEN, ""))).unwrap();
}

#[test]
fn a_board_that_restarts_while_joining_is_told_so() {
    let rig = Rig::new();
    let board = Board::ours(&rig);
    let fault = disturbed_while_joining(&board, RunningBoard::press_en, |_| {});
    assert_eq!(*fault, ProvisionFault::Restarted);
}

#[test]
fn a_run_can_be_cancelled() {
    use espalier_core::backend::prelude::*;
    let rig = Rig::new();
    let bare = Board::bare(&rig);
    bare.begin(ProvisionRequest { network: None, may_flash: false });
    rig.engine.board_command(bare.id(), BoardCommand::CancelProvision).unwrap();
    assert_eq!(*bare.gone().unwrap_err(), ProvisionFault::Cancelled);
}
