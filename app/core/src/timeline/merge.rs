//! Records of several captures in the order of their time stamps.

use crate::capture::{Cursor, Source};
use crate::record::{Position, Record, RecordBody};
use crate::session::SessionEvent;
use crate::{Direction, PeerId, Timestamp};

/// Hands the records of all `lanes` (a capture each, and where to go on in it) to `take`, oldest first, as long as they are
/// not younger than `until`; returns where to go on in each lane.
///
/// A lane's own order is never changed, even where its time stamps go back. `until` should lie a little in the past, so that
/// a lane that is written later does not come too late.
pub fn merge(
    lanes: &[(&dyn Source, Position)],
    until: Timestamp,
    mut take: impl FnMut(usize, Record<'_>),
) -> Vec<Position> {
    let mut lanes: Vec<Lane<'_>> =
        lanes.iter().map(|(source, at)| Lane::new(*source, *at)).collect();
    while let Some((index, lane)) = lanes
        .iter_mut()
        .enumerate()
        .filter(|(_, lane)| lane.head.as_ref().is_some_and(|head| head.at <= until))
        .min_by_key(|(_, lane)| lane.head.as_ref().map(|head| head.at))
    {
        if let Some(record) = lane.record() {
            take(index, record);
        }
        lane.advance();
    }
    lanes
        .into_iter()
        .map(|lane| lane.head.map_or(lane.cursor.position(), |head| head.position))
        .collect()
}

/// A capture being read, with its next record held: comparing heads needs all of them at once.
struct Lane<'s> {
    cursor: Cursor<'s>,
    head: Option<Head>,
    payload: Vec<u8>,
}

struct Head {
    position: Position,
    at: Timestamp,
    direction: Direction,
    peer: PeerId,
    event: Option<SessionEvent>,
}

impl<'s> Lane<'s> {
    fn new(source: &'s dyn Source, at: Position) -> Self {
        let mut lane = Self { cursor: Cursor::new(source, at), head: None, payload: Vec::new() };
        lane.advance();
        lane
    }

    fn advance(&mut self) {
        self.payload.clear();
        self.head =
            self.cursor.next().map(|Record { position, at, direction, peer, body, .. }| {
                let event = match body {
                    RecordBody::Data(bytes) => {
                        self.payload.extend_from_slice(bytes);
                        None
                    }
                    RecordBody::Event(event) => Some(event),
                };
                Head { position, at, direction, peer, event }
            });
    }

    fn record(&mut self) -> Option<Record<'_>> {
        let head = self.head.as_mut()?;
        let body = match head.event.take() {
            Some(event) => RecordBody::Event(event),
            None => RecordBody::Data(&self.payload),
        };
        let Head { position, at, direction, peer, .. } = *head;
        Some(Record { position, at, direction, peer, origin: None, body })
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
        ) {
            lanes.iter_mut().for_each(|lane| lane.sort_unstable());
            stops.sort_unstable();
            stops.push(i64::MAX);
            let captures: Vec<Vec<u8>> = lanes.iter().map(|lane| capture(lane)).collect();
            let mut at = vec![Position(0); captures.len()];
            let mut seen = Vec::new();
            for stop in stops {
                let inputs: Vec<(&dyn Source, Position)> =
                    captures.iter().zip(&at).map(|(bytes, at)| (bytes as &dyn Source, *at)).collect();
                at = merge(&inputs, Timestamp(stop), |lane, record| {
                    assert!(record.at.0 <= stop);
                    assert_eq!(record.body, RecordBody::Data(&record.at.0.to_le_bytes()));
                    seen.push((record.at.0, lane));
                });
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
