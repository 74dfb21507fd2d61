//! What is shown and known of rows, one by one.

use std::sync::Arc;

use super::{Tape, history, rows};
use crate::session::SessionEvent;
use crate::view::{
    BytesPerRow, EncodingName, Filter, Framing, History, PageRequest, Row, RowFormat, ViewSpec,
};
use crate::{Direction, PeerId, Position};

#[test]
fn what_a_peer_says_is_read_in_the_encoding_that_it_has_of_its_own() {
    let mut tape = Tape::default();
    let gbk = b"\xC4\xE3\xBA\xC3\n";
    tape.data(1, Direction::In, gbk);
    tape.data(2, Direction::In, "你好\n");
    tape.data(1, Direction::Out, gbk);
    let own = [(PeerId(1), EncodingName("GBK".to_owned()))].into();
    let spec = ViewSpec { peer_encodings: Arc::new(own), ..ViewSpec::default() };
    let mut history = history(&tape, spec.clone());
    let texts = |history: &History| {
        rows(history, &tape).iter().map(|row| row.text.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(texts(&history), ["你好", "你好", "你好"]);
    let row = &rows(&history, &tape)[0];
    assert_eq!(history.bytes_of(row, &(3..6)), 2..4, "of a part of it");
    let filter = Filter { text: "好".to_owned(), ..Filter::default() };
    history.set_spec(ViewSpec { filter: filter.clone(), ..spec });
    while history.advance(&tape, 1 << 20).more {}
    assert_eq!(texts(&history).len(), 3);
    // It has none any more.
    history.set_spec(ViewSpec { filter, ..ViewSpec::default() });
    while history.advance(&tape, 1 << 20).more {}
    assert_eq!(texts(&history).len(), 1);
}

#[test]
fn beside_hex_what_is_shown_is_what_is_found() {
    let mut tape = Tape::default();
    tape.received(b"ab\x01\xFFcd\r\n");
    tape.received(b"plain");
    let spec =
        ViewSpec { format: RowFormat::HexText, framing: Framing::Packet, ..ViewSpec::default() };
    for (text, found) in [("ab..cd..", 1), ("b\\x01", 0), ("plain", 1), ("cd", 1)] {
        let filter = Filter { text: text.to_owned(), ..Filter::default() };
        let history = history(&tape, ViewSpec { filter, ..spec.clone() });
        assert_eq!(rows(&history, &tape).len(), found, "{text}");
    }
    // Levels are those of what is said, not of the dots that colours are.
    let mut tape = Tape::default();
    tape.received(b"\x1b[0;32mI (1) a: b\x1b[0m");
    let level = Some(crate::board::LogLevel::Error);
    let log = crate::board::LogFilter { level, ..Default::default() };
    let filter = Filter { log, ..Filter::default() };
    let bytes_per_row = BytesPerRow::ThirtyTwo;
    let history = history(&tape, ViewSpec { filter, bytes_per_row, ..spec });
    assert_eq!(rows(&history, &tape).len(), 0);
}

#[test]
fn each_row_says_where_its_last_byte_is() {
    let mut tape = Tape::default();
    tape.received("one\ntw");
    tape.data(2, Direction::In, "other\n");
    tape.received("o\nthree");
    let history = history(&tape, ViewSpec::default());
    let rows = rows(&history, &tape);
    let places: Vec<_> = rows.iter().map(|row| (row.position.0, row.last)).collect();
    let second = rows[2].position.0;
    let third = places[3].0;
    assert_eq!(
        places,
        [
            (0, (Position(0), 3)),
            (0, (Position(third), 1)),
            (second, (Position(second), 5)),
            (third, (Position(third), 6)),
        ]
    );
}

#[test]
fn marks_are_known_as_they_come_and_go() {
    let mut tape = Tape::default();
    for number in 0..1100 {
        tape.received(format!("{number}\n"));
        tape.event(1, SessionEvent::Mark(number.to_string()));
    }
    let mut history = history(&tape, ViewSpec::default());
    let marks = history.status().marks;
    assert_eq!(marks.len(), 1000, "the newest");
    let rows = rows(&history, &tape);
    assert_eq!(rows.last().map(Row::mark), marks.last().copied());
    tape.retire(2 * 1090);
    while history.advance(&tape, 1 << 20).more {}
    assert_eq!(history.status().marks.len(), 10);
}

#[test]
fn a_row_that_is_lost_keeps_about_its_time() {
    let mut tape = Tape::default();
    for number in 0..3000 {
        tape.received(format!("{number}\n"));
    }
    let mut history = history(&tape, ViewSpec::default());
    tape.retire(2000);
    // Those of the block whose beginning went.
    let wanted = PageRequest::rows(history.status().revision, 1500..1510);
    let lost = history.page(&tape, &wanted, 0).0;
    assert!(lost.rows.iter().all(|row| row.bytes.is_empty()), "{lost:?}");
    let since = lost.rows.iter().map(|row| row.at.0 / 1_000_000).collect::<Vec<_>>();
    assert!(since.iter().all(|ms| (1000..=1500).contains(ms)), "{since:?}");
    let deltas = lost.rows.iter().map(|row| row.at.0 - row.previous_shown_at.0);
    assert!(deltas.clone().all(|delta| delta == 0), "{:?}", deltas.collect::<Vec<_>>());
}
