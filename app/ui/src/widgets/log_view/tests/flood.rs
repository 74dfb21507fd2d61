//! Following a view that grows faster than anybody draws: no frame is blank, torn or out of order, whatever is done to it.

use std::path::PathBuf;
use std::sync::Arc;

use egui::{Event, Key, Modifiers, PointerButton, Pos2, pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use espalier_core::backend::{Copying, Saving, View};
use espalier_core::view::{
    FindSpec, Page, PageRequest, Row, RowFormat, RowVisibility, ViewSpec, ViewStatus,
};
use espalier_core::{Position, Sentence};
use parking_lot::Mutex;

use super::{Pane, SIZE, Wakes, harness, row};

/// A view as the engine's worker publishes it: pages are made between frames, for what was wanted then, and by the time one is
/// drawn the log has grown by far more rows than fit in the window.
///
/// Every `stride`-th row of the capture passes the filter, and is called by its number in the capture.
pub(super) struct Flood(Mutex<State>);

struct State {
    status: ViewStatus,
    captured: u64,
    /// Rows of the capture that are gone, or cleared away.
    gone: u64,
    stride: u64,
    wanted: PageRequest,
    /// The row of the capture that was looked at last.
    position: u64,
    page: Page,
}

/// Rows that come between two frames.
const PER_FRAME: u64 = 10_000;

impl Flood {
    fn new(captured: u64) -> Self {
        let state = State {
            status: ViewStatus::default(),
            captured,
            gone: 0,
            stride: 1,
            wanted: PageRequest::default(),
            position: 0,
            page: Page::default(),
        };
        let flood = Self(Mutex::new(state));
        flood.renumber(1);
        flood.publish();
        flood
    }

    fn renumber(&self, stride: u64) {
        let mut state = self.0.lock();
        state.stride = stride;
        state.status.revision += 1;
        drop(state);
        self.grow(0);
    }

    fn grow(&self, rows: u64) {
        let mut state = self.0.lock();
        state.captured += rows;
        state.status.rows = state.captured;
        state.status.first_shown = state.gone.div_ceil(state.stride);
        state.status.shown = state.captured.div_ceil(state.stride).max(state.status.first_shown);
    }

    /// Lets the oldest rows go, all but these.
    fn retire(&self, kept: u64) {
        let mut state = self.0.lock();
        state.gone = state.gone.max(state.captured.saturating_sub(kept));
        drop(state);
        self.grow(0);
    }

    /// Makes the page that is wanted now.
    fn publish(&self) {
        let state = &mut *self.0.lock();
        let (wanted, status, stride) = (&state.wanted, &state.status, state.stride);
        let length = wanted.rows.end - wanted.rows.start;
        let (first, last) = (status.first_shown, status.shown.saturating_sub(length));
        let anchor = match (wanted.end, wanted.revision == status.revision) {
            (true, _) => last,
            (false, true) => wanted.rows.start,
            (false, false) => state.position / stride,
        };
        let start = anchor.clamp(first, last.max(first));
        state.position = start * stride;
        let rows = start.saturating_sub(length).max(first)..(start + 2 * length).min(status.shown);
        let first = rows.start;
        let captured = |number| {
            let at = number * stride;
            Row { position: Position(at), ..row(number, format!("row {at}")) }
        };
        let rows = rows.map(captured).collect();
        let selected = wanted.selected.map(|(at, offset)| {
            let row = at.0.is_multiple_of(stride).then_some(RowVisibility::Row(at.0 / stride));
            ((at, offset), row.unwrap_or(RowVisibility::Hidden))
        });
        let (status, request_id) = (Arc::new(status.clone()), wanted.request_id);
        state.page = Page { status, request_id, first, anchor: start, rows, selected };
    }
}

impl View for Flood {
    fn status(&self) -> ViewStatus {
        self.0.lock().status.clone()
    }

    fn set_spec(&self, _: ViewSpec) {}

    fn page(&self) -> Page {
        self.0.lock().page.clone()
    }

    fn request_page(&self, wanted: PageRequest) {
        self.0.lock().wanted = wanted;
    }

    fn find(&self, _: Option<FindSpec>) {}

    fn step(&self, _: u64, _: bool) {}

    fn seek(&self, _: Position, _: u32) {}

    fn seek_time(&self, _: espalier_core::Timestamp) {}

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

impl Wakes for Flood {}

type Window = Harness<'static, Pane<Flood>>;

/// A window that follows a flood, and its bar.
struct Watched {
    view: Arc<Flood>,
    window: Window,
    /// The newest row of the page published last.
    published: u64,
}

/// The rows of a frame, by their numbers in the capture.
#[derive(Debug)]
struct Frame {
    rows: Vec<u64>,
    /// Between the first row's upper edge and the last one's lower edge.
    top: f32,
    bottom: f32,
}

impl Watched {
    fn new(captured: u64) -> Self {
        let view = Arc::new(Flood::new(captured));
        let mut watched = Self { window: harness(&view), view, published: 0 };
        // The first page is made without a word from the window.
        watched.frame();
        watched.frame();
        watched
    }

    /// A frame whose page is the one made for the frame before; the log has grown since, and goes on growing.
    fn frame(&mut self) -> Frame {
        self.view.publish();
        self.late_frame()
    }

    /// A frame for which no new page was made in time.
    fn late_frame(&mut self) -> Frame {
        self.published = self.view.0.lock().page.status.shown;
        self.view.grow(PER_FRAME);
        self.window.step();
        self.seen()
    }

    fn seen(&self) -> Frame {
        let mut rows: Vec<(f32, f32, u64)> = self
            .window
            .query_all_by_role(egui::Role::Label)
            .filter_map(|node| {
                let number = node.value()?.strip_prefix("row ")?.parse().ok()?;
                Some((node.rect().top(), node.rect().bottom(), number))
            })
            .collect();
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        Frame {
            top: rows.first().map_or(f32::NAN, |it| it.0),
            bottom: rows.last().map_or(f32::NAN, |it| it.1),
            rows: rows.into_iter().map(|it| it.2).collect(),
        }
    }

    /// A frame that is full from edge to edge, and whose rows follow each other.
    fn whole_frame(&mut self, what: &str) -> Frame {
        let frame = self.frame();
        self.assert_whole(&frame, what);
        frame
    }

    fn assert_whole(&self, frame: &Frame, what: &str) {
        let log = self.window.get_by_label("Log").rect();
        let bars = self.window.query_all_by_label("Scroll").map(|it| it.rect());
        let below = bars.filter(|it| it.width() > it.height()).map(|it| it.top()).next();
        let bottom = below.unwrap_or(log.bottom());
        assert!(frame.top <= log.top() && frame.bottom >= bottom, "{what}: {frame:?}");
        let stride = frame.rows[1].wrapping_sub(frame.rows[0]);
        assert!([1, 7, 1000].contains(&stride), "{what}: {frame:?}");
        assert!(frame.rows.windows(2).all(|it| it[1] == it[0] + stride), "{what}: {frame:?}");
    }

    fn press(&mut self, key: Key) {
        self.window.get_by_label("Log").focus();
        self.window.key_press(key);
    }

    fn button(&mut self, pos: Pos2, pressed: bool) {
        let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
        self.window.event(Event::PointerMoved(pos));
        self.window.event(Event::PointerButton { pos, button, pressed, modifiers });
    }

    fn wheel(&mut self, points: f32) {
        self.window.event(Event::PointerMoved(pos2(200.0, 100.0)));
        self.window.event(Event::MouseWheel {
            unit: egui::MouseWheelUnit::Point,
            delta: egui::vec2(0.0, points),
            phase: egui::TouchPhase::Move,
            modifiers: Modifiers::NONE,
            source: egui::MouseWheelSource::Wheel,
        });
    }
}

/// A place on the scroll bar.
fn bar(fraction: f32) -> Pos2 {
    pos2(SIZE.x - 13.0, SIZE.y * fraction)
}

#[test]
fn every_frame_of_a_flood_is_full_and_ends_with_the_newest_row_there_is() {
    let mut watched = Watched::new(100);
    for number in 0..100 {
        let frame = watched.whole_frame("following");
        assert_eq!(frame.rows.last(), Some(&(watched.published - 1)), "frame {number}");
    }
    assert!(watched.window.state().log.follows());
}

#[test]
fn a_frame_without_a_new_page_is_the_one_before() {
    let mut watched = Watched::new(100);
    let before = watched.whole_frame("following");
    for _ in 0..10 {
        assert_eq!(watched.late_frame().rows, before.rows);
    }
}

#[test]
fn a_filter_that_comes_and_goes_leaves_no_frame_blank() {
    let mut watched = Watched::new(1_000_000);
    for stride in [7, 1000, 1, 1000, 7, 1] {
        watched.view.renumber(stride);
        // The page of the old numbering first, then the new one.
        watched.late_frame();
        for _ in 0..5 {
            let frame = watched.whole_frame("following through a filter");
            let newest = (watched.published - 1) * stride;
            assert_eq!(frame.rows.last(), Some(&newest));
        }
    }
    watched.press(Key::Home);
    watched.frame();
    let frame = watched.whole_frame("at the beginning");
    assert_eq!(frame.rows[0], 0);
    watched.wheel(-100_000.0);
    (0..20).for_each(|_| drop(watched.whole_frame("scrolling down")));
    let first = watched.whole_frame("in the middle").rows[0];
    watched.view.renumber(7);
    watched.frame();
    let frame = watched.whole_frame("filtered in the middle");
    assert!(frame.rows[0].abs_diff(first) < 7, "{first} {frame:?}");
}

#[test]
fn while_the_bar_is_dragged_rows_stay_until_others_come() {
    let mut watched = Watched::new(1_000_000);
    watched.button(bar(0.95), true);
    let mut seen = Vec::new();
    for step in 0..60 {
        let fraction = 0.95 - 0.01 * step as f32;
        watched.window.event(Event::PointerMoved(bar(fraction)));
        // Now and then the worker is late.
        let frame = if step % 3 == 2 { watched.late_frame() } else { watched.frame() };
        watched.assert_whole(&frame, "dragging");
        seen.push(frame.rows[0]);
    }
    // It goes along, it does not only arrive.
    seen.dedup();
    assert!(seen.len() > 20, "{seen:?}");
    watched.whole_frame("holding");
    let held = watched.whole_frame("holding");
    assert!(held.rows[0] > 100_000);
    for _ in 0..10 {
        assert_eq!(watched.whole_frame("holding").rows, held.rows, "a bar that rests");
    }
    watched.button(bar(0.36), false);
    assert_eq!(watched.whole_frame("let go").rows, held.rows);
    watched.button(bar(0.5), true);
    watched.frame();
    watched.button(bar(2.0), false);
    (0..3).for_each(|_| drop(watched.whole_frame("to the end")));
    assert!(watched.window.state().log.follows());
}

#[test]
fn what_retention_takes_from_under_the_eye_is_left_for_what_follows() {
    let mut watched = Watched::new(1_000_000);
    watched.press(Key::Home);
    watched.frame();
    for _ in 0..50 {
        watched.view.retire(300_000);
        let frame = watched.whole_frame("at the beginning");
        let gone = watched.view.0.lock().gone;
        assert!(frame.rows[0] + 2 * PER_FRAME >= gone, "{gone} {frame:?}");
    }
}

#[test]
fn a_log_that_was_cleared_fills_again_from_its_first_row() {
    let mut watched = Watched::new(1_000_000);
    watched.view.retire(5);
    watched.view.renumber(1);
    let frame = watched.frame();
    assert_eq!(frame.rows.len(), 5, "all there is");
    for _ in 0..5 {
        let frame = watched.whole_frame("after clearing");
        assert_eq!(frame.rows.last(), Some(&(watched.published - 1)));
    }
}

#[test]
fn the_selected_row_is_kept_however_far_the_log_runs_until_it_is_hidden() {
    let mut watched = Watched::new(1_000_000);
    let frame = watched.whole_frame("following");
    let row = frame.rows[frame.rows.len() / 2].next_multiple_of(7);
    let text = format!("row {row}");
    let pos = watched.window.get_by_label(&text).rect().left_center() + egui::vec2(60.0, 0.0);
    watched.button(pos, true);
    watched.late_frame();
    watched.button(pos, false);
    watched.late_frame();
    let selected = |watched: &Watched| {
        let log = &watched.window.state().log;
        (log.selected_row().map(|row| row.text.to_string()), log.selected_rows())
    };
    assert_eq!(selected(&watched), (Some(text.clone()), Some(row..row + 1)));
    for _ in 0..20 {
        watched.whole_frame("following");
        assert_eq!(selected(&watched).0, Some(text.clone()), "out of sight");
    }
    watched.view.renumber(7);
    (0..3).for_each(|_| drop(watched.whole_frame("filtered")));
    assert_eq!(selected(&watched), (Some(text.clone()), Some(row / 7..row / 7 + 1)));
    watched.view.renumber(1);
    (0..3).for_each(|_| drop(watched.whole_frame("unfiltered")));
    assert_eq!(selected(&watched), (Some(text), Some(row..row + 1)));
    watched.view.renumber(1000);
    (0..3).for_each(|_| drop(watched.whole_frame("filtered away")));
    assert_eq!(selected(&watched), (None, None));
}

#[test]
fn whatever_is_done_to_a_flood_no_frame_is_blank() {
    let mut watched = Watched::new(1_000_000);
    let mut state = 7_u64;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
        (state >> 33) % below
    };
    let mut dragging = false;
    for step in 0..1500 {
        let what = random(14);
        let fraction = random(1000) as f32 / 1000.0;
        match what {
            0 => watched.press(Key::Home),
            1 => watched.press(Key::End),
            2 => watched.press(Key::PageUp),
            3 => watched.wheel(random(4000) as f32 - 2000.0),
            4 => watched.view.renumber([1, 7, 1000][random(3) as usize]),
            5 => watched.view.retire(3_000_000 + random(3_000_000)),
            6 | 7 => {
                dragging = !dragging;
                watched.button(bar(fraction), dragging);
            }
            8 | 9 if dragging => watched.window.event(Event::PointerMoved(bar(fraction))),
            10 => watched.window.state_mut().log.set_follow(true),
            11 => {
                let rows = watched.window.state().log.status().shown;
                watched.window.state_mut().log.go_to(random(rows));
            }
            12 => {
                let format = [RowFormat::Text, RowFormat::HexText][random(2) as usize];
                watched.window.state_mut().format = format;
            }
            _ => {}
        }
        if random(3) > 0 {
            watched.view.publish();
        }
        let frame = watched.late_frame();
        if watched.window.state().format == RowFormat::Text {
            watched.assert_whole(&frame, &format!("step {step}, {what}"));
        }
    }
}
