//! Defects found in other programs, each as a test that we do not have it. The ids are those of our list of peers.

use std::io::Write as _;

use espalier_core::Direction;
use espalier_core::backend::prelude::*;
use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::session::{ConnectionState, EndReason, SessionSpec};
use espalier_core::view::{PageRequest, Row, RowKind};

use crate::rig::{Rig, captured, digest, noise, plain, reset, status_until, until};

/// Choosing one client makes others throw the bytes of all the others away.
#[test]
fn d1_choosing_one_client_keeps_the_bytes_of_all_the_others() {
    let rig = Rig::new();
    let (server, address) = rig.server(|_| {});
    let letters: Vec<Vec<u8>> = (0..3).map(|seed| noise(seed, 300_000)).collect();
    let mut streams = Vec::new();
    for number in 1..=3 {
        streams.push(plain(address));
        status_until(&server, "it is there", |status| status.peers.len() == number);
    }
    let chosen = server.status().peers[0].id;
    let mut spec = SessionSpec::clone(&server.spec());
    spec.view.filter.peers = vec![chosen];
    server.command(SessionCommand::SetSpec(Box::new(spec))).unwrap();
    let bytes = (*b"to the chosen one").into();
    server.command(SessionCommand::Send { to: PeerSelector::Peers(vec![chosen]), bytes }).unwrap();
    for (stream, letter) in streams.iter_mut().zip(&letters) {
        stream.write_all(letter).unwrap();
    }
    status_until(&server, "all is here", |s| s.traffic.received.bytes == 900_000);
    for (peer, letter) in server.status().peers.iter().zip(&letters) {
        let kept = captured(&server, Direction::In, Some(peer.id));
        assert_eq!(digest(&kept), digest(letter), "client {}", peer.id.0);
    }
}

/// The received rows of a session's view, once there are this many.
fn received(rig: &Rig, session: &espalier_engine::session::Session, count: usize) -> Vec<Row> {
    let view = rig.engine.view(session.id()).unwrap();
    let mut rows = Vec::new();
    until("the rows are shown", || {
        let page = view.page();
        view.request_page(PageRequest::rows(view.status().revision, 0..1000));
        let is_received = |row: &&Row| row.kind == RowKind::Data && row.direction == Direction::In;
        rows = page.rows.iter().filter(is_received).cloned().collect();
        rows.len() == count && rows.iter().all(|row| row.bytes.ends_with(b"\n"))
    });
    rows
}

fn texts(rows: &[Row]) -> Vec<&str> {
    rows.iter().map(|row| &*row.text).collect()
}

/// A read that is not whole UTF-8 becomes one placeholder, in the view and in the log.
#[test]
fn d3_bytes_that_are_no_text_are_shown_and_spare_the_text_around_them() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    stream.write_all(b"before \xFF\xFE after\n").unwrap();
    let rows = received(&rig, &session, 1);
    assert_eq!(texts(&rows), ["before \\xFF\\xFE after"]);
    assert_eq!(&*rows[0].bytes, b"before \xFF\xFE after\n");
}

/// A partial line that is held back comes out behind the line it belongs to.
#[test]
fn d4_a_line_that_comes_in_two_pieces_is_one_row_in_order() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    stream.write_all(b"ab").unwrap();
    until("the first piece is here", || captured(&session, Direction::In, None) == b"ab");
    stream.write_all(b"c\nd\n").unwrap();
    assert_eq!(texts(&received(&rig, &session, 2)), ["abc", "d"]);
}

/// What is received is taken for markup.
#[test]
fn d6_markup_is_text_like_any_other() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    stream.write_all(b"<b>1 < 2 &amp; 3</b><script>\n").unwrap();
    assert_eq!(texts(&received(&rig, &session, 1)), ["<b>1 < 2 &amp; 3</b><script>"]);
}

/// Empty lines are dropped, and all lines of a batch have one time.
#[test]
fn d12_empty_lines_are_rows_and_each_read_has_its_own_time() {
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    stream.write_all(b"one\n\n").unwrap();
    until("they are here", || captured(&session, Direction::In, None) == b"one\n\n");
    stream.write_all(b"two\n").unwrap();
    let rows = received(&rig, &session, 3);
    assert_eq!(texts(&rows), ["one", "", "two"]);
    assert!(rows[1].at < rows[2].at);
}

/// A zero-length read is ignored, so a client that has left stays in the list; an RST is swallowed.
#[test]
fn d9_fin_rst_and_half_close_are_told_apart_in_the_list_of_clients() {
    let rig = Rig::new();
    let (server, address) = rig.server(|spec| spec.options.stay_half_open = true);
    let becomes = |number: usize| {
        until("its state changes", || {
            let status = server.status();
            status.peers.get(number - 1).is_some_and(|peer| peer.state != ConnectionState::Open)
        });
        server.status().peers[number - 1].state
    };
    let stays = plain(address);
    status_until(&server, "it is there", |status| status.peers.len() == 1);
    stays.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(becomes(1), ConnectionState::PeerHalfClosed);
    reset(plain(address));
    assert_eq!(becomes(2), ConnectionState::Ended(EndReason::ResetByPeer));
    let (server, address) = rig.server(|_| {});
    drop(plain(address));
    status_until(&server, "who has left is marked", |status| {
        status
            .peers
            .first()
            .is_some_and(|peer| peer.state == ConnectionState::Ended(EndReason::ClosedByPeer))
    });
}

/// Everything is queued and kept in memory for ever, and a file is opened and closed for each line of the log.
#[test]
fn d14_history_is_bounded_on_disk_and_what_went_is_counted() {
    const MIB: u64 = 1 << 20;
    let rig = Rig::new();
    let (session, mut stream) = rig.connected(|_| {});
    let mut spec = SessionSpec::clone(&session.spec());
    spec.retention_mib = 128;
    session.command(SessionCommand::SetSpec(Box::new(spec))).unwrap();
    until("it is known", || session.spec().retention_mib == 128);
    let piece = noise(41, MIB as usize);
    for _ in 0..200 {
        stream.write_all(&piece).unwrap();
    }
    let status =
        status_until(&session, "all is here", |status| status.traffic.received.bytes == 200 * MIB);
    assert!(status.capture_bytes <= 128 * MIB, "{}", status.capture_bytes);
    assert!(status.retired_bytes >= 64 * MIB, "{}", status.retired_bytes);
    assert_eq!(status.integrity.received, digest(&piece.repeat(200)));
    let kept = captured(&session, Direction::In, None);
    assert!(piece.repeat(200).ends_with(&kept), "the latest is kept, in order");
}
