//! The window without a mouse: what has the keyboard, where Tab leads, what Enter and Escape mean.

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use espalier_core::session::{EndReason, SessionState};
use espalier_core::{Sentence, SessionId};
use espalier_ui::{Language, Locale, Toast, UiState};

use crate::harness::Window;
use crate::sessions::{open_client, open_server};

const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.harness.key_press_modifiers(modifiers, key);
    window.rest();
}

/// A press in one frame with what is typed in it, as a slow frame brings them.
fn press_and_type(window: &mut Window, key: Key, typed: &[&str]) {
    let events = &mut window.harness.input_mut().events;
    events.push(Event::Key {
        key,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: Modifiers::COMMAND,
    });
    events.extend(typed.iter().map(|text| Event::Text((*text).to_owned())));
    window.harness.step();
}

/// Label and place of what has the keyboard.
fn focused(window: &Window) -> Option<(String, egui::Rect)> {
    let root = window.harness.root();
    let found =
        root.query_all(egui_kittest::kittest::by().predicate(|node| node.is_focused())).next()?;
    let node = found.accesskit_node();
    Some((node.label().or_else(|| node.value()).unwrap_or_default(), found.rect()))
}

/// Where Tab leads, beginning with what has the keyboard now, until it comes round.
fn way(window: &mut Window, modifiers: Modifiers) -> Vec<(String, egui::Rect)> {
    let mut stops: Vec<(String, egui::Rect)> = Vec::new();
    for _ in 0..80 {
        press(window, modifiers, Key::Tab);
        let Some(stop) = focused(window) else { continue };
        if stops.first() == Some(&stop) {
            break;
        }
        stops.push(stop);
    }
    stops
}

/// Does the keyboard walk down, and in each row to the right?
fn assert_reads_on(stops: &[(String, egui::Rect)]) {
    for pair in stops.windows(2) {
        let [(before, a), (after, b)] = pair else { continue };
        let same_row = a.y_range().intersection(b.y_range()).span() > 4.0;
        let forward = if same_row { a.left() < b.left() + 0.5 } else { a.top() < b.top() };
        assert!(forward, "{before:?} {a:?} comes before {after:?} {b:?} of {stops:#?}");
    }
}

#[test]
fn the_send_box_has_the_keyboard_in_the_frame_that_asks_for_it() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = Window::new(language);
        open_server(&mut window, &words, "7681");
        open_client(&mut window, &words, "127.0.0.1", "7681");
        window.harness.get_by_label(words.text("command-options")).focus();
        window.rest();
        // The letter of the shortcut itself is no text; the one after it is.
        press_and_type(&mut window, Key::E, &["e", "x"]);
        let field = window.harness.get_by_label(words.text("send-field"));
        assert!(field.is_focused());
        assert!(
            window.harness.output().platform_output.ime.is_some(),
            "the input method may begin"
        );
        assert_eq!(field.value().as_deref(), Some("x"));
    }
}

#[test]
fn the_find_bar_has_the_keyboard_in_the_frame_that_opens_it() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    open_server(&mut window, &words, "7681");
    press_and_type(&mut window, Key::F, &["f", "o", "k"]);
    let field = window.harness.get_by_role_and_label(Role::SearchInput, "Find");
    assert!(field.is_focused());
    assert!(window.harness.output().platform_output.ime.is_some());
    assert_eq!(field.value().as_deref(), Some("ok"));
}

#[test]
fn a_dialog_has_the_keyboard_in_the_frame_that_opens_it() {
    let mut window = Window::new(Language::English);
    for (key, label) in [(Key::N, "Host"), (Key::P, "What do you want to do?")] {
        press_and_type(&mut window, key, &[]);
        assert!(window.harness.get_by_label(label).is_focused(), "{label}");
        assert!(window.harness.output().platform_output.ime.is_some(), "{label}");
        press(&mut window, Modifiers::NONE, Key::Escape);
    }
}

#[test]
fn what_is_typed_takes_the_place_of_the_host_that_was_connected_to_last() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    open_client(&mut window, &words, "192.168.1.1", "80");
    press(&mut window, Modifiers::COMMAND, Key::N);
    window.harness.get_by_label("Host").type_text("board.local");
    window.rest();
    assert_eq!(window.harness.get_by_label("Host").value().as_deref(), Some("board.local"));
}

