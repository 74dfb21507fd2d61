//! What a window that follows a flood shows: `cargo bench -p espalier --bench flood` (`--profile dev` is quick to build).
//!
//! A peer sends 10 MB/s of 70-byte lines (150,000 rows/s) over a real socket, then with a filter that passes one row of ten
//! thousand; a log of 1280×900 is drawn 5, 30 and 120 times a second. Told are the frames that were not full, and how old the
//! newest row of each frame was, from its time stamp to the moment when the frame was laid out.

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark may stop where it stands")]

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use egui::{RawInput, Rect, pos2, vec2};
use espalier_core::Timestamp;
use espalier_core::backend::prelude::*;
use espalier_core::backend::{LogId, View};
use espalier_core::session::{SessionId, SessionSpec, TcpServerSpec, TransportSpec};
use espalier_core::view::{
    ClockStyle, DeltaFormat, Filter, RowFormat, TimeFormat, TimeZone, ViewSpec,
};
use espalier_engine::Engine;
use espalier_ui::widgets::log_view::{LogStyle, LogView};

const LINES_A_SECOND: u64 = 150_000;
const TIME: Duration = Duration::from_secs(8);

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp(since.as_nanos() as i64)
}

/// Sends lines at the rate until told to stop.
fn send(mut stream: TcpStream, stop: &AtomicBool) {
    let (begun, mut sent) = (Instant::now(), 0);
    while !stop.load(Ordering::Relaxed) {
        let due = (begun.elapsed().as_secs_f64() * LINES_A_SECOND as f64) as u64;
        let lines = (sent..due).map(|number| format!("{:-<69}\n", format!("line {number:010} ")));
        let lines: String = lines.collect();
        if stream.write_all(lines.as_bytes()).is_err() {
            return;
        }
        sent = due.max(sent);
        std::thread::sleep(Duration::from_millis(5));
    }
}

struct Screen {
    ctx: egui::Context,
    log: LogView,
    view: Arc<dyn View>,
    begun: Instant,
}

impl Screen {
    fn frame(&mut self) {
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), vec2(1280.0, 900.0))),
            time: Some(self.begun.elapsed().as_secs_f64()),
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
            format: RowFormat::Text,
            wrap: true,
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
        let (log, view) = (&mut self.log, self.view.clone());
        let mut output = self.ctx.run_ui(input, |ui| {
            log.take(&*view);
            log.ui(ui, &*view, &look);
        });
        let shapes = std::mem::take(&mut output.shapes);
        std::hint::black_box(self.ctx.tessellate(shapes, 1.0));
        output.textures_delta.clear();
    }

    /// The first frames make the font atlas and wait for the first page.
    fn draw_some(&mut self) {
        for _ in 0..30 {
            self.frame();
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Draws 30 times a second until the log is full of what a new filter passes; tells how long that took. Until then it
    /// shows what is found, and before that what it showed.
    fn fill(&mut self, what: &str) {
        let (begun, interval) = (Instant::now(), Duration::from_secs(1) / 30);
        let full = self.log.laid_out();
        let passes = |row: &espalier_core::view::Row| row.text.contains(what);
        loop {
            self.frame();
            let found = self.log.rows_at_hand().iter().all(passes);
            if found && self.log.laid_out() >= full {
                let time = begun.elapsed().as_secs_f64() * 1e3;
                return println!("  rows with {what:?} fill the log after {time:.0} ms");
            }
            if begun.elapsed() > TIME {
                return println!("  rows with {what:?} do not fill the log");
            }
            std::thread::sleep(interval);
        }
    }

    /// Draws so many times a second; tells what was seen, from the first full frame of the newest numbering on.
    fn measure(&mut self, what: &str, rate: u32) {
        let interval = Duration::from_secs(1) / rate;
        let (begun, mut next) = (Instant::now(), Instant::now());
        let (mut ages, mut rows) = (Vec::new(), Vec::new());
        while begun.elapsed() < TIME {
            std::thread::sleep(next.saturating_duration_since(Instant::now()));
            next = (next + interval).max(Instant::now());
            self.frame();
            rows.push(self.log.laid_out());
            if let Some(row) = self.log.rows_at_hand().last() {
                ages.push((now().0 - row.at.0) as f64 / 1e6);
            }
        }
        let full = rows.iter().copied().max().unwrap_or_default();
        let short = rows.iter().filter(|rows| **rows < full).count();
        ages.sort_by(f64::total_cmp);
        let at = |percent: usize| ages[(ages.len() - 1) * percent / 100];
        println!(
            "  {what:<22} {rate:3}/s: {:4} frames of {full} rows, {short} not full; newest row p50 {:5.1} ms, p99 {:5.1} ms, most {:5.1} ms",
            rows.len(),
            at(50),
            at(99),
            at(100)
        );
    }
}

fn session(engine: &Engine) -> (SessionId, TcpStream) {
    let id = engine.open(SessionSpec::new(TransportSpec::TcpServer(TcpServerSpec::new(0))));
    let port = loop {
        if let Some(local) = engine.status(id).and_then(|status| status.local) {
            break local.port();
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    (id, TcpStream::connect(("127.0.0.1", port)).unwrap())
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path()).unwrap();
    let (id, stream) = session(&engine);
    let timeline = engine.open_timeline(vec![id]).unwrap();
    let stop = AtomicBool::new(false);
    let screen = |id: LogId| {
        let ctx = egui::Context::default();
        espalier_ui::fonts::install(&ctx, espalier_ui::Language::English);
        let view = engine.log(id).unwrap();
        let mut screen = Screen { ctx, log: LogView::default(), view, begun: Instant::now() };
        screen.draw_some();
        screen
    };
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("flood".to_owned())
            .spawn_scoped(scope, || send(stream, &stop))
            .unwrap();
        std::thread::sleep(Duration::from_millis(500));
        let mut log = screen(id.into());
        for rate in [5, 30, 120] {
            log.measure("following", rate);
        }
        let mut merged = screen(timeline.into());
        for rate in [5, 30, 120] {
            merged.measure("on the timeline", rate);
        }
        drop(merged);
        engine.close_timeline(timeline);
        // Nobody has looked at it for a while: what it showed then is no measure.
        log.draw_some();
        for (what, text) in [("filtered, 1 in 100", "77 "), ("filtered, 1 in 10,000", "7777 ")] {
            let filter = Filter { text: text.to_owned(), ..Filter::default() };
            log.view.set_spec(ViewSpec { filter, ..ViewSpec::default() });
            log.fill(text);
            log.measure(what, 30);
        }
        stop.store(true, Ordering::Relaxed);
    });
}
