//! The log as it is used: with wheel, keys and pointer, over any number of rows.

mod flood;
mod selecting;
mod wrap;

use std::path::PathBuf;
use std::sync::Arc;

use egui::{Event, Key, Modifiers, MouseWheelUnit, PointerButton, Pos2, Vec2, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use espalier_core::backend::{Copying, Saving, View};
use espalier_core::view::{
    ClockStyle, DeltaFormat, FindSpec, FoldId, Folded, Layer, Page, PageRequest, Row, RowFormat,
    RowKind, Span, TimeFormat, TimeZone, ViewSpec, ViewStatus,
};
use espalier_core::{Direction, PeerId, Position, Sentence, Timestamp};
use parking_lot::Mutex;

use super::paint::Typesetter;
use super::scroll::ScrollPosition;
use super::{LogStyle, LogView, Selection};

/// A view whose rows are made when they are asked for.
struct Rows {
    state: Mutex<State>,
}

struct State {
    status: ViewStatus,
    /// Where a request of an older revision is sent.
    anchor: u64,
    text: fn(u64) -> String,
    wanted: PageRequest,
    most: u64,
    /// Something else is wanted than the page that was taken last was made for.
    asked: bool,
}

impl Rows {
    fn new(rows: u64, text: fn(u64) -> String) -> Arc<Self> {
        let status = ViewStatus { revision: 1, rows, shown: rows, ..ViewStatus::default() };
        let wanted = PageRequest::default();
        let state = State { status, anchor: 0, text, wanted, most: 0, asked: false };
        Arc::new(Self { state: Mutex::new(state) })
    }

    fn grow(&self, rows: u64) {
        self.state.lock().status.shown += rows;
    }
}

fn row(number: u64, text: String) -> Row {
    let id = (Position(number), 0);
    let fold = text.starts_with("panic").then_some(Folded { id, rows: 4, hidden: true });
    let spans = text.find('!').map(|at| Span { range: at..at + 1, layer: Layer::Hit });
    Row {
        number,
        position: Position(number),
        offset: 0,
        at: Timestamp(number as i64 * 1_000_000),
        previous_at: Timestamp(0),
        direction: if number.is_multiple_of(2) { Direction::In } else { Direction::Out },
        peer: PeerId(1),
        kind: RowKind::Data,
        bytes: text.as_bytes().into(),
        text: text.into(),
        spans: spans.into_iter().collect(),
        fold,
        ..Row::blank(number)
    }
}

impl View for Rows {
    fn status(&self) -> ViewStatus {
        self.state.lock().status.clone()
    }

    fn set_spec(&self, _: ViewSpec) {}

    fn page(&self) -> Page {
        let mut state = self.state.lock();
        state.asked = false;
        let (wanted, status) = (&state.wanted, &state.status);
        let length = wanted.rows.end - wanted.rows.start;
        let last = status.shown.saturating_sub(length);
        let anchor = match (wanted.end, wanted.revision == status.revision) {
            (true, _) => last,
            (false, true) => wanted.rows.start,
            (false, false) => state.anchor,
        };
        let first = anchor.clamp(status.first_shown, last.max(status.first_shown));
        let rows = first..(first + length).min(status.shown);
        let rows = rows.map(|number| row(number, (state.text)(number))).collect();
        let request_id = wanted.request_id;
        Page { status: Arc::new(status.clone()), request_id, first, anchor, rows, selected: None }
    }

    fn request_page(&self, wanted: PageRequest) {
        let mut state = self.state.lock();
        state.most = state.most.max(wanted.rows.end - wanted.rows.start);
        state.asked |= state.wanted != wanted;
        state.wanted = wanted;
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

struct Pane<V = Rows> {
    log: LogView,
    view: Arc<V>,
    format: RowFormat,
    wrap: bool,
    delta: DeltaFormat,
    offsets: bool,
    copies: usize,
    /// Folds that were to be opened.
    folds: Vec<FoldId>,
    /// Rows whose bookmark was to change.
    bookmarks: Vec<u64>,
    /// Where menus were to open.
    menus: Vec<Pos2>,
}

const SIZE: Vec2 = vec2(480.0, 240.0);

/// Whether another frame is due, because a page was made.
trait Wakes: View + 'static {
    fn wakes(&self) -> bool {
        false
    }
}

impl Wakes for Rows {
    fn wakes(&self) -> bool {
        self.state.lock().asked
    }
}

fn harness<V: Wakes>(view: &Arc<V>) -> Harness<'static, Pane<V>> {
    let pane = Pane {
        log: LogView::default(),
        view: view.clone(),
        format: RowFormat::Text,
        wrap: false,
        delta: DeltaFormat::default(),
        offsets: false,
        copies: 0,
        folds: Vec::new(),
        bookmarks: Vec::new(),
        menus: Vec::new(),
    };
    let clock = TimeFormat {
        style: ClockStyle::Local,
        start: Timestamp(0),
        zone: TimeZone::UTC,
        date: false,
    };
    let mut harness = Harness::builder()
        .with_size(SIZE)
        .with_step_dt(1.0 / 60.0)
        .with_max_steps(32)
        .with_os(egui::os::OperatingSystem::Nix)
        .with_context_setup(|ctx| crate::fonts::install(ctx, crate::Language::English))
        .build_ui_state(
            move |ui, pane: &mut Pane<V>| {
                let style = LogStyle {
                    board: false,
                    format: pane.format,
                    wrap: pane.wrap,
                    delta: pane.delta,
                    offsets: pane.offsets,
                    bytes: 16,
                    clock: &clock,
                    peers: false,
                    names: &Default::default(),
                    name: "Log",
                    scroll_name: "Scroll",
                    folded: &|rows| format!("{rows} more"),
                    event: &|_| String::new(),
                    marked: &|_| None,
                    tone: &|_| crate::widgets::Tone::Idle,
                    lanes: &[],
                };
                let view = pane.view.clone();
                pane.log.take(&*view);
                let response = pane.log.ui(ui, &*view, &style);
                if view.wakes() {
                    ui.request_repaint();
                }
                pane.copies += usize::from(response.copy);
                pane.folds.extend(response.fold);
                pane.menus.extend(response.menu);
                pane.bookmarks.extend(response.bookmark);
            },
            pane,
        );
    harness.run();
    harness
}

fn numbered(number: u64) -> String {
    format!("row {number}")
}

fn wheel(harness: &mut Harness<'_, Pane>, points: f32) {
    harness.event(Event::PointerMoved(pos2(200.0, 100.0)));
    harness.event(Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: vec2(0.0, points),
        phase: egui::TouchPhase::Move,
        modifiers: Modifiers::NONE,
        source: egui::MouseWheelSource::Wheel,
    });
    // egui spreads a turn of the wheel over some frames.
    harness.run_steps(16);
}

