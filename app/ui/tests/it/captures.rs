//! The captures that are kept: found, opened, named, saved, deleted; in both languages.

use egui_kittest::kittest::Queryable as _;
use espalier_core::SessionId;
use espalier_core::Timestamp;
use espalier_core::backend::Backend as _;
use espalier_core::kept::KeepLimits;
use espalier_core::session::{CaptureSpec, TransportSpec};
use espalier_ui::{Language, Locale, UiState};

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
    let state = UiState { keep, ..UiState::default() };
    let window = Window::with(Language::English, state, egui::vec2(820.0, 600.0));
    assert_eq!(*window.engine.limits.lock(), Some(keep));
    assert_eq!(window.app().state().keep, keep);
}

#[test]
fn a_capture_that_is_written_cannot_be_deleted() {
    let mut window = listed(Language::English);
    window.engine.kept.lock().captures[0].is_open = true;
    window.rest();
    window.click("Delete lamp");
    assert_eq!(window.count("history for good"), 0);
}
