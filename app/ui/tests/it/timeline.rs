//! The timeline in the window: which sessions it shows, and the way from its rows to where they are from.

use egui_kittest::kittest::Queryable as _;
use espalier_core::backend::prelude::*;
use espalier_core::board::ClockBounds;
use espalier_core::session::{BoardEvent, SerialSpec, SessionSpec, TransportSpec};
use espalier_core::timeline::{LanePeer, TimelineId};
use espalier_core::view::RowFormat;
use espalier_core::{Origin, Position, SessionId as Id, Timestamp};
use espalier_ui::{Language, Layout, Locale};

use crate::fake::NOON;
use crate::harness::Window;
use crate::sessions::{open_client, open_server};

const TIMELINE: TimelineId = TimelineId(1);

/// A server and a client that said one thing each, and the timeline in front.
fn conversation() -> (Window, Locale) {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    open_server(&mut window, &words, "7681");
    open_client(&mut window, &words, "localhost", "7681");
    window.engine.receive(Id(1), b"to the server");
    window.engine.receive(Id(2), b"to the client");
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::T);
    window.rest();
    (window, words)
}

/// Each click in one frame: with frames for press and release the second one came too late.
fn double_click(window: &mut Window, label: &str) {
    let pos = window.harness.get_by_label_contains(label).rect().center();
    window.harness.hover_at(pos);
    window.rest();
    for _ in 0..2 {
        for pressed in [true, false] {
            window.harness.input_mut().events.push(egui::Event::PointerButton {
                pos,
                button: egui::PointerButton::Primary,
                pressed,
                modifiers: egui::Modifiers::NONE,
            });
        }
        window.harness.step();
    }
    window.rest();
}

#[test]
fn the_rows_of_all_sessions_stand_on_one_clock() {
    let (window, _) = conversation();
    assert_eq!(window.count("to the server"), 1);
    assert_eq!(window.count("to the client"), 1);
    for name in ["127.0.0.1:7681", "localhost:7681"] {
        assert_eq!(window.harness.query_all_by_label(name).count(), 1, "a chip: {name}");
        assert!(window.count(&format!("{name}  ")) > 1, "rows say whose they are: {name}");
    }
}

#[test]
fn a_session_is_hidden_and_comes_back() {
    let (mut window, words) = conversation();
    window.click("localhost:7681");
    assert_eq!(window.engine.timeline_spec(TIMELINE).filter.hidden_lanes, [1]);
    assert_eq!((window.count("to the server"), window.count("to the client")), (1, 0));
    window.click(words.text("timeline-all"));
    assert_eq!((window.count("to the server"), window.count("to the client")), (1, 1));
}

#[test]
fn one_session_alone_is_a_right_click_away() {
    let (mut window, words) = conversation();
    window.harness.get_by_label("localhost:7681").click_secondary();
    window.rest();
    window.click(words.text("timeline-only"));
    assert_eq!(window.engine.timeline_spec(TIMELINE).filter.hidden_lanes, [0]);
    assert_eq!((window.count("to the server"), window.count("to the client")), (0, 1));
}

#[test]
fn a_rows_menu_names_the_log_that_it_is_from() {
    let (mut window, words) = conversation();
    window.harness.get_by_label_contains("to the server").click_secondary();
    window.rest();
    window.click(&words.with("timeline-jump", [("session", "127.0.0.1:7681".into())]));
    assert_eq!((window.count("to the server"), window.count("to the client")), (2, 0));
}

#[test]
fn resetting_the_filter_bar_leaves_the_choice_of_sessions() {
    let (mut window, words) = conversation();
    window.click("localhost:7681");
    window.click(words.text("command-filter"));
    window.write(words.text("filter-text"), "server");
    window.click(words.text("filter-reset"));
    let filter = window.engine.timeline_spec(TIMELINE).filter;
    assert_eq!((filter.text.as_str(), filter.hidden_lanes.as_slice()), ("", &[1][..]));
}

#[test]
fn a_session_that_is_opened_later_joins_and_a_closed_one_stays() {
    let (mut window, words) = conversation();
    open_client(&mut window, &words, "localhost", "7681");
    window.engine.receive(Id(3), b"to the newcomer");
    window.rest();
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::T);
    window.rest();
    assert_eq!(window.count("to the newcomer"), 1);
    assert_eq!(window.harness.query_all_by_label("localhost:7681·2").count(), 1);

    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::PageUp);
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::PageUp);
    window.rest();
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::W);
    window.rest();
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::T);
    window.rest();
    assert_eq!(window.count(" (closed)"), 1);
}

