//! What a view publishes: some rows, ready to be drawn, and how far it has come.

use std::ops::Range;
use std::sync::Arc;

use super::{FrameFault, RowMark};
use crate::capture::Damage;
use crate::{Direction, Origin, PeerId, Position, SgrStyle, Timestamp};

/// What whoever draws wants to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// Numbers the requests: [`Page::request_id`] says which one a page was made for.
    pub request_id: u64,
    /// The numbering that `rows` is of.
    pub revision: u64,
    /// Shown rows, by number.
    pub rows: Range<u64>,
    /// Not these, but the newest there are, as many.
    pub end: bool,
    /// Where the selected row begins: [`Page::selected`] says at which number that is.
    pub selected: Option<(Position, u32)>,
}

impl PageRequest {
    /// These rows, numbered as in `revision`.
    pub const fn rows(revision: u64, rows: Range<u64>) -> Self {
        Self { request_id: 0, revision, rows, end: false, selected: None }
    }

    /// So many of the newest rows.
    pub const fn newest(rows: u64) -> Self {
        Self { request_id: 0, revision: 0, rows: 0..rows, end: true, selected: None }
    }

    /// How many rows, within what a page can have.
    pub(super) const fn count(&self) -> u64 {
        match self.rows.end.saturating_sub(self.rows.start) {
            0 => 1,
            count if count > Page::LARGEST => Page::LARGEST,
            count => count,
        }
    }
}

/// A snapshot to draw from: rows, cut and decoded off the UI thread, and all that was true when they were made.
///
/// Whatever is drawn together is from one page: its rows' numbers and its [`ViewStatus`] belong together, those of two pages
/// need not.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// How far the view had come: the numbering and the extent that the rows' numbers are of.
    pub status: Arc<ViewStatus>,
    /// [`PageRequest::request_id`] of what it was made for.
    pub request_id: u64,
    /// Number of the first row of `rows` among the rows that pass the filter.
    pub first: u64,
    /// Number (in this revision) of the row that begins where the first row wanted last began: the same number that was
    /// asked for, but in answer to a request of an older revision. Whoever scrolls goes on from here then.
    pub anchor: u64,
    /// The rows, consecutive.
    pub rows: Arc<[Row]>,
    /// The row that was selected, and where it stands in this numbering.
    pub selected: Option<((Position, u32), RowVisibility)>,
}

/// Where a row stands among the shown ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowVisibility {
    /// Rows have not been counted as far as that.
    Unknown,
    /// The row is not shown.
    Hidden,
    /// At this number.
    Row(u64),
}

impl Page {
    /// Most rows in a page.
    pub const LARGEST: u64 = 4096;

    /// Which numbering its rows are of; 0 before there is any.
    pub fn revision(&self) -> u64 {
        self.status.revision
    }

    /// The rows that are shown, when it was made.
    pub fn extent(&self) -> Range<u64> {
        self.status.first_shown..self.status.shown
    }

    /// The numbers of its rows.
    pub fn numbers(&self) -> Range<u64> {
        self.first..self.first + self.rows.len() as u64
    }

