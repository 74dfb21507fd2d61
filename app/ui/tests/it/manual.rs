//! The manual: both languages have the same places, what it says of the window is there, and the window shows it.

use std::collections::BTreeSet;

use egui::Key;
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use espalier_core::settings::SETTINGS;
use espalier_ui::manual::{
    Block, Manual, ManualLink, ManualSpan, PAGES, PICTURES, Reference, SpanStyle, Step, source,
};
use espalier_ui::{Language, Locale, UiCommand};

use crate::harness::Window;

fn manual(language: Language) -> Manual {
    Manual::new(&Locale::new(language), &Reference::default())
}

/// Clicks a link.
fn follow(window: &mut Window, label: &str) {
    window.harness.get_by_role_and_label(Role::Link, label).click();
    window.rest();
}

/// All words of a block.
fn spans(block: &Block) -> Vec<&ManualSpan> {
    match block {
        Block::Heading { text, .. } | Block::Text(text) | Block::Item { text, .. } => {
            text.iter().collect()
        }
        Block::Code { .. } | Block::Sequence(_) | Block::Picture { .. } => Vec::new(),
        Block::Table(rows) => rows.iter().flatten().flatten().collect(),
    }
}

/// What a step of a diagram is, without its words.
fn mark(step: &Step) -> &'static str {
    match step {
        Step::Segment { from: 0, arrives: true, .. } => "->",
        Step::Segment { from: 0, .. } => "-x",
        Step::Segment { arrives: true, .. } => "<-",
        Step::Segment { .. } => "x-",
        Step::Remark { end: 0, .. } => "left:",
        Step::Remark { .. } => "right:",
        Step::Pause(_) => "...",
    }
}

/// The ids of the headings of a page.
fn ids(manual: &Manual, name: &str) -> Vec<String> {
    let page = &manual.pages()[manual.index(name).expect("it is there")];
    let id = |block: &Block| match block {
        Block::Heading { id, .. } if !id.is_empty() => Some(id.clone()),
        _ => None,
    };
    page.blocks.iter().filter_map(id).collect()
}

#[test]
fn both_languages_have_the_same_pages_headings_commands_and_links() {
    let [one, other] = Language::ALL.map(manual);
    assert_eq!(one.pages().len(), PAGES.len());
    for (a, b) in one.pages().iter().zip(other.pages()) {
        assert_eq!(ids(&one, a.name), ids(&other, b.name), "{}", a.name);
        let headings = |page: &espalier_ui::manual::ManualPage| {
            page.blocks.iter().filter(|it| matches!(it, Block::Heading { .. })).count()
        };
        assert_eq!(headings(a), headings(b), "{}", a.name);
        let commands = |page: &espalier_ui::manual::ManualPage| -> Vec<String> {
            let code = page.blocks.iter().filter_map(|block| match block {
                Block::Code { language, text } if language == "sh" => Some(text.clone()),
                _ => None,
            });
            code.collect()
        };
        assert_eq!(commands(a), commands(b), "{}", a.name);
        let drawn = |page: &espalier_ui::manual::ManualPage| -> Vec<String> {
            let drawn = page.blocks.iter().filter_map(|block| match block {
                Block::Picture { name, .. } => Some((*name).to_owned()),
                Block::Sequence(diagram) => Some(diagram.steps.iter().map(mark).collect()),
                _ => None,
            });
            drawn.collect()
        };
        assert_eq!(drawn(a), drawn(b), "{}", a.name);
        let links = |page: &espalier_ui::manual::ManualPage| -> BTreeSet<String> {
            let all = page.blocks.iter().flat_map(spans);
            all.filter_map(|span| span.link.as_ref().map(|link| format!("{link:?}"))).collect()
        };
        assert_eq!(links(a), links(b), "{}", a.name);
    }
}

#[test]
fn every_link_leads_somewhere_and_nothing_is_left_of_the_markup() {
    let target = regex::Regex::new(r"\]\(([^)]+)\)").expect("sound");
    for language in Language::ALL {
        let (locale, manual) = (Locale::new(language), manual(language));
        for page in manual.pages() {
            let text = source(page.name, &locale, &Reference::default());
            for found in target.captures_iter(&text) {
                if found[1].strip_suffix(".png").is_some_and(|it| PICTURES.contains(&it)) {
                    continue;
                }
                match ManualLink::of(&found[1]) {
                    Some(ManualLink::Page(name, id)) => {
                        let known = id.is_empty() || ids(&manual, name).contains(&id);
                        assert!(known, "{}: {}", page.name, &found[1]);
                    }
                    Some(ManualLink::Command(_)) => {}
                    None => panic!("{}: {} leads nowhere", page.name, &found[1]),
                }
            }
            for block in &page.blocks {
                // A diagram that is none stays what was written.
                let is_left =
                    matches!(block, Block::Code { language, .. } if language == "sequence");
                assert!(!is_left, "{} {language:?}: {}", page.name, block.text());
            }
            for span in page.blocks.iter().flat_map(spans) {
                let is_clean = span.style == SpanStyle::Code
                    || !["**", "](", "{#", "<!--"].iter().any(|it| span.text.contains(it));
                assert!(is_clean, "{} {language:?}: {:?}", page.name, span.text);
            }
        }
    }
}

