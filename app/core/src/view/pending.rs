//! Rows that have begun and not ended: at most one of each peer and direction.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::FrameFault;
use super::chars::CharState;
use super::frame_state::{Carry, FramePhase, FrameState};
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
    /// Where that is: a record, and which byte of it. Of a row that began before a checkpoint this is not known there.
    pub(super) last: (Position, u32),
    /// The other direction of its peer had its turn since.
    pub(super) turned: bool,
    /// What is known of its frame, where frames are found by their bytes.
    pub(super) frame: Option<Box<FrameState>>,
}

impl PendingRow {
    /// What is wrong with the row's frame, as far as it has come.
    pub(super) fn fault(&self) -> Option<FrameFault> {
        self.frame.as_ref().and_then(|frame| frame.fault)
    }
}

/// All pending rows, by number, that is by age.
#[derive(Clone, Debug, Default)]
pub(super) struct PendingRows {
    rows: BTreeMap<u64, PendingRow>,
    numbers: HashMap<StreamKey, u64>,
    /// Streams that ended a row in the middle of a UTF-16 code unit and said nothing since.
    odd: BTreeSet<StreamKey>,
    /// What the row that begins next has from the one before it.
    pub(super) carry: Option<Carry>,
}

impl PendingRows {
    pub(super) fn len(&self) -> usize {
        self.rows.len() + self.odd.len()
    }

    pub(super) fn oldest(&self) -> Option<&PendingRow> {
        self.rows.values().next()
    }

    /// The records that they begin in, and their streams.
    pub(super) fn begins(&self) -> Vec<(Position, StreamKey)> {
        self.rows.values().map(|row| (row.head.position, row.head.stream)).collect()
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

    /// Tells the other direction of a stream's peer that this one had its turn.
    pub(super) fn turn(&mut self, stream: StreamKey) {
        if self.numbers.is_empty() {
            return;
        }
        if let Some(number) = self.numbers.get(&stream.opposite())
            && let Some(row) = self.rows.get_mut(number)
        {
            row.turned = true;
        }
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

    /// Streams whose row under way got its last byte before then.
    pub(super) fn streams_before(&self, at: Timestamp) -> Vec<StreamKey> {
        let rows = self.rows.values().filter(|row| row.last_at < at);
        rows.map(|row| row.head.stream).collect()
    }

    pub(super) fn forget_odd(&mut self, peer: PeerId) {
        self.odd.retain(|stream| peer != PeerId::SESSION && stream.peer != peer);
    }

    /// A compact copy for a checkpoint at `position` and `at`.
    pub(super) fn pack(&self, position: Position, at: Timestamp) -> Box<[u8]> {
        if self.len() == 0 && self.carry.is_none() {
            return Box::default();
        }
        let mut out = Vec::with_capacity(self.len() * 10);
        put(&mut out, (self.rows.len() as u64) << 1 | u64::from(self.carry.is_some()));
        if let Some(Carry { offset, frame }) = &self.carry {
            put(&mut out, *offset << 1 | u64::from(frame.is_some()));
            frame.iter().for_each(|frame| put_frame(&mut out, frame));
        }
        for row in self.rows.values() {
            put_stream(&mut out, row.head.stream);
            let flags = u64::from(row.head.odd)
                | u64::from(row.turned) << 1
                | u64::from(row.frame.is_some()) << 2;
            put(&mut out, row.ending.map_or(0, |end| end as u64) << 3 | flags);
            put(&mut out, row.head.frame_offset);
            put(&mut out, position.0.saturating_sub(row.head.position.0));
            put(&mut out, row.length as u64);
            put(&mut out, u64::from(row.chars));
            put(&mut out, at.0.wrapping_sub(row.last_at.0).cast_unsigned());
            row.frame.iter().for_each(|frame| put_frame(&mut out, frame));
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
        let begin = take(&mut rest);
        if begin & 1 == 1 {
            let offset = take(&mut rest);
            let frame = (offset & 1 == 1).then(|| Box::new(take_frame(&mut rest)));
            pending.carry = Some(Carry { offset: offset >> 1, frame });
        }
        let count = begin >> 1;
        for index in 0..count {
            let stream = take_stream(&mut rest);
            let flags = take(&mut rest);
            let frame_offset = take(&mut rest);
            let head = RowHead {
                // Below `number` as they truly are; rows this old never come near zero with fewer rows before them.
                number: (number + index).wrapping_sub(count),
                position: Position(position.0.saturating_sub(take(&mut rest))),
                offset: 0,
                at,
                previous_at: at,
                stream,
                origin: None,
                frame_offset,
                odd: flags & 1 == 1,
            };
            pending.insert(PendingRow {
                head,
                length: take(&mut rest) as usize,
                chars: take(&mut rest) as CharState,
                ending: RowEnd::of((flags >> 3) as u8),
                last_at: Timestamp(at.0.wrapping_sub(take(&mut rest).cast_signed())),
                last: (position, 0),
                turned: flags >> 1 & 1 == 1,
                frame: (flags >> 2 & 1 == 1).then(|| Box::new(take_frame(&mut rest))),
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

fn put_frame(out: &mut Vec<u8>, frame: &FrameState) {
    let FrameState { seen, start, phase, matched, total, recent, starts, chars, check, fault } =
        frame;
    put(out, u64::from(*seen));
    put(out, u64::from(*start));
    put(out, u64::from(fault.map_or(0, |fault| fault as u8)) << 2 | *phase as u64);
    put(out, u64::from(*matched));
    put(out, u64::from(*total));
    put(out, u64::from(*starts));
    put(out, u64::from(*chars));
    for wide in [*recent, *check] {
        put(out, wide as u64);
        put(out, (wide >> 64) as u64);
    }
}

fn take_frame(rest: &mut &[u8]) -> FrameState {
    let (seen, start) = (take(rest) as u32, take(rest) as u32);
    let flags = take(rest) as u8;
    let (matched, total) = (take(rest) as u32, take(rest) as u32);
    let (starts, chars) = (take(rest) as u32, take(rest) as CharState);
    let mut wide = || u128::from(take(rest)) | u128::from(take(rest)) << 64;
    let (recent, check) = (wide(), wide());
    let (phase, fault) = (FramePhase::of(flags & 3), FrameFault::of(flags >> 2));
    FrameState { seen, start, phase, matched, total, recent, starts, chars, check, fault }
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
