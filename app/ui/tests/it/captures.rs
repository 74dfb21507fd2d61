//! The captures that are kept: found, opened, named, saved, deleted; in both languages.

use egui_kittest::kittest::{NodeT as _, Queryable as _};
use espalier_core::SessionId;
use espalier_core::Timestamp;
use espalier_core::backend::prelude::*;
use espalier_core::capture::{Damage, StampClock};
use espalier_core::capture_list::KeepLimits;
use espalier_core::session::{CaptureSpec, SessionSpec, TcpServerSpec, TransportSpec};
use espalier_core::settings::UserSettings;
use espalier_ui::{Language, Locale, SavedSession, SendState, ToastKind, UiState};

use crate::fake::NOON;
use crate::harness::Window;

fn listed(language: Language) -> Window {
    let mut window = Window::new(language);
    window.engine.keep("lamp", 1 << 20);
    window.engine.keep("pump", 3 << 20);
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::H);
    window.rest();
    window
}

#[test]
fn a_capture_is_found_and_opened_to_be_looked_at() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = listed(language);
        let named = |key: &str, name: &'static str| words.with(key, [("name", name.into())]);
        assert_eq!(window.count("4.00 MiB"), 1);
        window.harness.get_by_label(words.text("captures-search")).type_text("PUM");
        window.rest();
        assert_eq!(window.count(&named("capture-open", "lamp")), 0);
        window.click(&named("capture-open", "pump"));
        let spec = window.engine.spec(SessionId(1)).unwrap();
        let path = "/captures/pump".into();
        assert_eq!(spec.transport, TransportSpec::Capture(CaptureSpec { path }));
        assert_eq!(window.count(words.text("captures-title")), 0, "the list is over");
        assert!(window.count(words.text("state-looked-at")) > 0);
        // Nothing can be sent into the past.
        assert_eq!(window.count(words.text("connect")), 0);
        assert_eq!(window.harness.query_all_by_label(words.text("send")).count(), 0);

        window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::H);
        window.rest();
        window.click(&named("capture-open", "pump"));
        assert_eq!(window.app().sessions().count(), 1, "it is open already");
    }
}

#[test]
fn a_capture_is_named_saved_and_deleted() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = listed(language);
        let named = |key: &str| words.with(key, [("name", "lamp".into())]);
        window.click(&named("capture-rename"));
        window.write(words.text("name"), "kitchen");
        window.click(words.text("rename"));
        window.click(&named("capture-save"));
        window.click(words.text("save"));
        window.click(&named("capture-delete"));
        assert_eq!(window.engine.done.lock().len(), 2, "it is only asked");
        window.click(words.text("capture-delete-now"));
        let done = window.engine.done.lock().clone();
        assert_eq!(done[0], "rename lamp to kitchen");
        assert!(done[1].starts_with("save lamp as /home/user/lamp_"), "{done:?}");
        assert!(done[1].ends_with(".pcapng"), "{done:?}");
        assert_eq!(done[2], "delete lamp");
    }
}

#[test]
fn what_goes_is_told_and_how_much_is_kept_comes_back() {
    let mut window = Window::new(Language::English);
    window.engine.keep("lamp", 1 << 20);
    window.engine.kept.lock().captures[0].goes = Some(Timestamp(NOON));
    window.rest();
    assert_eq!(window.count("1 old capture (1.00 MiB) goes within a day"), 1);
    assert_eq!(*window.engine.limits.lock(), Some(KeepLimits::default()));

    let keep = KeepLimits { keep_gib: 3, keep_days: 0 };
    let settings = UserSettings { limits: keep, ..UserSettings::default() };
    let state = UiState { settings, ..UiState::default() };
    let window = Window::with(Language::English, state, egui::vec2(820.0, 600.0));
    assert_eq!(*window.engine.limits.lock(), Some(keep));
    assert_eq!(window.app().state().settings.limits, keep);
}

#[test]
fn a_capture_says_which_clock_gave_its_times() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = listed(language);
        let keys = [
            (StampClock::Kernel, "capture-times-kernel"),
            (StampClock::Program, "capture-times-program"),
        ];
        for (clock, key) in keys {
            window.engine.kept.lock().captures[0].clock = Some(clock);
            window.rest();
            assert_eq!(window.count(words.text(key)), 1, "{key}");
        }
    }
}

