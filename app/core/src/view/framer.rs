//! Frames records into rows.
//!
//! Rows are numbered by their first byte. Each direction of each peer is cut on its own, so a line that is interrupted by
//! other traffic is still one row, at the place where it began. A row depends only on the bytes and events before its end,
//! never on how the capture was read, and it ends
//! - where its frame does: at a newline, at the end of a read or write, or after a silence, but never inside a character:
//!   the row takes the rest of it from the next record;
//! - at [`Limit`]: so many bytes in hexadecimal, about 4 KiB of text;
//! - when its connection does, or its datagram: what comes after a datagram is another row, and one without bytes is a row;
//! - when its first byte is more than [`HORIZON`] of capture behind, so that any row can be found whole near its place.

use std::sync::Arc;
use std::time::Duration;

use encoding_rs::Encoding;

use super::chars::{BOUNDARY, CharClass, CharState};
use super::delimiters::Delimiters;
use super::frame_rule::{FrameRule, FrameStep};
use super::frame_state::{Carry, FrameState};
use super::improv_packet::{self, PacketPiece};
use super::pending::{PendingRow, PendingRows};
use super::row_bounds::{RowEnd, RowHead, StreamKey};
use super::{EncodingName, FrameFault, Framing, RowFormat, ViewSpec};
use crate::capture::{Record, RecordBody};
use crate::session::SessionEvent;
use crate::{Direction, PeerId, Position, Sentence, Timestamp};

/// How many bytes of capture a row may span, so a page is found by reading little more than this.
pub(super) const HORIZON: u64 = 4 << 20;

/// Longest row of text, in bytes.
pub(super) const LONGEST_ROW: usize = 4096;

/// How rows are cut. Two views with equal rules have the same rows, whatever else they show of them.
#[derive(Clone, Debug)]
pub(super) struct FramingRule {
    framing: Framing,
    encoding: &'static Encoding,
    limit: Limit,
    class: CharClass,
    ends: RowEnds,
    /// How long a direction may pause in a row, in nanoseconds.
    pause: Option<i64>,
    /// Panics are looked for on the way.
    pub(super) folds: bool,
}

impl PartialEq for FramingRule {
    fn eq(&self, other: &Self) -> bool {
        // All else follows from these.
        let key = |it: &Self| (it.limit, it.class, it.folds, it.encoding);
        self.framing == other.framing && key(self) == key(other)
    }
}

/// Which bytes end rows.
#[derive(Clone, Debug)]
enum RowEnds {
    /// None: reads or pauses do.
    Nothing,
    Newlines,
    /// Carriage returns and newlines.
    Returns,
    Delimiters(Arc<Delimiters>),
    Frames(Arc<FrameRule>),
}

/// A carriage return or an Improv packet ended the row, and a newline that follows belongs to it. No character is under way in this state.
const AFTER_CR: CharState = CharState::MAX;

/// How long a row may get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit {
    /// At the end of a character, at most [`LONGEST_ROW`] bytes.
    Text,
    /// Exactly so many bytes.
    Bytes(usize),
}

/// Where rows are lines: which lines are sure to be rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct LineRule {
    /// Those of so many bytes at most, with their newline.
    pub(super) longest: usize,
    /// … if no silence of more nanoseconds is in them.
    pause: Option<i64>,
    /// That holds on a serial line too.
    serial_pause: i64,
}

impl LineRule {
    /// Whether a silence of so many nanoseconds may have ended a row.
    pub(super) fn may_be_over(&self, stream: StreamKey, silence: i64) -> bool {
        self.pause.is_some_and(|pause| silence > pause)
            || stream.is_serial() && silence > self.serial_pause
    }
}

impl FramingRule {
    pub(super) const fn framing(&self) -> &Framing {
        &self.framing
    }

