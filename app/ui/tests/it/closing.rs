//! What is asked before the window or a tab is closed; in both languages.

use egui::{Key, Modifiers, ViewportCommand, ViewportEvent, ViewportId};
use egui_kittest::kittest::Queryable as _;
use espalier_core::SessionId;
use espalier_core::session::CycleStatus;
use espalier_core::settings::{AskBeforeClosing, UserSettings};
use espalier_core::transfer::{TransferEnd, TransferPhase, TransferStatus};
use espalier_ui::{Language, Locale, UiState};

use crate::harness::Window;
use crate::sessions::open_server;
use crate::transfers;

fn window(language: Language, ask: AskBeforeClosing) -> Window {
    let settings = UserSettings { ask_before_closing: ask, ..UserSettings::default() };
    let state = UiState { settings, ..UiState::default() };
    let mut window = Window::with(language, state, egui::vec2(1100.0, 720.0));
    open_server(&mut window, &Locale::new(language), "7681");
    window
}

/// Something is sent again and again.
fn send_on(window: &Window) {
    let cycle = Some(CycleStatus { sent: 3, count: None });
    window.engine.publish(SessionId(1), |status| status.cycle = cycle);
}

/// The user presses the window's cross. What the window has the system do.
fn close(window: &mut Window) -> Vec<ViewportCommand> {
    let viewport = window.harness.input_mut().viewports.entry(ViewportId::ROOT).or_default();
    viewport.events.push(ViewportEvent::Close);
    window.harness.step();
    let commands = commands(window);
    if let Some(viewport) = window.harness.input_mut().viewports.get_mut(&ViewportId::ROOT) {
        viewport.events.clear();
    }
    window.rest();
    commands
}

fn commands(window: &Window) -> Vec<ViewportCommand> {
    let output = window.harness.output().viewport_output.get(&ViewportId::ROOT);
    output.map(|output| output.commands.clone()).unwrap_or_default()
}

fn is_asked(window: &mut Window) -> bool {
    close(window).contains(&ViewportCommand::CancelClose)
}

#[test]
fn the_window_asks_about_what_it_would_cut_short_as_the_user_wants_it() {
    for (ask, idle, works) in [
        (AskBeforeClosing::Never, false, false),
        (AskBeforeClosing::Work, false, true),
        (AskBeforeClosing::Connections, true, true),
    ] {
        let mut window = window(Language::English, ask);
        assert_eq!(is_asked(&mut window), idle, "{ask:?}: a server listens");
        window.harness.key_press(Key::Escape);
        window.rest();
        send_on(&window);
        assert_eq!(is_asked(&mut window), works, "{ask:?}: something is sent");
    }
}

#[test]
fn the_window_says_what_would_end_and_stays_or_closes() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = window(language, AskBeforeClosing::Work);
        send_on(&window);
        assert!(is_asked(&mut window));
        assert_eq!(window.count(words.text("closing-cycle")), 1);
        window.harness.key_press(Key::Enter);
        window.rest();
        assert_eq!(window.count(words.text("closing-cycle")), 1, "Enter takes nothing away");
        window.click(words.text("cancel"));
        assert_eq!(window.count(words.text("closing-cycle")), 0);
        assert!(is_asked(&mut window), "again");
        window.harness.get_by_label(words.text("closing-now")).click();
        window.harness.step();
        let mut closes = commands(&window).contains(&ViewportCommand::Close);
        window.harness.step();
        closes |= commands(&window).contains(&ViewportCommand::Close);
        assert!(closes);
        assert!(!is_asked(&mut window), "it was asked already");
    }
}

#[test]
fn a_tab_asks_while_something_is_under_way_in_it_alone() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = window(language, AskBeforeClosing::Connections);
        send_on(&window);
        window.harness.key_press_modifiers(Modifiers::COMMAND, Key::W);
        window.rest();
        assert_eq!(window.app().sessions().count(), 1);
        window.click(words.text("closing-now"));
        assert_eq!(window.app().sessions().count(), 0);
        open_server(&mut window, &words, "7682");
        window.harness.key_press_modifiers(Modifiers::COMMAND, Key::W);
        window.rest();
        assert_eq!(window.app().sessions().count(), 0, "its history is kept: nothing is lost");
    }
}

#[test]
fn who_is_told_to_end_by_the_system_is_not_asked() {
    let mut window = window(Language::English, AskBeforeClosing::Connections);
    *window.machine.told_to_end.lock() = true;
    assert!(!is_asked(&mut window));
}

#[test]
fn a_file_on_its_way_is_asked_about_by_its_name_until_it_is_over() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = window(language, AskBeforeClosing::Work);
        let going = transfers::status();
        let line = words.with("closing-send", [("file", going.name.as_str().into())]);
        window.engine.transfer(going.clone());
        window.rest();
        let shown = window.count(&line);
        window.harness.key_press_modifiers(Modifiers::COMMAND, Key::W);
        window.rest();
        assert_eq!(window.count(&line), shown + 1, "{line}");
        window.click(words.text("cancel"));
        assert!(is_asked(&mut window), "the window asks, too");
        window.click(words.text("cancel"));
        let phase = TransferPhase::Over(TransferEnd::Done);
        window.engine.transfer(TransferStatus { phase, ..going });
        window.rest();
        assert!(!is_asked(&mut window), "nothing is cut short");
    }
}
