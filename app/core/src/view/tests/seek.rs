//! From a record to the row that holds it.

use proptest::prelude::*;

use super::{Tape, history, rows, settle};
use crate::session::SessionEvent;
use crate::timeline::LanePeer;
use crate::view::{Filter, Framing, History, SeekStatus, ViewSpec};
use crate::{Direction, PeerId, Position, Timestamp};

fn seek(history: &mut History, tape: &Tape, record: u64, offset: u32) -> SeekStatus {
    history.seek(Position(record), offset);
    assert_eq!(history.status().seek_status, None, "not before it was looked for");
    settle(history, tape);
    history.status().seek_status.expect("it is found, or what is nearest")
}

fn filtered(filter: Filter) -> ViewSpec {
    ViewSpec { filter, ..ViewSpec::default() }
}

/// Where the records of a tape begin.
fn places(tape: &Tape) -> Vec<u64> {
    tape.records.iter().map(|record| record.position).collect()
}

#[test]
fn the_row_that_holds_a_record_may_have_begun_in_an_earlier_one() {
    let mut tape = Tape::default();
    tape.received("one ");
    tape.data(2, Direction::In, "between\n");
    tape.received("line\nnext");
    let at = places(&tape);
    let mut history = history(&tape, ViewSpec::default());
    let row = |offset| SeekStatus {
        time: None,
        record: Position(at[2]),
        offset,
        row: Some(0),
        exact: true,
    };
    assert_eq!(seek(&mut history, &tape, at[2], 0), row(0));
    assert_eq!(seek(&mut history, &tape, at[2], 4), row(4));
    assert_eq!(seek(&mut history, &tape, at[2], 5).row, Some(2), "the next line of that record");
}

#[test]
fn records_of_one_moment_are_told_apart() {
    let mut tape = Tape::default();
    for peer in [1, 2, 1] {
        tape.push(7, Direction::In, peer, super::Body::Data(b"same\n".to_vec()));
    }
    tape.push(7, Direction::In, 1, super::Body::Event(SessionEvent::PeerHalfClosed));
    tape.push(7, Direction::In, 1, super::Body::Event(SessionEvent::PeerHalfClosed));
    let mut history = history(&tape, ViewSpec::default());
    for (row, at) in places(&tape).into_iter().enumerate() {
        let found = seek(&mut history, &tape, at, 0);
        assert_eq!((found.row, found.exact), (Some(row as u64), true));
    }
}

#[test]
fn a_moment_leads_to_the_first_row_since_then_and_past_the_end_to_the_last() {
    let mut tape = Tape::default();
    (0..5000).for_each(|number| tape.received(format!("line {number}\n")));
    let mut history = history(&tape, ViewSpec::default());
    let mut row = |at: i64| {
        history.seek_time(Timestamp(at));
        settle(&mut history, &tape);
        let found = history.status().seek_status.unwrap();
        assert_eq!(found.time, Some(Timestamp(at)));
        (found.row, found.exact)
    };
    // Row 0 came at one millisecond.
    for (at, expected) in [(0, 0), (1_000_000, 0), (1_000_001, 1), (3_000_000_000, 2999)] {
        assert_eq!(row(at), (Some(expected), true), "{at}");
    }
    assert_eq!(row(i64::MAX), (Some(4999), true));
    // A moment that is sought before the capture has been cut that far.
    let mut early = History::new(ViewSpec::default());
    early.seek_time(Timestamp(4_000_000_000));
    settle(&mut early, &tape);
    assert_eq!(early.status().seek_status.unwrap().row, Some(3999));
    // A hidden one leads to what is near.
    let filter = Filter { text: "line 10".into(), ..Filter::default() };
    let mut some = self::history(&tape, filtered(filter));
    some.seek_time(Timestamp(1_000_000_000));
    settle(&mut some, &tape);
    let found = some.status().seek_status.unwrap();
    assert!(!found.exact && found.row.is_some());
}