#[test]
fn escape_closes_the_innermost_thing_alone() {
    let mut window = Window::new(Language::English);
    press(&mut window, CTRL_SHIFT, Key::N);
    window.write("Port", "7000");
    window.harness.get_by_role_and_label(Role::ComboBox, "Listen on").click();
    window.rest();
    assert_eq!(window.count("192.168.1.20"), 1);
    press(&mut window, Modifiers::NONE, Key::Escape);
    assert_eq!(window.count("192.168.1.20"), 0, "the list is closed");
    assert_eq!(window.harness.get_by_label("Port").value().as_deref(), Some("7000"));

    // A number that is being typed is the innermost thing, too.
    window.click("More options");
    window.harness.get_by_role_and_label(Role::CheckBox, "Limit of clients").click();
    window.rest();
    let number = window.harness.get_by_role_and_label(Role::SpinButton, "Limit of clients");
    number.focus();
    window.rest();
    press(&mut window, Modifiers::NONE, Key::Escape);
    assert_eq!(window.harness.get_by_label("Port").value().as_deref(), Some("7000"));

    press(&mut window, Modifiers::NONE, Key::Escape);
    assert_eq!(window.harness.query_all_by_label("Port").count(), 0, "and then the dialog");
}

#[test]
fn a_click_beside_an_open_list_closes_the_list_alone() {
    let mut window = Window::new(Language::English);
    press(&mut window, CTRL_SHIFT, Key::N);
    window.harness.get_by_role_and_label(Role::ComboBox, "Listen on").click();
    window.rest();
    let beside = egui::pos2(8.0, 700.0);
    window.harness.event(Event::PointerMoved(beside));
    for pressed in [true, false] {
        window.harness.event(Event::PointerButton {
            pos: beside,
            button: egui::PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        });
    }
    window.rest();
    assert_eq!(window.count("192.168.1.20"), 0);
    assert_eq!(window.harness.query_all_by_label("Port").count(), 1, "the dialog stays");
}

#[test]
fn enter_presses_the_button_that_loses_nothing() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    open_server(&mut window, &words, "7681");
    window.engine.receive(SessionId(1), b"precious");
    window.rest();
    press(&mut window, Modifiers::COMMAND, Key::W);
    assert_eq!(window.app().sessions().count(), 0, "nothing asks, because nothing is lost");
    // What is deleted for good is not deleted by Enter.
    window.engine.keep("lamp", 1 << 20);
    press(&mut window, Modifiers::COMMAND, Key::H);
    window.click("Delete lamp");
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert!(window.engine.done.lock().is_empty());
    window.click("Delete");
    assert_eq!(*window.engine.done.lock(), ["delete lamp"]);
}

#[test]
fn enter_goes_on_in_every_dialog() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    press(&mut window, CTRL_SHIFT, Key::N);
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(window.app().sessions().count(), 1);
    press(&mut window, Modifiers::COMMAND, Key::S);
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert!(window.engine.saved(SessionId(1)).is_some());
    press(&mut window, CTRL_SHIFT, Key::S);
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert!(window.machine.workspace.lock().is_some());
    press(&mut window, Modifiers::ALT, Key::Enter);
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(window.count(words.text("apply")), 0);
}

#[test]
fn dialogs_are_walked_as_they_are_read() {
    for language in Language::ALL {
        let words = Locale::new(language);
        for (modifiers, key) in [
            (Modifiers::COMMAND, Key::N),
            (CTRL_SHIFT, Key::N),
            (CTRL_SHIFT, Key::M),
            (Modifiers::COMMAND, Key::O),
            (Modifiers::COMMAND, Key::S),
            (Modifiers::ALT, Key::Enter),
            (Modifiers::COMMAND, Key::Comma),
        ] {
            let mut window = Window::new(language);
            open_server(&mut window, &words, "7681");
            press(&mut window, modifiers, key);
            let stops = way(&mut window, Modifiers::NONE);
            assert!(stops.len() > 3, "{stops:?}");
            let at = stops.iter().position(|(label, _)| label == words.text("close"));
            // From behind the cross, which comes last, round to the cross.
            let mut round = stops;
            round.rotate_left(at.expect("a cross") + 1);
            round.pop();
            assert_reads_on(&round);
        }
    }
}

#[test]
fn the_window_is_walked_as_it_is_read() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = Window::new(language);
        open_server(&mut window, &words, "7681");
        open_client(&mut window, &words, "127.0.0.1", "7681");
        press(&mut window, Modifiers::COMMAND, Key::F);
        press(&mut window, CTRL_SHIFT, Key::F);
        let stops = way(&mut window, Modifiers::NONE);
        assert!(stops.len() > 25, "{stops:?}");
        assert!(stops.iter().all(|(label, _)| !label.is_empty()), "{stops:#?}");
        let mut round = stops.clone();
        let first = round.iter().position(|(label, _)| label == words.text("new-session"));
        round.rotate_left(first.expect("the first control"));
        // The tab's cross lies in its tab.
        round.retain(|(label, _)| label != words.text("command-close-tab"));
        assert_reads_on(&round);
        // And back the same way.
        let mut back = way(&mut window, Modifiers::SHIFT);
        assert_eq!(back.len(), stops.len());
        back.reverse();
        let same =
            back.iter().position(|stop| Some(stop) == stops.first()).expect("the same stops");
        back.rotate_left(same);
        assert_eq!(back, stops);
    }
}

