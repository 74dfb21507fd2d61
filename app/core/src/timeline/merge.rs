//! Records of several captures in the order of their time stamps.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::ControlFlow;

use crate::capture::{Cursor, Record, RecordBody, Source};
use crate::session::SessionEvent;
use crate::{Direction, PeerId, Position, Timestamp};

/// A capture that is merged.
#[derive(Clone, Copy)]
pub struct MergeLane<'s> {
    /// The lane's records.
    pub source: &'s dyn Source,
    /// Where to go on in it.
    pub at: Position,
    /// Records that are younger wait. It should lie a little in the past, so that another lane that is written later does not
    /// come too late.
    pub until: Timestamp,
}

impl std::fmt::Debug for MergeLane<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { source, at, until } = self;
        let (extent, mut told) = (source.extent(), f.debug_struct("MergeLane"));
        told.field("extent", &extent).field("at", at).field("until", until).finish()
    }
}

/// How far a lane has been merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merged {
    /// Where to go on in it.
    pub at: Position,
    /// The time of the record that waits there, if there is one.
    pub waiting: Option<Timestamp>,
}

/// Hands the records of all lanes to `take`, oldest first, as long as there are any whose time has come and it wants more; returns
/// how far each lane has come. A lane's own order is never changed, even where its time stamps go back.
pub fn merge(
    lanes: &[MergeLane<'_>],
    mut take: impl FnMut(usize, Record<'_>) -> ControlFlow<()>,
) -> Vec<Merged> {
    let mut lanes: Vec<LaneCursor<'_>> = lanes.iter().map(LaneCursor::new).collect();
    // The lanes whose next record is due, the oldest first; of two at the same time, the earlier lane.
    let due = |(index, lane): (usize, &LaneCursor<'_>)| Some(Reverse((lane.due()?, index)));
    let mut next: BinaryHeap<_> = lanes.iter().enumerate().filter_map(due).collect();
    while let Some(Reverse((_, index))) = next.pop() {
        let Some(lane) = lanes.get_mut(index) else { continue };
        let flow = lane.record().map_or(ControlFlow::Continue(()), |record| take(index, record));
        lane.advance();
        if flow.is_break() {
            break;
        }
        next.extend(due((index, lane)));
    }
    let merged = |lane: LaneCursor<'_>| Merged {
        at: lane.head.as_ref().map_or(lane.cursor.position(), |head| head.position),
        waiting: lane.head.map(|head| head.at),
    };
    lanes.into_iter().map(merged).collect()
}

/// A capture being read, with its next record held: comparing heads needs all of them at once.
struct LaneCursor<'s> {
    cursor: Cursor<'s>,
    until: Timestamp,
    head: Option<HeldRecord>,
    payload: Vec<u8>,
}

struct HeldRecord {
    position: Position,
    at: Timestamp,
    direction: Direction,
    peer: PeerId,
    datagram: bool,
    event: Option<SessionEvent>,
}

impl<'s> LaneCursor<'s> {
    fn new(lane: &MergeLane<'s>) -> Self {
        let &MergeLane { source, at, until } = lane;
        let cursor = Cursor::new(source, at);
        let mut lane = Self { cursor, until, head: None, payload: Vec::new() };
        lane.advance();
        lane
    }

    /// The time of its next record, if that has come.
    fn due(&self) -> Option<Timestamp> {
        self.head.as_ref().map(|head| head.at).filter(|at| *at <= self.until)
    }

    fn advance(&mut self) {
        self.payload.clear();
        self.head = self.cursor.next().map(
            |Record { position, at, direction, peer, datagram, body, .. }| {
                let event = match body {
                    RecordBody::Data(bytes) => {
                        self.payload.extend_from_slice(bytes);
                        None
                    }
                    RecordBody::Event(event) => Some(event),
                };
                HeldRecord { position, at, direction, peer, datagram, event }
            },
        );
    }

    fn record(&mut self) -> Option<Record<'_>> {
        let head = self.head.as_mut()?;
        let body = match head.event.take() {
            Some(event) => RecordBody::Event(event),
            None => RecordBody::Data(&self.payload),
        };
        let HeldRecord { position, at, direction, peer, datagram, .. } = *head;
        Some(Record { position, at, direction, peer, origin: None, datagram, body })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::capture::{Encoder, file_header};

    fn capture(stamps: &[i64]) -> Vec<u8> {
        let mut bytes = file_header();
        let mut encoder = Encoder::default();
        for stamp in stamps {
            let payload = stamp.to_le_bytes();
            encoder.data(Timestamp(*stamp), Direction::In, PeerId(1), None, payload.len());
            bytes.extend_from_slice(encoder.head());
            bytes.extend_from_slice(&payload);
            bytes.extend_from_slice(encoder.tail());
        }
        bytes
    }

    proptest! {
        /// However often it is interrupted, every record comes once, in the order of time, and none before its time.
        #[test]
        fn every_record_comes_once_in_order(
            mut lanes in proptest::collection::vec(proptest::collection::vec(0_i64..1000, 0..30), 1..5),
            mut stops in proptest::collection::vec(0_i64..1000, 0..6),
            most in 1_usize..40,
        ) {
            lanes.iter_mut().for_each(|lane| lane.sort_unstable());
            stops.sort_unstable();
            stops.push(i64::MAX);
            let captures: Vec<Vec<u8>> = lanes.iter().map(|lane| capture(lane)).collect();
            let mut at = vec![Position(0); captures.len()];
            let mut seen: Vec<(i64, usize)> = Vec::new();
            for stop in stops {
                let mut more = true;
                while more {
                    let until = Timestamp(stop);
                    let lanes = captures.iter().zip(&at);
                    let lanes: Vec<MergeLane<'_>> =
                        lanes.map(|(source, at)| MergeLane { source, at: *at, until }).collect();
                    let mut left = most;
                    let merged = merge(&lanes, |lane, record| {
                        assert!(record.at.0 <= stop);
                        assert_eq!(record.body, RecordBody::Data(&record.at.0.to_le_bytes()));
                        seen.push((record.at.0, lane));
                        left -= 1;
                        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                    });
                    more = left == 0;
                    at = merged.iter().map(|it| it.at).collect();
                    let waiting = merged.iter().filter_map(|it| it.waiting).min();
                    let done = seen.len();
                    assert!(waiting.is_none_or(|it| more || it.0 > stop), "{waiting:?} of {done}");
                }
            }
            let mut expected: Vec<(i64, usize)> = lanes
                .iter()
                .enumerate()
                .flat_map(|(index, lane)| lane.iter().map(move |stamp| (*stamp, index)))
                .collect();
            expected.sort_unstable();
            prop_assert_eq!(seen, expected);
        }
    }
}