    /// `None` where rows are no lines of text, or a newline is more than a byte.
    pub(super) fn lines(&self) -> Option<LineRule> {
        let wide = matches!(self.class, CharClass::Utf16 { .. });
        let is_lines = matches!(self.ends, RowEnds::Newlines) && self.limit == Limit::Text;
        let nanoseconds = |pause: Duration| pause.as_nanos() as i64;
        (is_lines && !wide).then(|| LineRule {
            longest: self.full().0,
            pause: (self.framing == Framing::Message).then(|| nanoseconds(Framing::MESSAGE_PAUSE)),
            serial_pause: nanoseconds(Framing::TURN_PAUSE),
        })
    }

    pub(super) fn new(spec: &ViewSpec, encoding: &'static Encoding) -> Self {
        let limit = match spec.format {
            RowFormat::Text => Limit::Text,
            RowFormat::Hex | RowFormat::HexText => {
                Limit::Bytes(spec.bytes_per_row.count(spec.fitted_bytes))
            }
        };
        let text = limit == Limit::Text;
        let framed = |rule: Result<FrameRule, _>| match rule {
            Ok(rule) => (RowEnds::Frames(Arc::new(rule)), Some(Framing::STALL)),
            Err(_) => (RowEnds::Nothing, Some(Framing::PAUSE)),
        };
        let (ends, pause) = match &spec.framing {
            Framing::Packet => (RowEnds::Nothing, None),
            Framing::Line => (RowEnds::Newlines, None),
            // A byte of value 0x0A is a newline in text alone: messages in hexadecimal end at pauses.
            Framing::Message if text => (RowEnds::Newlines, Some(Framing::PAUSE)),
            Framing::Message => (RowEnds::Nothing, Some(Framing::PAUSE)),
            Framing::Gap { ms } => (RowEnds::Nothing, Some(Duration::from_millis(u64::from(*ms)))),
            Framing::Cr => (RowEnds::Returns, None),
            Framing::Delimiter { delimiters } => {
                match Delimiters::new(delimiters, &spec.encoding) {
                    Ok(delimiters) => (RowEnds::Delimiters(Arc::new(delimiters)), None),
                    Err(_) => (RowEnds::Nothing, Some(Framing::PAUSE)),
                }
            }
            Framing::Length { bytes } => framed(FrameRule::of_length(*bytes)),
            Framing::Frame(layout) => framed(FrameRule::new(layout, &spec.encoding)),
        };
        let lines = matches!(ends, RowEnds::Newlines | RowEnds::Returns);
        let class = match (CharClass::of(encoding), limit, lines) {
            // What characters there are matters only where text is cut or newlines are more than a byte.
            (utf16 @ CharClass::Utf16 { .. }, Limit::Bytes(_), true) => utf16,
            (_, Limit::Bytes(_), _) => CharClass::Single,
            // A frame may end inside of what looks like a character.
            _ if matches!(ends, RowEnds::Frames(_)) => CharClass::Single,
            (class, Limit::Text, _) => class,
        };
        let folds = spec.fold_panics && lines && text;
        let pause = pause.map(|pause| pause.as_nanos() as i64);
        Self { framing: spec.framing.clone(), encoding, limit, class, ends, pause, folds }
    }

    /// From how many bytes on a row ends at the next boundary, and how many it has at most.
    const fn full(&self) -> (usize, usize) {
        match self.limit {
            Limit::Bytes(count) => (count, count),
            Limit::Text => (LONGEST_ROW + 1 - self.class.longest(), LONGEST_ROW),
        }
    }

    const fn at_boundary(&self, row: &PendingRow) -> bool {
        let text = matches!(self.limit, Limit::Text);
        row.chars == BOUNDARY || !text && row.chars != AFTER_CR
    }

    /// Whether a row ends because of the time, or the turn, that came before the next byte.
    fn is_over(&self, row: &PendingRow, now: Timestamp) -> bool {
        let silence = now.0.saturating_sub(row.last_at.0);
        match (&self.framing, self.pause) {
            (Framing::Packet, _) => true,
            (Framing::Message, _) if row.turned || row.head.stream.direction == Direction::Out => {
                silence > Framing::MESSAGE_PAUSE.as_nanos() as i64
            }
            (_, Some(longest)) => silence > longest,
            // Where a device says its delimiter, there may be a prompt without one, too.
            (Framing::Line | Framing::Cr | Framing::Delimiter { .. }, None)
                if row.head.stream.is_serial() =>
            {
                let longest = if row.turned { Framing::TURN_PAUSE } else { Framing::LINE_PAUSE };
                silence > longest.as_nanos() as i64
            }
            (_, None) => false,
        }
    }

