//! Rows with a pattern, told by the bytes of records alone: these are looked through many times faster than rows are cut,
//! decoded and tested.
//!
//! A row has the pattern in its bytes as they came, unless a place in them is [odd](super::odd_place). Lines that have either are
//! tested at once, where it is sure that a line is a row. Where it is not (a line too long for a row, a pause that may have ended
//! one, rows that are no lines), the block of such a place is marked: its rows are cut and tested as ever. All other rows are
//! sure not to have it.

use std::collections::{HashMap, HashSet};
use std::ops::{ControlFlow, Range};

use super::block_marks::BlockMarks;
use super::framer::{HORIZON, LineRule};
use super::improv_packet;
use super::index::Index;
use super::odd_place::{FirstChar, cut_char, first_char, next_odd};
use super::raw_pattern::RawPattern;
use super::records::RecordSource;
use super::row_bounds::{RowHead, StreamKey};
use super::scan::{RawRow, RowTest};
use crate::capture::{Record, RecordBody};
use crate::session::SessionEvent;
use crate::{Origin, PeerId, Position, Timestamp};

/// What [`search`] has found.
pub(super) struct RawHits {
    /// Rows of each block that pass the test.
    pub(super) counts: Vec<u64>,
    /// Blocks of which that is not known, as runs in order.
    pub(super) unknown: Vec<Range<usize>>,
}

/// Counts the rows among `blocks` that pass a test; these have the pattern. `lines` says which lines are rows, and may be tested by
/// their bytes, place and time alone; `None` when no row can be.
pub(super) fn search(
    pattern: &RawPattern,
    index: &Index,
    records: &dyn RecordSource,
    blocks: Range<usize>,
    lines: Option<&LineRule>,
    test: &RowTest<'_>,
) -> RawHits {
    let (begin, end) = (index.block_place(blocks.start), index.block_place(blocks.end));
    let is_last = blocks.end == index.blocks();
    let mut search = RawSearch {
        pattern,
        index,
        lines,
        test,
        first: blocks.start,
        counts: vec![0; blocks.len()],
        marks: BlockMarks::new(index, &blocks),
        streams: HashMap::new(),
        joined: Vec::new(),
    };
    for (_, key) in index.pending(blocks.start) {
        let strange = if key.is_serial() { improv_packet::LONGEST } else { 0 };
        search.streams.insert(key, Stream { strange, ..Stream::default() });
    }
    let mut begun = false;
    records.walk(begin.0, &mut |record| {
        // Retention may have let the block go since: then nothing is known of what comes.
        if !std::mem::replace(&mut begun, true) && record.position != begin.0 {
            search.marks.all();
            return ControlFlow::Break(());
        }
        if record.position > end.0 || record.position == end.0 && (is_last || end.1 == 0) {
            return ControlFlow::Break(());
        }
        let from = if record.position == begin.0 { begin.1 } else { 0 };
        let to = if record.position == end.0 { end.1 } else { usize::MAX };
        search.record(record, from, to);
        ControlFlow::Continue(())
    });
    // Rows that begin before the end may have the pattern behind it; others have ended.
    let pending: HashSet<_> = index.pending(blocks.end).into_iter().map(|it| it.1).collect();
    search.end_streams(|key| !pending.contains(&key));
    search.marks.mark_pending(blocks.end);
    RawHits { unknown: search.marks.runs(), counts: search.counts }
}

/// What is kept of a stream: its row under way, if there is one.
#[derive(Default)]
struct Stream {
    /// All bytes of the row under way; where it is not known where that began, the last ones that came.
    bytes: Vec<u8>,
    /// It is known where it began, or there is none.
    is_whole: bool,
    /// Where that is.
    begin: Begin,
    /// The block that it begins in; where that is not known, the one of the last byte that came.
    block: usize,
    /// When the last byte came.
    last_at: Timestamp,
    /// So many bytes that come may belong to an Improv packet, in which a newline ends no row.
    strange: usize,
}

/// Where and when a row begins.
#[derive(Clone, Copy, Default)]
struct Begin {
    position: Position,
    offset: usize,
    at: Timestamp,
    origin: Option<Origin>,
}

impl Begin {
    fn of(record: &Record<'_>, offset: usize) -> Self {
        Self { position: record.position, offset, at: record.at, origin: record.origin }
    }

