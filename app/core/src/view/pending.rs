//! Rows that have begun and not ended: at most one of each peer and direction.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::chars::CharState;
use super::row_bounds::{RowEnd, RowHead, StreamKey};
use crate::{Direction, PeerId, Position, Timestamp};

/// A row that has begun and not ended.
#[derive(Clone, Debug)]
pub(super) struct PendingRow {
    pub(super) head: RowHead,
    /// Bytes so far.
    pub(super) length: usize,
    pub(super) chars: CharState,
    /// Why it ends as soon as the character under way does.
    pub(super) ending: Option<RowEnd>,
    /// When its last byte came.
    pub(super) last_at: Timestamp,
}

/// All pending rows, by number, that is by age.
#[derive(Clone, Debug, Default)]
pub(super) struct PendingRows {
    rows: BTreeMap<u64, PendingRow>,
    numbers: HashMap<StreamKey, u64>,
    /// Streams that ended a row in the middle of a UTF-16 code unit and said nothing since.
    odd: BTreeSet<StreamKey>,
}

impl PendingRows {
    pub(super) fn len(&self) -> usize {
        self.rows.len() + self.odd.len()
    }

    pub(super) fn oldest(&self) -> Option<&PendingRow> {
        self.rows.values().next()
    }

    pub(super) fn insert(&mut self, row: PendingRow) {
        self.numbers.insert(row.head.stream, row.head.number);
        self.rows.insert(row.head.number, row);
    }

    pub(super) fn remove(&mut self, stream: StreamKey) -> Option<PendingRow> {
        if self.numbers.is_empty() {
            return None;
        }
        self.rows.remove(&self.numbers.remove(&stream)?)
    }

    pub(super) fn is_odd(&self, stream: StreamKey) -> bool {
        !self.odd.is_empty() && self.odd.contains(&stream)
    }

    pub(super) fn set_odd(&mut self, stream: StreamKey, odd: bool) {
        if odd {
            self.odd.insert(stream);
        } else if !self.odd.is_empty() {
            self.odd.remove(&stream);
        }
    }

    /// Streams of a peer that have a row under way; all streams for the session itself.
    pub(super) fn streams_of(&self, peer: PeerId) -> Vec<StreamKey> {
        let of_peer = |stream: &&StreamKey| peer == PeerId::SESSION || stream.peer == peer;
        let mut streams: Vec<_> = self.numbers.keys().filter(of_peer).copied().collect();
        // Numbers, not the hash map's whim, decide the order.
        streams.sort_unstable_by_key(|stream| self.numbers.get(stream));
        streams
    }

    pub(super) fn forget_odd(&mut self, peer: PeerId) {
        self.odd.retain(|stream| peer != PeerId::SESSION && stream.peer != peer);
    }

    /// A compact copy for a checkpoint at `position` and `at`.
    pub(super) fn pack(&self, position: Position, at: Timestamp) -> Box<[u8]> {
        if self.len() == 0 {
            return Box::default();
        }
        let mut out = Vec::with_capacity(self.len() * 10);
        put(&mut out, self.rows.len() as u64);
        for row in self.rows.values() {
            put_stream(&mut out, row.head.stream);
            let odd = u64::from(row.head.odd);
            put(&mut out, row.ending.map_or(0, |end| end as u64) << 1 | odd);
            put(&mut out, position.0.saturating_sub(row.head.position.0));
            put(&mut out, row.length as u64);
            put(&mut out, u64::from(row.chars));
            put(&mut out, at.0.wrapping_sub(row.last_at.0).cast_unsigned());
        }
        for stream in &self.odd {
            put_stream(&mut out, *stream);
        }
        out.into_boxed_slice()
    }

    /// What [`Self::pack`] packed for a checkpoint before row `number`. The rows' own numbers and first times are not kept:
    /// nobody who starts here asks for them; only their order stays.
    pub(super) fn unpack(packed: &[u8], number: u64, position: Position, at: Timestamp) -> Self {
        let mut pending = Self::default();
        let mut rest = packed;
        let count = take(&mut rest);
        for index in 0..count {
            let stream = take_stream(&mut rest);
            let flags = take(&mut rest);
            let head = RowHead {
                // Below `number` as they truly are; rows this old never come near zero with fewer rows before them.
                number: (number + index).wrapping_sub(count),
                position: Position(position.0.saturating_sub(take(&mut rest))),
                offset: 0,
                at,
                previous_at: at,
                stream,
                origin: None,
                frame_offset: 0,
                odd: flags & 1 == 1,
            };
            pending.insert(PendingRow {
                head,
                length: take(&mut rest) as usize,
                chars: take(&mut rest) as CharState,
                ending: RowEnd::of((flags >> 1) as u8),
                last_at: Timestamp(at.0.wrapping_sub(take(&mut rest).cast_signed())),
            });
        }
        while !rest.is_empty() {
            pending.odd.insert(take_stream(&mut rest));
        }
        pending
    }
}

fn put_stream(out: &mut Vec<u8>, stream: StreamKey) {
    put(out, u64::from(stream.peer.0) << 1 | u64::from(stream.direction == Direction::Out));
}

fn take_stream(rest: &mut &[u8]) -> StreamKey {
    let value = take(rest);
    let direction = if value & 1 == 1 { Direction::Out } else { Direction::In };
    StreamKey { peer: PeerId((value >> 1) as u32), direction }
}

/// LEB128.
fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn take(rest: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let Some((&byte, tail)) = rest.split_first() else { break };
        *rest = tail;
        value |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            break;
        }
    }
    value
}
