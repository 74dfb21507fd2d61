//! What TCP knows, beside a session.

use std::sync::Arc;
use std::time::Duration;

use egui_kittest::kittest::Queryable as _;
use espalier_core::backend::PeerSelector;
use espalier_core::figures::{
    ConnectionFigures, FigureSample, FigureSeries, LatencyHistogram, ListenerFigures,
    SessionFigures, TcpFigures, TcpState,
};
use espalier_core::{PeerId, SessionId, Timestamp};
use espalier_ui::{Language, Locale};

use crate::fake::NOON;
use crate::harness::Window;
use crate::sessions::{open_client, open_server};

const SHORTCUT: egui::Modifiers = egui::Modifiers::COMMAND.plus(egui::Modifiers::SHIFT);

/// A connection that was looked at for some seconds, and answers of 3 to 40 ms.
fn figures(told: TcpFigures, listener: Option<ListenerFigures>) -> Arc<SessionFigures> {
    figures_over_time(|_| told, listener)
}

/// The same, with figures that change from second to second.
pub fn figures_over_time(
    told: impl Fn(u64) -> TcpFigures,
    listener: Option<ListenerFigures>,
) -> Arc<SessionFigures> {
    let mut series = FigureSeries::default();
    for second in 0..30_u64 {
        series.push(FigureSample {
            at: Timestamp(NOON + second as i64 * 1_000_000_000),
            figures: told(second),
            received_bytes: second * 1000,
            sent_bytes: second * second * 100,
        });
    }
    let mut answers = LatencyHistogram::default();
    (3..=40).for_each(|ms| answers.record(Duration::from_millis(ms)));
    let connection =
        ConnectionFigures { peer: PeerId(1), series, connect_us: Some(2_340), is_over: false };
    Arc::new(SessionFigures {
        connections: vec![Arc::new(connection)],
        listener,
        answers: answers.summary(),
        is_told: true,
        looks: 30,
        ..SessionFigures::default()
    })
}

pub fn on_linux() -> TcpFigures {
    TcpFigures {
        state: Some(TcpState::Established),
        round_trip_us: Some(12_340),
        round_trip_variation_us: Some(1_500),
        retransmitted_segments: Some(3),
        send_window_bytes: Some(0),
        unacknowledged_bytes: Some(0),
        unsent_bytes: Some(70_000),
        segment_size_bytes: Some(1448),
        ..TcpFigures::default()
    }
}

/// A window with a server and a client of it in front.
fn connected(language: Language, told: Arc<SessionFigures>) -> (Window, Locale) {
    let words = Locale::new(language);
    let mut window = Window::new(language);
    *window.engine.figures.lock() = told;
    open_server(&mut window, &words, "7681");
    open_client(&mut window, &words, "127.0.0.1", "7681");
    (window, words)
}

fn looks(window: &Window) -> Vec<(SessionId, PeerSelector)> {
    window.engine.looks.lock().clone()
}

fn copied(window: &mut Window, label: &str) -> String {
    window.harness.get_by_label(label).click();
    window.harness.step();
    let mut copied = None;
    for _ in 0..4 {
        for command in &window.harness.output().platform_output.commands {
            if let egui::OutputCommand::CopyText(text) = command {
                copied = Some(text.clone());
            }
        }
        window.harness.step();
    }
    copied.expect("something on the clipboard")
}

#[test]
fn figures_are_asked_for_while_they_are_in_sight_and_not_otherwise() {
    let (mut window, _) = connected(Language::English, figures(on_linux(), None));
    window.rest();
    assert_eq!(looks(&window), []);
    window.harness.key_press_modifiers(SHORTCUT, egui::Key::I);
    window.rest();
    let of_client = (SessionId(2), PeerSelector::Peers(vec![PeerId(1)]));
    assert_eq!(looks(&window).last(), Some(&of_client));
    // Behind another tab.
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::PageUp);
    window.rest();
    let before = looks(&window).len();
    (0..5).for_each(|_| window.harness.step());
    assert_eq!(looks(&window).len(), before);
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::PageDown);
    window.rest();
    assert!(looks(&window).len() > before);
    window.harness.key_press_modifiers(SHORTCUT, egui::Key::I);
    window.rest();
    let before = looks(&window).len();
    (0..5).for_each(|_| window.harness.step());
    assert_eq!(looks(&window).len(), before);
}

