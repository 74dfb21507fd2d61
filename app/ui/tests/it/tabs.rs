//! Tabs: told apart, named, doubled, closed together.

use std::sync::Arc;

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use espalier_core::backend::prelude::*;
use espalier_core::board::ReportedState;
use espalier_core::session::{EndReason, SerialSpec, SessionSpec, SessionState, TransportSpec};
use espalier_core::{SessionId, Timestamp};
use espalier_protocol::Line;
use espalier_ui::{Language, Locale};

use crate::fake::NOON;
use crate::harness::Window;
use crate::sessions::{open_client, open_server};

fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.harness.key_press_modifiers(modifiers, key);
    window.rest();
}

/// What the tabs say, from the left.
fn tabs(window: &Window) -> Vec<String> {
    let mut tabs: Vec<(f32, String)> = window
        .harness
        .query_all_by_role(egui::accesskit::Role::Tab)
        .map(|tab| {
            let label = egui_kittest::kittest::NodeT::accesskit_node(&tab).label();
            (tab.rect().left(), label.unwrap_or_default())
        })
        .collect();
    tabs.sort_by(|a, b| a.0.total_cmp(&b.0));
    tabs.into_iter().map(|(_, label)| label).collect()
}

fn run(window: &mut Window, words: &Locale, key: &str) {
    press(window, Modifiers::COMMAND, Key::P);
    window.harness.get_by_label(words.text("palette-hint")).type_text(words.text(key));
    press(window, Modifiers::NONE, Key::Enter);
}

#[test]
fn a_tab_gets_another_name_by_its_key_by_the_palette_and_by_a_double_click() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = Window::new(language);
        open_server(&mut window, &words, "7681");
        let field = words.text("command-rename-tab");
        press(&mut window, Modifiers::NONE, Key::F2);
        assert!(window.harness.get_by_label(field).is_focused());
        window.harness.get_by_label(field).type_text("花园");
        press(&mut window, Modifiers::NONE, Key::Enter);
        assert!(tabs(&window)[0].contains("花园"), "{:?}", tabs(&window));
        assert_eq!(window.harness.query_all_by_label(field).count(), 0);

        // Escape leaves it as it is, and takes nothing else away.
        run(&mut window, &words, "command-rename-tab");
        window.harness.get_by_label(field).type_text("no");
        press(&mut window, Modifiers::NONE, Key::Escape);
        assert_eq!(window.engine.spec(SessionId(1)).unwrap().name, "花园");

        // What is typed takes the place of what was there.
        let tab = window.harness.get_by_role(egui::accesskit::Role::Tab).rect().center();
        for _ in 0..2 {
            let button = |pressed| egui::Event::PointerButton {
                pos: tab,
                button: egui::PointerButton::Primary,
                pressed,
                modifiers: Modifiers::NONE,
            };
            let click = [egui::Event::PointerMoved(tab), button(true), button(false)];
            window.harness.input_mut().events.extend(click);
            window.harness.step();
        }
        window.rest();
        window.harness.get_by_label(field).type_text("Lamp");
        window.rest();
        window.harness.get_by_label(words.text("send-field")).focus();
        window.rest();
        assert_eq!(window.engine.spec(SessionId(1)).unwrap().name, "Lamp");
        // Without a name it is called by its address again.
        press(&mut window, Modifiers::NONE, Key::F2);
        press(&mut window, Modifiers::NONE, Key::Delete);
        press(&mut window, Modifiers::NONE, Key::Enter);
        assert!(tabs(&window)[0].contains("127.0.0.1:7681"), "{:?}", tabs(&window));
    }
}

#[test]
fn a_double_is_alike_in_all_but_its_history_and_starts_where_it_can() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    open_server(&mut window, &words, "7681");
    press(&mut window, Modifiers::COMMAND | Modifiers::SHIFT, Key::D);
    let state = |window: &Window, id| window.engine.status(SessionId(id)).unwrap().state.clone();
    assert_eq!(state(&window, 2), SessionState::Idle, "its port is taken by the other");

    open_client(&mut window, &words, "127.0.0.1", "7681");
    press(&mut window, Modifiers::COMMAND, Key::L);
    press(&mut window, Modifiers::COMMAND | Modifiers::SHIFT, Key::D);
    assert!(matches!(state(&window, 4), SessionState::Connected(_)));
    let [one, other] = [3, 4].map(|id| window.engine.spec(SessionId(id)).unwrap());
    assert_eq!(one.transport, other.transport);
    assert_eq!(other.capture, None);
    let cleared = window.engine.view_spec(SessionId(4)).cleared_before;
    assert_eq!(cleared, espalier_core::Position(0), "that was a place in the other's history");
    let names = tabs(&window);
    assert_eq!(names.len(), 4);
    assert!(names[2].contains("127.0.0.1:7681 ·1"), "{names:?}");
    assert!(names[3].contains("127.0.0.1:7681 ·2"), "{names:?}");
    // It keeps its number when the other goes, as long as there is a need for one.
    press(&mut window, Modifiers::COMMAND | Modifiers::SHIFT, Key::D);
    press(&mut window, Modifiers::COMMAND, Key::PageUp);
    press(&mut window, Modifiers::COMMAND, Key::PageUp);
    press(&mut window, Modifiers::COMMAND, Key::W);
    let names = tabs(&window);
    assert!(names[2].contains("7681 ·2") && names[3].contains("7681 ·3"), "{names:?}");
}

