//! Everything has room, in every size that people use: nothing lies over another, nothing leaves the window.

use egui::accesskit::Role;
use egui::{Key, Modifiers, Rect, Vec2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _, by};
use espalier_core::SessionId;
use espalier_core::backend::LogId;
use espalier_core::backend::prelude::*;
use espalier_core::session::{EndReason, SessionState};
use espalier_core::view::RowKind;
use espalier_ui::{Language, Locale, UiState};

use crate::harness::Window;
use crate::sessions::{open_client, open_server};

const SIZES: [Vec2; 3] = [vec2(560.0, 400.0), vec2(820.0, 600.0), vec2(1280.0, 800.0)];
const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.harness.key_press_modifiers(modifiers, key);
    window.rest();
}

/// What can be used or read, with its place. Rows of logs and what lies in lists that scroll is left out: it may leave them.
fn things(window: &Window) -> Vec<(Role, String, Rect)> {
    let roles = [
        Role::Button,
        Role::Label,
        Role::CheckBox,
        Role::RadioButton,
        Role::ComboBox,
        Role::SpinButton,
        Role::TextInput,
        Role::SearchInput,
        Role::MultilineTextInput,
    ];
    let root = window.harness.root();
    let rows = rows(window);
    root.query_all(by().predicate(move |node| roles.contains(&node.role())))
        .map(|found| {
            let node = found.accesskit_node();
            let name = node.label().or_else(|| node.value()).unwrap_or_default();
            (node.role(), name, found.rect())
        })
        .filter(|(role, name, _)| *role != Role::Label || !rows.contains(name))
        // The list of clients scrolls, too.
        .filter(|(role, name, _)| *role == Role::Label || !name.contains("127.0.0.1:50"))
        .collect()
}

/// What the rows of all logs say: they scroll, and are cut at the edge.
fn rows(window: &Window) -> Vec<String> {
    let words = Locale::new(window.app().language());
    let mut all = Vec::new();
    let timeline = window.app().timeline().map(LogId::from);
    for id in window.app().sessions().map(LogId::from).chain(timeline) {
        let Some(view) = window.engine.log(id) else { continue };
        for row in view.page().rows.iter() {
            all.push(match &row.kind {
                RowKind::Event(event) => espalier_ui::words::event(&words, event),
                RowKind::Data => row.text.to_string(),
            });
        }
    }
    all
}

/// Fails when something lies over something else, or outside of the window.
fn assert_room(window: &Window, size: Vec2, scene: &str) {
    let things = things(window);
    assert!(things.len() > 10, "{scene}: there is something");
    let whole = Rect::from_min_size(egui::Pos2::ZERO, size).expand(0.5);
    for (role, name, rect) in &things {
        assert!(
            whole.contains_rect(*rect),
            "{scene} at {size}: {role:?} {name:?} at {rect:?} leaves"
        );
    }
    for (at, (role, name, a)) in things.iter().enumerate() {
        for (other_role, other, b) in &things[at + 1..] {
            let over = a.intersect(*b);
            let holds = a.contains_rect(*b) || b.contains_rect(*a);
            let carries = [Role::Label, Role::CheckBox];
            let is_same = holds && (carries.contains(role) || carries.contains(other_role));
            let lies_over = over.is_positive() && over.width() > 1.5 && over.height() > 3.0;
            assert!(
                !lies_over || is_same,
                "{scene} at {size}: {role:?} {name:?} {a:?} and {other_role:?} {other:?} {b:?}"
            );
        }
    }
}

fn talk(language: Language, size: Vec2) -> Window {
    let words = Locale::new(language);
    let mut window = Window::with(language, UiState::default(), size);
    open_server(&mut window, &words, "7681");
    open_client(&mut window, &words, "127.0.0.1", "7681");
    window
}

#[test]
fn a_conversation_has_room() {
    for language in Language::ALL {
        for size in SIZES {
            let mut window = talk(language, size);
            assert_room(&window, size, "client");
            for state in [
                SessionState::Connecting,
                SessionState::Ended {
                    reason: EndReason::KeepaliveLost,
                    detail:
                        "Connection timed out (os error 110), and some more words of the system"
                            .into(),
                },
            ] {
                window.engine.set_state(SessionId(2), state);
                window.rest();
                assert_room(&window, size, "client in another state");
            }
            press(&mut window, Modifiers::COMMAND, Key::PageUp);
            assert_room(&window, size, "server");
        }
    }
}

