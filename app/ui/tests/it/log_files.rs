//! The log in files, as the window asks for it and shows it.

use std::sync::Arc;

use espalier_core::SessionId;
use espalier_core::say;
use espalier_core::session::LogFileStatus;
use espalier_core::settings::UserSettings;
use espalier_ui::{Language, Locale, UiState};

use crate::harness::Window;
use crate::sessions::open_server;

fn window(language: Language) -> Window {
    let log_folder = "/var/log/espalier".to_owned();
    let settings = UserSettings { log_folder, ..UserSettings::default() };
    let state = UiState { settings, ..UiState::default() };
    let mut window = Window::with(language, state, egui::vec2(1100.0, 720.0));
    open_server(&mut window, &Locale::new(language), "7681");
    window
}

fn asked(window: &Window, what: &str) -> bool {
    window.engine.commands.lock().iter().any(|(_, command)| command.contains(what))
}

#[test]
fn the_log_is_written_to_the_folder_of_the_settings_unless_another_is_chosen() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = window(language);
        window.click(words.text("more-actions"));
        window.click(words.text("command-log-to-file"));
        window.click(words.text("log-file-start"));
        assert!(asked(&window, "/var/log/espalier"), "{:?}", window.engine.commands.lock());
        assert!(asked(&window, "every: Day"));
        window.click(words.text("more-actions"));
        window.click(words.text("command-log-to-file"));
        window.click(words.text("browse"));
        window.click(words.text("log-file-start"));
        assert!(asked(&window, "/home/picked"), "{:?}", window.engine.commands.lock());
    }
}

#[test]
fn where_it_goes_is_shown_with_its_folder_and_its_trouble() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = window(language);
        let path = std::env::temp_dir().join("server-7681_2026-11-27.txt");
        let status = LogFileStatus { path: path.clone(), bytes: 2048, trouble: None };
        let show = |window: &mut Window, log: Option<LogFileStatus>| {
            let log = log.map(Arc::new);
            window.engine.publish(SessionId(1), |status| status.log_file.clone_from(&log));
            window.rest();
        };
        show(&mut window, Some(status.clone()));
        window.click(words.text("log-file-menu"));
        assert_eq!(window.count(&path.display().to_string()), 1);
        window.click(words.text("log-file-folder"));
        assert_eq!(*window.machine.opened.lock(), path.parent().map(Into::into));
        let trouble = Some(say!("told-no-font", "{path} is no font", path = "disk full"));
        show(&mut window, Some(LogFileStatus { trouble, ..status }));
        window.click(words.text("log-file-menu-trouble"));
        assert_eq!(window.count("disk full"), 1);
        window.click(words.text("log-file-stop"));
        assert!(asked(&window, "log: None"), "{:?}", window.engine.commands.lock());
        show(&mut window, None);
        assert_eq!(window.count(words.text("log-file-menu")), 0);
    }
}