    /// What is known of a frame that begins, where there is anything to know.
    fn fresh_frame(&self) -> Option<Box<FrameState>> {
        let knows = matches!(self.ends, RowEnds::Delimiters(_) | RowEnds::Frames(_));
        knows.then(Box::default)
    }

    /// Where in these bytes the row ends.
    fn end_in(&self, row: &mut PendingRow, window: &[u8], datagram: bool) -> Option<usize> {
        match &self.ends {
            RowEnds::Nothing | RowEnds::Frames(_) => None,
            // A datagram is a message, whatever is in it.
            RowEnds::Newlines if datagram && self.framing == Framing::Message => None,
            RowEnds::Newlines => self.class.line_end(row.chars, window),
            RowEnds::Returns => self.class.return_end(row.chars, window),
            RowEnds::Delimiters(delimiters) => {
                delimiters.end(row.frame.get_or_insert_default(), window)
            }
        }
    }

    /// As [`Self::extend`], where frames end rows. A full row ends when the byte comes that it has no room for: only then is
    /// it known whether its frame goes on.
    fn extend_frame(
        &self,
        rule: &FrameRule,
        row: &mut PendingRow,
        rest: &[u8],
    ) -> (usize, Option<RowEnd>) {
        let most = self.full().1;
        let frame = row.frame.get_or_insert_default();
        for (at, byte) in rest.iter().enumerate() {
            if row.length == most {
                let mut next = frame.clone();
                if rule.step(&mut next, *byte) != FrameStep::Before {
                    return (at, Some(RowEnd::Limit));
                }
                *frame = next;
                return (at, Some(RowEnd::Frame));
            }
            match rule.step(frame, *byte) {
                FrameStep::Before => return (at, Some(RowEnd::Frame)),
                FrameStep::Take => row.length += 1,
                FrameStep::End => {
                    row.length += 1;
                    return (at + 1, Some(RowEnd::Frame));
                }
            }
        }
        (rest.len(), None)
    }

    /// Whether a row that begins as an Improv packet is one: a board prints such between the lines of its console.
    fn knows_packets(&self, row: &PendingRow) -> bool {
        matches!(self.ends, RowEnds::Newlines | RowEnds::Returns)
            && self.limit == Limit::Text
            && !matches!(self.class, CharClass::Utf16 { .. })
            && row.head.stream.is_serial()
    }

