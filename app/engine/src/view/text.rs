//! Rows as text, for the clipboard and for files.

use std::fmt::Write as _;

use espalier_core::backend::TextFormat;
use espalier_core::view::{ClockStyle, Row, RowKind};
use espalier_core::{Direction, PeerId, Timestamp};
use jiff::tz::TimeZone;

/// Makes the text of some rows for the clipboard.
pub(super) struct TextWriter {
    format: TextFormat,
    text: String,
    /// Bytes in the C array so far.
    bytes: u64,
    lines: Lines,
    full: bool,
}

impl TextWriter {
    /// The most bytes of text; a line that says so comes after them.
    const LONGEST: usize = 64 << 20;

    pub fn new(format: TextFormat) -> Self {
        Self { format, text: String::new(), bytes: 0, lines: Lines::default(), full: false }
    }

    pub const fn is_full(&self) -> bool {
        self.full
    }

    pub fn row(&mut self, row: &Row) {
        if self.full {
            return;
        }
        match self.format {
            TextFormat::Text => self.lines.put(&mut self.text, row, &row.text),
            TextFormat::Hex if row.kind == RowKind::Data => {
                self.lines.put(&mut self.text, row, &hex(&row.bytes));
            }
            TextFormat::CArray if row.kind == RowKind::Data => self.elements(&row.bytes),
            // Events have no bytes.
            TextFormat::Hex | TextFormat::CArray => {}
        }
        self.full = self.text.len() >= Self::LONGEST;
    }

    fn elements(&mut self, bytes: &[u8]) {
        const IN_A_LINE: u64 = 12;
        for byte in bytes {
            let before = if self.bytes.is_multiple_of(IN_A_LINE) { "\n    " } else { " " };
            write!(self.text, "{before}0x{byte:02X},").ok();
            self.bytes += 1;
        }
    }

    pub fn finish(self) -> String {
        let Self { format, mut text, bytes, full, .. } = self;
        if format == TextFormat::CArray {
            text = format!("static const unsigned char bytes[{bytes}] = {{{text}\n}};");
        }
        if full {
            text.push_str("\n… cut at 64 MiB");
        }
        text
    }
}

/// Puts rows below each other; the parts of a line that was too long for one row are put together again.
#[derive(Debug, Default)]
pub(super) struct Lines {
    last: Option<(PeerId, Direction, bool)>,
}

impl Lines {
    pub fn put(&mut self, text: &mut String, row: &Row, content: &str) {
        match self.last {
            Some((peer, direction, true)) if (peer, direction) == (row.peer, row.direction) => {}
            Some(_) => text.push('\n'),
            None => {}
        }
        text.push_str(content);
        self.last = Some((row.peer, row.direction, row.continues));
    }
}

/// What stands before a row in a saved log: its time, direction and peer; nothing without a clock.
pub(super) struct Stamp {
    clock: ClockStyle,
    zone: TimeZone,
    start: Timestamp,
}

impl Stamp {
    /// `start` is when the capture began.
    pub fn new(clock: ClockStyle, start: Timestamp) -> Self {
        Self { clock, zone: TimeZone::system(), start }
    }

    pub const fn is_off(&self) -> bool {
        matches!(self.clock, ClockStyle::Off)
    }

    pub fn put(&self, text: &mut String, row: &Row) {
        let seconds = |text: &mut String, from: Timestamp| {
            let micros = (row.at.0 - from.0) / 1000;
            let sign = if micros < 0 { "-" } else { "" };
            let micros = micros.unsigned_abs();
            write!(text, "{sign}{}.{:06}", micros / 1_000_000, micros % 1_000_000).ok();
        };
        match self.clock {
            ClockStyle::Off => return,
            ClockStyle::Local => self.local(text, row.at),
            ClockStyle::SinceStart => seconds(text, self.start),
            ClockStyle::SincePrevious => seconds(text, row.previous_at),
        }
        let direction = match (&row.kind, row.direction) {
            (RowKind::Event(_), _) => "*",
            (RowKind::Data, Direction::In) => "<",
            (RowKind::Data, Direction::Out) => ">",
        };
        write!(text, " {direction} #{} ", row.peer.0).ok();
    }

    fn local(&self, text: &mut String, at: Timestamp) {
        // A damaged capture may hold any number; years beyond 9999 are shown as nanoseconds.
        match jiff::Timestamp::from_nanosecond(i128::from(at.0)) {
            Ok(time) => {
                let time = time.to_zoned(self.zone.clone());
                write!(text, "{}", time.strftime("%Y-%m-%d %H:%M:%S%.6f")).ok();
            }
            Err(_) => {
                write!(text, "{}", at.0).ok();
            }
        }
    }
}

/// `48 65 6C`.
fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for (n, byte) in bytes.iter().enumerate() {
        let space = if n == 0 { "" } else { " " };
        write!(text, "{space}{byte:02X}").ok();
    }
    text
}

/// A row's bytes as `hexdump -C` shows them, 16 to a line.
pub(super) fn hex_dump(text: &mut String, bytes: &[u8]) {
    for (n, line) in bytes.chunks(16).enumerate() {
        write!(text, "{:08x} ", n * 16).ok();
        for place in 0..16 {
            let gap = if place == 8 { "  " } else { " " };
            match line.get(place) {
                Some(byte) => write!(text, "{gap}{byte:02x}").ok(),
                None => write!(text, "{gap}  ").ok(),
            };
        }
        text.push_str("  |");
        let shown = |byte: &u8| if (b' '..0x7F).contains(byte) { char::from(*byte) } else { '.' };
        text.extend(line.iter().map(shown));
        text.push_str("|\n");
    }
}