#[test]
fn what_is_bold_is_a_label_of_the_window() {
    for language in Language::ALL {
        let locale = Locale::new(language);
        let labels: BTreeSet<&str> = locale.keys().map(|key| locale.text(key)).collect();
        for page in manual(language).pages() {
            let bold = page.blocks.iter().flat_map(spans).filter(|it| it.style == SpanStyle::Label);
            for span in bold {
                assert!(labels.contains(&*span.text), "{} {language:?}: {}", page.name, span.text);
            }
        }
    }
}

#[test]
fn every_setting_and_every_shortcut_stands_there() {
    for language in Language::ALL {
        let locale = Locale::new(language);
        let settings = source("settings", &locale, &Reference::default());
        for setting in SETTINGS {
            assert!(settings.contains(&format!("| `{}` |", setting.key)), "{}", setting.key);
        }
        let shortcuts = source("shortcuts", &locale, &Reference::default());
        for command in UiCommand::ALL.iter().filter(|it| !it.shortcuts().is_empty()) {
            let name = locale.text(command.key());
            let name = name.split(['*', '|', '\\']).next().unwrap_or_default();
            assert!(shortcuts.contains(name), "{name}");
        }
    }
}

#[test]
fn a_key_opens_it_a_click_leads_on_and_back_and_a_link_into_the_window() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = Window::new(language);
        window.harness.key_press(Key::F1);
        window.rest();
        let titles: Vec<String> =
            manual(language).pages().iter().map(|page| page.title.clone()).collect();
        for title in &titles {
            window.harness.get_by_role_and_label(Role::Link, title);
        }
        let endings = &titles[PAGES.iter().position(|it| *it == "tcp").expect("it is there")];
        follow(&mut window, endings);
        assert_eq!(window.count(&titles[0]), 0, "the list is gone");
        window.click(words.text("manual-back"));
        follow(&mut window, &titles[PAGES.iter().position(|it| *it == "settings").expect("there")]);
        let link = manual(language).pages()
            [PAGES.iter().position(|it| *it == "settings").expect("there")]
        .blocks
        .iter()
        .flat_map(spans)
        .find(|span| matches!(span.link, Some(ManualLink::Command(_))))
        .expect("it has one")
        .text
        .clone();
        follow(&mut window, &link);
        assert!(window.count(words.text("settings-search")) > 0, "the page of settings");
        window.harness.key_press(Key::Escape);
        window.rest();
        window.click(words.text("manual-close"));
        assert_eq!(window.count(words.text("manual-search")), 0);
    }
}

#[test]
fn a_key_leads_to_the_page_on_what_is_in_front() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    window.click("Board panel");
    let panel = window.harness.get_by_label("Port name or path").rect().center();
    window.harness.hover_at(panel);
    window.write("Port name or path", "/dev/ttyUSB7");
    window.click("Port name or path");
    window.harness.key_press(Key::F1);
    window.rest();
    assert!(window.count("Go: from a bare board to a conversation") > 0, "the board panel");
    window.harness.key_press(Key::F1);
    window.rest();
    assert_eq!(window.count("Search the manual"), 0, "it closes it again");

    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::N);
    window.rest();
    window.harness.key_press(Key::F1);
    window.rest();
    assert!(window.count("Host and port are enough") > 0, "the dialog of a client");
    assert!(window.count(words.text("connect")) > 0, "which stays");
    window.harness.key_press(Key::F1);
    window.write(words.text("host"), "127.0.0.1");
    window.write(words.text("port"), "9");
    window.click_last(words.text("connect"));
    window.harness.key_press(Key::F1);
    window.rest();
    assert!(window.count("The computer is there and answered at once") > 0, "why it ended");
}

#[test]
fn it_is_scrolled_beside_a_dialog_that_is_open() {
    let mut window = Window::new(Language::English);
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::N);
    window.rest();
    window.harness.key_press(Key::F1);
    window.rest();
    let link = |window: &Window| {
        window.harness.get_by_role_and_label(Role::Link, "How connections end").rect()
    };
    let before = link(&window);
    window.harness.hover_at(egui::pos2(1060.0, before.top()));
    window.harness.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: egui::vec2(0.0, 40.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers: egui::Modifiers::NONE,
    });
    window.rest();
    assert!(link(&window).top() > before.top(), "{before:?}");
    assert!(window.count("Connect") > 0, "the dialog stays");
}

