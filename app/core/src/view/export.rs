//! Rows as text for the clipboard and for files.

use crate::hex;
use std::fmt::Write as _;

use jiff::tz::TimeZone;

use super::time_format::SecondText;
use super::{DeltaFormat, Filter, FrameFault, Row, RowKind, TimeFormat};
use crate::backend::{SaveFormat, TextFormat};
use crate::capture::{Record, RecordBody};
use crate::{Direction, PeerId, Timestamp};

/// What rows become.
#[derive(Clone, Debug)]
enum ExportFormat {
    Text,
    Hex,
    CArray,
    HexDump,
    Csv,
}

/// What stands before the text of a row.
#[derive(Clone, Debug)]
pub struct ExportColumns {
    /// The time.
    pub clock: TimeFormat,
    /// The time from another row.
    pub delta: DeltaFormat,
    /// `<` for received, `>` for sent, `*` for an event; `!` behind it when something is wrong with the frame.
    pub direction: bool,
    /// `#1`: whose.
    pub peer: bool,
}

/// Writes rows one after the other: [`Self::begin`], [`Self::row`] for each, [`Self::end`].
#[derive(Clone, Debug)]
pub struct Exporter {
    format: ExportFormat,
    columns: Option<ExportColumns>,
    /// Bytes written before in this line of a C array, or since the beginning of a frame in a hex dump.
    offset: usize,
    total: usize,
    /// Whose line was too long for the row written last, when nothing stands before rows.
    unfinished: Option<(PeerId, Direction)>,
    /// Bytes in a line of a hex dump.
    width: usize,
    second: SecondText,
    /// When the row written last began.
    last_at: Option<Timestamp>,
}

/// What an exporter writes of a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowText<'r> {
    pub(super) at: Timestamp,
    pub(super) previous_at: Timestamp,
    /// When the row began that is shown before it, or else it itself.
    pub(super) previous_shown_at: Timestamp,
    pub(super) direction: Direction,
    pub(super) peer: PeerId,
    pub(super) is_event: bool,
    pub(super) bytes: &'r [u8],
    pub(super) text: &'r str,
    pub(super) continues: bool,
    pub(super) fault: Option<FrameFault>,
}

/// What of an exporter's state the rows written so far decide, and the next one depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ExportState {
    offset: usize,
    unfinished: Option<(PeerId, Direction)>,
}

impl Exporter {
    /// For the clipboard. `columns` stand before each row of text; without them there is only its text, and
    /// a line that was too long for one row is one line again.
    pub fn copy(format: TextFormat, columns: Option<ExportColumns>) -> Self {
        let format = match format {
            TextFormat::Text | TextFormat::Timed => ExportFormat::Text,
            TextFormat::Hex => ExportFormat::Hex,
            TextFormat::CArray => ExportFormat::CArray,
        };
        Self::new(format, columns)
    }

    fn new(format: ExportFormat, columns: Option<ExportColumns>) -> Self {
        let (second, last_at) = (SecondText::default(), None);
        Self { format, columns, offset: 0, total: 0, unfinished: None, width: 16, second, last_at }
    }

    /// The same with so many bytes in a line of a hex dump, in place of 16.
    pub fn with_width(self, bytes: usize) -> Self {
        Self { width: bytes.max(1), ..self }
    }

    /// For a file; `None` for the formats that are not made of rows.
    pub fn save(format: SaveFormat, columns: Option<ExportColumns>) -> Option<Self> {
        let format = match format {
            SaveFormat::Text => ExportFormat::Text,
            SaveFormat::HexDump => ExportFormat::HexDump,
            SaveFormat::Csv => ExportFormat::Csv,
            SaveFormat::Raw | SaveFormat::Pcapng => return None,
        };
        Some(Self::new(format, columns))
    }

    /// What comes before the first row.
    pub fn begin(&self, out: &mut String) {
        if matches!(self.format, ExportFormat::CArray) {
            out.push_str("const unsigned char data[] = {");
        }
        if matches!(self.format, ExportFormat::Csv) {
            out.push_str("time,direction,connection,kind,bytes,text,hex,delta,fault\r\n");
        }
    }