#[test]
fn a_capture_that_is_written_cannot_be_deleted() {
    let mut window = listed(Language::English);
    window.engine.kept.lock().captures[0].is_open = true;
    window.rest();
    window.click("Delete lamp");
    assert_eq!(window.count("history for good"), 0);
}

#[test]
fn reading_a_large_file_is_seen_and_can_be_cancelled() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = Window::new(language);
        window
            .harness
            .state_mut()
            .as_mut()
            .unwrap()
            .open_capture(std::path::Path::new("/tmp/large.pcap"));
        window.harness.run_steps(3);
        let reading = words.with("activity-reading", [("name", "large.pcap".into())]);
        assert!(window.count(&reading) > 0);
        let progress = window.engine.looking.lock()[0].1.clone();
        progress.set(1, 4);
        window.harness.run_steps(3);
        let bar = window.harness.get_by_role(egui::Role::ProgressIndicator);
        assert_eq!(bar.accesskit_node().numeric_value(), Some(25.0));
        window.harness.get_by_label(words.text("cancel")).click();
        window.harness.run_steps(3);
        assert!(progress.is_cancelled());
        assert!(window.count(words.text("going-cancelling")) > 0);
        // Whoever reads lets go of it.
        drop(progress);
        let (_, progress, done) = window.engine.looking.lock().remove(0);
        done(Err("Cancelled".into()));
        drop(progress);
        window.rest();
        assert_eq!(window.count(&reading), 0);
        assert_eq!(window.count("Cancelled"), 1);
        let weights: Vec<ToastKind> = window.app().toasts().map(|toast| toast.kind).collect();
        assert_eq!(weights, [ToastKind::Notice], "what was wished for is no failure");
    }
}

#[test]
fn what_is_damaged_or_torn_is_told_above_the_rows() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = listed(language);
        window.click(&words.with("capture-open", [("name", "pump".into())]));
        let (damaged, torn) = (
            words.with("log-damaged", [("bytes", "70,123".into()), ("places", 2_u64.into())]),
            words.with("log-torn", [("bytes", "99".into())]),
        );
        assert_eq!((window.count(&damaged), window.count(&torn)), (0, 0));
        let damage = Damage { at: 4096, what: "missing", skipped: 70_123, places: 2 };
        window.engine.damage(SessionId(1), Some(damage), 99);
        window.rest();
        assert_eq!((window.count(&damaged), window.count(&torn)), (1, 1));
        window.engine.damage(SessionId(1), None, 99);
        window.rest();
        assert_eq!((window.count(&damaged), window.count(&torn)), (0, 1));
    }
}

#[test]
fn what_is_marked_while_the_window_is_open_is_told_then() {
    let mut window = Window::new(Language::English);
    window.engine.keep("lamp", 1 << 20);
    window.rest();
    let told = "1 old capture (1.00 MiB) goes within a day";
    assert_eq!(window.count(told), 0);
    window.engine.kept.lock().captures[0].goes = Some(Timestamp(NOON));
    window.engine.capture_changes.lock().marked += 1;
    window.rest();
    assert_eq!(window.count(told), 1);
}

#[test]
fn what_the_numbers_count_is_said_where_a_history_goes_on() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let client = TransportSpec::TcpServer(TcpServerSpec::new(7681));
        let state = UiState {
            sessions: vec![SavedSession {
                spec: SessionSpec::new(client.clone()),
                send: SendState::new(&client),
            }],
            ..UiState::default()
        };
        let mut window = Window::with(language, state, egui::vec2(1000.0, 600.0));
        let id = window.app().sessions().next().unwrap();
        window.rest();
        assert_eq!(window.count(words.text("this-run")), 0);
        window.engine.continues(id);
        window.rest();
        assert_eq!(window.count(words.text("this-run")), 1);
        window.click(words.text("integrity"));
        assert_eq!(window.count(words.text("integrity-hint-run")), 1);
    }
}