#[test]
fn bars_have_room() {
    for language in Language::ALL {
        for size in SIZES {
            let mut window = talk(language, size);
            press(&mut window, Modifiers::COMMAND, Key::F);
            window.engine.receive(SessionId(2), b"I (10) wifi: joined");
            window.rest();
            assert_room(&window, size, "find bar");
            press(&mut window, CTRL_SHIFT, Key::F);
            assert_room(&window, size, "filter bar");
        }
    }
}

#[test]
fn a_cycle_has_room() {
    for language in Language::ALL {
        let words = Locale::new(language);
        for size in SIZES {
            let mut window = talk(language, size);
            let options = words.text("send-options");
            if window.harness.query_all_by_label(options).count() > 0 {
                window.click(options);
            }
            window.click(words.text("cycle"));
            assert_room(&window, size, "cycle");
            let field = window.harness.get_by_label(words.text("send-field")).rect();
            assert!(field.height() >= 24.0, "{size}: {field:?}");
        }
    }
}

#[test]
fn panes_side_by_side_have_room() {
    for language in Language::ALL {
        for size in SIZES {
            let mut window = talk(language, size);
            press(&mut window, Modifiers::COMMAND, Key::Backslash);
            assert_room(&window, size, "side by side");
            press(&mut window, Modifiers::COMMAND, Key::F);
            assert_room(&window, size, "side by side, find bar");
            press(&mut window, Modifiers::NONE, Key::Escape);
            press(&mut window, CTRL_SHIFT, Key::F);
            assert_room(&window, size, "side by side, filter bar");
        }
    }
}

#[test]
fn a_timeline_has_room() {
    for language in Language::ALL {
        for size in SIZES {
            let mut window = talk(language, size);
            press(&mut window, Modifiers::COMMAND, Key::T);
            assert_room(&window, size, "timeline");
        }
    }
}

#[test]
fn a_new_tab_is_scrolled_into_sight() {
    let words = Locale::new(Language::English);
    let size = vec2(820.0, 600.0);
    let mut window = Window::with(Language::English, UiState::default(), size);
    for port in 7001..7013 {
        open_server(&mut window, &words, &port.to_string());
        let tab = window
            .harness
            .query_all_by_role(Role::Tab)
            .rfind(|node| {
                let label = node.accesskit_node().label().unwrap_or_default();
                label.contains(&port.to_string())
            })
            .expect("a tab")
            .rect();
        assert!(tab.left() >= 0.0 && tab.right() <= size.x, "{port}: {tab:?}");
    }
    // And the one that the keyboard goes back to.
    for _ in 0..11 {
        press(&mut window, Modifiers::COMMAND, Key::PageUp);
    }
    let tab = window.harness.query_all_by_role(Role::Tab).next().expect("a tab").rect();
    assert!(tab.left() >= 0.0, "{tab:?}");
}

#[test]
fn no_menu_has_the_same_entry_twice() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = Window::with(language, UiState::default(), vec2(1280.0, 900.0));
        press(&mut window, CTRL_SHIFT, Key::M);
        window.harness.event(egui::Event::Text("/dev/ttyUSB7".to_owned()));
        window.rest();
        window.click_last(words.text("open-port"));
        let before = labels(&window);
        window.click(words.text("more-actions"));
        let mut entries = labels(&window);
        for label in &before {
            if let Some(at) = entries.iter().position(|other| other == label) {
                entries.remove(at);
            }
        }
        assert!(entries.len() > 3, "{entries:?}");
        let once: std::collections::BTreeSet<&String> = entries.iter().collect();
        assert_eq!(once.len(), entries.len(), "{entries:?}");
    }
}

fn labels(window: &Window) -> Vec<String> {
    let root = window.harness.root();
    root.query_all(by().predicate(|node| node.role() == Role::Button))
        .filter_map(|found| found.accesskit_node().label())
        .collect()
}