    /// Appends a row. Events are left out where only bytes are wanted.
    pub fn row(&mut self, row: &Row, out: &mut String) {
        let row = RowText {
            at: row.at,
            previous_at: row.previous_at,
            previous_shown_at: row.previous_shown_at,
            direction: row.direction,
            peer: row.peer,
            is_event: row.kind != RowKind::Data,
            bytes: &row.bytes,
            text: &row.text,
            continues: row.continues,
            fault: row.fault,
        };
        self.write(&row, out);
    }

    /// The same, of a row that follows the one written last.
    pub(super) fn next_row(&mut self, row: &RowText<'_>, out: &mut String) {
        let previous_shown_at = self.last_at.replace(row.at).unwrap_or(row.at);
        self.write(&RowText { previous_shown_at, ..*row }, out);
    }

    /// Whether the text of rows of data is written, and not their bytes alone.
    pub(super) const fn wants_text(&self) -> bool {
        matches!(self.format, ExportFormat::Text | ExportFormat::Csv)
    }

    /// Whether rows can be written without those before them, but for what [`Self::begin_within`] guesses.
    pub(super) fn is_divisible(&self) -> bool {
        let counts = matches!(self.format, ExportFormat::CArray);
        !counts && !self.columns.as_ref().is_some_and(|columns| columns.delta.is_shown())
    }

    pub(super) const fn state(&self) -> ExportState {
        ExportState { offset: self.offset, unfinished: self.unfinished }
    }

    /// Begins with a row of whose frame so many bytes came before: if all of them were of this stream, one after the other, this is
    /// the state that the rows before have left.
    pub(super) fn begin_within(&mut self, frame_offset: u64, row: &RowText<'_>) -> ExportState {
        match self.format {
            ExportFormat::HexDump => {
                self.offset = usize::try_from(frame_offset).unwrap_or(usize::MAX);
            }
            ExportFormat::Text if self.columns.is_none() => {
                self.unfinished = (frame_offset > 0).then_some((row.peer, row.direction));
            }
            _ => {}
        }
        self.state()
    }

    /// Goes on where another exporter, which wrote what follows, has come.
    pub(super) fn follow(&mut self, other: Self) {
        (self.offset, self.unfinished) = (other.offset, other.unfinished);
        (self.second, self.last_at) = (other.second, other.last_at);
    }

    fn write(&mut self, row: &RowText<'_>, out: &mut String) {
        self.total += row.bytes.len();
        match self.format {
            ExportFormat::Text => {
                let stream = (row.peer, row.direction);
                if self.unfinished.take().is_some_and(|before| before != stream) {
                    out.push('\n');
                }
                self.prefix(row, out);
                out.push_str(row.text);
                if row.continues && self.columns.is_none() {
                    self.unfinished = Some(stream);
                } else {
                    out.push('\n');
                }
            }
            ExportFormat::Hex => {
                if !row.is_event {
                    hex::push_spaced(out, row.bytes);
                    out.push('\n');
                }
            }
            ExportFormat::CArray => {
                for byte in row.bytes {
                    out.push_str(if self.offset.is_multiple_of(12) { "\n    " } else { " " });
                    write!(out, "0x{byte:02X},").ok();
                    self.offset += 1;
                }
            }
            ExportFormat::HexDump => self.dump(row, out),
            ExportFormat::Csv => self.record(row, out),
        }
    }

    /// Ends the line of a row whose frame goes on, if there is one.
    pub fn end_line(&mut self, out: &mut String) {
        if self.unfinished.take().is_some() {
            out.push('\n');
        }
    }

    /// Whether the row written last has no end of line yet, because its frame goes on.
    pub const fn is_within_line(&self) -> bool {
        self.unfinished.is_some()
    }

    /// What comes after the last row.
    pub fn end(&self, out: &mut String) {
        if self.unfinished.is_some() {
            out.push('\n');
        }
        if matches!(self.format, ExportFormat::CArray) {
            writeln!(out, "\n}}; /* {} bytes */", self.total).ok();
        }
    }