#[test]
fn instead_of_a_hidden_row_the_nearest_shown_one_is_found() {
    let mut tape = Tape::default();
    for text in ["shown 0", "hidden", "hidden", "hidden", "shown 1", "hidden"] {
        tape.received(format!("{text}\n"));
    }
    let at = places(&tape);
    let filter = Filter { text: "shown".to_owned(), ..Filter::default() };
    let mut history = history(&tape, filtered(filter));
    let nearest: Vec<_> = at
        .iter()
        .map(|at| {
            let found = seek(&mut history, &tape, *at, 0);
            (found.row, found.exact)
        })
        .collect();
    let (zero, one) = (Some(0), Some(1));
    let expected =
        [(zero, true), (zero, false), (zero, false), (one, false), (one, true), (one, false)];
    assert_eq!(nearest, expected);
}

#[test]
fn what_was_cleared_or_let_go_leads_to_what_follows() {
    let mut tape = Tape::default();
    (0..6).for_each(|number| tape.received(format!("line {number}\n")));
    let at = places(&tape);
    let spec = ViewSpec { cleared_before: Position(at[3]), ..ViewSpec::default() };
    let mut history = history(&tape, spec.clone());
    let found = seek(&mut history, &tape, at[1], 0);
    assert_eq!((found.row, found.exact), (Some(0), false), "the first that was not cleared");

    history.set_spec(ViewSpec { cleared_before: Position(tape.end), ..spec });
    settle(&mut history, &tape);
    let found = history.status().seek_status.expect("looked for again in the new numbers");
    assert_eq!((found.row, found.exact), (None, false), "nothing is shown");

    let mut tape = Tape::default();
    (0..3000).for_each(|number| tape.received(format!("line {number}\n")));
    let mut history = self::history(&tape, ViewSpec::default());
    tape.retire(1500);
    settle(&mut history, &tape);
    let found = seek(&mut history, &tape, 0, 0);
    let first = history.status().first_shown;
    assert!(first >= 1500);
    assert_eq!((found.row, found.exact), (Some(first), false), "the oldest that is kept");
}

#[test]
fn a_record_that_comes_after_it_was_sought_is_found_when_it_is_there() {
    let mut tape = Tape::default();
    tape.received("now\n");
    let mut history = History::new(ViewSpec::default());
    history.seek(Position(tape.end), 0);
    // A view that was just made has no capture at all yet.
    settle(&mut history, &Tape::default());
    assert_eq!(history.status().seek_status, None);
    settle(&mut history, &tape);
    assert_eq!(history.status().seek_status, None);
    tape.received("later\n");
    settle(&mut history, &tape);
    assert_eq!(history.status().seek_status.map(|it| (it.row, it.exact)), Some((Some(1), true)));
}

#[test]
fn lanes_are_hidden_with_their_events() {
    let mut tape = Tape::default();
    let id = |lane, peer| LanePeer { lane, peer: PeerId(peer) }.id().0;
    for lane in 0..3 {
        tape.event(id(lane, 0), SessionEvent::StoppedListening);
        tape.data(id(lane, 1), Direction::In, format!("lane {lane}\n"));
    }
    tape.event(0, SessionEvent::Note("of the timeline itself".into()));
    let filter = Filter { hidden_lanes: vec![0, 2], ..Filter::default() };
    let history = history(&tape, filtered(filter));
    let peers: Vec<_> = rows(&history, &tape).iter().map(|row| row.peer.0).collect();
    assert_eq!(peers, [id(1, 0), id(1, 1), 0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// However bytes came and rows are cut: each shown row is found by where it begins, and by any byte of its first record
    /// that is its own.
    #[test]
    fn every_shown_row_is_found_by_where_it_begins(
        records in proptest::collection::vec((1_u32..3, "[ab\\n]{1,6}", any::<bool>()), 1..2500),
        packets: bool,
        filter in "[ab]?",
    ) {
        let mut tape = Tape::default();
        for (peer, text, event) in records {
            match event && text.len() == 1 {
                true => tape.event(peer, SessionEvent::PeerHalfClosed),
                false => tape.data(peer, Direction::In, text),
            }
        }
        let framing = if packets { Framing::Packet } else { Framing::Line };
        let filter = Filter { text: filter, ..Filter::default() };
        let mut history = history(&tape, ViewSpec { framing, ..filtered(filter) });
        let rows = rows(&history, &tape);
        for (number, row) in rows.iter().enumerate().step_by(rows.len() / 12 + 1) {
            let found = seek(&mut history, &tape, row.position.0, row.offset);
            prop_assert_eq!((found.row, found.exact), (Some(number as u64), true));
        }
    }
}
