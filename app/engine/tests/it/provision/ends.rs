//! Five clients of a board that serves two: followed on both ends, and every byte found on the timeline in order.

use std::collections::BTreeMap;
use std::sync::Arc;

use espalier_core::Direction;
use espalier_core::backend::View;
use espalier_core::backend::prelude::*;
use espalier_core::board::ServiceState;
use espalier_core::session::{EndReason, SessionEvent, SessionState};
use espalier_core::timeline::LanePeer;
use espalier_core::view::{PageRequest, Row, RowKind};
use espalier_engine::session::Session;

use super::bench::{Board, echoes, stop};
use crate::rig::{Rig, captured, events, send, until};

/// All rows of a view.
fn rows(view: &Arc<dyn View>) -> Vec<Row> {
    let status = view.status();
    let mut all: Vec<Row> = Vec::new();
    loop {
        let page = view.page();
        view.request_page(PageRequest::rows(
            status.revision,
            all.len() as u64..all.len() as u64 + 4096,
        ));
        if page.rows.is_empty() || page.first != all.len() as u64 {
            return all;
        }
        all.extend(page.rows.iter().cloned());
    }
}

/// What one lane shows of one direction, as text lines.
fn lines(rows: &[Row], lane: u32, direction: Direction) -> Vec<String> {
    let of_lane = rows.iter().filter(|row| {
        row.kind == RowKind::Data
            && row.direction == direction
            && LanePeer::of(row.peer).is_some_and(|who| who.lane == lane)
    });
    of_lane.map(|row| row.text.to_string()).collect()
}

/// What the timeline says about a lane beside its bytes.
fn notes(rows: &[Row], lane: u32) -> Vec<String> {
    let of_lane = rows.iter().filter(|row| {
        row.kind != RowKind::Data && LanePeer::of(row.peer).is_some_and(|who| who.lane == lane)
    });
    of_lane.map(|row| row.text.to_string()).filter(|text| text.contains("board: ")).collect()
}

fn is_turned_away(client: &Session) -> bool {
    events(client).iter().any(|event| {
        let SessionEvent::Ended { reason, .. } = event else { return false };
        // The kernel may be quicker than the board: then it is connected for a moment and reset.
        matches!(reason, EndReason::Refused | EndReason::ResetByPeer)
    })
}