    fn prefix(&mut self, row: &RowText<'_>, out: &mut String) {
        let Self { columns: Some(columns), second, .. } = self else { return };
        let ExportColumns { clock, delta, direction, peer } = columns;
        let before = out.len();
        clock.push_row(row.at, row.previous_at, second, out);
        if out.len() > before {
            out.push(' ');
        }
        if delta.is_shown() {
            out.push_str(&delta.between(row.previous_shown_at, row.at));
            out.push(' ');
        }
        if *direction {
            out.push_str(match (row.is_event, row.direction) {
                (true, _) => "*",
                (false, Direction::In) => "<",
                (false, Direction::Out) => ">",
            });
            // A frame that is none, or is damaged.
            out.push_str(if row.fault.is_some() { "! " } else { " " });
        }
        if *peer && row.peer != PeerId::SESSION {
            out.push('#');
            push_number(out, row.peer.0);
            out.push(' ');
        }
    }

    /// A record of RFC 4180: the time with its zone (RFC 3339), `in` or `out`, the number of the connection, `data` or
    /// `event`, how many bytes, the text as shown, the bytes exactly, the seconds from another row where the view has them, and
    /// what is wrong with the frame.
    fn record(&mut self, row: &RowText<'_>, out: &mut String) {
        static UTC: TimeZone = TimeZone::UTC;
        let zone = self.columns.as_ref().map_or(&UTC, |columns| &columns.clock.zone);
        self.second.push(row.at, zone, ("%Y-%m-%dT%H:%M:%S", "%:z"), out);
        let (direction, kind) = match (row.is_event, row.direction) {
            (true, _) => ("", "event"),
            (false, Direction::In) => ("in", "data"),
            (false, Direction::Out) => ("out", "data"),
        };
        write!(out, ",{direction},").ok();
        if row.peer != PeerId::SESSION {
            write!(out, "{}", row.peer.0).ok();
        }
        write!(out, ",{kind},{},", row.bytes.len()).ok();
        field(row.text, out);
        let delta = |columns: &ExportColumns| columns.delta.between(row.previous_shown_at, row.at);
        let delta = self.columns.as_ref().map_or_else(String::new, delta);
        let fault = row.fault.map_or("", FrameFault::word);
        out.push(',');
        hex::push_spaced(out, row.bytes);
        write!(out, ",{delta},{fault}\r\n").ok();
    }

    /// A line of its own for the columns, then some bytes a line with their offset from the beginning of the frame: what
    /// `text2pcap` and `xxd -r` read (with `-c` where there are not 16).
    fn dump(&mut self, row: &RowText<'_>, out: &mut String) {
        if self.offset == 0 || row.is_event {
            out.push_str("# ");
            self.prefix(row, out);
            if row.is_event {
                out.push_str(row.text);
            }
            out.push('\n');
        }
        hex::push_dump_lines(out, self.offset as u64, row.bytes, self.width);
        self.offset += row.bytes.len();
        if !row.continues {
            self.offset = 0;
        }
    }
}

/// Appends a number in decimal digits.
fn push_number(out: &mut String, number: u32) {
    let mut digits = [0; 10];
    let (mut at, mut rest) = (digits.len(), number);
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.push_str(str::from_utf8(&digits[at..]).unwrap_or_default());
}

/// A field of a table, in quotes where it needs them. Spreadsheets take what begins like a formula for one, and a peer must
/// not have one computed: an apostrophe before it makes it a text. Numbers stay numbers.
fn field(text: &str, out: &mut String) {
    let is_formula = match text.chars().next() {
        Some('=' | '@' | '\t' | '\r') => true,
        Some('+' | '-') => text.trim().parse::<f64>().is_err(),
        _ => false,
    };
    let needs_quotes = is_formula || text.contains([',', '"', '\n', '\r']) || text.trim() != text;
    if !needs_quotes {
        out.push_str(text);
        return;
    }
    out.push('"');
    if is_formula {
        out.push('\'');
    }
    out.push_str(&text.replace('"', "\"\""));
    out.push('"');
}

/// The bytes of a record that [`SaveFormat::Raw`] writes: those of the filter's direction, if it has one, from the filter's
/// peers. Its text does not matter: bytes have no rows.
pub fn raw_bytes<'r>(record: &'r Record<'_>, filter: &Filter) -> &'r [u8] {
    match &record.body {
        RecordBody::Data(bytes)
            if filter.direction.is_none_or(|direction| direction == record.direction)
                && (filter.peers.is_empty() || filter.peers.contains(&record.peer)) =>
        {
            bytes
        }
        _ => &[],
    }
}
