//! Pictures of the window: that it looks like something in both themes, and those of the README.

use egui_kittest::kittest::Queryable as _;
use espalier_core::settings::{ThemeChoice, UserSettings};
use espalier_ui::theme;
use espalier_ui::{Language, Locale, Recent, UiState};

use crate::harness::Window;
use crate::renderer;
use crate::sessions::{open_client, open_server};

/// A conversation between a server and two clients, side by side.
fn conversation(language: Language, theme: ThemeChoice, size: egui::Vec2) -> Window {
    let words = Locale::new(language);
    let recent = vec![Recent { host: "192.168.1.42".to_owned(), port: 7681 }];
    let settings = UserSettings { theme, ..UserSettings::default() };
    let state = UiState { settings, recent, ..UiState::default() };
    let mut window = Window::with(language, state, size);
    open_server(&mut window, &words, "7681");
    open_client(&mut window, &words, "127.0.0.1", "7681");
    open_client(&mut window, &words, "127.0.0.1", "7681");
    let command = egui::Modifiers::COMMAND;
    window.harness.key_press_modifiers(command, egui::Key::Backslash);
    window.rest();
    let say = |window: &mut Window, field: usize, text: &str| {
        let label = words.text("send-field");
        let fields: Vec<_> = window.harness.query_all_by_label(label).collect();
        if let Some(field) = fields.get(field) {
            field.focus();
        }
        window.rest();
        let fields: Vec<_> = window.harness.query_all_by_label(label).collect();
        if let Some(field) = fields.get(field) {
            field.type_text(text);
        }
        window.rest();
        if !text.ends_with('…') {
            window.harness.key_press(egui::Key::Enter);
        }
        window.rest();
    };
    window.harness.key_press_modifiers(command, egui::Key::PageUp);
    window.rest();
    window.harness.key_press_modifiers(command, egui::Key::PageUp);
    window.rest();
    for (field, text) in [
        (1, "hello 你好"),
        (0, "{\"id\":1,\"ok\":true}"),
        (1, "GET /status"),
        (0, "温度 23.5 °C, RSSI -61 dBm"),
        (1, "led on"),
        (0, "OK"),
    ] {
        say(&mut window, field, text);
    }
    window
}

#[test]
fn the_window_is_dark_or_light_as_chosen() {
    let size = egui::vec2(420.0, 300.0);
    for (choice, dark) in [(ThemeChoice::Dark, true), (ThemeChoice::Light, false)] {
        let settings = UserSettings { theme: choice, ..UserSettings::default() };
        let state = UiState { settings, ..UiState::default() };
        let mut window = Window::with(Language::Chinese, state, size);
        let picture = window.harness.render().expect("a picture");
        let ground = theme::of(dark).ground.to_array();
        let share = picture.pixels().filter(|pixel| pixel.0 == ground).count();
        assert!(share * 2 > (size.x * size.y) as usize, "most of it is ground: {share}");
        assert!(share < (size.x * size.y) as usize, "and something is on it");
    }
}

#[test]
fn the_readmes_picture_of_a_conversation() {
    if renderer::wanted() {
        let size = egui::vec2(1280.0, 760.0);
        let mut window = conversation(Language::Chinese, ThemeChoice::Light, size);
        renderer::save(&mut window.harness, "conversation.png");
    }
}
