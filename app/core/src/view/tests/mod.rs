//! Rows, whatever way the bytes came.

mod behaviour;
mod captured;
mod conformance;
mod datagrams;
mod export;
mod framings;
mod improv;
mod indexing;
mod large;
mod panic_folds;
mod raw_search;
mod rows;
mod seek;
mod shown;

use std::ops::{ControlFlow, Range};

use super::{History, RecordSource, Row, ViewSpec};
use crate::capture::{Record, RecordBody};
use crate::session::SessionEvent;
use crate::{Direction, PeerId, Position, Timestamp};

/// A capture in memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Tape {
    records: Vec<Taped>,
    end: u64,
    /// Records before this one are gone.
    start: usize,
}

#[derive(Clone, Debug)]
struct Taped {
    position: u64,
    at: i64,
    direction: Direction,
    peer: u32,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    Data(Vec<u8>),
    Datagram(Vec<u8>),
    Event(SessionEvent),
}

/// What a record costs in a capture besides its bytes.
const OVERHEAD: u64 = 64;

impl Tape {
    fn push(&mut self, at: i64, direction: Direction, peer: u32, body: Body) {
        let length = match &body {
            Body::Data(bytes) | Body::Datagram(bytes) => bytes.len() as u64,
            Body::Event(_) => 0,
        };
        self.records.push(Taped { position: self.end, at, direction, peer, body });
        self.end += length + OVERHEAD;
    }

    /// Adds data a millisecond after the record before.
    pub(super) fn data(&mut self, peer: u32, direction: Direction, bytes: impl AsRef<[u8]>) {
        let at = self.records.last().map_or(0, |last| last.at) + 1_000_000;
        self.push(at, direction, peer, Body::Data(bytes.as_ref().to_vec()));
    }

    pub(super) fn received(&mut self, bytes: impl AsRef<[u8]>) {
        self.data(1, Direction::In, bytes);
    }

    pub(super) fn sent(&mut self, bytes: impl AsRef<[u8]>) {
        self.data(1, Direction::Out, bytes);
    }

    pub(super) fn event(&mut self, peer: u32, event: SessionEvent) {
        let at = self.records.last().map_or(0, |last| last.at) + 1_000_000;
        self.push(at, Direction::In, peer, Body::Event(event));
    }

    /// Lets the oldest records go.
    pub(super) fn retire(&mut self, count: usize) {
        self.start = (self.start + count).min(self.records.len());
    }
}

impl RecordSource for Tape {
    fn extent(&self) -> Range<u64> {
        self.records.get(self.start).map_or(self.end, |first| first.position)..self.end
    }

    fn before(&self, place: u64) -> Option<Position> {
        let after = self.records.partition_point(|it| it.position <= place);
        let index = after.checked_sub(1).filter(|it| *it >= self.start)?;
        self.records.get(index).map(|it| Position(it.position))
    }

    fn walk(
        &self,
        from: Position,
        visit: &mut dyn FnMut(&Record<'_>) -> ControlFlow<()>,
    ) -> Position {
        let first = self.records.partition_point(|it| it.position < from.0).max(self.start);
        for (index, it) in self.records.iter().enumerate().skip(first) {
            let record = Record {
                position: Position(it.position),
                at: Timestamp(it.at),
                direction: it.direction,
                peer: PeerId(it.peer),
                origin: None,
                datagram: matches!(it.body, Body::Datagram(_)),
                body: match &it.body {
                    Body::Data(bytes) | Body::Datagram(bytes) => RecordBody::Data(bytes),
                    Body::Event(event) => RecordBody::Event(event.clone()),
                },
            };
            let next = self.records.get(index + 1).map_or(self.end, |next| next.position);
            if visit(&record).is_break() {
                return Position(next);
            }
        }
        Position(self.end)
    }
}

/// A history that has read all there is.
pub(super) fn history(records: &dyn RecordSource, spec: ViewSpec) -> History {
    let mut history = History::new(spec);
    settle(&mut history, records);
    history
}

pub(super) fn settle(history: &mut History, records: &dyn RecordSource) {
    while history.advance(records, 1 << 20).more {}
}

/// All shown rows.
pub(super) fn rows(history: &History, records: &dyn RecordSource) -> Vec<Row> {
    let status = history.status();
    let mut rows = Vec::new();
    let mut from = status.first_shown;
    while from < status.shown {
        let some = history.rows(records, from..status.shown);
        assert!(!some.is_empty(), "no row {from} of {status:?}");
        from += some.len() as u64;
        rows.extend(some);
    }
    rows
}

pub(super) fn texts(records: &dyn RecordSource, spec: ViewSpec) -> Vec<String> {
    let history = history(records, spec);
    rows(&history, records).iter().map(|row| row.text.to_string()).collect()
}
