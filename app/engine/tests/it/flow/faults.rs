//! The way when something is wrong: each fault is told as what it is, and the next attempt can succeed.

use espalier_core::board::{FaultKind, GoFault, GoRequest};
use espalier_core::session::SessionState;
use espalier_protocol::WifiState;

use super::bench::{Board, LOCKED, OPEN, PASSWORD, echoes};
use crate::rig::{Rig, until};

#[test]
fn a_wrong_password_is_told_as_such_and_the_right_one_helps() {
    let rig = Rig::new();
    let board = Board::ours(&rig);
    let fault = board.go(Some((LOCKED, "not this one"))).unwrap_err();
    assert_eq!(*fault, GoFault::WrongPassword { ssid: LOCKED.to_owned() });
    assert!(!fault.to_string().contains("not this one"), "{fault}");
    let at = board.go(Some((LOCKED, PASSWORD))).unwrap();
    echoes(&board.client(at), "in\n");
}

#[test]
fn a_network_that_is_not_there_or_out_of_range_is_told_as_such() {
    let rig = Rig::new();
    let board = Board::ours(&rig);
    let nowhere = || GoFault::NoSuchNetwork { ssid: "Nowhere".to_owned() };
    assert_eq!(*board.go(Some(("Nowhere", "12345678"))).unwrap_err(), nowhere());
    board.board.set_in_range(false);
    let fault = board.go(Some((OPEN, ""))).unwrap_err();
    assert_eq!(*fault, GoFault::NoSuchNetwork { ssid: OPEN.to_owned() });
    board.board.set_in_range(true);
    board.go(Some((OPEN, ""))).unwrap();
}

#[test]
fn a_board_that_knows_no_network_asks_for_one() {
    let rig = Rig::new();
    let board = Board::ours(&rig);
    assert_eq!(*board.go(None).unwrap_err(), GoFault::NoNetwork);
}

#[test]
fn a_bare_board_that_must_not_be_flashed_is_left_alone() {
    let rig = Rig::new();
    let bare = Board::bare(&rig);
    let before = std::fs::read(bare.folder().join("flash.bin")).unwrap_or_default();
    bare.begin(GoRequest {
        network: Some((OPEN.to_owned(), Default::default())),
        may_flash: false,
    });
    assert_eq!(*bare.gone().unwrap_err(), GoFault::OtherFirmware);
    assert!(std::fs::read(bare.folder().join("flash.bin")).unwrap_or_default() == before);
}

#[test]
fn a_board_unplugged_while_joining_is_told_as_gone_and_goes_on_when_it_is_back() {
    let rig = Rig::new();
    let board = Board::ours(&rig);
    // Joining takes as long as an access point's refusal; a slow test may come too late and tries again.
    let gone = (0..10).find_map(|_| {
        board.begin(GoRequest {
            network: Some((
                LOCKED.to_owned(),
                espalier_core::board::Secret("not this one".to_owned()),
            )),
            may_flash: false,
        });
        until("it joins", || {
            let wifi = board.status().account.wifi.clone();
            wifi.state == WifiState::Joining || wifi.failure.is_some()
        });
        board.board.unplug();
        let fault = board.gone().unwrap_err();
        board.board.plug_in();
        until("the port is open again", || board.serial.state() == SessionState::Open);
        matches!(*fault, GoFault::Board(_)).then_some(fault)
    });
    let Some(GoFault::Board(fault)) = gone.as_deref() else { panic!("{gone:?}") };
    assert_eq!(fault.kind, FaultKind::Gone);
    board.go(Some((OPEN, ""))).unwrap();
}

#[test]
fn a_board_that_restarts_while_joining_is_told_so() {
    let rig = Rig::new();
    let board = Board::ours(&rig);
    let restarted = (0..10).any(|_| {
        let starts = board.status().account.starts;
        board.begin(GoRequest {
            network: Some((
                LOCKED.to_owned(),
                espalier_core::board::Secret("not this one".to_owned()),
            )),
            may_flash: false,
        });
        until("it joins", || {
            let wifi = board.status().account.wifi.clone();
            wifi.state == WifiState::Joining || wifi.failure.is_some()
        });
        board.board.press_en();
        let fault = board.gone().unwrap_err();
        until("it has started", || board.status().account.starts > starts);
        *fault == GoFault::Restarted
    });
    assert!(restarted);
}

#[test]
fn a_way_can_be_cancelled() {
    use espalier_core::backend::Backend as _;
    let rig = Rig::new();
    let bare = Board::bare(&rig);
    bare.begin(GoRequest { network: None, may_flash: false });
    rig.engine.cancel_go(bare.id());
    assert_eq!(*bare.gone().unwrap_err(), GoFault::Cancelled);
}