fn drag(harness: &mut Harness<'_, Pane>, from: Pos2, to: Pos2) {
    let button = |pos, pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    harness.event(Event::PointerMoved(from));
    harness.event(button(from, true));
    harness.step();
    for part in [0.5, 1.0] {
        harness.event(Event::PointerMoved(from + (to - from) * part));
        harness.step();
    }
    harness.event(button(to, false));
    harness.step();
}

#[test]
fn the_end_is_in_sight_and_stays_there() {
    let view = Rows::new(1000, numbered);
    let mut harness = harness(&view);
    harness.get_by_label("row 999");
    view.grow(5);
    harness.run();
    harness.get_by_label("row 1004");
    wheel(&mut harness, 60.0);
    assert!(!harness.state().log.follows());
    view.grow(100);
    harness.run();
    assert!(harness.query_by_label("row 1104").is_none());
    harness.get_by_label("row 1000");
}

#[test]
fn a_frame_lays_out_no_more_rows_than_fit_and_two() {
    for rows in [5, 1000, 10_000_000, 100_000_000] {
        let view = Rows::new(rows, numbered);
        let mut harness = harness(&view);
        for points in [0.0, 7.0, 133.0, 1e6] {
            wheel(&mut harness, points);
            let viewport = harness.state().log.viewport.unwrap();
            let fit = (viewport.room / viewport.line) as usize;
            assert!(harness.state().log.laid_out() <= fit + 2);
            assert!(harness.state().log.laid_out() >= fit.min(rows as usize));
        }
        let most = view.state.lock().most;
        assert!(most < 40, "{most}");
    }
}

