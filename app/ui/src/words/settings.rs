//! What the settings of the program are called.

use espalier_core::settings::{SettingSection, SettingUnit};

/// A setting's key in the file, its name, and what it is about.
const NAMES: &[(&str, &str, &str)] = &[
    ("language", "language", "setting-language-hint"),
    ("theme", "theme", "setting-theme-hint"),
    ("interface.zoom", "setting-zoom", "setting-zoom-hint"),
    ("interface.font_size", "setting-font-size", "setting-font-size-hint"),
    ("interface.log_font_size", "setting-log-font-size", "setting-log-font-size-hint"),
    ("interface.log_font", "setting-log-font", "setting-log-font-hint"),
    ("new_session.encoding", "setting-encoding", "setting-encoding-hint"),
    ("new_session.line_ending", "setting-line-ending", "setting-line-ending-hint"),
    ("new_session.escapes", "setting-escapes", "setting-escapes-hint"),
    ("new_session.clock", "setting-clock", "setting-clock-hint"),
    ("new_session.wrap", "setting-wrap", "setting-wrap-hint"),
    ("history.keep_gib", "setting-keep-size", "setting-keep-size-hint"),
    ("history.keep_days", "setting-keep-days", "setting-keep-days-hint"),
    ("history.log_folder", "setting-log-folder", "setting-log-folder-hint"),
    ("history.sync", "setting-sync", "setting-sync-hint"),
    ("ask_before_closing", "setting-ask", "setting-ask-hint"),
    ("log.level", "setting-log-level", "setting-log-level-hint"),
    ("updates.ask", "setting-updates", "setting-updates-hint"),
    ("updates.url", "setting-updates-url", "setting-updates-url-hint"),
];

/// The words of choices: the setting, the word in the file, and what it is called.
const CHOICES: &[(&str, &str, &str)] = &[
    ("language", "system", "theme-system"),
    ("theme", "system", "theme-system"),
    ("theme", "light", "theme-light"),
    ("theme", "dark", "theme-dark"),
    ("new_session.line_ending", "auto", "setting-ending-auto"),
    ("new_session.line_ending", "none", "ending-none"),
    ("new_session.clock", "off", "clock-off"),
    ("new_session.clock", "local", "clock-local"),
    ("new_session.clock", "date", "clock-date"),
    ("new_session.clock", "since-start", "clock-since-start"),
    ("new_session.clock", "since-previous", "clock-since-previous"),
    ("history.sync", "never", "setting-sync-never"),
    ("history.sync", "each-second", "setting-sync-each-second"),
    ("history.sync", "each-record", "setting-sync-each-record"),
    ("ask_before_closing", "connections", "setting-ask-connections"),
    ("ask_before_closing", "work", "setting-ask-work"),
    ("ask_before_closing", "never", "setting-ask-never"),
];

/// Words that are the same in every language.
const PROPER: &[(&str, &str)] =
    &[("zh-CN", "简体中文"), ("en", "English"), ("lf", "LF"), ("cr", "CR"), ("cr-lf", "CR LF")];

/// The keys of a setting's name and of what it is about.
pub(crate) fn setting(key: &str) -> (&'static str, &'static str) {
    let found = NAMES.iter().find(|(known, ..)| *known == key);
    debug_assert!(found.is_some(), "{key} has no name");
    found.map_or(("settings-title", "settings-title"), |(_, name, hint)| (name, hint))
}

/// The key of what a word of a choice is called; `Err`: it is the same in every language.
pub(crate) fn setting_choice(key: &str, word: &'static str) -> Result<&'static str, &'static str> {
    if let Some((.., text)) = CHOICES.iter().find(|(of, known, _)| *of == key && *known == word) {
        return Ok(text);
    }
    let proper = PROPER.iter().find(|(known, _)| *known == word);
    debug_assert!(proper.is_some(), "{word} of {key} has no name");
    Err(proper.map_or(word, |(_, text)| text))
}

/// The key of a section's heading.
pub(crate) const fn setting_section(section: SettingSection) -> &'static str {
    match section {
        SettingSection::Appearance => "settings-appearance",
        SettingSection::NewSession => "settings-new-session",
        SettingSection::History => "settings-history",
        SettingSection::Program => "settings-program",
    }
}

/// The key of what a number counts; `None` where its sign says enough.
pub(crate) const fn setting_unit(unit: SettingUnit) -> Option<&'static str> {
    match unit {
        SettingUnit::Percent => None,
        SettingUnit::Points => Some("unit-points"),
        SettingUnit::Gib => Some("captures-gib"),
        SettingUnit::Days => Some("captures-days"),
    }
}

#[cfg(test)]
mod tests {
    use espalier_core::settings::{SETTINGS, SettingKind};

    use super::*;
    use crate::locale::{Language, Locale};

    #[test]
    fn every_setting_and_every_choice_has_a_name_in_both_languages() {
        for locale in Language::ALL.map(Locale::new) {
            for it in SETTINGS {
                let (name, hint) = setting(it.key);
                assert!(locale.text(name) != locale.text(hint), "{}", it.key);
                locale.text(setting_section(it.section));
                match it.kind {
                    SettingKind::Choice(words) => words.iter().for_each(|word| {
                        setting_choice(it.key, word).map(|key| locale.text(key)).ok();
                    }),
                    SettingKind::Number { unit, .. } => {
                        setting_unit(unit).map(|key| locale.text(key));
                    }
                    _ => {}
                }
            }
        }
        assert_eq!(NAMES.len(), SETTINGS.len(), "and nothing else has");
    }
}
