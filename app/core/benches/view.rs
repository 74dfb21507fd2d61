//! How fast a capture becomes rows: `cargo bench -p espalier-core --bench view`.
//!
//! `-- searches` and `-- exports` are those alone. Prints one line per measure, in time of one processor; the copy of the same bytes in the same run is what the first ones are measured against.

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark may stop where it stands")]

use std::hint::black_box;
use std::ops::{ControlFlow, Range};
use std::time::{Duration, Instant};

use espalier_core::backend::{SaveFormat, TextFormat};
use espalier_core::capture::{Encoder, Record, RecordBody, file_header};
use espalier_core::view::{
    CaptureRecords, ClockStyle, DeltaFormat, EncodingName, ExportColumns, Exporter, Filter,
    FindSpec, Framing, HighlightRule, History, PageRequest, RecordSource, RowFormat, TimeFormat,
    ViewSpec,
};
use espalier_core::{Direction, PeerId, Position, Timestamp};

const SLICE: u64 = 8 << 20;

/// Time of the processor where the system tells, so that other work beside it does not count; of the day elsewhere.
struct Watch(Instant, Option<Duration>);

impl Watch {
    fn start() -> Self {
        Self(Instant::now(), Self::processor())
    }

    fn elapsed(&self) -> Duration {
        match (self.1, Self::processor()) {
            (Some(before), Some(now)) => now.saturating_sub(before),
            _ => self.0.elapsed(),
        }
    }

    fn processor() -> Option<Duration> {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        Some(Duration::from_nanos(text.split(' ').next()?.parse().ok()?))
    }
}

fn settle(history: &mut History, records: &dyn RecordSource) -> Duration {
    let watch = Watch::start();
    while history.advance(records, SLICE).more {}
    watch.elapsed()
}

/// Numbered lines of some 64 bytes in reads of `read` bytes.
fn capture(total: usize, read: usize) -> Vec<u8> {
    capture_of(PeerId(1), total, read)
}

fn capture_of(peer: PeerId, total: usize, read: usize) -> Vec<u8> {
    let mut text = Vec::with_capacity(total + 100);
    let mut line = 0_u64;
    while text.len() < total {
        let level = if line % 1000 == 7 { "E" } else { "I" };
        let head = format!("{level} ({line:9}) wifi: received packet length=");
        text.extend_from_slice(format!("{head}{} ok\r\n", line * 7919 % 1500).as_bytes());
        line += 1;
    }
    let mut out = file_header();
    let mut encoder = Encoder::default();
    for (index, bytes) in text.chunks(read).enumerate() {
        let at = Timestamp(1_700_000_000_000_000_000 + index as i64 * 1000);
        encoder.data(at, Direction::In, peer, None, bytes.len());
        out.extend_from_slice(encoder.head());
        out.extend_from_slice(bytes);
        out.extend_from_slice(encoder.tail());
    }
    out
}

/// A thousand peers in turn, each ending the line it began last and beginning the next one.
fn crowd(total: usize) -> Vec<u8> {
    let mut out = file_header();
    let mut encoder = Encoder::default();
    let mut turn = 0_u32;
    while out.len() < total {
        let bytes = format!("{turn} of this line, which ends here\r\nand the next one begins: ");
        let at = Timestamp(1_700_000_000_000_000_000 + i64::from(turn) * 1000);
        encoder.data(at, Direction::In, PeerId(turn % 1000 + 1), None, bytes.len());
        out.extend_from_slice(encoder.head());
        out.extend_from_slice(bytes.as_bytes());
        out.extend_from_slice(encoder.tail());
        turn += 1;
    }
    out
}

fn rate(name: &str, bytes: usize, took: Duration) {
    let rate = bytes as f64 / 1e6 / took.as_secs_f64();
    println!("{name:<44} {rate:9.0} MB/s  {:8.1} ms", took.as_secs_f64() * 1e3);
}

