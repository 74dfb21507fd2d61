//! Go and Scan pressed while the one before is still ending, and where nothing can be written down.

use espalier_core::backend::Backend as _;
use espalier_core::board::{GoFault, GoRequest, LinkState};
use espalier_core::session::{EndReason, SerialSpec, SessionSpec, SessionState, TransportSpec};

use super::bench::{Board, OPEN};
use crate::rig::{Rig, until};

fn to_the_open_network() -> GoRequest {
    GoRequest { network: Some((OPEN.to_owned(), Default::default())), may_flash: true }
}

#[test]
fn a_cancelled_way_does_not_cancel_the_scan_after_it() {
    let rig = Rig::new();
    let board = Board::ours(&rig);
    board.begin(to_the_open_network());
    rig.engine.cancel_go(board.id());
    board.gone().ok();
    rig.engine.scan(board.id(), &[]);
    until("networks are heard", || {
        let networks = rig.engine.networks(board.id());
        assert_eq!(networks.fault, None);
        !networks.scanning && !networks.list.is_empty()
    });
}

#[test]
fn go_while_a_cancelled_way_is_still_ending_is_gone() {
    let rig = Rig::new();
    let board = Board::bare(&rig);
    board.begin(to_the_open_network());
    until("it is being flashed", || board.status().link == LinkState::Flashing);
    rig.engine.cancel_go(board.id());
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
    rig.engine.go(id, to_the_open_network());
    rig.engine.scan(id, &[]);
    let is_unstored = |fault: &GoFault| matches!(fault, GoFault::Unstored(why) if !why.is_empty());
    until("both say so", || {
        let way = rig.engine.go_status(id).and_then(|status| status.outcome.clone());
        let scan = rig.engine.networks(id).fault;
        matches!(way, Some(Err(fault)) if is_unstored(&fault))
            && scan.is_some_and(|fault| is_unstored(&fault))
    });
    until("the session says so, too", || {
        matches!(session.state(), SessionState::Ended { reason: EndReason::CaptureFailed, .. })
    });
}
