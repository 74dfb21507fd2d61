//! Go and Scan pressed while the one before is still ending, and where nothing can be written down.

use espalier_core::backend::prelude::*;
use espalier_core::board::{
    BoardCommand, FaultKind, FlashAction, FlashSpec, FlashStatus, FlashStep, LinkState,
    ProvisionFault, ProvisionRequest,
};
use espalier_core::session::{EndReason, SerialSpec, SessionSpec, SessionState, TransportSpec};

use super::bench::{Board, OPEN};
use crate::rig::{Rig, until};

fn to_the_open_network() -> ProvisionRequest {
    ProvisionRequest { network: Some((OPEN.to_owned(), Default::default())), may_flash: true }
}

#[test]
fn a_cancelled_run_does_not_cancel_the_scan_after_it() {
    let rig = Rig::new();
    let board = Board::ours(&rig);
    board.begin(to_the_open_network());
    rig.engine.board_command(board.id(), BoardCommand::CancelProvision).unwrap();
    board.gone().ok();
    rig.engine.board_command(board.id(), BoardCommand::Scan { known: Vec::new() }).unwrap();
    until("networks are heard", || {
        let networks = rig.engine.networks(board.id());
        assert_eq!(networks.fault, None);
        !networks.scanning && !networks.list.is_empty()
    });
}

#[test]
fn a_run_asked_for_while_a_cancelled_one_is_still_ending_begins() {
    let rig = Rig::new();
    let board = Board::bare(&rig);
    board.begin(to_the_open_network());
    until("it is being flashed", || board.status().link == LinkState::Flashing);
    rig.engine.board_command(board.id(), BoardCommand::CancelProvision).unwrap();
    board.begin(to_the_open_network());
    board.gone().expect("the second one goes the whole way");
}

#[test]
fn go_and_scan_say_that_nothing_can_be_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("no folder");
    std::fs::write(&file, "").unwrap();
    let rig = Rig::with_captures(&file.join("captures"));
    let serial = SessionSpec::new(TransportSpec::Serial(SerialSpec::new("no such port")));
    let id = rig.engine.open(serial);
    let session = rig.engine.session(id).unwrap();
    rig.engine.board_command(id, BoardCommand::Provision(to_the_open_network())).unwrap();
    rig.engine.board_command(id, BoardCommand::Scan { known: Vec::new() }).unwrap();
    let is_unstored =
        |fault: &ProvisionFault| matches!(fault, ProvisionFault::Unstored(why) if !why.is_empty());
    until("both say so", || {
        let way = rig.engine.provision_status(id).and_then(|status| status.outcome.clone());
        let scan = rig.engine.networks(id).fault;
        matches!(way, Some(Err(fault)) if is_unstored(&fault))
            && scan.is_some_and(|fault| is_unstored(&fault))
    });
    until("the session says so, too", || {
        matches!(session.state(), SessionState::Ended { reason: EndReason::CaptureFailed, .. })
    });
}

#[test]
fn an_erase_that_is_cut_says_that_it_is_cancelled_and_leaves_no_firmware_that_is_up_to_date() {
    let rig = Rig::new();
    let (board, _) = Board::online(&rig);
    assert!(board.status().reported.firmware.is_some());
    let spec = FlashSpec { action: FlashAction::EraseFirst, ..FlashSpec::bundled() };
    let ask = |command| board.serial.board_command(command).unwrap();
    ask(BoardCommand::Flash(Box::new(spec)));
    let flash = || board.status().flash.clone();
    let changes =
        |flash: &FlashStatus| matches!(flash.step, FlashStep::Erasing | FlashStep::Writing(_));
    until("it is being erased", || flash().is_some_and(|flash| changes(&flash)));
    ask(BoardCommand::CancelFlash);
    until("it says so", || {
        flash().is_some_and(|flash| flash.cancelling || flash.outcome.is_some())
    });
    until("it has ended", || flash().is_some_and(|flash| flash.outcome.is_some()));
    let flash = flash().unwrap();
    assert!(!flash.cancelling);
    let outcome = flash.outcome.clone().unwrap();
    assert_eq!(outcome.unwrap_err().kind, FaultKind::Cancelled);
    assert_eq!(board.status().reported.firmware, None);
}
