//! What a frame of the log costs: `cargo bench -p espalier-ui --bench log_view`.
//!
//! Layout and tessellation without a window, 1280×900, in CPU time of the thread (wall time where the system does not tell).

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark may stop where it stands")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use egui::{Event, Modifiers, MouseWheelUnit, RawInput, Rect, pos2, vec2};
use espalier_core::backend::{Copying, Saving, View};
use espalier_core::view::{
    ClockStyle, DeltaFormat, FindSpec, Layer, Page, PageRequest, Row, RowFormat, RowKind, Span,
    TimeFormat, TimeZone, ViewSpec, ViewStatus,
};
use espalier_core::{Direction, PeerId, Position, Sentence, SgrStyle, Timestamp};
use espalier_ui::widgets::log_view::{LogStyle, LogView};
use parking_lot::Mutex;

/// Rows that are made when they are asked for, as the engine's worker has them ready.
struct Rows {
    count: AtomicU64,
    length: RowLength,
    wanted: Mutex<PageRequest>,
}

#[derive(Clone, Copy, PartialEq)]
enum RowLength {
    Line,
    /// 4 KiB.
    Long,
    /// 4 KiB, and every other byte a hit.
    Marked,
}

impl Rows {
    fn row(&self, number: u64) -> Row {
        let mut text =
            format!("I ({number}) wifi:station: packet length={} 信号 ok", number * 7919 % 1500);
        if self.length != RowLength::Line {
            text = text.repeat(4096 / text.len());
        }
        let red = Layer::Sgr(SgrStyle { foreground: Some(1), bold: true, ..SgrStyle::default() });
        let mut spans =
            vec![Span { range: 0..1, layer: red }, Span { range: 4..6, layer: Layer::Hit }];
        if self.length == RowLength::Marked {
            let hits = (8..text.len()).step_by(2);
            spans.extend(hits.map(|at| Span { range: at..at + 1, layer: Layer::Hit }));
        }
        Row {
            number,
            position: Position(number),
            offset: 0,
            at: Timestamp(1_700_000_000_000_000_000 + number as i64 * 1000),
            previous_at: Timestamp(0),
            direction: Direction::In,
            peer: PeerId(1),
            kind: RowKind::Data,
            bytes: text.as_bytes()[..16].into(),
            text: text.into(),
            spans: spans.into(),
            ..Row::blank(number)
        }
    }
}

impl View for Rows {
    fn status(&self) -> ViewStatus {
        let shown = self.count.load(Ordering::Relaxed);
        ViewStatus { revision: 1, rows: shown, shown, ..ViewStatus::default() }
    }

    fn set_spec(&self, _: ViewSpec) {}

    fn page(&self) -> Page {
        let (wanted, status) = (self.wanted.lock().clone(), self.status());
        let count = wanted.rows.end - wanted.rows.start;
        let last = status.shown.saturating_sub(count);
        let first = if wanted.end { last } else { wanted.rows.start.min(last) };
        let end = (first + count).min(status.shown);
        let rows = (first..end).map(|number| self.row(number)).collect();
        let (status, request_id) = (Arc::new(status), wanted.request_id);
        Page { status, request_id, first, anchor: first, rows, selected: None }
    }

    fn request_page(&self, wanted: PageRequest) {
        *self.wanted.lock() = wanted;
    }

    fn find(&self, _: Option<FindSpec>) {}

    fn step(&self, _: u64, _: bool) {}

    fn seek(&self, _: Position, _: u32) {}

    fn seek_time(&self, _: Timestamp) {}

    fn copy(&self, _: Copying, _: Box<dyn FnOnce(String) + Send>) {}

    fn save(
        &self,
        _: PathBuf,
        _: Saving,
        _: espalier_core::Progress,
        _: Box<dyn FnOnce(Result<Sentence, Sentence>) + Send>,
    ) {
    }
}

/// CPU time of this thread.
#[cfg(unix)]
fn cpu() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Some(Duration::new(time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?))
}

#[cfg(not(unix))]
fn cpu() -> Option<Duration> {
    None
}

struct Bench {
    ctx: egui::Context,
    log: LogView,
    view: Arc<Rows>,
    format: RowFormat,
    wrap: bool,
    time: f64,
}

impl Bench {
    fn new(rows: u64, length: RowLength, format: RowFormat) -> Self {
        let ctx = egui::Context::default();
        espalier_ui::fonts::install(&ctx, espalier_ui::Language::English);
        let count = AtomicU64::new(rows);
        let view = Arc::new(Rows { count, length, wanted: Mutex::default() });
        Self { ctx, log: LogView::default(), view, format, wrap: false, time: 0.0 }
    }