fn pages(name: &str, history: &mut History, records: &dyn RecordSource) {
    let (revision, shown) = (history.status().revision, history.status().shown);
    let mut seed = 88_172_645_463_325_252_u64;
    let mut took: Vec<Duration> = (0..1000)
        .map(|_| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let row = seed % shown.saturating_sub(100).max(1);
            let start = Instant::now();
            let page = history.page(records, &PageRequest::rows(revision, row..row + 100), 0).0;
            assert_eq!(page.rows.len() as u64, shown.min(100));
            black_box(page);
            start.elapsed()
        })
        .collect();
    took.sort();
    println!(
        "{name:<44} p50 {:7.0} us  p99 {:7.0} us",
        took[500].as_secs_f64() * 1e6,
        took[990].as_secs_f64() * 1e6
    );
}

fn over(name: &str, capture: &Vec<u8>, spec: ViewSpec) -> History {
    let mut history = History::new(spec);
    let took = settle(&mut history, &CaptureRecords(capture));
    rate(name, capture.len(), took);
    history
}

fn searches(lines: &mut History, capture: &Vec<u8>) {
    let wanted = [
        ("literal without case", "length=1499", false, false),
        ("literal", "length=1499", false, true),
        ("literal that most rows have", "wifi", false, true),
        ("expression", r"length=1\d99 ok$", true, true),
        ("expression of two parts", "E .*length=1499", true, false),
    ];
    for (name, pattern, regex, case_sensitive) in wanted {
        let pattern = pattern.to_owned();
        lines.find(Some(&FindSpec { pattern, regex, case_sensitive, ..FindSpec::default() }));
        let took = settle(lines, &CaptureRecords(capture));
        rate(&format!("search, {name}"), capture.len(), took);
        let hits = lines.status().find.map(|find| find.hits);
        println!("{:<44} {:9} hits", "", hits.unwrap_or_default());
    }
    lines.find(None);
}

/// What `log` prints: all rows as text, with their time.
fn exported(name: &str, capture: &Vec<u8>, format: RowFormat, mut exporter: Exporter) {
    let records = CaptureRecords(capture);
    let start = Watch::start();
    let mut history = History::new(ViewSpec { format, ..ViewSpec::default() });
    while history.advance(&records, 64 << 20).more {}
    let (mut at, end) = (0, history.status().shown);
    let mut texts = [String::new(), String::new()];
    let mut length = 0;
    while at < end {
        let next = history.chunk_end(at);
        history.write(&records, at..next, &mut exporter, &mut texts);
        length += texts.iter().map(String::len).sum::<usize>();
        texts.iter_mut().for_each(String::clear);
        at = next;
    }
    black_box(length);
    rate(name, capture.len(), start.elapsed());
}

fn exports(capture: &Vec<u8>) {
    let clock = TimeFormat {
        style: ClockStyle::Local,
        start: Timestamp(0),
        zone: jiff::tz::TimeZone::UTC,
        date: true,
    };
    let delta = DeltaFormat::default();
    let columns =
        || Some(ExportColumns { clock: clock.clone(), delta, direction: true, peer: true });
    let text = Exporter::copy(TextFormat::Text, columns());
    exported("written as text", capture, RowFormat::Text, text);
    let Some(dump) = Exporter::save(SaveFormat::HexDump, columns()) else { return };
    exported("written as a hex dump", capture, RowFormat::HexText, dump);
}

/// 100 million rows without holding them.
struct Endless(Vec<u8>, u64);

impl RecordSource for Endless {
    fn extent(&self) -> Range<u64> {
        0..self.1 * self.0.len() as u64
    }

    fn walk(
        &self,
        from: Position,
        visit: &mut dyn FnMut(&Record<'_>) -> ControlFlow<()>,
    ) -> Position {
        let length = self.0.len() as u64;
        for index in from.0 / length..self.1 {
            let record = Record {
                position: Position(index * length),
                at: Timestamp(index as i64),
                direction: Direction::In,
                peer: PeerId(1),
                origin: None,
                datagram: false,
                body: RecordBody::Data(&self.0),
            };
            if visit(&record).is_break() {
                return Position((index + 1) * length);
            }
        }
        Position(self.1 * length)
    }
}

fn resident_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}

