//! The palette finds everything that can be done, in both languages, and says what cannot be done now.

use std::collections::BTreeSet;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use espalier_core::SessionId;
use espalier_core::settings::ThemeChoice;
use espalier_ui::{Language, Locale, UiCommand};

use crate::harness::Window;
use crate::sessions::{open_client, open_server};
use crate::source;

/// Opens the palette with this in it.
fn search(window: &mut Window, words: &Locale, query: &str) {
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::P);
    window.rest();
    window.write(words.text("palette-hint"), query);
}

fn press(window: &mut Window, key: Key) {
    window.harness.key_press(key);
    window.rest();
}

#[test]
fn every_command_is_found_by_its_name_in_either_language() {
    let [chinese, english] = Language::ALL.map(Locale::new);
    for words in [&chinese, &english] {
        let mut window = Window::new(words.language());
        search(&mut window, words, "");
        for command in UiCommand::ALL.iter().filter(|it| **it != UiCommand::Palette) {
            for query in [&chinese, &english].map(|locale| locale.text(command.key())) {
                window.write(words.text("palette-hint"), query);
                let name = words.text(command.key());
                assert!(window.count(name) > 0, "{query} does not find {name}");
            }
        }
    }
}

#[test]
fn what_cannot_be_done_now_says_why_and_does_nothing() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = Window::new(language);
        search(&mut window, &words, words.text("command-half-close"));
        let why = words.text("cannot-no-session");
        assert_eq!(window.count(why), 1);
        let row = window.harness.get_by(|node| {
            node.role() == Role::Button && node.label().is_some_and(|it| it.contains(why))
        });
        assert!(row.accesskit_node().is_disabled());
        press(&mut window, Key::Enter);
        assert_eq!(window.count(why), 1, "it stays, and says why");
        press(&mut window, Key::Escape);

        open_server(&mut window, &words, "7681");
        open_client(&mut window, &words, "127.0.0.1", "7681");
        search(&mut window, &words, words.text("command-half-close"));
        assert_eq!(window.count(why), 0);
        press(&mut window, Key::Enter);
        let asked = window.engine.commands.lock();
        assert!(asked.iter().any(|(_, command)| command.starts_with("HalfClose")), "{asked:?}");
    }
}

#[test]
fn settings_encodings_and_tabs_are_found_too() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = Window::new(language);
        open_server(&mut window, &words, "7681");
        open_server(&mut window, &words, "7682");
        search(&mut window, &words, "theme dark");
        press(&mut window, Key::Enter);
        assert_eq!(window.app().state().settings.theme, ThemeChoice::Dark);
        search(&mut window, &words, "latin1");
        press(&mut window, Key::Enter);
        assert_eq!(window.engine.view_spec(SessionId(2)).encoding.0, "windows-1252");
        search(&mut window, &words, "7681");
        press(&mut window, Key::Enter);
        search(&mut window, &words, "GBK 编码");
        press(&mut window, Key::ArrowDown);
        press(&mut window, Key::ArrowUp);
        press(&mut window, Key::Escape);
        search(&mut window, &words, words.text("command-wrap"));
        press(&mut window, Key::Enter);
        assert!(!window.engine.view_spec(SessionId(1)).wrap, "the other tab is in front now");
        assert!(window.engine.view_spec(SessionId(2)).wrap);
    }
}

/// Menus that are opened by a button with this name, and which of their lines do the same as a command of another name.
const MENUS: &[(&str, &[&str])] = &[
    ("new-session", &[]),
    ("more-actions", &[]),
    ("copy-as", &["copy-text", "copy-timed", "copy-hex", "copy-c"]),
    // By name: a setting.
    ("theme", &["theme-system", "theme-light", "theme-dark"]),
    ("language", &[]),
];