#[test]
fn the_log_commands_mean_the_timeline_when_it_is_in_front() {
    let (mut window, words) = conversation();
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num2);
    window.rest();
    assert_eq!(window.engine.timeline_spec(TIMELINE).format, RowFormat::Hex);
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::L);
    window.rest();
    assert_eq!(window.count("to the server"), 0, "cleared");
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::W);
    window.rest();
    assert_eq!(window.harness.query_all_by_label(words.text("command-timeline")).count(), 1);
    assert_eq!(window.app().sessions().count(), 2, "only the timeline was closed");
}

#[test]
fn a_double_click_leads_to_the_row_in_its_own_log() {
    let (mut window, words) = conversation();
    double_click(&mut window, "to the client");
    assert_eq!(window.count("to the server"), 0, "the client's log is in front");
    assert_eq!(window.count("to the client"), 2, "it is selected: it stands below in full");
    assert_eq!(window.count(words.text("timeline-row-hidden")), 0);
}

#[test]
fn enter_leads_to_a_hidden_rows_neighbour_and_says_so() {
    let (mut window, words) = conversation();
    // In the client's own log that row is filtered away.
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::PageUp);
    window.rest();
    window.click(words.text("command-filter"));
    window.write(words.text("filter-text"), "connect");
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::T);
    window.rest();
    window.harness.get_by_label_contains("to the client").click();
    window.rest();
    window.harness.key_press(egui::Key::Enter);
    window.rest();
    assert_eq!(window.count("to the server"), 0, "the client's log is in front");
    assert_eq!(window.count(words.text("timeline-row-hidden")), 1);
}

#[test]
fn a_crash_is_marked_in_words_and_leads_to_the_boards_log() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = Window::new(language);
        open_server(&mut window, &words, "7681");
        window.engine.receive(Id(1), b"payload");
        window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::T);
        window.rest();
        let origin = Origin { lane: 0, position: Position(100) };
        window.engine.say(TIMELINE, 0, origin, BoardEvent::CutOff { in_flight: 5 });
        let zero = Timestamp(NOON);
        let zero = ClockBounds { earliest: Some(zero), latest: Timestamp(NOON + 3_000_000) };
        window.engine.tell_clock(TIMELINE, 0, zero);
        window.rest();
        let said = words.with("event-board-cut-off", [("bytes", 5_u64.into())]);
        assert_eq!(window.count(&said), 1);
        assert_eq!(window.count("±1.5 ms"), 1, "the board's clock");
        window.harness.get_by_label_contains(&said).click();
        window.rest();
        window.harness.key_press(egui::Key::Enter);
        window.rest();
        assert_eq!(window.count("payload"), 2, "it is selected in the session's log");
        assert_eq!(window.count(&said), 0, "which is in front");
    }
}

#[test]
fn the_timeline_comes_back_with_the_window() {
    let (mut window, words) = conversation();
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num3);
    window.rest();
    let state = window.app().state();
    assert!(state.timeline.is_some());
    let Some(Layout::Tabs { children, .. }) = &state.layout else { panic!("{:?}", state.layout) };
    assert!(children.contains(&Layout::Timeline), "{children:?}");

    let mut window = Window::with(Language::English, state, egui::vec2(1100.0, 720.0));
    assert_eq!(window.harness.query_all_by_label(words.text("command-timeline")).count(), 2);
    assert_eq!(window.engine.timeline_spec(TIMELINE).format, RowFormat::HexText);
    window.engine.receive(Id(1), b"after the start");
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::T);
    window.rest();
    assert_eq!(window.count("after the start"), 1, "the sessions are on it");
}

#[test]
fn a_full_timeline_says_who_is_not_on_it() {
    let mut window = Window::new(Language::English);
    let serial = |number: u32| {
        let spec = SerialSpec::new(format!("/dev/ttyS{number}"));
        SessionSpec::new(TransportSpec::Serial(spec))
    };
    for number in 0..LanePeer::LANES + 2 {
        window.engine.open(serial(number));
    }
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::T);
    window.rest();
    assert_eq!(window.count("2 sessions have no place here: a timeline takes 256"), 1);
}
