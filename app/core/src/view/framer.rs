//! Frames records into rows.
//!
//! Rows are numbered by their first byte. Each direction of each peer is cut on its own, so a line that is interrupted by
//! other traffic is still one row, at the place where it began. A row depends only on the bytes and events before its end,
//! never on how the capture was read, and it ends
//! - where its frame does: at a newline, at the end of a read or write, or after a silence, but never inside a character:
//!   the row takes the rest of it from the next record;
//! - at [`Limit`]: so many bytes in hexadecimal, about 4 KiB of text;
//! - when its connection does;
//! - when its first byte is more than [`HORIZON`] of capture behind, so that any row can be found whole near its place.

use std::time::Duration;

use encoding_rs::Encoding;

use super::chars::{BOUNDARY, CharClass};
use super::pending::{PendingRow, PendingRows};
use super::row_bounds::{RowEnd, RowHead, StreamKey};
use super::{Framing, RowFormat, ViewSpec};
use crate::capture::{Record, RecordBody};
use crate::session::SessionEvent;
use crate::{PeerId, Position, Timestamp};

/// How many bytes of capture a row may span, so a page is found by reading little more than this.
pub(super) const HORIZON: u64 = 4 << 20;

/// Longest row of text, in bytes.
pub(super) const LONGEST_ROW: usize = 4096;

/// How rows are cut. Two views with equal rules have the same rows, whatever else they show of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FramingRule {
    framing: Framing,
    limit: Limit,
    class: CharClass,
    /// Newlines end rows.
    lines: bool,
    /// Panics are looked for on the way.
    pub(super) folds: bool,
}

/// How long a row may get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit {
    /// At the end of a character, at most [`LONGEST_ROW`] bytes.
    Text,
    /// Exactly so many bytes.
    Bytes(usize),
}

impl FramingRule {
    pub(super) fn new(spec: &ViewSpec, encoding: &'static Encoding) -> Self {
        let limit = match spec.format {
            RowFormat::Text => Limit::Text,
            RowFormat::Hex | RowFormat::HexText => {
                Limit::Bytes(spec.bytes_per_row.count(spec.fitted_bytes))
            }
        };
        let text = limit == Limit::Text;
        // A byte of value 0x0A is a newline in text alone: messages in hexadecimal end at pauses.
        let lines = spec.framing == Framing::Line || text && spec.framing == Framing::Message;
        let class = match (CharClass::of(encoding), limit, lines) {
            // What characters there are matters only where text is cut or newlines are more than a byte.
            (utf16 @ CharClass::Utf16 { .. }, Limit::Bytes(_), true) => utf16,
            (_, Limit::Bytes(_), _) => CharClass::Single,
            (class, Limit::Text, _) => class,
        };
        let folds = spec.fold_panics && lines && text;
        Self { framing: spec.framing, limit, class, lines, folds }
    }

    /// From how many bytes on a row ends at the next boundary, and how many it has at most.
    const fn full(&self) -> (usize, usize) {
        match self.limit {
            Limit::Bytes(count) => (count, count),
            Limit::Text => (LONGEST_ROW + 1 - self.class.longest(), LONGEST_ROW),
        }
    }

    const fn at_boundary(&self, row: &PendingRow) -> bool {
        row.chars == BOUNDARY || matches!(self.limit, Limit::Bytes(_))
    }

    fn is_over(&self, silence: i64) -> bool {
        let longest = match self.framing {
            Framing::Packet => return true,
            Framing::Line => return false,
            Framing::Message => Framing::PAUSE,
            Framing::Gap { ms } => Duration::from_millis(u64::from(ms)),
        };
        silence > longest.as_nanos() as i64
    }

    /// Adds to `row` what of `rest` is its own; returns how much that is, and why the row ends if it does.
    fn extend(&self, row: &mut PendingRow, rest: &[u8]) -> (usize, Option<RowEnd>) {
        let (soft, hard) = self.full();
        let mut taken = 0;
        if row.ending.is_none() && row.length < soft {
            let window = &rest[..rest.len().min(soft - row.length)];
            let line_end = match self.lines {
                true => self.class.line_end(row.chars, window),
                false => None,
            };
            if let Some(end) = line_end {
                row.length += end;
                return (end, Some(RowEnd::Frame));
            }
            taken = window.len();
            row.length += taken;
            row.chars = self.class.after(row.chars, window);
            if row.length < soft {
                return (taken, None);
            }
        }
        let ending = *row.ending.get_or_insert(RowEnd::Limit);
        if self.at_boundary(row) {
            return (taken, Some(ending));
        }
        // The row has to end and a character is under way: take the rest of it.
        let window = &rest[taken..rest.len().min(taken + (hard.saturating_sub(row.length)))];
        match self.class.finish(row.chars, window) {
            Ok(more) => {
                row.length += more;
                (taken + more, Some(ending))
            }
            Err(chars) => {
                row.chars = chars;
                row.length += window.len();
                let ended = (row.length >= hard).then_some(ending);
                (taken + window.len(), ended)
            }
        }
    }
}

/// Who is told about rows as they are cut.
pub(super) trait RowSink {
    /// A row begins (of data or an event). `pending` are the other rows under way.
    fn start(&mut self, head: &RowHead, pending: &PendingRows);

    /// More bytes of a row, possibly none, and why it ends if it does. `row` already counts them.
    fn piece(&mut self, row: &PendingRow, bytes: &[u8], end: Option<RowEnd>);

    /// What the row that was just begun says.
    fn event(&mut self, head: &RowHead, event: &SessionEvent);

    /// Nothing more is wanted; asked before each row begins.
    fn enough(&self, next_row: u64) -> bool;
}