    /// Adds to `row` what of `rest` is its own; returns how much that is, and why the row ends if it does.
    fn extend(&self, row: &mut PendingRow, rest: &[u8], datagram: bool) -> (usize, Option<RowEnd>) {
        if let RowEnds::Frames(rule) = &self.ends {
            return self.extend_frame(rule, row, rest);
        }
        if row.ending.is_none()
            && (row.frame.is_some() || row.length == 0)
            && !rest.is_empty()
            && self.knows_packets(row)
        {
            match improv_packet::extend(&mut row.frame, rest) {
                PacketPiece::Not => {}
                PacketPiece::More => {
                    row.length += rest.len();
                    return (rest.len(), None);
                }
                PacketPiece::Whole(taken) => {
                    row.length += taken;
                    // The newline behind it is a part of the row, as behind a carriage return.
                    (row.chars, row.ending) = (AFTER_CR, Some(RowEnd::Frame));
                    let (more, over) = self.extend(row, &rest[taken..], datagram);
                    return (taken + more, over);
                }
            }
        }
        let (soft, hard) = self.full();
        let mut taken = 0;
        if row.ending.is_none() && row.length < soft {
            let window = &rest[..rest.len().min(soft - row.length)];
            if let Some(end) = self.end_in(row, window, datagram) {
                row.length += end;
                let is_return = matches!(self.ends, RowEnds::Returns)
                    && window[end - 1] == b'\r'
                    && !matches!(self.class, CharClass::Utf16 { .. });
                if !is_return {
                    return (end, Some(RowEnd::Frame));
                }
                (row.chars, row.ending) = (AFTER_CR, Some(RowEnd::Frame));
                let (more, over) = self.extend(row, &rest[end..], datagram);
                return (end + more, over);
            }
            taken = window.len();
            row.length += taken;
            row.chars = self.class.after(row.chars, window);
            if row.length < soft {
                return (taken, None);
            }
        }
        let ending = *row.ending.get_or_insert(RowEnd::Limit);
        if row.chars == AFTER_CR {
            let room = row.length < hard;
            return match rest.first().filter(|_| room) {
                Some(b'\n') => {
                    row.length += 1;
                    (1, Some(ending))
                }
                None if room => (0, None),
                _ => (0, Some(ending)),
            };
        }
        if self.at_boundary(row) {
            return (taken, Some(ending));
        }
        // The row has to end and a character is under way: take the rest of it.
        let window = &rest[taken..rest.len().min(taken + (hard.saturating_sub(row.length)))];
        let (more, chars) = match self.class.finish(row.chars, window) {
            Ok(more) => (more, BOUNDARY),
            Err(chars) => (window.len(), chars),
        };
        row.chars = chars;
        row.length += more;
        let delimited = matches!(self.ends, RowEnds::Delimiters(_));
        if delimited && self.end_in(row, &window[..more], datagram).is_some() {
            row.ending = Some(RowEnd::Frame);
        }
        let over = chars == BOUNDARY || row.length >= hard;
        (taken + more, row.ending.filter(|_| over))
    }
}

impl Framing {
    /// Why rows cannot be cut like this; they are cut at pauses then.
    pub fn fault(&self, encoding: &EncodingName) -> Option<Sentence> {
        match self {
            Self::Delimiter { delimiters } => Delimiters::new(delimiters, encoding).err(),
            Self::Length { bytes } => FrameRule::of_length(*bytes).err(),
            Self::Frame(layout) => FrameRule::new(layout, encoding).err(),
            Self::Packet | Self::Line | Self::Message | Self::Gap { .. } | Self::Cr => None,
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
        let mut carry = self.pending.carry.take();
        let takes_turns = match self.rule.framing {
            Framing::Message => true,
            Framing::Line | Framing::Cr | Framing::Delimiter { .. } => stream.is_serial(),
            _ => false,
        };
        if takes_turns {
            self.pending.turn(stream);
        }
        let mut under_way = self.pending.remove(stream);
        if let Some(row) = &mut under_way {
            self.touched = self.touched.min(row.head.number);
            let is_over = record.datagram || self.rule.is_over(row, record.at);
            if row.ending != Some(RowEnd::Frame) && is_over {
                row.ending = Some(RowEnd::Frame);
                row.cut_short(&self.rule);
            }
            let ends = record.datagram || self.rule.at_boundary(row);
            if let Some(end) = row.ending.filter(|_| ends) {
                sink.piece(row, &[], Some(end));
                carry = row.carry(end);
                under_way = None;
            }
        }
        let mut at = from;
        let mut empty = record.datagram && bytes.is_empty();
        while at < bytes.len() || std::mem::take(&mut empty) {
            let mut row = match under_way.take() {
                Some(row) => row,
                None if sink.enough(self.next_row) => return,
                None => self.open(record, at, carry.take(), sink),
            };
            (row.last_at, row.turned) = (record.at, false);
            let (taken, mut end) = self.rule.extend(&mut row, &bytes[at..], record.datagram);
            let piece = &bytes[at..at + taken];
            at += taken;
            if taken > 0 {
                row.last = (record.position, u32::try_from(at - 1).unwrap_or(u32::MAX));
            }
            if at == bytes.len() && record.datagram {
                if end.is_none() {
                    row.cut_short(&self.rule);
                }
                end = Some(RowEnd::Frame);
            } else if at == bytes.len() && end.is_none() && self.rule.framing == Framing::Packet {
                row.ending.get_or_insert(RowEnd::Frame);
                end = row.ending.filter(|_| self.rule.at_boundary(&row));
            } else if at == bytes.len()
                && end == Some(RowEnd::Limit)
                && self.rule.framing == Framing::Packet
            {
                end = Some(RowEnd::Frame);
            }
            if at == bytes.len() && end == Some(RowEnd::Limit) {
                // Whether its frame goes on is not known before the next byte comes.
                row.ending = end.take();
            }
            sink.piece(&row, piece, end);
            match end {
                None => under_way = Some(row),
                Some(end) => carry = row.carry(end),
            }
        }
        if let Some(row) = under_way {
            self.pending.insert(row);
        }
    }

    fn open<S: RowSink>(
        &mut self,
        record: &Record<'_>,
        offset: usize,
        carry: Option<Carry>,
        sink: &mut S,
    ) -> PendingRow {
        self.pending.carry = carry;
        let mut head = self.start(record, offset, sink);
        let carried = self.pending.carry.take().and_then(|carry| carry.frame);
        let chars = if head.odd {
            self.pending.set_odd(head.stream, false);
            // Some first half: the byte that comes completes it.
            self.rule.class.after(BOUNDARY, &[0])
        } else {
            BOUNDARY
        };
        head.odd = chars != BOUNDARY;
        let frame = carried.or_else(|| self.rule.fresh_frame());
        let (length, ending, last_at, turned) = (0, None, record.at, false);
        let last = (head.position, head.offset);
        PendingRow { head, length, chars, ending, last_at, last, turned, frame }
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
            frame_offset: self.pending.carry.as_ref().map_or(0, |carry| carry.offset),
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
            let Some(mut row) = self.pending.remove(stream) else { return };
            row.cut_short(&self.rule);
            self.touched = self.touched.min(row.head.number);
            let utf16 = matches!(self.rule.class, CharClass::Utf16 { .. });
            self.pending.set_odd(stream, utf16 && (row.chars >> 24) % 2 == 1);
            sink.piece(&row, &[], Some(RowEnd::Horizon));
        }
    }

