//! How rows of a log are cut, filtered, found and gone back to, by label in both languages.

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use espalier_core::view::{FrameBytes, Framing};
use espalier_core::{SessionId, Timestamp};
use espalier_ui::{Language, Locale};

use crate::harness::Window;
use crate::sessions::open_server;

const LANGUAGES: [Language; 2] = [Language::English, Language::Chinese];

fn with_lines(language: Language, lines: &[&str]) -> (Window, Locale) {
    let words = Locale::new(language);
    let mut window = Window::new(language);
    open_server(&mut window, &words, "7681");
    for line in lines {
        window.engine.receive(SessionId(1), line.as_bytes());
    }
    window.rest();
    (window, words)
}

fn view(window: &Window) -> espalier_core::view::ViewSpec {
    window.engine.view_spec(SessionId(1))
}

/// Bookmarks a row by its menu.
fn bookmark(window: &mut Window, words: &Locale, row: &str) {
    window.harness.query_all_by_label(row).last().expect("the row").click_secondary();
    window.rest();
    window.click(words.text("bookmark-row"));
}

#[test]
fn the_filter_bar_takes_bytes_words_case_and_the_opposite() {
    for language in LANGUAGES {
        let (mut window, words) = with_lines(language, &["one", "two"]);
        window.click(words.text("command-filter"));
        for key in ["filter-not", "find-word", "find-case"] {
            window.click(words.text(key));
        }
        let filter = view(&window).filter;
        assert!(filter.not && filter.whole_word && filter.case_sensitive, "{language:?}");
        // Bytes are no expression, and the other way round.
        window.click(words.text("find-hex"));
        assert!(view(&window).filter.hex);
        window.click(words.text("regex"));
        let filter = view(&window).filter;
        assert!(filter.regex && !filter.hex);
        window.click(words.text("filter-reset"));
        assert!(!view(&window).filter.not);
    }
}

#[test]
fn a_range_of_time_is_typed_and_reset() {
    for language in LANGUAGES {
        let (mut window, words) = with_lines(language, &["one"]);
        window.click(words.text("command-filter"));
        window.click(words.text("filter-range"));
        let name = words.text("filter-since");
        window.harness.get_by_role_and_label(Role::TextInput, name).focus();
        window.rest();
        window.harness.get_by_role_and_label(Role::TextInput, name).type_text("+1.5");
        window.rest();
        assert!(view(&window).filter.since.is_some(), "{language:?}");
        window.harness.key_press(Key::Escape);
        window.rest();
        window.click(words.text("filter-reset"));
        assert_eq!(view(&window).filter.since, None);
        window.click(words.text("filter-range"));
        let value = window.harness.get_by_role_and_label(Role::TextInput, name).value();
        assert_eq!(value.unwrap_or_default(), "");
    }
}

#[test]
fn a_range_of_time_that_comes_with_the_workspace_stands_in_its_fields() {
    let (window, words) = with_lines(Language::English, &["one"]);
    let mut state = window.app().state();
    state.sessions[0].spec.view.filter.since = Some(Timestamp(1_500_000_000));
    let mut window = Window::with(Language::English, state, egui::vec2(1100.0, 720.0));
    window.rest();
    window.click(words.text("filter-range"));
    let name = words.text("filter-since");
    let value = window.harness.get_by_role_and_label(Role::TextInput, name).value();
    let value = value.unwrap_or_default();
    assert!(value.ends_with(":01.500000"), "{value}");
    assert_eq!(
        view(&window).filter.since,
        Some(Timestamp(1_500_000_000)),
        "looking changes nothing"
    );
}

#[test]
fn rows_are_cut_by_what_the_bar_below_the_toolbar_says() {
    for language in LANGUAGES {
        let (mut window, words) = with_lines(language, &["one"]);
        let choose = |window: &mut Window, key: &str| {
            window.harness.get_by_role_and_label(Role::ComboBox, words.text("framing")).click();
            window.rest();
            window.click(words.text(key));
        };
        choose(&mut window, "framing-cr");
        assert_eq!(view(&window).framing, Framing::Cr);
        choose(&mut window, "framing-delimiter");
        let first = words.with("framing-delimiter-number", [("number", 1_u64.into())]);
        let in_hex = words.with("framing-in-hex", [("what", first.as_str().into())]);
        window.click(&in_hex);
        window.click(words.text("framing-delimiter-add"));
        let delimiters = vec![FrameBytes(r"hex:\r\n".into()), FrameBytes(r"\n".into())];
        assert_eq!(view(&window).framing, Framing::Delimiter { delimiters });
        // It is told that these are no digits.
        let spec = view(&window);
        let fault = spec.framing.fault(&spec.encoding).unwrap();
        assert_eq!(window.count(&words.sentence(&fault)), 1, "{language:?}");
        choose(&mut window, "framing-frame");
        assert!(matches!(view(&window).framing, Framing::Frame(_)));
        for key in ["frame-header", "frame-length", "frame-check", "frame-footer"] {
            assert!(window.count(words.text(key)) > 0, "{key}");
        }
        let check = words.text("frame-check");
        window.harness.get_by_role_and_label(Role::CheckBox, check).click();
        window.rest();
        let Framing::Frame(layout) = view(&window).framing else { panic!() };
        assert_eq!(layout.check.unwrap().name, "CRC-16/MODBUS");
    }
}

#[test]
fn a_moment_that_is_none_is_told_and_bookmarks_are_listed_named_and_removed() {
    for language in LANGUAGES {
        let (mut window, words) = with_lines(language, &["one", "two"]);
        bookmark(&mut window, &words, "two");
        window.click(words.text("places"));
        let field = words.text("go-to-time");
        window.harness.get_by_role_and_label(Role::TextInput, field).focus();
        window.rest();
        window.harness.get_by_role_and_label(Role::TextInput, field).type_text("noon");
        window.rest();
        assert_eq!(window.count(words.text("moment-wrong")), 1, "{language:?}");
        let name = words.with("bookmark-name", [("number", 1_u64.into())]);
        let field = window.harness.get_by_role_and_label(Role::TextInput, &name);
        field.focus();
        window.rest();
        window.harness.get_by_role_and_label(Role::TextInput, &name).type_text("here");
        window.rest();
        assert_eq!(view(&window).bookmarks.all()[0].name, "here");
        let remove = words.with("bookmark-remove-number", [("number", 1_u64.into())]);
        window.click(&remove);
        assert!(view(&window).bookmarks.is_empty());
    }
}

#[test]
fn keys_lead_from_bookmark_to_bookmark() {
    let (mut window, words) = with_lines(Language::English, &["one", "two", "three"]);
    let positions = ["one", "three"].map(|row| {
        bookmark(&mut window, &words, row);
        view(&window).bookmarks.all().last().unwrap().row.position
    });
    let sought = |window: &Window| window.engine.sought(SessionId(1));
    let next = |window: &mut Window| {
        let keys = Modifiers::COMMAND.plus(Modifiers::SHIFT);
        window.harness.key_press_modifiers(keys, Key::ArrowDown);
        window.rest();
    };
    for expected in [positions[0], positions[1], positions[0], positions[1]] {
        next(&mut window);
        assert_eq!(sought(&window), Some(expected));
    }
    window.harness.query_all_by_label("two").last().expect("the row").click();
    window.rest();
    next(&mut window);
    assert_eq!(sought(&window), Some(positions[1]), "it goes on from the row that was selected");
}