#[test]
fn numbers_are_written_in_one_way() {
    for (language, one, many) in [
        (Language::English, "Saved 1 byte to x", "Saved 63,734,124 bytes to x"),
        (Language::Chinese, "已将 1 字节保存到 x", "已将 63,734,124 字节保存到 x"),
    ] {
        let words = Locale::new(language);
        let saved = |count: u64| {
            words.sentence(&espalier_core::say!(
                "told-saved-bytes",
                "Saved {count} bytes to {path}",
                count = count,
                path = "x",
            ))
        };
        assert_eq!((saved(1), saved(63_734_124)), (one.to_owned(), many.to_owned()));
        let at = words.with("find-at", [("at", 3126_u64.into()), ("hits", 5883_u64.into())]);
        assert!(at.contains("3,126") && at.contains("5,883"), "{at}");
        // What counts nothing is not grouped.
        let busy = espalier_core::say!(
            "told-port-busy-by",
            "{port} is in use by {program} (process {pid})",
            port = "COM3",
            program = "x",
            pid = 12345,
        );
        assert!(words.sentence(&busy).contains("12345"));
    }
}

#[test]
fn a_bind_that_failed_is_told_in_one_voice() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let said = words.text("end-bind-failed").to_lowercase();
        for claim in ["available", "in use", "不可用", "占用"] {
            assert!(!said.contains(claim), "the system says why: {said}");
        }
    }
}

#[test]
fn what_has_a_shortcut_says_so() {
    let mut window = talk(Language::English, vec2(1280.0, 800.0));
    for (label, keys) in [
        ("Find", "Ctrl+F"),
        ("Filter", "Ctrl+Shift+F"),
        ("Session options", "Alt+Enter"),
        ("Settings…", "Ctrl+,"),
        ("Disconnect", "Shift+F5"),
        ("Clear the view", "Ctrl+L"),
        ("Board panel", "Ctrl+B"),
        ("Send", "Enter"),
    ] {
        let place = window.harness.get_by_label(label).rect().center();
        window.harness.event(egui::Event::PointerMoved(place));
        for _ in 0..60 {
            window.harness.step();
        }
        let mac = keys.replace("Ctrl+", "⌘").replace("Shift+", "⇧").replace("Alt+", "⌥");
        let tips = window.count(&format!("({keys})")) + window.count(&format!("({mac})"));
        assert!(tips > 0, "{label}: {keys}");
    }
}

#[test]
fn saving_offers_what_and_how_with_a_name_that_tells_when() {
    use espalier_core::Direction;
    use espalier_core::backend::{SaveFormat, Saving};
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = talk(language, vec2(820.0, 600.0));
        press(&mut window, Modifiers::COMMAND, Key::S);
        window.click(words.text("save-csv"));
        window.click_last(words.text("save-sent"));
        window.click(words.text("save"));
        let (path, what) = window.engine.saved(SessionId(2)).expect("saved");
        let sent = Saving { format: SaveFormat::Csv, direction: Some(Direction::Out) };
        assert_eq!(what, sent);
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        assert_eq!(name, "127.0.0.1-7681_20260701-094100.csv");
    }
}

#[test]
fn a_tab_dropped_on_half_of_a_group_divides_the_group() {
    let words = Locale::new(Language::English);
    let size = vec2(1100.0, 720.0);
    let mut window = Window::with(Language::English, UiState::default(), size);
    for port in ["7001", "7002", "7003"] {
        open_server(&mut window, &words, port);
    }
    let from =
        window.harness.query_all_by_role(Role::Tab).next().expect("the first tab").rect().center();
    let pointer = |window: &mut Window, pos: egui::Pos2, pressed: Option<bool>| {
        window.harness.event(egui::Event::PointerMoved(pos));
        if let Some(pressed) = pressed {
            window.harness.event(egui::Event::PointerButton {
                pos,
                button: egui::PointerButton::Primary,
                pressed,
                modifiers: Modifiers::NONE,
            });
        }
        window.harness.step();
    };
    let to = egui::pos2(550.0, 560.0);
    pointer(&mut window, from, Some(true));
    pointer(&mut window, from + vec2(30.0, 30.0), None);
    pointer(&mut window, to - vec2(5.0, 5.0), None);
    pointer(&mut window, to, None);
    pointer(&mut window, to, Some(false));
    window.rest();
    let names: Vec<String> = window
        .harness
        .query_all_by_role(Role::Tab)
        .map(|node| node.accesskit_node().label().unwrap_or_default())
        .collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names.iter().all(|name| name.contains("700")), "{names:?}");
    let layout = window.app().state().layout.expect("a layout");
    let espalier_ui::Layout::Column { children, .. } = &layout else { panic!("{layout:?}") };
    let espalier_ui::Layout::Tabs { children, .. } = &children[0] else { panic!("{layout:?}") };
    assert_eq!(children.len(), 2, "{layout:?}");
}