    fn head(&self, stream: StreamKey) -> RowHead {
        RowHead {
            // Nobody who tests a line alone asks for that.
            number: 0,
            position: self.position,
            offset: u32::try_from(self.offset).unwrap_or(u32::MAX),
            at: self.at,
            previous_at: self.at,
            stream,
            origin: self.origin,
            frame_offset: 0,
            odd: false,
        }
    }
}

struct RawSearch<'s> {
    pattern: &'s RawPattern,
    index: &'s Index,
    lines: Option<&'s LineRule>,
    test: &'s RowTest<'s>,
    /// The first block.
    first: usize,
    counts: Vec<u64>,
    marks: BlockMarks<'s>,
    streams: HashMap<StreamKey, Stream>,
    /// Room for what two records have of one match.
    joined: Vec<u8>,
}

impl RawSearch<'_> {
    fn record(&mut self, record: &Record<'_>, from: usize, to: usize) {
        let key = StreamKey { peer: record.peer, direction: record.direction };
        match &record.body {
            RecordBody::Data(bytes) => {
                let to = to.min(bytes.len());
                // Taken out, so that the rest of it all can be used beside it.
                let mut stream = match self.streams.get_mut(&key) {
                    Some(stream) => std::mem::take(stream),
                    None => Stream { is_whole: self.lines.is_some(), ..Stream::default() },
                };
                self.data(key, &mut stream, record, bytes, from.min(to)..to);
                self.streams.insert(key, stream);
            }
            RecordBody::Event(event) => {
                if let SessionEvent::Ended { .. } = event {
                    let peer = record.peer;
                    self.end_streams(|key| peer == PeerId::SESSION || key.peer == peer);
                }
                self.event(record, event);
            }
        }
    }

    /// Events are few, and have texts of their own.
    fn event(&mut self, record: &Record<'_>, event: &SessionEvent) {
        let block = self.index.block_at(record.position, 0);
        if self.lines.is_none() {
            return self.marks.mark(block);
        }
        let stream = StreamKey { peer: record.peer, direction: record.direction };
        let head = Begin::of(record, 0).head(stream);
        let last = (head.position, head.offset);
        let row =
            RawRow { head, last, bytes: &[], event: Some(event), continues: false, fault: None };
        if (self.test)(&row) {
            self.count(block);
        }
    }

    fn count(&mut self, block: usize) {
        let count = block.checked_sub(self.first).and_then(|at| self.counts.get_mut(at));
        if let Some(count) = count {
            *count += 1;
        }
    }

    fn data(
        &mut self,
        key: StreamKey,
        stream: &mut Stream,
        record: &Record<'_>,
        bytes: &[u8],
        part: Range<usize>,
    ) {
        let Some(lines) = self.lines else {
            return self.look(stream, record, bytes, part);
        };
        let far = record.position.0.saturating_sub(stream.begin.position.0) > HORIZON;
        let silence = record.at.0.saturating_sub(stream.last_at.0);
        if record.datagram || stream.is_whole && far {
            self.end(key, stream);
        } else if lines.may_be_over(key, silence) {
            self.doubt(stream);
        }
        stream.last_at = record.at;
        if record.datagram {
            // It ends its rows, wherever newlines are.
            self.look(stream, record, bytes, part);
            self.end(key, stream);
            return;
        }
        if key.is_serial() && self.is_strange(stream, &bytes[part.clone()]) {
            self.doubt(stream);
            if stream.is_under_way() {
                self.marks.mark(stream.block);
            }
            let blocks = [part.start, part.end.saturating_sub(1)];
            let [first, last] = blocks.map(|at| self.block_at(record, at));
            (first..=last).for_each(|block| self.marks.mark(block));
            stream.is_whole = false;
            stream.strange = stream.strange.saturating_sub(part.len());
            stream.keep(&bytes[part], last, self.reach());
            return;
        }
        let mut at = part.start;
        if stream.is_under_way() {
            let newline = memchr::memchr(b'\n', &bytes[part.clone()]);
            let end = newline.map_or(part.end, |newline| part.start + newline + 1);
            let length = stream.bytes.len() + (end - at);
            let fits = length + usize::from(newline.is_none()) <= lines.longest;
            if stream.is_whole && fits {
                stream.bytes.extend_from_slice(&bytes[at..end]);
            } else {
                self.doubt(stream);
                self.look(stream, record, bytes, at..end);
            }
            if newline.is_none() {
                return;
            }
            self.end(key, stream);
            at = end;
        }
        let lines_end = memchr::memrchr(b'\n', &bytes[at..part.end]).map_or(at, |it| at + it + 1);
        self.lines(key, record, bytes, at..lines_end, lines.longest);
        let rest = lines_end..part.end;
        if rest.is_empty() {
            return;
        }
        if rest.len() < lines.longest {
            stream.begin = Begin::of(record, rest.start);
            stream.block = self.block_at(record, rest.start);
            stream.bytes.extend_from_slice(&bytes[rest]);
        } else {
            stream.is_whole = false;
            self.look(stream, record, bytes, rest);
        }
    }

    /// Whether a newline in these bytes may belong to an Improv packet, or in what comes next.
    fn is_strange(&mut self, stream: &mut Stream, bytes: &[u8]) -> bool {
        const BEGIN: &[u8] = improv_packet::HEADER;
        let (before, behind) = (stream.bytes.len(), bytes.len().min(BEGIN.len()));
        self.joined.clear();
        self.joined.extend_from_slice(&stream.bytes[before.saturating_sub(BEGIN.len())..]);
        self.joined.extend_from_slice(&bytes[..behind]);
        let begins = |bytes: &[u8]| memchr::memmem::find(bytes, BEGIN).is_some();
        if begins(&self.joined) || begins(bytes) {
            stream.strange = bytes.len() + improv_packet::LONGEST;
        }
        stream.strange > 0
    }

    /// Tests lines that have the pattern or an odd place; each of them is whole, and begins here.
    fn lines(
        &mut self,
        key: StreamKey,
        record: &Record<'_>,
        bytes: &[u8],
        part: Range<usize>,
        longest: usize,
    ) {
        let lines = &bytes[part.clone()];
        let find_hit = |from: usize| self.pattern.find_at(lines, from);
        let find_odd =
            |from: usize| next_odd(self.pattern.text, lines, from, true).map(|odd| odd.at);
        let (mut hit, mut odd) = (find_hit(0), find_odd(0));
        let mut found = Vec::new();
        while let Some(at) = hit.into_iter().chain(odd).min() {
            let begin = memchr::memrchr(b'\n', &lines[..at]).map_or(0, |newline| newline + 1);
            let end = memchr::memchr(b'\n', &lines[at..]).map_or(lines.len(), |it| at + it + 1);
            found.push(begin..end);
            if hit.is_some_and(|hit| hit < end) {
                hit = find_hit(end);
            }
            if odd.is_some_and(|odd| odd < end) {
                odd = find_odd(end);
            }
        }
        // The block of the line before, and where the next one begins.
        let mut known: Option<(usize, usize)> = None;
        for line in found {
            let begin = part.start + line.start;
            let (block, _) = match known {
                Some(known) if begin < known.1 => known,
                _ => {
                    let block = self.block_at(record, begin);
                    let next = self.index.block_offset(block + 1, record.position);
                    *known.insert((block, next.unwrap_or(usize::MAX)))
                }
            };
            if line.len() > longest {
                let last = self.block_at(record, part.start + line.end - 1);
                (block..=last).for_each(|block| self.marks.mark(block));
            } else if self.passes(key, Begin::of(record, begin), &lines[line]) {
                self.count(block);
            }
        }
    }

    fn passes(&self, key: StreamKey, begin: Begin, bytes: &[u8]) -> bool {
        let head = begin.head(key);
        let last = (head.position, head.offset);
        (self.test)(&RawRow { head, last, bytes, event: None, continues: false, fault: None })
    }

    /// The rows under way of some streams have ended.
    fn end_streams(&mut self, which: impl Fn(StreamKey) -> bool) {
        let mut streams = std::mem::take(&mut self.streams);
        let ended = streams.iter_mut().filter(|(key, _)| which(**key));
        ended.for_each(|(key, stream)| self.end(*key, stream));
        self.streams = streams;
    }

    /// The row under way, if there is one, has ended.
    fn end(&mut self, key: StreamKey, stream: &mut Stream) {
        if stream.is_whole {
            if self.has(&stream.bytes) && self.passes(key, stream.begin, &stream.bytes) {
                self.count(stream.block);
            }
        } else if cut_char(self.pattern.text, &stream.bytes).is_some() {
            self.marks.mark(stream.block);
        }
        stream.bytes.clear();
        stream.is_whole = self.lines.is_some();
    }

    /// The row under way may have ended, who knows where.
    fn doubt(&mut self, stream: &mut Stream) {
        if stream.is_under_way() && std::mem::take(&mut stream.is_whole) {
            if self.has(&stream.bytes) {
                self.marks.mark(stream.block);
            }
            let excess = stream.bytes.len().saturating_sub(self.reach());
            stream.bytes.drain(..excess);
        }
    }

    /// Whether a row of these bytes may have the pattern.
    fn has(&self, row: &[u8]) -> bool {
        self.pattern.is_in(row) || next_odd(self.pattern.text, row, 0, true).is_some()
    }

    /// Marks the blocks of hits and odd places in a part of a record, and of those that began before it: rows may begin and end
    /// anywhere.
    fn look(&mut self, stream: &mut Stream, record: &Record<'_>, bytes: &[u8], part: Range<usize>) {
        if part.is_empty() {
            return;
        }
        let (pattern, reach) = (self.pattern, self.reach());
        let here = &bytes[part.clone()];
        let mut begins = !stream.is_under_way() || stream.bytes.last() == Some(&b'\n');
        let mut from = 0;
        if !stream.bytes.is_empty() {
            // What goes on from before.
            let before = stream.bytes.len();
            self.joined.clear();
            self.joined.extend_from_slice(&stream.bytes);
            self.joined.extend_from_slice(&here[..here.len().min(reach)]);
            let mut is_here = pattern.is_in(&self.joined);
            if let Some(at) = cut_char(pattern.text, &stream.bytes) {
                match first_char(&self.joined[at..]) {
                    FirstChar::Plain(length) => from = (at + length).saturating_sub(before),
                    FirstChar::Cut | FirstChar::Odd => is_here = true,
                }
            }
            if is_here {
                self.marks.mark(stream.block);
                self.marks.mark(self.block_at(record, part.start));
            }
        }
        let block_at = |at: usize| self.block_at(record, part.start + at);
        // One in a block is enough.
        let next_block = |block: usize, at: usize| {
            let next = self.index.block_offset(block + 1, record.position)?;
            let next = next.checked_sub(part.start)?;
            (next > at && next < here.len()).then_some(next)
        };
        let mut found = Vec::new();
        let mut hits_from = Some(0);
        while let Some(hit) = hits_from.and_then(|from| pattern.find_at(here, from)) {
            let block = block_at(hit);
            found.push(block);
            hits_from = next_block(block, hit);
        }
        while let Some(odd) = next_odd(pattern.text, here, from, begins) {
            // What is cut off at the end is looked at with what comes next.
            if odd.is_cut {
                break;
            }
            let block = block_at(odd.at);
            found.push(block);
            let Some(next) = next_block(block, odd.at) else { break };
            // Not within a character.
            from = next + here[next..].iter().take_while(|byte| **byte & 0xC0 == 0x80).count();
            begins = false;
        }
        found.into_iter().for_each(|block| self.marks.mark(block));
        stream.is_whole = false;
        stream.keep(here, self.block_at(record, part.end - 1), reach);
    }

    fn block_at(&self, record: &Record<'_>, offset: usize) -> usize {
        self.index.block_at(record.position, u32::try_from(offset).unwrap_or(u32::MAX))
    }

    /// How many bytes before another one may belong to the same match, the same character, or the same beginning of a packet.
    fn reach(&self) -> usize {
        (self.pattern.longest - 1).max(improv_packet::HEADER.len())
    }
}

impl Stream {
    const fn is_under_way(&self) -> bool {
        !self.is_whole || !self.bytes.is_empty()
    }

    /// Keeps the last bytes that came, of which the very last one is in this block.
    fn keep(&mut self, bytes: &[u8], block: usize, reach: usize) {
        self.bytes.extend_from_slice(&bytes[bytes.len().saturating_sub(reach)..]);
        self.bytes.drain(..self.bytes.len().saturating_sub(reach));
        self.block = block;
    }
}
