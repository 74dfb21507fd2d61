//! What is done with rows of a log: their menu, their margin, and the bar over a log that does not follow.

use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use espalier_core::SessionId;
use espalier_core::backend::{Copying, TextFormat, Trim};
use espalier_core::view::DeltaStyle;
use espalier_ui::{Language, Locale};

use crate::harness::Window;
use crate::sessions::{open_client, open_server};

/// A conversation in which the server has received these lines; its log is in front.
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

/// Opens the menu of a row.
fn menu_of(window: &mut Window, row: &str) {
    // Behind the selected row in full.
    window.harness.query_all_by_label(row).last().expect("the row").click_secondary();
    window.rest();
}

#[test]
fn a_rows_menu_does_what_it_says_in_both_languages() {
    for language in Language::ALL {
        let (mut window, words) = with_lines(language, &["alpha beta", "gamma beta"]);
        let spec = |window: &Window| window.engine.view_spec(SessionId(1));
        let this = |key: &str| words.with(key, [("text", "alpha beta".into())]);

        menu_of(&mut window, "alpha beta");
        window.click(words.text("copy-timed"));
        let whole = Copying::rows(1..2, TextFormat::Timed);
        assert_eq!(window.engine.copied(SessionId(1)), Some(whole));

        // By the keyboard alone: the word under no pointer is the whole row.
        window.harness.get_by_label(words.text("log")).focus();
        window.rest();
        window.harness.key_press_modifiers(Modifiers::SHIFT, Key::F10);
        window.rest();
        window.click(&this("highlight-this"));
        assert_eq!(spec(&window).highlights[0].pattern, "alpha beta");

        menu_of(&mut window, "gamma beta");
        window.click(words.text("bookmark-row"));
        assert_eq!(spec(&window).bookmarks.all().len(), 1);
        menu_of(&mut window, "gamma beta");
        window.click(words.text("bookmark-remove"));
        assert!(spec(&window).bookmarks.is_empty());

        menu_of(&mut window, "gamma beta");
        window.click(words.text("measure-from"));
        assert_eq!(spec(&window).delta, DeltaStyle::SinceReference);
        assert!(spec(&window).reference.is_some());
        menu_of(&mut window, "gamma beta");
        window.click(words.text("measure-stop"));
        assert_eq!((spec(&window).delta, spec(&window).reference), (DeltaStyle::Off, None));
    }
}

#[test]
fn the_menu_is_gone_through_with_the_keyboard_alone() {
    let (mut window, words) = with_lines(Language::English, &["alpha", "beta"]);
    window.harness.get_by_label(words.text("log")).focus();
    window.rest();
    window.harness.key_press_modifiers(Modifiers::SHIFT, Key::F10);
    window.rest();
    window.harness.key_press(Key::Enter);
    window.rest();
    let copied = window.engine.copied(SessionId(1)).expect("the first line was pressed");
    assert_eq!(copied.format, TextFormat::Text);
}

#[test]
fn what_is_selected_in_a_row_is_found_and_filtered_by() {
    let (mut window, words) = with_lines(Language::English, &["alpha beta", "gamma beta", "delta"]);
    menu_of(&mut window, "alpha beta");
    // The pointer was somewhere in the row; what the lines name is what they do.
    let labels = |window: &Window, part: &str| -> Vec<String> {
        let nodes = window.harness.query_all_by_label_contains(part);
        nodes.filter_map(|node| node.accesskit_node().label()).collect()
    };
    let find = labels(&window, "Find “").remove(0);
    let chosen = find.trim_start_matches("Find “").trim_end_matches('”').to_owned();
    assert!("alpha beta".contains(&chosen), "{chosen}");
    window.click(&find);
    let hits =
        ["alpha beta\ngamma beta\ndelta".matches(&chosen).count().to_string(), " hit".to_owned()];
    assert_eq!(window.count(&hits.concat()), 1, "the find bar is open and has counted");
    menu_of(&mut window, "delta");
    let only = labels(&window, "Only rows with “").remove(0);
    window.click(&only);
    assert_eq!(window.engine.view_spec(SessionId(1)).filter.text, "delta");
    assert_eq!(window.count("1 of 4 rows"), 1, "the filter bar has come up");
    window.click(words.text("filter-not"));
    assert!(window.engine.view_spec(SessionId(1)).filter.not);
    menu_of(&mut window, "delta");
    let only = labels(&window, "Only rows with “").remove(0);
    window.click(&only);
    let filter = window.engine.view_spec(SessionId(1)).filter;
    assert!(!filter.not, "it is meant as it says, however the filter was meant before");
}