/// The state of cutting between two records.
#[derive(Clone, Debug)]
pub(super) struct Framer {
    rule: FramingRule,
    pending: PendingRows,
    next_row: u64,
    previous_at: Option<Timestamp>,
    touched: u64,
}

impl Framer {
    /// Before the first record; `first` is the first row's number.
    pub(super) fn new(rule: FramingRule, first: u64) -> Self {
        Self {
            rule,
            pending: PendingRows::default(),
            next_row: first,
            previous_at: None,
            touched: first,
        }
    }

    /// As it was before row `next_row`.
    pub(super) fn resume(
        rule: FramingRule,
        next_row: u64,
        previous_at: Option<Timestamp>,
        pending: PendingRows,
    ) -> Self {
        Self { rule, pending, next_row, previous_at, touched: next_row }
    }

    /// The number of the next row to begin.
    pub(super) const fn next_row(&self) -> u64 {
        self.next_row
    }

    /// The lowest row that was begun, continued or ended since this was asked last.
    pub(super) const fn take_touched(&mut self) -> u64 {
        std::mem::replace(&mut self.touched, self.next_row)
    }

    /// Forgets rows under way: what comes next does not follow what came before.
    pub(super) fn restart(&mut self) {
        self.pending = PendingRows::default();
    }

    /// Cuts a record, from byte `from` of its payload on.
    pub(super) fn record<S: RowSink>(&mut self, record: &Record<'_>, from: usize, sink: &mut S) {
        self.end_old(record.position, sink);
        match &record.body {
            RecordBody::Data(bytes) => self.data(record, bytes, from, sink),
            RecordBody::Event(event) => {
                if let SessionEvent::Ended { .. } = event {
                    self.end_peer(record.peer, sink);
                }
                if sink.enough(self.next_row) {
                    return;
                }
                let head = self.start(record, 0, sink);
                sink.event(&head, event);
            }
        }
    }

    fn data<S: RowSink>(&mut self, record: &Record<'_>, bytes: &[u8], from: usize, sink: &mut S) {
        let stream = StreamKey { peer: record.peer, direction: record.direction };
        let mut under_way = self.pending.remove(stream);
        if let Some(row) = &mut under_way {
            self.touched = self.touched.min(row.head.number);
            if row.ending.is_none() && self.rule.is_over(record.at.0 - row.last_at.0) {
                row.ending = Some(RowEnd::Frame);
            }
            if let Some(end) = row.ending.filter(|_| self.rule.at_boundary(row)) {
                sink.piece(row, &[], Some(end));
                under_way = None;
            }
        }
        let mut at = from;
        while at < bytes.len() {
            let mut row = match under_way.take() {
                Some(row) => row,
                None if sink.enough(self.next_row) => return,
                None => self.open(record, at, sink),
            };
            row.last_at = record.at;
            let (taken, mut end) = self.rule.extend(&mut row, &bytes[at..]);
            let piece = &bytes[at..at + taken];
            at += taken;
            if at == bytes.len() && end.is_none() && self.rule.framing == Framing::Packet {
                row.ending.get_or_insert(RowEnd::Frame);
                end = row.ending.filter(|_| self.rule.at_boundary(&row));
            } else if at == bytes.len()
                && end == Some(RowEnd::Limit)
                && self.rule.framing == Framing::Packet
            {
                end = Some(RowEnd::Frame);
            }
            sink.piece(&row, piece, end);
            if end.is_none() {
                under_way = Some(row);
            }
        }
        if let Some(row) = under_way {
            self.pending.insert(row);
        }
    }

    fn open<S: RowSink>(&mut self, record: &Record<'_>, offset: usize, sink: &mut S) -> PendingRow {
        let mut head = self.start(record, offset, sink);
        let chars = if head.odd {
            self.pending.set_odd(head.stream, false);
            // Some first half: the byte that comes completes it.
            self.rule.class.after(BOUNDARY, &[0])
        } else {
            BOUNDARY
        };
        head.odd = chars != BOUNDARY;
        PendingRow { head, length: 0, chars, ending: None, last_at: record.at }
    }

    fn start<S: RowSink>(&mut self, record: &Record<'_>, offset: usize, sink: &mut S) -> RowHead {
        let stream = StreamKey { peer: record.peer, direction: record.direction };
        let head = RowHead {
            number: self.next_row,
            position: record.position,
            offset: u32::try_from(offset).unwrap_or(u32::MAX),
            at: record.at,
            previous_at: self.previous_at.unwrap_or(record.at),
            stream,
            origin: record.origin,
            frame_offset: 0,
            odd: self.pending.is_odd(stream),
        };
        sink.start(&head, &self.pending);
        self.next_row += 1;
        self.previous_at = Some(record.at);
        head
    }

    fn end_old<S: RowSink>(&mut self, now: Position, sink: &mut S) {
        while let Some(oldest) = self.pending.oldest()
            && now.0.saturating_sub(oldest.head.position.0) > HORIZON
        {
            let stream = oldest.head.stream;
            let Some(row) = self.pending.remove(stream) else { return };
            self.touched = self.touched.min(row.head.number);
            let utf16 = matches!(self.rule.class, CharClass::Utf16 { .. });
            self.pending.set_odd(stream, utf16 && (row.chars >> 24) % 2 == 1);
            sink.piece(&row, &[], Some(RowEnd::Horizon));
        }
    }

    fn end_peer<S: RowSink>(&mut self, peer: PeerId, sink: &mut S) {
        for stream in self.pending.streams_of(peer) {
            let Some(row) = self.pending.remove(stream) else { continue };
            self.touched = self.touched.min(row.head.number);
            sink.piece(&row, &[], Some(RowEnd::Peer));
        }
        self.pending.forget_odd(peer);
    }
}
