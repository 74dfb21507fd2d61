//! The log of a session: how it is shown, searched, filtered, copied and saved.

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use espalier_core::SessionId;
use espalier_core::session::{SessionSpec, TcpServerSpec, TransportSpec};
use espalier_core::view::RowFormat;
use espalier_ui::{Language, Locale, SavedSession, SendState, UiState};

use crate::harness::Window;
use crate::sessions::open_server;

/// A server that received these lines.
fn with_lines(lines: &[&str]) -> Window {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    open_server(&mut window, &words, "7681");
    for line in lines {
        window.engine.receive(SessionId(1), line.as_bytes());
    }
    window.rest();
    window
}

#[test]
fn find_counts_and_steps_through_the_hits() {
    let mut window = with_lines(&["one ok", "two bad", "three ok"]);
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.rest();
    window.harness.get_by_role_and_label(Role::SearchInput, "Find").type_text("ok");
    window.rest();
    assert_eq!(window.count("2 hits"), 1);
    window.harness.key_press(Key::F3);
    window.rest();
    assert_eq!(window.count("1 of 2"), 1);
    window.harness.key_press(Key::F3);
    window.rest();
    assert_eq!(window.count("2 of 2"), 1);
    window.harness.key_press_modifiers(Modifiers::SHIFT, Key::F3);
    window.rest();
    assert_eq!(window.count("1 of 2"), 1);
}

#[test]
fn the_filter_hides_rows_and_says_how_many_are_left() {
    let mut window = with_lines(&["one ok", "two bad", "three ok"]);
    window.click("Filter");
    let field = window.harness.get_by_label("Only rows with…");
    assert!(field.is_focused(), "what is typed filters");
    field.type_text("bad");
    window.rest();
    assert_eq!(window.count("1 of 4 rows"), 1);
    assert_eq!(window.count("three ok"), 0);
    window.click("Show all");
    assert_eq!(window.count("three ok"), 1);
}

#[test]
fn a_filter_of_an_earlier_run_is_seen() {
    let transport = TransportSpec::TcpServer(TcpServerSpec::new(7000));
    let mut spec = SessionSpec::new(transport.clone());
    spec.view.filter.text = "bad".to_owned();
    let send = SendState::new(&transport);
    let sessions = vec![SavedSession { spec, send }];
    let state = UiState { sessions, ..UiState::default() };
    let window = Window::with(Language::English, state, egui::vec2(1200.0, 760.0));
    assert_eq!(window.harness.query_all_by_label("Only rows with…").count(), 1);
}

#[test]
fn a_cleared_view_can_be_brought_back() {
    let mut window = with_lines(&["precious"]);
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::L);
    window.rest();
    assert_eq!(window.count("precious"), 0);
    assert_eq!(window.count("All rows are hidden by the filter or cleared"), 1);
    window.click("Show cleared rows");
    assert_eq!(window.count("precious"), 1);
    // Where new rows have come, the bar of the filter has it.
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::L);
    window.rest();
    window.click("Filter");
    window.click_last("Show cleared rows");
    assert_eq!(window.count("precious"), 1);
}

#[test]
fn the_format_changes_by_key_and_the_encoding_by_search() {
    let mut window = with_lines(&["x"]);
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
    window.rest();
    assert_eq!(window.engine.view_spec(SessionId(1)).format, RowFormat::Hex);
    window.harness.get_by_role_and_label(Role::ComboBox, "Encoding").click();
    window.rest();
    window.harness.get_by_label("Search encodings").type_text("简体");
    window.rest();
    window.harness.key_press(Key::Enter);
    window.rest();
    assert_eq!(window.engine.view_spec(SessionId(1)).encoding.0, "GBK");
}