    fn frame(&mut self, events: Vec<Event>) -> Duration {
        self.time += 1.0 / 60.0;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), vec2(1280.0, 900.0))),
            time: Some(self.time),
            events,
            ..RawInput::default()
        };
        let clock = TimeFormat {
            style: ClockStyle::Local,
            start: Timestamp(0),
            zone: TimeZone::UTC,
            date: false,
        };
        let look = LogStyle {
            board: false,
            format: self.format,
            wrap: self.wrap,
            delta: DeltaFormat::default(),
            offsets: false,
            bytes: 16,
            clock: &clock,
            peers: true,
            names: &Default::default(),
            name: "Log",
            scroll_name: "Scroll",
            folded: &|_| String::new(),
            event: &|_| String::new(),
            marked: &|_| None,
            tone: &|_| espalier_ui::widgets::Tone::Idle,
            lanes: &[],
        };
        let (wall, start) = (Instant::now(), cpu());
        let (log, view) = (&mut self.log, self.view.clone());
        let mut output = self.ctx.run_ui(input, |ui| {
            log.take(&*view);
            log.ui(ui, &*view, &look);
        });
        let shapes = std::mem::take(&mut output.shapes);
        std::hint::black_box(self.ctx.tessellate(shapes, 1.0));
        output.textures_delta.clear();
        match (start, cpu()) {
            (Some(start), Some(end)) => end.saturating_sub(start),
            _ => wall.elapsed(),
        }
    }

    fn measure(&mut self, name: &str, mut before: impl FnMut(&mut Self, u64) -> Vec<Event>) {
        let mut took: Vec<Duration> = (0..1000)
            .map(|number| {
                let events = before(self, number);
                self.frame(events)
            })
            .collect();
        // The first frames make the font atlas.
        took.drain(..20);
        took.sort();
        let ms = |it: Duration| it.as_secs_f64() * 1e3;
        println!(
            "{name:<52} p50 {:6.2} ms  p99 {:6.2} ms  most {:6.2} ms",
            ms(took[took.len() / 2]),
            ms(took[took.len() * 99 / 100]),
            ms(took[took.len() - 1])
        );
    }
}

fn wheel(points: f32) -> Vec<Event> {
    vec![
        Event::PointerMoved(pos2(400.0, 400.0)),
        Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: vec2(0.0, points),
            phase: egui::TouchPhase::Move,
            modifiers: Modifiers::NONE,
            source: egui::MouseWheelSource::Wheel,
        },
    ]
}

fn main() {
    for rows in [10_000_000_u64, 100_000_000] {
        println!("{rows} rows");
        let mut bench = Bench::new(rows, RowLength::Line, RowFormat::Text);
        bench.measure("  still", |_, _| Vec::new());
        bench.measure("  following 50,000 rows a second", |bench, _| {
            bench.view.count.fetch_add(833, Ordering::Relaxed);
            Vec::new()
        });
        bench.measure("  wheel", |_, _| wheel(300.0));
        bench.measure("  anywhere", |bench, number| {
            bench.log.go_to(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % rows);
            Vec::new()
        });
        let mut bench = Bench::new(rows, RowLength::Line, RowFormat::HexText);
        bench.measure("  anywhere, bytes and text", |bench, number| {
            bench.log.go_to(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % rows);
            Vec::new()
        });
        for (name, length) in [
            ("  anywhere, rows of 4 KiB", RowLength::Long),
            ("  anywhere, rows of 4 KiB with 2000 hits", RowLength::Marked),
        ] {
            for wrap in [false, true] {
                let mut bench = Bench::new(rows, length, RowFormat::Text);
                bench.wrap = wrap;
                let name = format!("{name}{}", if wrap { ", wrapped" } else { "" });
                bench.measure(&name, |bench, number| {
                    bench.log.go_to(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % rows);
                    Vec::new()
                });
            }
        }
        for (name, length) in [
            ("  following 100,000 rows a second, wrapped", RowLength::Line),
            ("  following 100,000 rows of 4 KiB a second, wrapped", RowLength::Long),
        ] {
            let mut bench = Bench::new(rows, length, RowFormat::Text);
            bench.wrap = true;
            bench.measure(name, |bench, _| {
                bench.view.count.fetch_add(1667, Ordering::Relaxed);
                Vec::new()
            });
        }
    }
}