#[test]
fn five_clients_are_followed_on_both_ends_and_every_byte_is_on_the_timeline() {
    let rig = Rig::new();
    let (board, at) = Board::online(&rig);
    let one = board.client(at);
    echoes(&one, "client 1 line 0\n");
    let two = board.client(at);
    echoes(&two, "client 2 line 0\n");
    let three = board.client(at);
    until("the third waits", || board.place(&three) == Some(ServiceState::Waiting));
    let (four, five) = (board.client(at), board.client(at));
    until("the others are turned away", || is_turned_away(&four) && is_turned_away(&five));
    [&four, &five].into_iter().for_each(stop);

    assert_eq!(board.place(&one), Some(ServiceState::Served { slot: 1 }));
    assert_eq!(board.place(&two), Some(ServiceState::Served { slot: 2 }));
    // TCP alone would say of the third what it says of the others.
    assert!(matches!(three.state(), SessionState::Connected(_)));

    // What the waiting one says is kept by the board until it is served.
    for line in 0..50 {
        send(&three, format!("client 3 line {line}\n").as_bytes());
    }
    for line in 1..50 {
        send(&one, format!("client 1 line {line}\n").as_bytes());
        send(&two, format!("client 2 line {line}\n").as_bytes());
    }
    let expected = |client: u32| (0..50).map(move |line| format!("client {client} line {line}"));
    let whole = |client: u32| expected(client).map(|line| line + "\n").collect::<String>();
    for (number, client) in [(1, &one), (2, &two)] {
        until("all is echoed", || {
            captured(client, Direction::In, None) == whole(number).as_bytes()
        });
    }
    assert_eq!(captured(&three, Direction::In, None), b"");
    stop(&one);
    until("the third is promoted", || {
        board.place(&three) == Some(ServiceState::Served { slot: 1 })
    });
    until("its bytes are echoed", || captured(&three, Direction::In, None) == whole(3).as_bytes());

    let lanes = [&board.serial, &one, &two, &three, &four, &five];
    let timeline = rig.engine.open_timeline(lanes.map(Session::id).into()).unwrap();
    let view = rig.engine.timeline_view(timeline).unwrap();
    let mut found = Vec::new();
    until("every byte is on the timeline", || {
        found = rows(&view);
        (1..=3).all(|client| {
            let sent: Vec<_> = expected(client).collect();
            lines(&found, client, Direction::Out) == sent
                && lines(&found, client, Direction::In) == sent
        })
    });
    // The board goes on talking, and the timeline follows.
    until("every line of the board about TCP is on the timeline", || {
        let serial = captured(&board.serial, Direction::In, None);
        let serial = String::from_utf8_lossy(&serial);
        found = rows(&view);
        let told = lines(&found, 0, Direction::In);
        let of_tcp = |line: &&str| line.contains("tcp: ");
        let said: Vec<_> = serial.lines().filter(of_tcp).collect();
        told.iter().map(String::as_str).filter(of_tcp).eq(said)
    });

    // The board's word stands beside the bytes of each, in the order in which it happened.
    let mut words: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    until("the board's words stand there", || {
        found = rows(&view);
        words = (1..=3).map(|lane| (lane, notes(&found, lane))).collect();
        words[&3].iter().any(|word| word.contains("tcp: received"))
    });
    assert!(words[&1][0].contains("tcp: accepted"), "{words:#?}");
    assert!(words[&2][0].contains("tcp: accepted"), "{words:#?}");
    assert!(words[&3][0].contains("tcp: waiting"), "{words:#?}");
    assert!(words[&3][1].contains("tcp: promoted"), "{words:#?}");
    assert!(words[&1].iter().any(|word| word.contains("tcp: closed")), "{words:#?}");
    let is_before = |earlier: &str, later: &str| {
        let at = |text: &str| found.iter().position(|row| row.text.contains(text)).unwrap();
        at(earlier) < at(later)
    };
    assert!(is_before("tcp: waiting peer", "tcp: promoted peer"));

    // In its own lane nothing is moved: the order of time holds within each.
    for lane in 0..6 {
        let stamps: Vec<_> = found
            .iter()
            .filter(|row| LanePeer::of(row.peer).is_some_and(|who| who.lane == lane))
            .filter(|row| row.kind == RowKind::Data)
            .map(|row| row.at)
            .collect();
        assert!(stamps.is_sorted(), "lane {lane}");
    }
}

#[test]
fn a_crash_stands_on_the_timeline_with_the_bytes_in_flight() {
    let rig = Rig::new();
    let (board, at) = Board::online(&rig);
    let client = board.client(at);
    echoes(&client, "before\n");
    let timeline = rig.engine.open_timeline(vec![board.id(), client.id()]).unwrap();
    let view = rig.engine.timeline_view(timeline).unwrap();
    let says = |what: &str| rows(&view).iter().any(|row| row.text.contains(what));
    // What its console still has to say when it crashes, nobody hears.
    until("the board says what it got", || says("bytes=7"));
    board.reconnects(&[&client], || board.board.crash(espalier_simulator::Crash::Panic));
    until("the panic is told", || says("board panicked: "));
    until("its backtrace is decoded", || says("backtrace by the firmware") && says("frame 0x"));
    until("so is the start after it", || says("board started: "));
    until("the client's lane says why", || says("board restarted; 0 bytes were in flight"));
    echoes(&client, "after\n");
    board.board.crash(espalier_simulator::Crash::BrownOut);
    until("a failing supply is told", || says("board started: brown-out"));
}