    /// A shown row, if it is on this page.
    pub fn row(&self, number: u64) -> Option<&Row> {
        self.rows.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// Whether it has all that there is of these rows, which are numbered as it is.
    pub fn holds(&self, rows: &Range<u64>) -> bool {
        let (extent, numbers) = (self.extent(), self.numbers());
        let (start, end) = (rows.start.max(extent.start), rows.end.min(extent.end));
        start >= end || numbers.start <= start && end <= numbers.end
    }

    /// Whether it shows what is wanted.
    pub fn answers(&self, wanted: &PageRequest) -> bool {
        let PageRequest { revision, rows, end, .. } = wanted;
        let extent = self.extent();
        if *end {
            let count = rows.end.saturating_sub(rows.start);
            self.revision() > 0 && self.holds(&(extent.end.saturating_sub(count)..extent.end))
        } else {
            *revision == self.revision() && self.holds(rows)
        }
    }
}

/// One row.
#[derive(Clone, Debug)]
pub struct Row {
    /// The row's number in the capture under the current framing, before any filter; stable while the framing stays.
    pub number: u64,
    /// The record its first byte is in.
    pub position: Position,
    /// Which byte of that record's payload it begins with.
    pub offset: u32,
    /// Where its last byte is: a record, and which byte of it. An event is its own beginning.
    pub last: (Position, u32),
    /// On a timeline: the record of a session that this record is a copy of, or tells of.
    pub origin: Option<Origin>,
    /// Time of its first byte.
    pub at: Timestamp,
    /// Time of the first byte of the row before it in the capture (before any filter); its own time for the first row.
    pub previous_at: Timestamp,
    /// Time of the first byte of the row that is shown before it; its own time for the first row.
    pub previous_shown_at: Timestamp,
    /// How many bytes of its frame (line, read, message) came before its first byte, in the rows before it.
    pub frame_offset: u64,
    /// Which way.
    pub direction: Direction,
    /// Whose.
    pub peer: PeerId,
    /// Data or event.
    pub kind: RowKind,
    /// The row's raw bytes (none for an event).
    pub bytes: Arc<[u8]>,
    /// The row's text: decoded data, or the event's text form. In [`super::RowFormat::Hex`] the bytes in hexadecimal, three
    /// characters a byte (`48 65 6C`).
    pub text: Arc<str>,
    /// Parts of `text` that are not plain, sorted by start, of each layer disjoint.
    pub spans: Arc<[Span]>,
    /// The row was full: its line, read or write goes on in another row.
    pub continues: bool,
    /// What is wrong with the frame that the row is, or ends.
    pub fault: Option<FrameFault>,
    /// The name (or none: empty) of the bookmark it has.
    pub bookmark: Option<Arc<str>>,
    /// The row stands for others that are, or can be, folded behind it.
    pub fold: Option<Folded>,
}

impl Row {
    /// An empty row of this number: what stands for one that can no longer be read.
    pub fn blank(number: u64) -> Self {
        Self {
            number,
            position: Position(0),
            offset: 0,
            last: (Position(0), 0),
            origin: None,
            at: Timestamp(0),
            previous_at: Timestamp(0),
            previous_shown_at: Timestamp(0),
            frame_offset: 0,
            direction: Direction::In,
            peer: PeerId::SESSION,
            kind: RowKind::Data,
            bytes: Arc::default(),
            text: Arc::from(""),
            spans: Arc::default(),
            continues: false,
            fault: None,
            bookmark: None,
            fold: None,
        }
    }
}

/// Which fold: where its first row begins, a record and a byte in it.
pub type FoldId = (Position, u32);

/// Rows behind a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folded {
    /// What to call it in [`ViewSpec::unfolded`](super::ViewSpec::unfolded).
    pub id: FoldId,
    /// How many rows are folded.
    pub rows: u64,
    /// The folded rows are hidden.
    pub hidden: bool,
}

/// What a row is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// Bytes that moved.
    Data,
    /// Something that happened.
    Event(crate::session::SessionEvent),
}

/// A part of a row's text that is not plain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Byte range in the text.
    pub range: Range<usize>,
    /// What about it.
    pub layer: Layer,
}

/// What a span says of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layer {
    /// An ANSI style. Where one of two colours that change places is not given, it is that of plain text.
    Sgr(SgrStyle),
    /// A control character, as a [`super::ControlForm`].
    Control,
    /// Bytes that are no character in the chosen encoding, drawn as `\xNN`, or a dot each beside hex.
    Undecodable,
    /// A highlight rule's colour, 0 to 7.
    Highlight(u8),
    /// A hit of the current search.
    Hit,
}

/// How far a view has come.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ViewStatus {
    /// Grows whenever rows are numbered anew: with every change of the specification, and once more when estimated numbers
    /// became true ones.
    pub revision: u64,
    /// When the capture began: the time of its oldest record.
    pub start: Timestamp,
    /// Rows of the capture under the current framing, as far as indexed.
    pub rows: u64,
    /// Number of the first shown row that is still there; retention lets the oldest go, and numbers stay.
    pub first_shown: u64,
    /// One past the number of the last row that passes the filter, as far as indexed.
    pub shown: u64,
    /// The numbers are estimates: what is drawn was cut before the whole capture is.
    pub is_estimated: bool,
    /// Bytes of the capture indexed so far, and bytes there are.
    pub indexed: (u64, u64),
    /// What is missing or damaged in the capture, as far as indexed.
    pub damage: Option<Damage>,
    /// Why the filter's or a rule's pattern is not used, if it is not a valid expression.
    pub pattern_error: Option<Arc<str>>,
    /// The running or finished search.
    pub find: Option<FindStatus>,
    /// Where the record is that was sought last, once that is known.
    pub seek_status: Option<SeekStatus>,
    /// Where somebody, or a rule, has put a mark into the log, as far as indexed: the newest [`BookmarkList::MOST`](super::BookmarkList::MOST), in order.
    pub marks: Arc<[RowMark]>,
}

/// Where a record that was sought stands among the shown rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeekStatus {
    /// The time that was sought, if it was a time.
    pub time: Option<Timestamp>,
    /// The record.
    pub record: Position,
    /// Which byte of it.
    pub offset: u32,
    /// The shown row that holds it, or the nearest one; `None` when no row is shown.
    pub row: Option<u64>,
    /// The row holds it: it is neither hidden nor gone.
    pub exact: bool,
}

/// How far a search has come.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FindStatus {
    /// Shown rows with at least one hit, as far as searched.
    pub hits: u64,
    /// Shown rows searched.
    pub searched: u64,
    /// The hit that next/previous moved to: its ordinal (from 0) and its row among the shown rows.
    pub current: Option<(u64, u64)>,
    /// Why the pattern cannot be used.
    pub error: Option<Arc<str>>,
}