#[test]
fn a_part_of_a_row_is_copied_as_exactly_its_bytes() {
    let (mut window, _) = with_lines(Language::English, &["alpha beta gamma"]);
    let row = window.harness.get_by_label("alpha beta gamma").rect();
    let at = |points: f32| row.left_center() + egui::vec2(points, 0.0);
    let pointer = |window: &mut Window, button, pos, pressed| {
        window.harness.event(egui::Event::PointerMoved(pos));
        let modifiers = Modifiers::NONE;
        window.harness.event(egui::Event::PointerButton { pos, button, pressed, modifiers });
        window.harness.step();
    };
    pointer(&mut window, egui::PointerButton::Primary, at(210.0), true);
    pointer(&mut window, egui::PointerButton::Primary, at(240.0), false);
    for pressed in [true, false] {
        pointer(&mut window, egui::PointerButton::Secondary, at(220.0), pressed);
    }
    window.rest();
    window.click_last("Copy hex");
    let what = window.engine.copied(SessionId(1)).expect("a copy");
    assert_eq!((what.rows, what.format), (1..2, TextFormat::Hex));
    let Trim { start, end } = what.trim;
    assert!(start > 0 && end > 0 && start + end < 16, "{start} {end}");
}

#[test]
fn a_row_is_sent_again_to_whom_it_was_of() {
    let words = Locale::new(Language::English);
    let (mut window, _) = with_lines(Language::English, &["from nowhere"]);
    open_client(&mut window, &words, "127.0.0.1", "7681");
    window.harness.get_by_label("Message to send").type_text("hello");
    window.rest();
    window.click("Send");
    let sent = |window: &Window| window.engine.status_of(SessionId(2)).traffic.sent.records;
    assert_eq!(sent(&window), 1);
    menu_of(&mut window, "hello");
    window.click("Send again");
    assert_eq!(sent(&window), 2);
}

#[test]
fn a_log_that_does_not_follow_tells_what_came_and_a_click_goes_there() {
    for language in Language::ALL {
        let lines: Vec<String> = (0..60).map(|number| format!("line {number}")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let (mut window, words) = with_lines(language, &lines);
        let told = |count: &str| words.with("log-paused", [("count", count.into())]);
        window.click(words.text("pause"));
        assert_eq!(window.count("· 1 "), 0, "nothing is new");
        for _ in 0..1240 {
            window.engine.receive(SessionId(1), b"more");
        }
        window.rest();
        window.click(&told("1,240"));
        assert_eq!(window.count(&told("1,240")), 0);
        window.engine.receive(SessionId(1), b"the last one");
        window.rest();
        assert_eq!(window.count("the last one"), 1, "it follows");
    }
}

#[test]
fn long_rows_are_wrapped_until_a_key_says_otherwise() {
    let long = "word ".repeat(200);
    let (mut window, _) = with_lines(Language::English, &[long.trim(), "short"]);
    let height = |window: &Window| {
        let row = window.harness.get_by_label(long.trim()).rect();
        let short = window.harness.get_by_label("short").rect();
        (row.height() / short.height()).round()
    };
    assert!(height(&window) > 5.0, "{}", height(&window));
    window.harness.key_press_modifiers(Modifiers::ALT, Key::Z);
    window.rest();
    assert_eq!(height(&window), 1.0);
    assert!(!window.engine.view_spec(SessionId(1)).wrap);
    window.harness.key_press_modifiers(Modifiers::ALT, Key::Z);
    window.rest();
    assert!(height(&window) > 5.0);
}

#[test]
fn the_margin_of_a_row_bookmarks_it() {
    let (mut window, _) = with_lines(Language::English, &["alpha", "beta"]);
    let row = window.harness.get_by_label("beta").rect();
    let pos = row.left_center() + egui::vec2(5.0, 0.0);
    for _ in 0..2 {
        let before = window.engine.view_spec(SessionId(1)).bookmarks.all().len();
        window.harness.event(egui::Event::PointerMoved(pos));
        for pressed in [true, false] {
            let (button, modifiers) = (egui::PointerButton::Primary, Modifiers::NONE);
            window.harness.event(egui::Event::PointerButton { pos, button, pressed, modifiers });
        }
        window.rest();
        let after = window.engine.view_spec(SessionId(1)).bookmarks.all().len();
        assert_eq!(after, 1 - before);
    }
}
