//! The window around the sessions: dialogs, languages, themes, what comes back.

use egui_kittest::kittest::Queryable as _;
use espalier_ui::{Language, Locale, UiState};

use crate::harness::Window;
use crate::sessions::{open_client, open_server};

#[test]
fn the_language_changes_while_it_runs() {
    let mut window = Window::new(Language::English);
    assert_eq!(window.count("Listen"), 1);
    window.click("Language");
    window.click("简体中文");
    assert_eq!(window.app().language(), Language::Chinese);
    assert_eq!(window.count("监听"), 1);
}

#[test]
fn sessions_layout_and_language_come_back() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    open_server(&mut window, &words, "7681");
    open_client(&mut window, &words, "localhost", "7681");
    let beside = egui::Modifiers::COMMAND;
    window.harness.key_press_modifiers(beside, egui::Key::Backslash);
    window.rest();
    window.click("Language");
    window.click("简体中文");
    for _ in 0..100 {
        window.harness.step();
    }
    let state = window.machine.stored.lock().clone().expect("it was stored by itself");

    let again = Window::with(Language::English, state.clone(), egui::vec2(1100.0, 720.0));
    assert_eq!(again.app().language(), Language::Chinese);
    assert_eq!(again.app().sessions().count(), 2);
    assert_eq!(again.app().state(), state);
    assert_eq!(again.count("未连接"), 2, "the client's tab and badge: nothing started by itself");
    assert_eq!(again.count("未监听"), 2, "the server's");
}

#[test]
fn a_broken_layout_loses_no_session() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    open_server(&mut window, &words, "7681");
    let mut state = window.app().state();
    state.layout = Some(espalier_ui::Layout::Tabs { front: 7, children: Vec::new() });
    let again = Window::with(Language::English, state, egui::vec2(900.0, 600.0));
    assert_eq!(again.app().sessions().count(), 1);
    assert!(again.count("127.0.0.1:7681") > 0);
}

#[test]
fn the_dialog_refuses_what_cannot_be() {
    let mut window = Window::new(Language::English);
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::N);
    window.rest();
    window.write("Host", "example.org");
    window.write("Port", "70000");
    assert_eq!(window.count("Ports go from 1 to 65535"), 1);
    window.harness.key_press(egui::Key::Enter);
    window.rest();
    assert_eq!(window.app().sessions().count(), 0);
    window.harness.key_press(egui::Key::Escape);
    window.rest();
    assert_eq!(window.count("Ports go from"), 0, "Escape closes it");
}

#[test]
fn listening_on_all_interfaces_cautions() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    window
        .harness
        .key_press_modifiers(egui::Modifiers::COMMAND | egui::Modifiers::SHIFT, egui::Key::N);
    window.rest();
    assert_eq!(window.count(words.text("bind-all-caution")), 0);
    window.harness.get_by_role_and_label(egui::accesskit::Role::ComboBox, "Listen on").click();
    window.rest();
    assert_eq!(window.count("192.168.1.20"), 1, "this computer's addresses are offered");
    window.click("All interfaces (0.0.0.0)");
    assert_eq!(window.count(words.text("bind-all-caution")), 1);
}

#[test]
fn the_shortcut_list_and_the_palette_open_by_key() {
    let mut window = Window::new(Language::English);
    window.harness.key_press(egui::Key::Questionmark);
    window.rest();
    assert!(window.count("Half-close (send FIN, keep receiving)") > 0);
    window.harness.key_press(egui::Key::Escape);
    window.rest();
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::K);
    window.rest();
    window.harness.get_by_label("What do you want to do?").type_text("new server");
    window.rest();
    window.harness.key_press(egui::Key::Enter);
    window.rest();
    assert!(window.count("Behaviour") > 0, "the dialog of a new server");
}

#[test]
fn a_workspace_that_cannot_be_read_is_told() {
    let mut window = Window::new(Language::English);
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::O);
    window.rest();
    window.click("Open");
    let told: Vec<_> = window.app().toasts().map(|toast| toast.text.clone()).collect();
    assert_eq!(told, ["There is no such file"]);
}

#[test]
fn a_path_that_is_typed_where_a_file_is_opened_takes_the_place_of_what_was_offered() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = Window::new(language);
        window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::O);
        window.rest();
        let field = |window: &Window| {
            let role = egui::accesskit::Role::TextInput;
            window.harness.get_by_role_and_label(role, words.text("file")).value()
        };
        assert!(field(&window).is_some_and(|offered| offered.ends_with("workspace.toml")));
        window.harness.event(egui::Event::Text("/else/where.toml".to_owned()));
        window.rest();
        assert_eq!(field(&window).as_deref(), Some("/else/where.toml"));
    }
}

#[test]
fn an_idle_window_does_not_repaint() {
    let words = Locale::new(Language::English);
    let mut window = Window::with(Language::English, UiState::default(), egui::vec2(900.0, 600.0));
    open_server(&mut window, &words, "7681");
    for _ in 0..200 {
        window.harness.step();
    }
    let output = window.harness.output();
    let delay = output.viewport_output.values().map(|viewport| viewport.repaint_delay).min();
    assert_eq!(delay, Some(std::time::Duration::MAX));
}