#[test]
fn other_tabs_are_closed_together() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = Window::new(language);
        for port in ["7001", "7002", "7003", "7004"] {
            open_server(&mut window, &words, port);
        }
        let ports = |window: &Window| -> Vec<String> {
            let port = |tab: &String| tab.split_once("127.0.0.1:").unwrap().1[..4].to_owned();
            tabs(window).iter().map(port).collect()
        };
        press(&mut window, Modifiers::COMMAND, Key::PageUp);
        press(&mut window, Modifiers::COMMAND, Key::PageUp);
        run(&mut window, &words, "command-close-tabs-right");
        assert_eq!(ports(&window), ["7001", "7002"]);
        assert_eq!(window.app().sessions().count(), 2);
        open_server(&mut window, &words, "7005");
        // What stands beside them is no other tab of theirs.
        press(&mut window, Modifiers::COMMAND, Key::Backslash);
        press(&mut window, Modifiers::COMMAND, Key::PageUp);
        run(&mut window, &words, "command-close-other-tabs");
        assert_eq!(ports(&window), ["7002", "7005"]);
    }
}

#[test]
fn a_session_is_connected_anew_by_one_command() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    open_server(&mut window, &words, "7681");
    open_client(&mut window, &words, "127.0.0.1", "7681");
    press(&mut window, Modifiers::COMMAND, Key::F5);
    let asked: Vec<_> = window.engine.commands.lock().drain(..).collect();
    let wanted = ["Stop", "Start"].map(|it| (SessionId(2), it.to_owned()));
    assert_eq!(asked, wanted);
    let state = window.engine.status(SessionId(2)).unwrap().state.clone();
    assert!(matches!(state, SessionState::Connected(_)), "{state:?}");
}

#[test]
fn tabs_to_one_board_are_told_apart_by_the_place_that_it_has_given_them() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = Window::new(language);
        open_server(&mut window, &words, "7681");
        for _ in 0..5 {
            open_client(&mut window, &words, "127.0.0.1", "7681");
        }
        let clients = |window: &Window| tabs(window)[1..].to_vec();
        for (index, tab) in clients(&window).iter().enumerate() {
            assert!(tab.contains(&format!("127.0.0.1:7681 ·{}", index + 1)), "{tab}");
        }
        let board = TransportSpec::Serial(SerialSpec::new("COM3"));
        window.engine.open(SessionSpec::new(board));
        let mut reported = ReportedState::default();
        let locals: Vec<_> = (2..=6)
            .map(|id| window.engine.status(SessionId(id)).unwrap().local.expect("an address"))
            .collect();
        let said = [
            "I (1) boot: started app=espalier version=0.1.0 chip=esp32c3 reset=power-on".to_owned(),
            format!("I (2) tcp: accepted peer={} slot=1 served=1/2", locals[0]),
            format!("I (3) tcp: accepted peer={} slot=2 served=2/2", locals[1]),
            format!("I (4) tcp: waiting peer={} served=2/2 waiting=1/1", locals[2]),
            format!("I (5) tcp: refused peer={} served=2/2 waiting=1/1", locals[3]),
            format!("I (6) tcp: refused peer={} served=2/2 waiting=1/1", locals[4]),
        ];
        for line in &said {
            reported.line(&Line::parse(line).expect("a line of a board"), Timestamp(NOON));
        }
        window.engine.told.lock().reported = Arc::new(reported);
        for id in [5, 6] {
            window.engine.end(SessionId(id), EndReason::ClosedByPeer, "");
        }
        window.rest();
        let slot = |slot: u32| words.with("place-slot", [("slot", slot.into())]);
        let refused = words.text("place-short-refused");
        let places = [
            slot(1),
            slot(2),
            words.text("place-short-waiting").to_owned(),
            format!("{refused} ·4"),
            format!("{refused} ·5"),
        ];
        for (tab, place) in clients(&window).iter().zip(places) {
            assert!(tab.contains(&format!("127.0.0.1:7681 · {place}")), "{tab}: {place}");
        }
    }
}

#[test]
fn a_target_is_remembered_when_it_was_found_and_forgotten_by_its_cross() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = Window::new(language);
        open_server(&mut window, &words, "7681");
        open_client(&mut window, &words, "127.0.0.1", "7681");
        // It is there, though nobody listens.
        open_client(&mut window, &words, "192.168.1.9", "9");
        open_client(&mut window, &words, "nowhere.invalid", "80");
        window.harness.state_mut().as_mut().unwrap().store();
        let kept = |window: &Window| -> Vec<String> {
            let stored = window.machine.stored.lock();
            stored.as_ref().unwrap().recent.iter().map(|it| it.host.clone()).collect()
        };
        assert_eq!(kept(&window), ["192.168.1.9", "127.0.0.1"]);
        press(&mut window, Modifiers::COMMAND, Key::N);
        let forget = words.with("recent-forget", [("address", "192.168.1.9:9".into())]);
        // By the keyboard, too.
        window.harness.get_by_label(&forget).focus();
        window.rest();
        press(&mut window, Modifiers::NONE, Key::Space);
        assert_eq!(window.harness.query_all_by_label(&forget).count(), 0);
        assert_eq!(window.harness.query_all_by_label(words.text("host")).count(), 1);
        press(&mut window, Modifiers::NONE, Key::Escape);
        window.harness.state_mut().as_mut().unwrap().store();
        assert_eq!(kept(&window), ["127.0.0.1"]);
    }
}
