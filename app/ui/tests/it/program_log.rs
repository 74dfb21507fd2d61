//! The log of the program in the window: notices, the pane, the report of a crash.

use std::sync::Arc;

use espalier_core::Timestamp;
use espalier_core::program_log::{LogEntry, Severity};
use espalier_ui::{Language, UiState};

use crate::fake::NOON;
use crate::harness::{Machine, Window};

fn say(window: &Window, level: Severity, text: &str) {
    let line = LogEntry::new(Timestamp(NOON), level, "espalier_engine::test", text);
    window.machine.log.lock().push(Arc::new(line), level <= Severity::Warn);
}

#[test]
fn the_pane_shows_filters_hides_copies_and_saves_the_log() {
    let mut window = Window::new(Language::English);
    say(&window, Severity::Info, "the first thing");
    say(&window, Severity::Debug, "a small thing");
    window.harness.key_press(egui::Key::F12);
    window.rest();
    assert_eq!(window.count("09:41:00.000000 info  espalier_engine::test: the first thing"), 1);
    assert_eq!(window.count("a small thing"), 0);
    window.click("Level");
    window.click("Debug");
    assert_eq!(window.count("a small thing"), 1);
    window.click("Copy the log of the program");
    assert_eq!(window.app().toasts().count(), 1, "it was copied");
    window.click("Save the log of the program");
    window.click_last("Save");
    assert_eq!(*window.machine.saved_log.lock(), Some("/home/user/espalier-log.txt".into()));
    window.click("Clear the log of the program");
    assert_eq!(window.count("the first thing"), 0);
    say(&window, Severity::Info, "a later thing");
    window.rest();
    assert_eq!(window.count("a later thing"), 1);
    window.click("Close the log of the program");
    assert_eq!(window.count("a later thing"), 0);
}

#[test]
fn only_the_lines_in_sight_are_drawn_and_the_newest_are_followed() {
    let mut window = Window::new(Language::Chinese);
    for number in 0..5000 {
        say(&window, Severity::Info, &format!("thing {number}."));
    }
    window.harness.key_press(egui::Key::F12);
    window.rest();
    assert_eq!(window.count("thing 4999."), 1);
    say(&window, Severity::Info, "the newest");
    window.rest();
    assert_eq!(window.count("the newest"), 1);
    assert!(window.count("thing ") < 100, "{}", window.count("thing "));
}

/// Of the window's own time.
fn pass_a_second(window: &mut Window) {
    let time = |window: &Window| window.harness.ctx.input(|input| input.time);
    let until = time(window) + 1.1;
    while time(window) < until {
        window.harness.step();
    }
}

#[test]
fn a_flood_of_warnings_is_one_notice_with_their_number() {
    let mut window = Window::new(Language::English);
    say(&window, Severity::Warn, "something is odd");
    window.rest();
    let texts = |window: &Window| -> Vec<String> {
        window.app().toasts().map(|toast| toast.text.to_string()).collect()
    };
    assert_eq!(texts(&window), ["something is odd"]);
    for number in 0..5000 {
        say(&window, Severity::Warn, &format!("odd {number}"));
    }
    pass_a_second(&mut window);
    assert_eq!(texts(&window), ["odd 4999 (5,001 in the log of the program)"]);
    say(&window, Severity::Info, "nothing to hear of");
    pass_a_second(&mut window);
    assert_eq!(texts(&window).len(), 1);
}

#[test]
fn the_report_of_a_crash_is_offered_shown_and_settled() {
    for (answer, delete) in [("Delete it", true), ("Keep it", false)] {
        let machine = Machine::default();
        *machine.crash.lock() = Some("Panicked at here.rs:1:2".to_owned());
        let size = egui::vec2(820.0, 600.0);
        let mut window = Window::on(Arc::new(machine), Language::English, UiState::default(), size);
        assert_eq!(window.count("Espalier crashed the last time"), 1);
        window.click("Show the report");
        assert_eq!(window.count("Panicked at here.rs:1:2"), 1);
        window.click_last(answer);
        assert_eq!(*window.machine.settled.lock(), Some(delete));
        assert_eq!(window.count("Espalier crashed the last time"), 0);
        assert_eq!(window.count("Panicked at here.rs:1:2"), 0);
    }
}