fn main() {
    let total = 256 << 20;
    let large = capture(total, 128 << 10);
    if std::env::args().any(|argument| argument == "exports") {
        return exports(&large);
    }
    if std::env::args().any(|argument| argument == "searches") {
        let mut lines = over("lines, reads of 128 KiB", &large, ViewSpec::default());
        return searches(&mut lines, &large);
    }
    let start = Instant::now();
    black_box(large.clone());
    rate("copying the capture (reference)", large.len(), start.elapsed());

    let mut lines = over("lines, reads of 128 KiB", &large, ViewSpec::default());
    println!("{:<44} {:9} rows", "", lines.status().rows);
    pages("a page of 100 anywhere", &mut lines, &CaptureRecords(&large));
    searches(&mut lines, &large);

    let filter = Filter { text: "E (".into(), ..Filter::default() };
    let mut few = over(
        "lines, one of 1000 passes the filter",
        &large,
        ViewSpec { filter, ..ViewSpec::default() },
    );
    pages("a page of 100 of these", &mut few, &CaptureRecords(&large));
    let filter = Filter { text: "7".into(), ..Filter::default() };
    let mut half =
        over("lines, most pass the filter", &large, ViewSpec { filter, ..ViewSpec::default() });
    pages("a page of 100 of these", &mut half, &CaptureRecords(&large));
    let hex = ViewSpec { format: RowFormat::HexText, ..ViewSpec::default() };
    let mut hex = over("hex", &large, hex);
    pages("a page of 100 of these", &mut hex, &CaptureRecords(&large));
    let utf16 = EncodingName("UTF-16LE".into());
    over("lines of UTF-16", &large, ViewSpec { encoding: utf16, ..ViewSpec::default() });
    exports(&large);
    drop(large);

    // A minified document: rows of 4 KiB, and marks in all of it.
    let mut dense = file_header();
    let mut encoder = Encoder::default();
    let document = "{\"a\":1,\"b\":2},".repeat((4 << 10) / 14) + "\r\n";
    for _ in 0..4096 {
        encoder.data(Timestamp(0), Direction::In, PeerId(1), None, document.len());
        dense.extend_from_slice(encoder.head());
        dense.extend_from_slice(document.as_bytes());
        dense.extend_from_slice(encoder.tail());
    }
    let rule = |pattern: &str, color| HighlightRule {
        pattern: pattern.into(),
        color,
        ..HighlightRule::default()
    };
    let highlights = vec![rule("1", 1), rule(":", 2), rule("b", 3)];
    let mut dense_rows = over(
        "rows of 4 KiB with 900 highlights",
        &dense,
        ViewSpec { highlights, ..ViewSpec::default() },
    );
    pages("a page of 100 of these", &mut dense_rows, &CaptureRecords(&dense));
    drop((dense, dense_rows));

    let small = capture(total / 4, 64);
    let packets = ViewSpec { framing: Framing::Packet, ..ViewSpec::default() };
    let mut packets = over("a row per read of 64 bytes", &small, packets);
    pages("a page of 100 of these", &mut packets, &CaptureRecords(&small));
    drop((small, packets));

    // What a serial port brings, as its sessions show it and without folding.
    let board = capture_of(PeerId::SESSION, total, 4096);
    let mut folding = ViewSpec { fold_panics: true, ..ViewSpec::default() };
    folding.filter.hide_improv = true;
    over("lines of a board, panics folded", &board, folding.clone());
    folding.fold_panics = false;
    over("lines of a board, not folded", &board, folding);
    drop(board);

    // Each of a thousand peers always has half a line under way.
    let crowd = crowd(total / 4);
    let mut lines = over("lines of 1000 peers, all unfinished", &crowd, ViewSpec::default());
    pages("a page of 100 of these", &mut lines, &CaptureRecords(&crowd));
    let filter = Filter { peers: vec![PeerId(500)], ..Filter::default() };
    let mut one =
        over("lines of one of these peers", &crowd, ViewSpec { filter, ..ViewSpec::default() });
    pages("a page of 100 of these", &mut one, &CaptureRecords(&crowd));
    drop((crowd, lines, one));

    let before = resident_mib();
    let endless =
        Endless("a line of text that is drawn\n".repeat(4096).into_bytes(), 100_000_000 / 4096);
    let mut history = History::new(ViewSpec::default());
    let took = settle(&mut history, &endless);
    rate("100 million rows", usize::try_from(endless.extent().end).unwrap(), took);
    pages("a page of 100 of these", &mut history, &endless);
    if let (Some(before), Some(after)) = (before, resident_mib()) {
        println!("{:<44} {:9} MiB", "memory for 100 million rows", after.saturating_sub(before));
    }
}
