//! Rows straight from pcapng.

use super::settle;
use crate::capture::{Encoder, file_header};
use crate::session::{EndReason, SessionEvent};
use crate::view::{CaptureRecords, History, ViewSpec};
use crate::{Direction, PeerId, Timestamp};

fn data(out: &mut Vec<u8>, number: i64, direction: Direction, bytes: &[u8]) {
    let mut encoder = Encoder::default();
    encoder.data(Timestamp(number), direction, PeerId(1), None, bytes.len());
    out.extend_from_slice(encoder.head());
    out.extend_from_slice(bytes);
    out.extend_from_slice(encoder.tail());
}

#[test]
fn a_capture_that_grows_is_shown_record_by_record() {
    let mut capture = file_header();
    let mut history = History::new(ViewSpec::default());
    let mut expected = Vec::new();
    for number in 0..300 {
        data(&mut capture, number, Direction::In, format!("line {number} be").as_bytes());
        data(&mut capture, number, Direction::Out, b"> ok\n");
        data(&mut capture, number, Direction::In, b"gins\r\n");
        expected.extend([format!("line {number} begins"), "> ok".to_owned()]);
        history.advance(&CaptureRecords(&capture), 100);
    }
    let ended = SessionEvent::Ended { reason: EndReason::ClosedByPeer, detail: String::new() };
    let mut encoder = Encoder::default();
    encoder.event(Timestamp(300), PeerId(1), None, &ended);
    capture.extend_from_slice(encoder.head());
    capture.extend_from_slice(encoder.tail());
    expected.push(ended.to_string());
    settle(&mut history, &CaptureRecords(&capture));

    let rows = super::rows(&history, &CaptureRecords(&capture));
    let texts: Vec<_> = rows.iter().map(|row| row.text.to_string()).collect();
    assert_eq!(texts, expected);
    assert_eq!(rows[598].at, Timestamp(299));
    let (indexed, all) = history.status().indexed;
    assert_eq!((indexed, all), (capture.len() as u64, capture.len() as u64));
}

#[test]
fn a_torn_end_is_not_waited_for() {
    let mut capture = file_header();
    data(&mut capture, 1, Direction::In, b"whole\n");
    let whole = capture.len();
    data(&mut capture, 2, Direction::In, b"torn\n");
    capture.truncate(capture.len() - 8);
    let mut history = History::new(ViewSpec::default());
    settle(&mut history, &CaptureRecords(&capture));
    assert_eq!(history.status().shown, 1);
    assert_eq!(history.status().indexed.0, whole as u64);
}
