//! A hundred million rows.

use std::ops::{ControlFlow, Range};

use super::settle;
use crate::capture::{Record, RecordBody};
use crate::view::{History, PageRequest, RecordSource, ViewSpec};
use crate::{Direction, PeerId, Position, Timestamp};

/// A capture that is never held: records of the same thousand-odd empty lines again and again, so that cutting them is all
/// the work there is.
struct Endless {
    records: u64,
    bytes: Vec<u8>,
}

impl Endless {
    const LINES: u64 = 1 << 16;

    fn new(rows: u64) -> Self {
        Self { records: rows / Self::LINES, bytes: b"\n".repeat(Self::LINES as usize) }
    }

    fn length(&self) -> u64 {
        self.bytes.len() as u64 + 64
    }
}

impl RecordSource for Endless {
    fn extent(&self) -> Range<u64> {
        0..self.records * self.length()
    }

    fn walk(
        &self,
        from: Position,
        visit: &mut dyn FnMut(&Record<'_>) -> ControlFlow<()>,
    ) -> Position {
        for index in from.0.div_ceil(self.length())..self.records {
            let record = Record {
                position: Position(index * self.length()),
                at: Timestamp(index as i64),
                direction: Direction::In,
                peer: PeerId(1),
                origin: None,
                datagram: false,
                body: RecordBody::Data(&self.bytes),
            };
            if visit(&record).is_break() {
                return Position((index + 1) * self.length());
            }
        }
        Position(self.extent().end)
    }
}

#[test]
fn nothing_stops_at_a_hundred_million_rows() {
    let rows = 100 * 1024 * 1024;
    let capture = Endless::new(rows);
    let mut history = History::new(ViewSpec::default());
    settle(&mut history, &capture);
    assert_eq!(history.status().shown, rows);
    let revision = history.status().revision;
    for row in [0, 1, 16_777_217, 33_554_433, rows / 2 + 77, rows - 40] {
        let page = history.page(&capture, &PageRequest::rows(revision, row..row + 40), 0).0;
        assert_eq!((page.first, page.rows.len()), (row, 40));
        assert_eq!(page.rows[0].number, row);
        assert_eq!(page.rows[0].at, Timestamp((row / Endless::LINES) as i64));
    }
}
