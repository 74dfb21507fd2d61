//! Load tests in the window: the form, the question, and the figures in both languages.

use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use espalier_core::SessionId;
use espalier_core::backend::prelude::*;
use espalier_core::figures::milliseconds;
use espalier_core::load::{LoadSpec, LoadTraffic, PatternCheck};
use espalier_core::session::{EndReason, SessionSpec, SessionState, TransportSpec};
use espalier_core::tls::TlsClientSpec;
use espalier_ui::{Language, Locale, UiState, WorkspaceContents};

use crate::harness::{Machine, Window};

const SESSION: SessionId = SessionId(1);

/// The form, opened by its command.
fn form(language: Language) -> (Window, Locale) {
    let words = Locale::new(language);
    let mut window = Window::with(language, UiState::default(), egui::vec2(1100.0, 1200.0));
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::N);
    window.rest();
    window.click(words.text("new-load"));
    (window, words)
}

/// A load test of so many clients that was asked for by the form.
fn started(language: Language, host: &str, clients: u32) -> (Window, Locale) {
    let (mut window, words) = form(language);
    window.write(words.text("host"), host);
    window.write(words.text("port"), "7681");
    window.write(words.text("load-clients"), &clients.to_string());
    window.harness.key_press(egui::Key::Tab);
    window.rest();
    window.click_last(words.text("start-load"));
    (window, words)
}

fn load(window: &Window) -> LoadSpec {
    let spec = window.engine.spec(SESSION).expect("a session");
    let TransportSpec::Load(load) = &spec.transport else { panic!("{:?}", spec.transport) };
    load.clone()
}

#[test]
fn a_load_test_is_asked_for_in_both_languages() {
    for language in Language::ALL {
        let (mut window, words) = form(language);
        window.write(words.text("host"), "192.168.1.5");
        window.write(words.text("port"), "7681");
        window.click(words.text("load-list"));
        window.write(words.text("load-group"), "modem");
        window.click(words.text("load-pattern"));
        window.harness.get_by_role_and_label(Role::CheckBox, "TLS").click_accesskit();
        window.rest();
        window.harness.get_by_label(words.text("more-options")).click_accesskit();
        window.rest();
        let stays = words.text("load-stay");
        window.harness.get_by_role_and_label(Role::CheckBox, stays).click_accesskit();
        window.rest();
        window.click_last(words.text("start-load"));
        let traffic = LoadTraffic::Pattern { rate: 1000, check: PatternCheck::Echo };
        let wanted = LoadSpec {
            traffic,
            stay_ms: Some(1000),
            tls: Some(TlsClientSpec::default()),
            ..LoadSpec::new("192.168.1.5", 7681)
        };
        assert_eq!(load(&window), wanted);
    }
}

#[test]
fn what_makes_no_sense_is_said_and_nothing_is_opened() {
    let (mut window, words) = form(Language::English);
    window.write(words.text("host"), "a b");
    window.write(words.text("port"), "7681");
    assert_eq!(window.count(words.text("problem-host")), 1);
    window.write(words.text("host"), "board");
    window.write(words.text("port"), "0");
    assert_eq!(window.count(words.text("problem-port")), 1);
    assert!(window.engine.sessions().is_empty());
}

#[test]
fn figures_are_shown_in_sum_and_for_each_client() {
    for language in Language::ALL {
        let (mut window, words) = started(language, "192.168.1.5", 40);
        let sum = words
            .with("load-are-connected", [("count", 39_u32.into()), ("clients", 40_u32.into())]);
        assert_eq!(window.count(&sum), 1, "{sum}");
        assert_eq!(window.count(&words.with("load-refused", [("count", "1".into())])), 1);
        assert_eq!(window.count(&words.with("load-wrong", [("count", "1".into())])), 1);
        assert!(window.count(" · p50 2.0") > 0);
        let spoken = |number: u32, errors: u32| {
            let words = &words;
            let connect = format!("{} ms", milliseconds(u64::from(100 * number)));
            let state = words.text("state-connected").into();
            words.with(
                "load-client-spoken",
                [
                    ("number", number.into()),
                    ("state", state),
                    ("connect", connect.into()),
                    ("errors", errors.into()),
                ],
            )
        };
        assert_eq!(window.count(&spoken(3, 0)), 1);
        // What is not in sight is not drawn.
        assert_eq!(window.count(&spoken(39, 0)), 0);
        window.click(words.text("load-bad-alone"));
        assert_eq!((window.count(&spoken(3, 0)), window.count(&spoken(2, 1))), (0, 1));
        // Its own log, and all of it again.
        window.click(&spoken(2, 1));
        window.click(&spoken(2, 1));
        window.click(words.text("stop-load"));
        assert!(matches!(
            window.engine.status(SESSION).expect("it is open").state,
            SessionState::Ended { reason: EndReason::ClosedByUs, .. }
        ));
    }
}

#[test]
fn an_address_outside_is_asked_about_and_nothing_is_begun_without_a_yes() {
    for language in Language::ALL {
        let (mut window, words) = started(language, "192.0.2.1", 3);
        let address = ("address", "192.0.2.1:7681".into());
        let question = words.with("load-outside-question", [address, ("count", 3_u32.into())]);
        assert_eq!(window.count(&question), 1, "{question}");
        assert!(!load(&window).allowed_outside);
        // Enter is no answer.
        window.harness.key_press(egui::Key::Enter);
        window.rest();
        let status = window.engine.status(SESSION).expect("it is open");
        assert!(matches!(status.state, SessionState::Ended { reason: EndReason::Forbidden, .. }));
        window.click(words.text("load-outside-yes"));
        assert_eq!(window.count(&question), 0);
        assert_eq!(window.engine.status(SESSION).expect("it is open").state, SessionState::Open);
    }
}

#[test]
fn one_that_comes_from_a_file_waits_for_the_user() {
    let machine = std::sync::Arc::new(Machine::default());
    let spec = SessionSpec::new(TransportSpec::Load(LoadSpec::new("127.0.0.1", 7681)));
    assert!(spec.autostart);
    let contents = WorkspaceContents { sessions: vec![spec], ..WorkspaceContents::default() };
    *machine.workspace.lock() = Some(contents);
    let size = egui::vec2(1100.0, 720.0);
    let mut window = Window::on(machine, Language::English, UiState::default(), size);
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::O);
    window.rest();
    let words = Locale::new(Language::English);
    let field = window.harness.get_all_by_role(Role::TextInput).next().expect("a path");
    field.focus();
    window.rest();
    window.harness.get_all_by_role(Role::TextInput).next().expect("a path").type_text("a.toml");
    window.rest();
    window.harness.key_press(egui::Key::Enter);
    window.rest();
    let spec = window.engine.spec(SESSION).expect("it is there");
    assert!(!spec.autostart);
    assert!(window.count(words.text("state-load-idle")) > 0);
}
