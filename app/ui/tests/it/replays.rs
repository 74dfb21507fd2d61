//! Captures that are played again, as the window asks for it and shows it.

use std::sync::Arc;

use egui_kittest::kittest::Queryable as _;
use espalier_core::replay::{
    Difference, ReplayEnd, ReplayPace, ReplayPhase, ReplayStatus, ReplayTotals,
};
use espalier_core::session::{SessionSpec, TcpServerSpec, TransportSpec};
use espalier_core::{PeerId, say};
use espalier_ui::{Language, SavedSession, SendState, UiState};

use crate::harness::{Machine, Window};

/// A window with a server that has a client.
fn window(language: Language, size: egui::Vec2) -> Window {
    let transport = TransportSpec::TcpServer(TcpServerSpec::new(7000));
    let spec = SessionSpec { autostart: true, ..SessionSpec::new(transport.clone()) };
    let state = UiState {
        sessions: vec![SavedSession { spec, send: SendState::new(&transport) }],
        ..UiState::default()
    };
    Window::on(Arc::new(Machine::default()), language, state, size)
}

const WIDE: egui::Vec2 = egui::vec2(1100.0, 760.0);

fn difference(exchange: u64, expected: &str, new: &str, alike: (usize, usize)) -> Difference {
    Difference {
        exchange,
        expected_at: 120,
        new_at: 120,
        expected_length: expected.len() as u64,
        new_length: new.len() as u64,
        expected: expected.into(),
        new: new.into(),
        alike_before: alike.0,
        alike_behind: alike.1,
        datagram: None,
    }
}

/// A replay under way in which two answers differ.
fn status() -> ReplayStatus {
    let differences = vec![
        Arc::new(difference(3, "temp 20.5\r\n", "temp 21.5\r\n", (6, 4))),
        Arc::new(difference(7, "OK\r\n", "", (0, 0))),
    ];
    ReplayStatus {
        phase: ReplayPhase::Waiting,
        to: PeerId(1),
        sent: 12,
        parts: 40,
        sent_bytes: 345,
        totals: ReplayTotals { expected: 200, new: 196, differences: 2 },
        differences: Arc::new(differences),
        ..ReplayStatus::new(ReplayPace::ByAnswer)
    }
}

fn asked(window: &Window, what: &str) -> bool {
    window.engine.commands.lock().iter().any(|(_, command)| command.contains(what))
}

#[test]
fn a_replay_is_asked_for_in_the_sessions_menu() {
    let mut window = window(Language::English, WIDE);
    window.click("More actions");
    window.click("Play the history…");
    window.write("Expressions, one a line", "[0-9]+");
    window.harness.key_press(egui::Key::Enter);
    window.rest();
    assert!(!asked(&window, "StartReplay"), "a new line");
    window.click("Play");
    let wanted = "StartReplay Counterpart of 1";
    assert!(asked(&window, wanted), "{:?}", window.engine.commands.lock());
    assert!(asked(&window, "ByAnswer") && asked(&window, "\"[0-9]+\""));
    assert_eq!(window.harness.query_all_by_label("Play to a session").count(), 0, "it is over");
}

#[test]
fn the_keyboard_alone_plays_a_history() {
    let mut window = window(Language::English, WIDE);
    window.click("More actions");
    window.click("Play the history…");
    window.harness.key_press(egui::Key::Enter);
    window.rest();
    assert!(asked(&window, "StartReplay"));
}

#[test]
fn an_expression_that_makes_no_sense_is_told_where_it_is_written() {
    let mut window = window(Language::Chinese, WIDE);
    window.click("更多操作");
    window.click("重放历史…");
    window.write("表达式，每行一个", "(");
    assert_eq!(window.count("不是正则表达式"), 1);
    window.click("重放");
    assert!(!asked(&window, "StartReplay"), "nothing can be played so");
}

#[test]
fn a_replay_is_shown_with_what_can_be_done_and_where_answers_differ() {
    let mut window = window(Language::English, WIDE);
    window.engine.replay(status());
    window.rest();
    assert_eq!(window.count("12 of 40"), 1);
    assert_eq!(window.count("2 differences"), 1);
    assert_eq!(window.count("Difference 1 of 2 · exchange 3, byte 126 · changed"), 1);
    assert_eq!(window.count("temp 20.5"), 1);
    assert_eq!(window.count("temp 21.5"), 1);
    window.click("Next difference");
    assert_eq!(window.count("Difference 2 of 2 · exchange 7, byte 120 · missing"), 1);
    window.click("Previous difference");
    assert_eq!(window.count("exchange 3"), 1);
    for (button, command) in
        [("Pause replay", "Pause"), ("Next part", "Step"), ("Stop replay", "Stop")]
    {
        window.click(button);
        assert!(asked(&window, &format!("Replay({command})")));
    }
    window.engine.replay(ReplayStatus { paused: true, ..status() });
    window.rest();
    window.click("Resume replay");
    assert!(asked(&window, "Replay(Resume)"));
}

#[test]
fn how_it_ended_is_told_and_can_be_dismissed() {
    let mut window = window(Language::English, WIDE);
    let over = |end| ReplayPhase::Over(end);
    let done = ReplayStatus { phase: over(ReplayEnd::Done), sent: 40, ..status() };
    let alike =
        ReplayStatus { totals: ReplayTotals::default(), differences: Arc::default(), ..done };
    window.engine.replay(alike.clone());
    window.rest();
    assert_eq!(window.count("the answers are the same"), 1);
    let why = say!("replay-target-gone", "the other end has gone");
    let gone = ReplayStatus { phase: over(ReplayEnd::TargetGone(why)), ..alike };
    window.engine.replay(gone);
    window.rest();
    assert_eq!(window.count("the other end has gone"), 1);
    assert_eq!(window.count("the answers are the same"), 0);
    window.click("Dismiss the replay");
    assert!(asked(&window, "Replay(Dismiss)"));
}

#[test]
fn what_is_looked_through_is_shown_and_can_be_stopped_and_what_is_not_kept_is_counted() {
    let mut window = window(Language::English, WIDE);
    let reading = ReplayStatus { read: Some(0.4), ..ReplayStatus::new(ReplayPace::ByAnswer) };
    window.engine.replay(reading);
    window.rest();
    assert_eq!(window.count("looking through the history"), 1);
    assert_eq!(window.count("0 of 0"), 0);
    window.click("Stop replay");
    assert!(asked(&window, "Replay(Stop)"));
    let totals = ReplayTotals { differences: 1002, ..ReplayTotals::default() };
    window.engine.replay(ReplayStatus { totals, ..status() });
    window.rest();
    assert_eq!(window.count("Difference 1 of 2 · "), 1);
    assert_eq!(window.count("… and 1,000 more"), 1);
}

#[test]
fn a_long_difference_and_foreign_bytes_have_their_room() {
    for language in [Language::English, Language::Chinese] {
        for size in [WIDE, egui::vec2(420.0, 600.0)] {
            let mut window = window(language, size);
            let long = "x".repeat(1000) + "\u{202E}\x1B]0;t\x07";
            let found = difference(1, &long, "\0\x01\u{7F}", (0, 0));
            let differences = Arc::new(vec![Arc::new(found)]);
            window.engine.replay(ReplayStatus { differences, ..status() });
            window.rest();
            assert!(window.harness.query_all_by_label_contains("78 78 78").count() > 0);
        }
    }
}