#[test]
fn a_log_is_saved_where_it_was_typed_or_picked() {
    let mut window = with_lines(&["x"]);
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::S);
    window.rest();
    window.click("Capture (pcapng)");
    window.click("Save");
    let told = |window: &Window| window.app().toasts().last().map(|toast| toast.text.clone());
    assert_eq!(
        told(&window).as_deref(),
        Some("Saved /home/user/127.0.0.1-7681_20260701-094100.pcapng")
    );
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::S);
    window.rest();
    window.click("Browse…");
    window.click("Save");
    assert_eq!(told(&window).as_deref(), Some("Saved /home/user/picked.txt"));
}

#[test]
fn all_rows_go_to_the_clipboard_as_text() {
    let mut window = with_lines(&["one", "two"]);
    window.click("Copy as");
    window.click("Copy text");
    let told: Vec<_> = window.app().toasts().map(|toast| toast.text.clone()).collect();
    assert_eq!(told, ["Copied 3 rows"]);
}

#[test]
fn what_is_drawn_over_in_a_row_is_what_is_copied() {
    let mut window = with_lines(&["alpha beta gamma"]);
    let row = window.harness.get_by_label("alpha beta gamma").rect();
    let pointer = |window: &mut Window, pos, pressed: Option<bool>| {
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
    // From somewhere in the text to far behind its end.
    let (from, to) =
        (row.left_center() + egui::vec2(205.0, 0.0), row.right_center() - egui::vec2(60.0, 0.0));
    pointer(&mut window, from, Some(true));
    pointer(&mut window, to, None);
    pointer(&mut window, to, Some(false));
    window.harness.event(egui::Event::Copy);
    // The text goes to the clipboard in the frame after the answer.
    let mut copied = None;
    for _ in 0..6 {
        window.harness.step();
        for command in &window.harness.output().platform_output.commands {
            if let egui::OutputCommand::CopyText(text) = command {
                copied = Some(text.clone());
            }
        }
    }
    let copied = copied.expect("something on the clipboard");
    assert!("alpha beta gamma".ends_with(copied.trim_end()), "{copied:?}");
    assert!((1..16).contains(&copied.trim_end().len()), "{copied:?}");
}

const BOARD: [&str; 5] = [
    "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)",
    "I (10) wifi: joined",
    "W (20) wifi: weak signal",
    "E (30) tcp: no memory",
    "D (40) tcp: retry",
];

#[test]
fn log_lines_are_filtered_by_level_and_tag() {
    let mut window = with_lines(&["plain"]);
    window.click("Filter");
    assert_eq!(window.count("All levels"), 0, "nothing here has a level");
    for line in BOARD {
        window.engine.receive(SessionId(1), line.as_bytes());
    }
    window.rest();
    window.harness.get_by_role_and_label(Role::ComboBox, "Level").click();
    window.rest();
    window.click("Warnings and above");
    let shown = |window: &Window| BOARD.map(|line| window.count(line) > 0);
    assert_eq!(shown(&window), [true, false, true, true, false]);
    window.click("Tags seen");
    window.click("tcp");
    assert_eq!(shown(&window), [false, false, false, true, false]);
    window.click("Show all");
    assert_eq!(shown(&window), [true; 5]);
}

#[test]
fn a_rows_menu_filters_by_its_tag() {
    let mut window = with_lines(&BOARD);
    window.harness.get_by_label("I (10) wifi: joined").click_secondary();
    window.rest();
    window.click("Hide tag wifi");
    assert_eq!(window.engine.view_spec(SessionId(1)).filter.log.hidden, ["wifi"]);
    assert_eq!(window.count("wifi: "), 0);
    assert_eq!(window.count("tcp: "), 2);
    // The bar has come up and tells what is hidden; a click brings it back.
    window.click("Without wifi");
    assert_eq!(window.count("wifi: "), 2);
    window.harness.get_by_label("E (30) tcp: no memory").click_secondary();
    window.rest();
    window.click("Only tag tcp");
    // Two rows, and the selected one in full below them.
    assert_eq!((window.count("wifi: "), window.count("tcp: ")), (0, 3));
}
