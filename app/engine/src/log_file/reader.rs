//! What of a capture is written to log files.

use espalier_core::backend::TextFormat;
use espalier_core::capture::{Cursor, RecordBody, Source};
use espalier_core::session::LogFileForm;
use espalier_core::view::{
    ClockStyle, DeltaFormat, ExportColumns, Exporter, RowStream, TimeFormat, TimeZone, ViewSpec,
};
use espalier_core::{Direction, Position, Timestamp, say};

/// Capture that is read at once, in bytes.
const AT_ONCE: u64 = 64 << 10;

/// How long a row that has not ended is waited for; then what there is of it is a row.
pub const PATIENCE_NS: i64 = 2_000_000_000;

/// Reads a capture from a place on, a part at a time.
#[derive(Debug)]
pub struct LogReader {
    next: Position,
    /// `None`: received bytes as they came.
    rows: Option<Rows>,
}

#[derive(Debug)]
struct Rows {
    stream: RowStream,
    exporter: Exporter,
}

/// A part of a capture.
#[derive(Debug, Default)]
pub struct LogPart {
    /// What is to be written.
    pub bytes: Vec<u8>,
    /// The last place before which all is in this part or an earlier one, and how much of `bytes` that is.
    pub rests: Option<(Position, usize)>,
    /// When the last record came that is in it.
    pub last: Option<Timestamp>,
    /// The next record, of this time, goes into another file. Rows under way go there, too.
    pub turns: Option<Timestamp>,
    /// Bytes of the capture that went before they could be read.
    pub missing: u64,
    /// There may be more.
    pub more: bool,
}

impl LogReader {
    /// From this place on, with rows as this view shows them. Filters are for eyes.
    pub fn new(form: LogFileForm, view: &ViewSpec, from: Position) -> Self {
        let clock = TimeFormat {
            style: ClockStyle::Date,
            start: Timestamp(0),
            zone: TimeZone::system(),
            date: true,
        };
        let delta = DeltaFormat::default();
        let columns = ExportColumns { clock, delta, direction: true, peer: true };
        let columns = (form == LogFileForm::Text).then_some(columns);
        let rows = (form != LogFileForm::Raw).then(|| Rows {
            stream: RowStream::new(view),
            exporter: Exporter::copy(TextFormat::Text, columns),
        });
        Self { next: from, rows }
    }

    /// The next record.
    pub const fn next(&self) -> Position {
        self.next
    }

    /// Whether no row is under way.
    pub fn rests(&self) -> bool {
        let rests = |it: &Rows| it.stream.rests() && !it.exporter.is_within_line();
        self.rows.as_ref().is_none_or(rests)
    }

    /// What comes next. `takes`: whether a record of this time goes into the present file; `all`: rows under way end now.
    pub fn read(
        &mut self,
        source: &dyn Source,
        takes: &dyn Fn(Timestamp) -> bool,
        now: Timestamp,
        all: bool,
    ) -> LogPart {
        let mut part = LogPart::default();
        let mut text = String::new();
        let start = source.extent().start;
        if start > self.next.0 {
            part.missing = start - self.next.0;
            self.next = Position(start);
            self.end_rows(None, &mut text);
            if self.rows.is_some() {
                text.push_str(missing(part.missing).english());
                text.push('\n');
            }
        }
        let mut bytes = Vec::new();
        let mut cursor = Cursor::new(source, self.next);
        let (from, mut last) = (self.next.0, Timestamp(i64::MIN));
        part.more = true;
        loop {
            if self.next.0.saturating_sub(from) >= AT_ONCE {
                break;
            }
            let Some(record) = cursor.next() else {
                part.more = false;
                last = last.max(now);
                break;
            };
            if !takes(record.at) {
                part.turns = Some(record.at);
                break;
            }
            last = record.at;
            part.last = Some(last);
            match (&mut self.rows, record.direction, &record.body) {
                (Some(Rows { stream, exporter }), ..) => {
                    stream.record(&record, &mut |row| exporter.row(row, &mut text));
                }
                (None, Direction::In, RecordBody::Data(data)) => bytes.extend_from_slice(data),
                (None, ..) => {}
            }
            self.next = cursor.position();
            if self.rests() {
                part.rests = Some((self.next, text.len() + bytes.len()));
            }
        }
        let before = Timestamp(last.0.saturating_sub(PATIENCE_NS));
        self.end_rows((!all || part.more).then_some(before), &mut text);
        part.bytes = if self.rows.is_some() { text.into_bytes() } else { bytes };
        if self.rests() {
            part.rests = Some((self.next, part.bytes.len()));
        }
        part
    }

    /// Ends the rows under way that got nothing since then; without a time, all of them.
    fn end_rows(&mut self, before: Option<Timestamp>, text: &mut String) {
        let Some(Rows { stream, exporter }) = &mut self.rows else { return };
        match before {
            Some(before) => stream.end_before(before, &mut |row| exporter.row(row, text)),
            None => stream.end_all(&mut |row| exporter.row(row, text)),
        }
        if stream.rests() {
            exporter.end_line(text);
        }
    }
}

/// What stands in the log where a part of it is missing.
pub fn missing(bytes: u64) -> espalier_core::Sentence {
    say!(
        "note-log-file-missing",
        "-- {bytes} bytes of the history are missing here: they were let go before they could be written",
        bytes = bytes
    )
}
