//! The settings of the program: found, changed at once, kept; in both languages.

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use espalier_core::backend::prelude::*;
use espalier_core::send::LineEnding;
use espalier_core::settings::{NewSessionDefaults, ThemeChoice, UserSettings};
use espalier_core::view::{ClockStyle, EncodingName};
use espalier_core::{Sentence, SessionId};
use espalier_ui::{Language, Locale, UiState};

use crate::harness::Window;
use crate::sessions::{open_client, open_server};

fn page(language: Language) -> Window {
    let mut window = Window::new(language);
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::Comma);
    window.rest();
    window
}

fn settings(window: &Window) -> UserSettings {
    window.app().state().settings
}

/// Chooses this in the list of that name.
fn choose(window: &mut Window, list: &str, choice: &str) {
    window.harness.get_by_role_and_label(Role::ComboBox, list).click();
    window.rest();
    window.click_last(choice);
}

#[test]
fn a_setting_is_found_in_either_language_and_used_at_once() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = page(language);
        for query in ["dark", "深色", "interface.log_font", "编码", "power cut"] {
            window.write(words.text("settings-search"), query);
            let rows = window.harness.query_all_by_role(Role::ComboBox).count();
            assert!(rows <= 2, "{query}: {rows}");
            assert_eq!(window.count(words.text("nothing-matches")), 0, "{query}");
        }
        window.write(words.text("settings-search"), "no such thing");
        assert_eq!(window.count(words.text("nothing-matches")), 1);
        window.write(words.text("settings-search"), "theme");
        choose(&mut window, words.text("theme"), words.text("theme-light"));
        assert_eq!(settings(&window).theme, ThemeChoice::Light);
        assert_eq!(window.harness.ctx.theme(), egui::Theme::Light);
        let reset = words.with("setting-reset", [("name", words.text("theme").into())]);
        window.click(&reset);
        assert_eq!(settings(&window), UserSettings::default());
        assert_eq!(window.count(&reset), 0, "there is nothing to go back from");
    }
}

#[test]
fn the_language_is_chosen_and_given_back_to_the_system() {
    let words = Locale::new(Language::Chinese);
    let mut window = page(Language::Chinese);
    choose(&mut window, words.text("language"), "English");
    assert_eq!(window.app().language(), Language::English);
    choose(&mut window, "Language", "Like the system");
    assert_eq!(window.app().language(), Language::Chinese);
}

#[test]
fn zoom_has_its_keys_ends_and_place_among_what_is_kept() {
    let mut window = Window::new(Language::English);
    let zoom = |window: &Window| (settings(window).zoom, window.harness.ctx.zoom_factor());
    for (key, percent) in [
        (Key::Plus, 110),
        (Key::Equals, 120),
        (Key::Minus, 110),
        (Key::Num0, 100),
        (Key::Minus, 90),
    ] {
        window.harness.key_press_modifiers(Modifiers::COMMAND, key);
        window.rest();
        assert_eq!(zoom(&window), (percent, percent as f32 / 100.0), "{key:?}");
    }
    for _ in 0..30 {
        window.harness.key_press_modifiers(Modifiers::COMMAND, Key::Minus);
        window.rest();
    }
    assert_eq!(zoom(&window).0, 50);
    let kept = window.app().state();
    let again = Window::with(Language::English, kept, egui::vec2(1100.0, 720.0));
    assert_eq!(zoom(&again), (50, 0.5));
}

#[test]
fn sizes_of_text_are_those_of_the_style() {
    let settings = UserSettings { font_size: 18.0, log_font_size: 20.0, ..Default::default() };
    let state = UiState { settings, ..UiState::default() };
    let window = Window::with(Language::English, state, egui::vec2(1100.0, 720.0));
    let style = window.harness.ctx.global_style();
    let size = |style_of: egui::TextStyle| style_of.resolve(&style).size;
    assert_eq!(size(egui::TextStyle::Body), 18.0);
    assert_eq!(size(egui::TextStyle::Monospace), 20.0);
    assert!(size(egui::TextStyle::Small) < 18.0);
}

#[test]
fn a_new_session_begins_as_the_settings_say_and_the_others_stay() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    open_server(&mut window, &words, "7681");
    let new_session = NewSessionDefaults {
        encoding: EncodingName("GBK".to_owned()),
        line_ending: Some(LineEnding::Lf),
        escapes: true,
        clock: ClockStyle::Off,
        wrap: false,
    };
    let before = window.app().state().sessions;
    assert!(!before[0].send.spec.escapes, "paths are sent as they are written");
    let settings = UserSettings { new_session, ..UserSettings::default() };
    let state = UiState { settings, sessions: before.clone(), ..UiState::default() };
    let mut window = Window::with(Language::English, state, egui::vec2(1100.0, 720.0));
    open_client(&mut window, &words, "127.0.0.1", "7681");
    let after = window.app().state().sessions;
    assert_eq!(after[0], before[0]);
    let (view, send) = (&after[1].spec.view, &after[1].send.spec);
    assert_eq!((view.encoding.0.as_str(), view.clock), ("GBK", ClockStyle::Off));
    assert!(!view.wrap);
    assert_eq!((send.escapes, send.line_ending), (true, LineEnding::Lf));
    let spec = window.engine.spec(SessionId(2)).expect("it is open");
    assert_eq!(spec.view.encoding.0, "GBK", "the engine knows it, too");
}

#[test]
fn a_font_that_cannot_be_used_is_told_and_what_is_no_path_is_not_taken() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = page(language);
        *window.machine.font_fault.lock() = Some(Sentence::from("this is no font"));
        window.write(words.text("setting-log-font"), "font.ttf");
        window.harness.key_press(Key::Tab);
        window.rest();
        assert_eq!(settings(&window).log_font, "");
        assert_eq!(window.count("interface.log_font"), 1, "it says what it can be");
        let path = if cfg!(windows) { "C:\\font.ttf" } else { "/font.ttf" };
        window.write(words.text("setting-log-font"), path);
        window.harness.key_press(Key::Tab);
        window.rest();
        assert_eq!(settings(&window).log_font, path);
        assert!(window.app().toasts().any(|toast| toast.text.contains("no font")));
    }
}

#[test]
fn the_gear_and_the_palette_lead_to_the_settings() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = Window::new(language);
        window.click(words.text("command-settings"));
        let search =
            window.harness.get_by_role_and_label(Role::SearchInput, words.text("settings-search"));
        assert!(search.accesskit_node().is_focused());
    }
}

#[test]
fn escapes_that_are_off_are_offered_where_they_seem_to_be_meant() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = Window::new(language);
        open_server(&mut window, &words, "7681");
        open_client(&mut window, &words, "127.0.0.1", "7681");
        let on = words.text("send-escapes-on");
        window.write(words.text("send-field"), r"type C:\new\readme.txt");
        assert_eq!(window.count(on), 0, "it is a path");
        window.write(words.text("send-field"), r"AT\r\n");
        window.click(on);
        assert_eq!(window.count(on), 0);
        window.click(words.text("send"));
        assert!(window.app().state().sessions[1].send.spec.escapes);
    }
}