#[test]
fn every_pixel_counts_at_a_hundred_million_rows() {
    let view = Rows::new(100_000_000, numbered);
    let mut harness = harness(&view);
    harness.state_mut().log.go_to(77_777_777);
    harness.run();
    harness.get_by_label("row 77777777");
    let before = harness.state().log.scroll.position;
    wheel(&mut harness, -3.0);
    let after = harness.state().log.scroll.position;
    assert_eq!((after.row, after.pixel), (before.row, before.pixel + 3.0));
    harness.key_press(Key::Home);
    harness.run();
}

#[test]
fn keys_move_through_the_log_once_it_has_the_focus() {
    let view = Rows::new(1_000_000, numbered);
    let mut harness = harness(&view);
    harness.get_by_label("Log").focus();
    harness.run();
    let first = |harness: &Harness<'_, Pane>| harness.state().log.first_row();
    harness.key_press(Key::Home);
    harness.run();
    assert_eq!(first(&harness), 0);
    harness.key_press(Key::ArrowDown);
    harness.run();
    assert_eq!(first(&harness), 1);
    harness.key_press(Key::PageDown);
    harness.run();
    let page = first(&harness) - 1;
    assert!((8..20).contains(&page), "{page}");
    harness.key_press(Key::PageUp);
    harness.run();
    assert_eq!(first(&harness), 1);
    harness.key_press(Key::End);
    harness.run();
    assert!(harness.state().log.follows());
    harness.get_by_label("row 999999");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Home);
    harness.run();
    assert_eq!(first(&harness), 0);
    harness.get_by_label("row 0");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::End);
    harness.run();
    assert!(harness.state().log.follows());
    harness.get_by_label("row 999999");
}

#[test]
fn the_bar_goes_anywhere() {
    let view = Rows::new(100_000_000, numbered);
    let mut harness = harness(&view);
    let x = SIZE.x - 13.0;
    drag(&mut harness, pos2(x, SIZE.y - 20.0), pos2(x, SIZE.y / 2.0));
    let middle = harness.state().log.first_row();
    assert!((30_000_000..70_000_000).contains(&middle), "{middle}");
    drag(&mut harness, pos2(x, SIZE.y / 2.0), pos2(x, 0.0));
    assert_eq!(harness.state().log.first_row(), 0);
    drag(&mut harness, pos2(x, 12.0), pos2(x, SIZE.y));
    assert!(harness.state().log.follows());
}

#[test]
fn a_click_on_the_bar_goes_there() {
    let view = Rows::new(100_000_000, numbered);
    let mut harness = harness(&view);
    click(&mut harness, pos2(SIZE.x - 13.0, SIZE.y / 2.0));
    let middle = harness.state().log.first_row();
    assert!((30_000_000..70_000_000).contains(&middle), "{middle}");
}

#[test]
fn a_selection_outlives_being_out_of_sight() {
    let view = Rows::new(10_000, |number| format!("row {number:05} text"));
    let mut harness = harness(&view);
    harness.state_mut().log.go_to(100);
    harness.state_mut().log.select(None);
    harness.run();
    let from = harness.get_by_label("row 00098 text").rect();
    let to = harness.get_by_label("row 00103 text").rect();
    drag(&mut harness, pos2(200.0, from.center().y), pos2(240.0, to.center().y));
    let selection = *harness.state().log.selection().unwrap();
    assert_eq!(selection.rows(), 98..104);
    assert!(!selection.whole);
    wheel(&mut harness, -5000.0);
    assert_eq!(harness.state().log.selection(), Some(&selection));
    let trim = selection.trim();
    let text: Vec<_> = (98..104).map(|number| format!("row {number:05} text")).collect();
    let cut = trim.apply(&text.join("\n")).to_owned();
    assert!(cut.len() < text.join("\n").len() && cut.contains("row 00099 text\nrow 00100 text"));
    harness.event(Event::Copy);
    harness.run();
    assert_eq!(harness.state().copies, 1);
}

#[test]
fn a_click_selects_a_row_and_shift_extends_to_another() {
    let view = Rows::new(100, numbered);
    let mut harness = harness(&view);
    let click = |harness: &mut Harness<'_, Pane>, label: &str, modifiers| {
        let pos = harness.get_by_label(label).rect().center();
        harness.event(Event::PointerMoved(pos));
        for pressed in [true, false] {
            let button = PointerButton::Primary;
            harness.event_modifiers(
                Event::PointerButton { pos, button, pressed, modifiers },
                modifiers,
            );
            harness.step();
        }
        harness.run();
    };
    click(&mut harness, "row 95", Modifiers::NONE);
    assert_eq!(harness.state().log.selection(), Some(&Selection::row(95)));
    click(&mut harness, "row 98", Modifiers::SHIFT);
    assert_eq!(harness.state().log.selected_rows(), Some(95..99));
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.run();
    assert_eq!(harness.state().log.selected_rows(), Some(0..100));
    harness.key_press(Key::Escape);
    harness.run();
    assert_eq!(harness.state().log.selected_rows(), None);
}

