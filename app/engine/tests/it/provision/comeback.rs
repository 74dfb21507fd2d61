//! Boards that restart, move or crash, and the clients that follow them.

use std::net::Ipv4Addr;

use espalier_core::board::ServiceState;
use espalier_core::session::{ConnectionState, EndReason, SessionState, TransportSpec};
use espalier_engine::session::Session;
use espalier_simulator::Crash;

use super::bench::{Board, echoes, stop};
use crate::rig::{Rig, status_until, until};

#[test]
fn clients_that_reconnect_are_served_again_after_a_restart() {
    let rig = Rig::new();
    let (board, at) = Board::online(&rig);
    let (one, two) = (board.client(at), board.client(at));
    echoes(&one, "before\n");
    echoes(&two, "before\n");
    let old = status_until(&one, "its address is known", |it| it.local.is_some()).local.unwrap();
    board.reconnects(&[&one, &two], || board.board.press_en());
    let reported = board.status().reported.clone();
    assert_eq!(reported.connection(old).map(|it| it.state), Some(ServiceState::BoardRestarted));
    echoes(&one, "after\n");
    echoes(&two, "after\n");
}

#[test]
fn a_client_that_says_nothing_learns_from_the_console_that_the_board_restarted() {
    let rig = Rig::new();
    let (board, at) = Board::online(&rig);
    let client = board.client(at);
    echoes(&client, "before\n");
    let ended = |client: &Session| {
        let peers = client.status().peers.clone();
        peers.iter().find_map(|peer| match peer.state {
            ConnectionState::Ended(reason) => Some(reason),
            _ => None,
        })
    };
    board.reconnects(&[&client], || {
        board.board.crash(Crash::Watchdog);
        until("its connection is over", || ended(&client).is_some());
        assert_eq!(ended(&client), Some(EndReason::BoardRestarted));
    });
    echoes(&client, "after\n");
}

#[test]
fn clients_follow_a_board_that_comes_back_at_another_address() {
    if std::net::TcpListener::bind((Ipv4Addr::new(127, 0, 0, 2), 0)).is_err() {
        return eprintln!("SKIPPED: this computer has no second loopback address");
    }
    let rig = Rig::new();
    let (board, at) = Board::online(&rig);
    let client = board.client(at);
    let leaving = board.client(at);
    echoes(&client, "here\n");
    echoes(&leaving, "here\n");
    stop(&leaving);
    until("it has stopped", || leaving.state() == SessionState::Idle);
    let moved = Ipv4Addr::new(127, 0, 0, 2);
    board.board.set_lease(moved);
    board.board.press_en();
    until("the client is told the new address", || match &client.spec().transport {
        TransportSpec::TcpClient(spec) => spec.host == moved.to_string(),
        _ => false,
    });
    echoes(&client, "there\n");
    status_until(&client, "its status says so", |it| {
        it.remote.map(|it| it.ip()) == Some(moved.into())
    });
    assert_eq!(leaving.state(), SessionState::Idle, "one that the user stopped stays so");
}

#[test]
fn a_board_that_was_without_power_has_its_clients_back() {
    let rig = Rig::new();
    let (board, at) = Board::online(&rig);
    let client = board.client(at);
    echoes(&client, "before\n");
    board.reconnects(&[&client], || {
        board.board.unplug();
        until("the board is away", || {
            matches!(board.serial.state(), SessionState::Waiting { until: None, .. })
        });
        board.board.plug_in();
    });
    echoes(&client, "after\n");
    board.reconnects(&[&client], || board.board.crash(Crash::BrownOut));
    echoes(&client, "after a brown-out\n");
}