    /// Ends rows under way whose last byte came before then: for who cannot wait for what they may still become.
    pub(super) fn end_before<S: RowSink>(&mut self, at: Timestamp, sink: &mut S) {
        for stream in self.pending.streams_before(at) {
            let Some(mut row) = self.pending.remove(stream) else { continue };
            row.cut_short(&self.rule);
            self.touched = self.touched.min(row.head.number);
            sink.piece(&row, &[], Some(RowEnd::Frame));
        }
    }

    /// Whether no row is under way, and nothing goes on from one that has ended.
    pub(super) fn rests(&self) -> bool {
        self.pending.len() == 0 && self.pending.carry.is_none()
    }

    fn end_peer<S: RowSink>(&mut self, peer: PeerId, sink: &mut S) {
        for stream in self.pending.streams_of(peer) {
            let Some(mut row) = self.pending.remove(stream) else { continue };
            row.cut_short(&self.rule);
            self.touched = self.touched.min(row.head.number);
            sink.piece(&row, &[], Some(RowEnd::Peer));
        }
        self.pending.forget_odd(peer);
    }
}

impl PendingRow {
    /// Says that the rest of its frame does not come.
    fn cut_short(&mut self, rule: &FramingRule) {
        if let (RowEnds::Frames(_), Some(frame)) = (&rule.ends, &mut self.frame) {
            frame.fault.get_or_insert(FrameFault::Incomplete);
        }
    }

    /// What the next row has from this one, which ends.
    fn carry(&self, end: RowEnd) -> Option<Carry> {
        (end == RowEnd::Limit).then(|| Carry {
            offset: self.head.frame_offset + self.length as u64,
            // What is no frame is looked at anew.
            frame: self.frame.clone().filter(|frame| frame.fault.is_none()),
        })
    }
}
