//! Whether there is a newer version: asked when it is wished for, told by a line.

use espalier_core::releases::{Release, ReleaseAnswer, ReleaseFault};
use espalier_core::settings::UserSettings;
use espalier_ui::{Language, Locale, SavedReleases, UiCommand, UiState};

use crate::fake::NOON;
use crate::harness::Window;

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 24 * 60 * 60;

fn window(language: Language, ask: bool, releases: SavedReleases) -> Window {
    let settings = UserSettings { ask_for_updates: ask, ..UserSettings::default() };
    let state = UiState { settings, releases, ..UiState::default() };
    let mut window = Window::with(language, state, egui::vec2(1200.0, 800.0));
    window.rest();
    window
}

fn asked(window: &Window) -> usize {
    window.machine.release_asked.lock().len()
}

fn answer(window: &mut Window, answer: Result<ReleaseAnswer, ReleaseFault>) {
    let (_, done) = window.machine.release_asked.lock().pop().expect("a question");
    done(answer);
    window.rest();
}

fn newer(version: &str) -> Release {
    Release { version: version.to_owned(), page: format!("https://host/{version}") }
}

fn saved(asked: i64) -> SavedReleases {
    SavedReleases { asked, ..SavedReleases::default() }
}

#[test]
fn nobody_is_asked_unless_it_is_switched_on_and_then_once_a_day() {
    let now = NOON / SECOND;
    assert_eq!(asked(&window(Language::English, false, saved(0))), 0);
    assert_eq!(asked(&window(Language::English, true, saved(now - DAY + 1))), 0);
    assert_eq!(
        asked(&window(Language::English, true, saved(now + 1))),
        1,
        "the clock was set back"
    );
    let mut window = window(Language::English, true, saved(now - DAY));
    assert_eq!(asked(&window), 1);
    answer(&mut window, Err(ReleaseFault::no_source()));
    window.rest();
    assert_eq!(asked(&window), 0, "that it failed is no reason to ask again");
    assert_eq!(window.app().toasts().count(), 0, "and nothing to be told");
    assert_eq!(window.app().state().releases, saved(now));
}

#[test]
fn a_newer_version_is_a_line_with_a_link_until_it_is_sent_away() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = window(language, true, saved(0));
        answer(&mut window, Ok(ReleaseAnswer::Newer(newer("0.3.0"))));
        let told = words.with("updates-newer", [("version", "0.3.0".into())]);
        assert_eq!(window.count(&told), 1);
        window.click(words.text("updates-page"));
        assert_eq!(window.machine.page.lock().as_deref(), Some("https://host/0.3.0"));
        window.click(&words.with("updates-dismiss", [("version", "0.3.0".into())]));
        assert_eq!(window.count(&told), 0);

        let kept = window.app().state().releases;
        let again = self::window(language, false, kept.clone());
        assert_eq!(again.count(&told), 0, "it stays away");
        let next = SavedReleases { found: Some(newer("0.4.0")), ..kept.clone() };
        let next = self::window(language, false, next);
        assert_eq!(next.count(words.text("updates-page")), 1, "the next one is told of");
        let ours = SavedReleases { found: Some(newer("0.2.0")), ..kept };
        let ours = self::window(language, false, ours);
        assert_eq!(ours.count(words.text("updates-page")), 0, "it was installed");
    }
}

#[test]
fn who_asks_by_hand_is_answered_where_it_was_asked() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = window(language, false, saved(0));
        window.click(words.text("command-help"));
        window.click(words.text(UiCommand::About.key()));
        for (given, shown) in [
            (Ok(ReleaseAnswer::UpToDate("0.2.0".to_owned())), words.text("updates-newest")),
            (Err(ReleaseFault::no_source()), words.text("release-no-source")),
        ] {
            window.click(words.text("updates-ask"));
            assert_eq!(window.count(words.text("updates-asking")), 1);
            answer(&mut window, given);
            assert_eq!(window.count(shown), 1, "{shown}");
        }
    }
}