#[test]
fn what_f1_may_open_is_there() {
    for language in Language::ALL {
        let manual = manual(language);
        for (page, id) in [
            ("board", "go"),
            ("captures", "import"),
            ("captures", "list"),
            ("captures", "replay"),
            ("faults", "bridge"),
            ("faults", "load"),
            ("faults", "relay"),
            ("files", "log"),
            ("log", "saving"),
            ("send", "files"),
            ("send", "lists"),
            ("send", "paste"),
            ("send", "rules"),
            ("sessions", "client"),
            ("sessions", "serial"),
            ("sessions", "server"),
            ("sessions", "udp"),
        ] {
            assert!(ids(&manual, page).iter().any(|it| it == id), "{page}#{id}");
        }
    }
}

#[test]
fn what_a_beginner_types_is_found() {
    for (language, typed) in [
        (Language::English, "cannot open port"),
        (Language::English, "disconnected"),
        (Language::English, "flashing failed"),
        (Language::English, "garbled"),
        (Language::Chinese, "乱码"),
        (Language::Chinese, "烧录失败"),
        (Language::Chinese, "串口打不开"),
        (Language::Chinese, "掉线"),
        (Language::Chinese, "连不上"),
    ] {
        let manual = manual(language);
        let (hits, _) = manual.search(typed);
        let pages = hits.iter().map(|hit| manual.pages()[hit.page].name);
        assert!(pages.into_iter().any(|page| page == "troubleshooting"), "{typed}");
    }
}

#[test]
fn words_of_the_other_language_find_the_page() {
    for (language, typed, page) in [
        (Language::Chinese, "timeline", "sessions"),
        (Language::Chinese, "pulled cable", "tcp"),
        (Language::Chinese, "sending", "send"),
        (Language::English, "时间线", "sessions"),
        (Language::English, "乱码", "troubleshooting"),
    ] {
        let manual = manual(language);
        let (hits, _) = manual.search(typed);
        let found = hits.iter().find(|hit| manual.pages()[hit.page].name == page);
        let hit = found.unwrap_or_else(|| panic!("{typed}: {hits:?}"));
        let block = &manual.pages()[hit.page].blocks[hit.block];
        assert!(matches!(block, Block::Heading { .. }), "{typed} leads to a heading");
        assert_eq!(hit.heading, block.text(), "{typed}");
    }
}

#[test]
fn the_search_finds_words_and_leads_to_them() {
    let mut window = Window::new(Language::English);
    window.harness.key_press(Key::F1);
    window.rest();
    window.write("Search the manual", "brltty");
    assert_eq!(window.count("1 place"), 1);
    follow(&mut window, "Wiring, drivers, permissions › Linux: no permission");
    assert!(window.count("brltty") > 0);
    window.write("Search the manual", "there is no such word");
    assert_eq!(window.count("Nothing matches"), 1);
}

#[test]
fn a_notice_leads_to_what_the_manual_says_of_it() {
    let mut window = Window::new(Language::English);
    let told = espalier_core::say!("told-port-gone", "{port} is not there", port = "COM3");
    let toast = espalier_ui::Toast::failure(told);
    window.app().notifier()(toast);
    window.rest();
    window.click("What the manual says of it");
    assert!(window.count("The port is gone") > 0);
}

#[test]
fn it_has_room_in_a_narrow_window() {
    let size = egui::vec2(820.0, 600.0);
    let mut window = Window::with(Language::Chinese, espalier_ui::UiState::default(), size);
    window.harness.key_press(Key::F1);
    window.rest();
    let tables = &manual(Language::Chinese).pages()[PAGES.len() - 6].title.clone();
    follow(&mut window, tables);
    for node in window.harness.root().children_recursive() {
        let node = node.accesskit_node();
        // What is shown as it is can be scrolled sideways.
        if matches!(node.role(), Role::Link | Role::Button)
            && let Some(place) = node.bounding_box()
        {
            assert!(place.x1 <= f64::from(size.x) + 1.0, "{:?} reaches {place:?}", node.label());
        }
    }
}

#[test]
fn the_help_menu_has_the_manual_the_shortcuts_and_what_the_program_is() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = Window::new(language);
        for (command, shown) in [
            (UiCommand::Shortcuts, "keys-history"),
            (UiCommand::About, "about-no-licences"),
            (UiCommand::Manual, "manual-search"),
        ] {
            window.click(words.text("command-help"));
            window.click(words.text(command.key()));
            assert!(window.count(words.text(shown)) > 0, "{shown}");
            window.harness.key_press(Key::Escape);
            window.rest();
        }
    }
}