#[test]
fn lines_between_parts_are_no_stops() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    open_server(&mut window, &words, "7681");
    open_client(&mut window, &words, "127.0.0.1", "7681");
    press(&mut window, Modifiers::COMMAND, Key::Backslash);
    press(&mut window, Modifiers::COMMAND, Key::B);
    for modifiers in [Modifiers::NONE, Modifiers::SHIFT] {
        let stops = way(&mut window, modifiers);
        assert!(stops.len() > 30, "{stops:?}");
        let nameless: Vec<_> = stops.iter().filter(|(label, _)| label.is_empty()).collect();
        assert!(nameless.is_empty(), "{nameless:?}");
        assert!(!stops.iter().any(|(label, _)| label.contains("esize")), "{stops:?}");
    }
}

#[test]
fn a_list_that_is_searched_begins_anew_whenever_it_opens() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    open_server(&mut window, &words, "7681");
    for _ in 0..2 {
        window.harness.get_by_role_and_label(Role::ComboBox, "Encoding").click();
        window.rest();
        let field = window.harness.get_by_label("Search encodings");
        assert_eq!((field.value().unwrap_or_default(), field.is_focused()), (String::new(), true));
        field.type_text("zzz");
        window.rest();
        assert_eq!(window.count("Nothing matches"), 1);
        press(&mut window, Modifiers::NONE, Key::Escape);
    }
}

#[test]
fn the_palette_shows_what_there_is_and_says_when_nothing_matches() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = Window::new(language);
        press(&mut window, Modifiers::COMMAND, Key::P);
        let in_sight = espalier_ui::UiCommand::ALL
            .iter()
            .filter_map(|command| {
                window.harness.query_all_by_label(words.text(command.key())).last()
            })
            .filter(|node| node.rect().bottom() < 600.0)
            .count();
        assert!(in_sight > 10, "{in_sight} commands in sight");
        window.harness.get_by_label(words.text("palette-hint")).type_text("qqqq");
        window.rest();
        assert_eq!(window.count(words.text("nothing-matches")), 1);
        press(&mut window, Modifiers::NONE, Key::Escape);
        assert_eq!(window.count(words.text("nothing-matches")), 0);
    }
}

#[test]
fn escape_takes_a_notice_away_and_the_keyboard_reaches_its_cross() {
    let mut window = Window::new(Language::English);
    let tell = window.app().notifier();
    tell(Toast::failure(Sentence::from("It failed")));
    tell(Toast::failure(Sentence::from("It failed again")));
    window.rest();
    assert_eq!(window.app().toasts().count(), 2);
    press(&mut window, Modifiers::NONE, Key::Escape);
    assert_eq!(window.app().toasts().count(), 1);
    let stops = way(&mut window, Modifiers::NONE);
    assert!(stops.iter().any(|(label, _)| label == "Close"), "{stops:?}");
}

#[test]
fn notices_cover_nothing_that_is_used() {
    for size in [egui::vec2(560.0, 400.0), egui::vec2(820.0, 600.0), egui::vec2(1280.0, 800.0)] {
        let words = Locale::new(Language::English);
        let mut window = Window::with(Language::English, UiState::default(), size);
        open_server(&mut window, &words, "7681");
        let before: Vec<egui::Rect> = controls(&window);
        window.app().notifier()(Toast::failure(Sentence::from("It failed in some way or other")));
        window.rest();
        let notice = window.harness.get_by_label("It failed in some way or other").rect();
        for control in before {
            assert!(
                !control.shrink(1.0).intersects(notice.expand(12.0)),
                "{size}: {control:?} {notice:?}"
            );
        }
    }
}

fn controls(window: &Window) -> Vec<egui::Rect> {
    let roles =
        [Role::Button, Role::MultilineTextInput, Role::RadioButton, Role::ComboBox, Role::Tab];
    roles
        .iter()
        .flat_map(|role| window.harness.query_all_by_role(*role))
        .map(|node| node.rect())
        .collect()
}

#[test]
fn what_is_under_way_is_cancelled_not_disconnected() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = Window::new(language);
        open_client(&mut window, &words, "127.0.0.1", "9");
        window.engine.set_state(SessionId(1), SessionState::Connecting);
        window.rest();
        assert_eq!(window.harness.query_all_by_label(words.text("cancel")).count(), 1);
        assert_eq!(window.harness.query_all_by_label(words.text("disconnect")).count(), 0);
        let ended = SessionState::Ended { reason: EndReason::Refused, detail: "".into() };
        window.engine.set_state(SessionId(1), ended);
        window.rest();
        assert_eq!(window.harness.query_all_by_label(words.text("cancel")).count(), 0);
    }
}