#[test]
fn rows_numbered_anew_are_shown_from_where_the_view_says() {
    let view = Rows::new(10_000, numbered);
    let mut harness = harness(&view);
    harness.state_mut().log.go_to(5000);
    harness.run();
    {
        let mut state = view.state.lock();
        state.status.revision = 2;
        state.status.shown = 3000;
        state.anchor = 1234;
        state.text = |number| format!("filtered {number}");
    }
    harness.run();
    assert_eq!(harness.state().log.first_row(), 1234);
    assert_eq!(harness.state().log.selection(), None);
    harness.get_by_label("filtered 1234");
}

#[test]
fn rows_that_retention_let_go_are_left() {
    let view = Rows::new(10_000, numbered);
    let mut harness = harness(&view);
    harness.get_by_label("Log").focus();
    harness.run();
    harness.key_press(Key::Home);
    harness.run();
    view.state.lock().status.first_shown = 4000;
    harness.run();
    harness.get_by_label("row 4000");
}

#[test]
fn long_rows_are_seen_by_scrolling_sideways() {
    let view = Rows::new(50, |number| format!("{number} {}end", "你好 wide ".repeat(400)));
    let mut harness = harness(&view);
    harness.get_by_label("Log").focus();
    harness.run();
    let before = harness.state().log.side;
    harness.key_press(Key::ArrowRight);
    harness.run();
    assert!(harness.state().log.side > before);
    drag(&mut harness, pos2(180.0, SIZE.y - 13.0), pos2(SIZE.x, SIZE.y - 13.0));
    let log = &harness.state().log;
    assert!(log.side > 10_000.0, "{}", log.side);
}

#[test]
fn bytes_and_text_side_by_side_are_read_together() {
    let view = Rows::new(3, |number| format!("hello {number}"));
    let mut harness = harness(&view);
    harness.state_mut().format = RowFormat::HexText;
    harness.run();
    harness.get_by_label("68 65 6C 6C 6F 20 32  hello 2");
}

fn click(harness: &mut Harness<'_, Pane>, at: Pos2) {
    harness.event(Event::PointerMoved(at));
    for pressed in [true, false] {
        let button = PointerButton::Primary;
        harness.event(Event::PointerButton {
            pos: at,
            button,
            pressed,
            modifiers: Modifiers::NONE,
        });
    }
    harness.run();
}

/// So many clicks, in as many frames: quick enough to be one double or triple click.
fn clicks(harness: &mut Harness<'_, Pane>, at: Pos2, count: usize) {
    for _ in 0..count {
        harness.event(Event::PointerMoved(at));
        for pressed in [true, false] {
            let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
            harness.event(Event::PointerButton { pos: at, button, pressed, modifiers });
        }
        harness.step();
    }
}

#[test]
fn a_fold_opens_by_its_mark_its_label_and_enter() {
    let view = Rows::new(3, |number| if number == 1 { "panic".into() } else { numbered(number) });
    let mut harness = harness(&view);
    let head = harness.get_by_label("panic  4 more").rect();
    let opened = |harness: &Harness<'_, Pane>| harness.state().folds.len();
    // The mark stands before the text, behind the time.
    let text = head.left_center() + vec2(18.0 + 16.0 * 7.0, 0.0);
    click(&mut harness, head.left_center() + vec2(60.0, 0.0));
    assert_eq!(harness.state().folds, [(Position(1), 0)]);
    click(&mut harness, head.right_center() - vec2(60.0, 0.0));
    assert_eq!(opened(&harness), 2);
    // The text itself is selected as any other.
    click(&mut harness, text + vec2(25.0, 0.0));
    assert_eq!(opened(&harness), 2);
    assert_eq!(harness.state().log.selected_rows(), Some(1..2));
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(opened(&harness), 3);
    let plain = harness.get_by_label("row 2").rect();
    click(&mut harness, plain.left_center() + vec2(60.0, 0.0));
    assert_eq!(opened(&harness), 3);
}