#[test]
fn what_is_told_stands_there_with_its_unit_and_what_is_not_is_named() {
    for language in Language::ALL {
        let (mut window, words) = connected(language, figures(on_linux(), None));
        window.harness.key_press_modifiers(SHORTCUT, egui::Key::I);
        window.rest();
        for (key, value) in [
            ("figure-state", "ESTABLISHED"),
            ("figure-connect-time", "2.34 ms"),
            ("figure-round-trip", "12.3 ms"),
            ("figure-retransmitted-segments", "3"),
            ("figure-send-window", "0 B"),
            ("figure-unsent", "68.4 KiB"),
            ("figure-segment-size", "1,448 B"),
        ] {
            assert!(window.count(words.text(key)) > 0, "{language:?} {key}");
            assert!(window.count(value) > 0, "{language:?} {key}: {value}");
        }
        let not_told = words.with("figures-not-told", [("names", "".into())]);
        let lines = window.harness.query_all_by_label_contains(not_told.trim());
        let lines: Vec<String> = lines
            .filter_map(|line| {
                let node = egui_kittest::kittest::NodeT::accesskit_node(&line);
                node.label().or(node.value())
            })
            .collect();
        let told = |key| lines.iter().any(|line| line.contains(words.text(key)));
        assert!(told("figure-path-mtu"), "{lines:?}");
        assert!(!told("figure-send-buffer"), "{lines:?}");
        for key in ["figures-received", "figures-sent", "figure-unacknowledged", "figures-answers"]
        {
            assert!(window.count(words.text(key)) > 0, "{language:?} {key}");
        }
        let summary = window.engine.figures.lock().answers.clone();
        let longest = format!("{} ms", espalier_core::figures::milliseconds(summary.max_us));
        // The line, and the picture beside it for those who listen.
        assert!(window.count(&longest) >= 2, "{language:?} {longest}");
    }
}

#[test]
fn a_system_that_tells_nothing_is_told_as_such() {
    for language in Language::ALL {
        let none = SessionFigures { looks: 1, ..SessionFigures::default() };
        let (mut window, words) = connected(language, Arc::new(none));
        window.harness.key_press_modifiers(SHORTCUT, egui::Key::I);
        window.rest();
        assert_eq!(window.count(words.text("figures-untold")), 1);
        assert_eq!(window.count(words.text("figures-answers-none")), 1);
        assert_eq!(window.count(words.text("figure-round-trip")), 0);
    }
}

#[test]
fn a_server_shows_who_waits_in_its_backlog() {
    for language in Language::ALL {
        let listener = ListenerFigures { waiting: 1, limit: 1024, dropped: Some(0) };
        let (mut window, words) = connected(language, figures(on_linux(), Some(listener)));
        window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::PageUp);
        window.rest();
        window.harness.key_press_modifiers(SHORTCUT, egui::Key::I);
        window.rest();
        let waits =
            words.with("figures-backlog", [("waiting", "1".into()), ("limit", "1,024".into())]);
        assert_eq!(window.count(&waits), 1, "{language:?}");
        window.engine.figures.lock().clone_from(&figures(on_linux(), None));
        window.rest();
        assert_eq!(window.count(words.text("figures-listener-untold")), 1);
    }
}

#[test]
fn figures_are_copied_and_latencies_begin_anew() {
    let (mut window, words) = connected(Language::English, figures(on_linux(), None));
    window.harness.key_press_modifiers(SHORTCUT, egui::Key::I);
    window.rest();
    let text = copied(&mut window, words.text("figures-copy"));
    assert!(text.contains("round-trip time: 12.3 ms\n"), "{text}");
    assert!(text.contains("Time to answer: 38 · p50 "), "{text}");
    let table = copied(&mut window, words.text("figures-copy-csv"));
    assert_eq!(table.lines().count(), 31);
    assert!(table.contains(",ESTABLISHED,29000,84100,12340,1500,,"), "{table}");
    window.harness.get_by_label(words.text("figures-reset")).click_accesskit();
    window.rest();
    let asked = window.engine.commands.lock().clone();
    let reset = (SessionId(2), "ResetLatency".to_owned());
    assert!(asked.contains(&reset), "{asked:?}");
}

#[test]
fn figures_list_and_rules_stand_there_one_at_a_time() {
    let (mut window, words) = connected(Language::Chinese, figures(on_linux(), None));
    window.harness.key_press_modifiers(SHORTCUT, egui::Key::R);
    window.rest();
    window.harness.key_press_modifiers(SHORTCUT, egui::Key::I);
    window.rest();
    assert_eq!(window.count(words.text("rules-empty")), 0);
    assert!(window.count(words.text("figures-answers")) > 0);
    window.harness.key_press_modifiers(SHORTCUT, egui::Key::R);
    window.rest();
    assert_eq!(window.count(words.text("figures-reset")), 0);
}

#[test]
fn where_there_are_no_connections_answers_are_timed_all_the_same() {
    let words = Locale::new(Language::Chinese);
    let mut window = Window::new(Language::Chinese);
    *window.engine.figures.lock() = figures(on_linux(), None);
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::N);
    window.rest();
    window.click(words.text("new-udp"));
    window.write(words.text("udp-remote"), "127.0.0.1:5000");
    window.click_last(words.text("open-port"));
    window.harness.key_press_modifiers(SHORTCUT, egui::Key::I);
    window.rest();
    assert_eq!(window.count(words.text("figure-round-trip")), 0);
    assert_eq!(window.count(words.text("figures-no-connection")), 0);
    assert!(window.count("p99") > 0);
    assert_eq!(looks(&window).last(), Some(&(SessionId(1), PeerSelector::Peers(Vec::new()))));
}