#[test]
fn a_line_of_a_menu_is_a_command() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let names: BTreeSet<&str> = UiCommand::ALL.iter().map(|it| words.text(it.key())).collect();
        let mut window = Window::new(language);
        open_server(&mut window, &words, "7681");
        for (menu, known) in MENUS {
            let before = buttons(&window);
            window.harness.get_all_by_label(words.text(menu)).next().expect("a menu").click();
            window.rest();
            let known: BTreeSet<&str> = known.iter().map(|key| words.text(key)).collect();
            let lines: Vec<String> = buttons(&window).difference(&before).cloned().collect();
            assert!(!lines.is_empty(), "{menu} has opened");
            for line in lines {
                let is_language = Language::ALL.iter().any(|it| it.own_name() == line);
                let found = names.contains(line.as_str()) || known.contains(line.as_str());
                assert!(found || is_language, "{menu}: {line} is no command");
            }
            press(&mut window, Key::Escape);
        }
    }
}

fn buttons(window: &Window) -> BTreeSet<String> {
    let all = window.harness.root().children_recursive();
    let is_button = |role| matches!(role, Role::Button | Role::RadioButton | Role::MenuItem);
    all.filter(|node| is_button(node.accesskit_node().role()))
        .filter_map(|node| node.accesskit_node().label())
        .collect()
}

/// Where menus are made, how many, and why what stands in them is a command, or none.
const PLACES: &[(&str, usize, &str)] = &[
    ("app/draw.rs", 4, "new sessions, theme, language, help: tested above"),
    ("dialogs/serial_port.rs", 1, "common baud rates: a value of a form"),
    ("panes/board/port.rs", 2, "the port and the panel's place: each line has a command"),
    ("panes/log/filter.rs", 2, "tags that were seen, how a text is meant: values of the filter"),
    ("panes/log/highlights.rs", 1, "rules: values"),
    ("panes/log/places.rs", 2, "the next and previous bookmark are commands; moments: values"),
    ("panes/log/toolbar.rs", 2, "how the log looks: commands, and settings; copying: tested above"),
    ("panes/session/clients/row.rs", 1, "the client under the pointer"),
    ("panes/session/header.rs", 1, "everything else: tested above"),
    ("panes/session/load/rows.rs", 1, "the client under the pointer"),
    ("panes/session/list/groups.rs", 1, "import and export are commands; groups are edited there"),
    ("panes/session/log_file.rs", 1, "where the log goes: commands do what it offers"),
    ("panes/session/list/rows.rs", 2, "the group or entry under the pointer"),
    ("panes/session/rules/rows.rs", 1, "the rule under the pointer"),
    ("panes/session/send/chips.rs", 1, "whom a message goes to: values of the send box"),
    ("panes/session/send/checksum.rs", 1, "a value of the send box"),
    ("panes/session/send/mod.rs", 1, "what was sent before: Up and Down do it"),
    ("panes/session/statistics.rs", 1, "what passed: nothing is done there"),
    ("panes/session/terminal.rs", 2, "what is selected in a terminal, and how it talks"),
    ("panes/tabs.rs", 1, "lines that are commands"),
    ("panes/timeline/lanes.rs", 1, "the lane under the pointer"),
];

#[test]
fn every_place_with_a_menu_is_known_to_the_palette() {
    let mut found = Vec::new();
    for (path, text) in source::files() {
        let path = path.replace('\\', "/");
        if path.contains("widgets/") {
            continue;
        }
        let count = text.matches("menu_button(").count() + text.matches(".context_menu(").count();
        if count > 0 {
            found.push((path, count));
        }
    }
    let known: BTreeSet<(&str, usize)> =
        PLACES.iter().map(|(at, count, _)| (*at, *count)).collect();
    let is_known = |path: &str, count: usize| {
        known.iter().any(|(at, known)| path.ends_with(at) && *known == count)
    };
    let new: Vec<_> = found.iter().filter(|(path, count)| !is_known(path, *count)).collect();
    assert!(new.is_empty(), "give each line of a new menu a command, then list it here: {new:?}");
}
