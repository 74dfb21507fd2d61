//! The settings.

use super::setting::{of_word, word_of};
use super::{SettingKind, SettingSection, SettingUnit, SettingValue, UserSetting};

/// A setting that is one of some words.
macro_rules! choice {
    ($key:literal, $section:ident, $words:expr, $($field:tt).+) => {
        UserSetting {
            key: $key,
            section: SettingSection::$section,
            kind: SettingKind::Choice($words),
            at_start: false,
            read: |settings| word_of(&settings.$($field).+, $words),
            write: |settings, value| {
                if let SettingValue::Text(word) = value
                    && let Some(meant) = of_word(word)
                {
                    settings.$($field).+ = meant;
                }
            },
        }
    };
}

/// A setting that is a number.
macro_rules! number {
    ($key:literal, $section:ident, $least:literal..=$most:literal step $step:literal $unit:ident, $kind:ty, $($field:tt).+) => {
        UserSetting {
            key: $key,
            section: SettingSection::$section,
            kind: SettingKind::Number { least: $least, most: $most, step: $step, unit: SettingUnit::$unit },
            at_start: false,
            read: |settings| SettingValue::Number(settings.$($field).+.into()),
            write: |settings, value| {
                if let SettingValue::Number(number) = value {
                    settings.$($field).+ = *number as $kind;
                }
            },
        }
    };
}

/// A setting that is a text.
macro_rules! text {
    ($key:literal, $section:ident, $kind:ident, $at_start:literal, $($field:tt).+) => {
        UserSetting {
            key: $key,
            section: SettingSection::$section,
            kind: SettingKind::$kind,
            at_start: $at_start,
            read: |settings| settings.$($field).+.as_str().into(),
            write: |settings, value| {
                if let SettingValue::Text(text) = value {
                    settings.$($field).+.clone_from(text);
                }
            },
        }
    };
}

/// A setting that is on or off.
macro_rules! switch {
    ($key:literal, $section:ident, $($field:tt).+) => {
        UserSetting {
            key: $key,
            section: SettingSection::$section,
            kind: SettingKind::Switch,
            at_start: false,
            read: |settings| settings.$($field).+.into(),
            write: |settings, value| {
                if let SettingValue::Switch(on) = value {
                    settings.$($field).+ = *on;
                }
            },
        }
    };
}

const ENDINGS: &[&str] = &["auto", "none", "lf", "cr", "cr-lf"];

/// All settings, in the order they are shown.
pub static SETTINGS: &[UserSetting] = &[
    choice!("language", Appearance, &["system", "zh-CN", "en"], language),
    choice!("theme", Appearance, &["system", "light", "dark"], theme),
    number!("interface.zoom", Appearance, 50.0..=300.0 step 10.0 Percent, u32, zoom),
    number!("interface.font_size", Appearance, 10.0..=22.0 step 0.5 Points, f32, font_size),
    number!("interface.log_font_size", Appearance, 8.0..=28.0 step 0.5 Points, f32, log_font_size),
    text!("interface.log_font", Appearance, FontFile, false, log_font),
    text!("new_session.encoding", NewSession, Encoding, false, new_session.encoding.0),
    UserSetting {
        key: "new_session.line_ending",
        section: SettingSection::NewSession,
        kind: SettingKind::Choice(ENDINGS),
        at_start: false,
        read: |settings| match &settings.new_session.line_ending {
            Some(ending) => word_of(ending, ENDINGS),
            None => "auto".into(),
        },
        write: |settings, value| {
            if let SettingValue::Text(word) = value {
                settings.new_session.line_ending = of_word(word);
            }
        },
    },
    switch!("new_session.escapes", NewSession, new_session.escapes),
    choice!(
        "new_session.clock",
        NewSession,
        &["off", "local", "date", "since-start", "since-previous"],
        new_session.clock
    ),
    switch!("new_session.wrap", NewSession, new_session.wrap),
    number!("history.keep_gib", History, 0.0..=100_000.0 step 1.0 Gib, u32, limits.keep_gib),
    number!("history.keep_days", History, 0.0..=100_000.0 step 1.0 Days, u32, limits.keep_days),
    text!("history.log_folder", History, Folder, false, log_folder),
    choice!("history.sync", History, &["never", "each-second", "each-record"], sync),
    choice!("ask_before_closing", Program, &["connections", "work", "never"], ask_before_closing),
    text!("log.level", Program, LogLevel, true, log_level),
    switch!("updates.ask", Program, ask_for_updates),
    text!("updates.url", Program, Url, false, updates_url),
];

impl UserSetting {
    /// The setting of this name.
    pub fn named(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }
}

#[cfg(test)]
mod tests {
    use super::super::UserSettings;
    use super::*;

    #[test]
    fn every_setting_has_a_name_of_its_own_and_can_be_what_it_is() {
        let mut keys = std::collections::BTreeSet::new();
        for setting in SETTINGS {
            assert!(keys.insert(setting.key), "{} is there twice", setting.key);
            let mut settings = UserSettings::default();
            let value = setting.default_value();
            assert_eq!(setting.set(&mut settings, &value), Ok(()), "{}", setting.key);
            assert_eq!(settings, UserSettings::default(), "{}", setting.key);
            assert_eq!(setting.parse(&value.to_string()), Ok(value), "{}", setting.key);
        }
    }

    /// Something else than it is by default, for each kind.
    fn others(setting: &UserSetting) -> Vec<SettingValue> {
        match setting.kind {
            SettingKind::Switch => [true, false].map(SettingValue::from).into(),
            SettingKind::Number { least, most, .. } => {
                [least, most].map(SettingValue::Number).into()
            }
            SettingKind::Choice(words) => words.iter().map(|word| (*word).into()).collect(),
            SettingKind::Encoding => vec!["gb18030".into()],
            SettingKind::FontFile | SettingKind::Folder if cfg!(windows) => {
                vec!["C:\\f.ttf".into()]
            }
            SettingKind::FontFile | SettingKind::Folder => vec!["/f.ttf".into()],
            SettingKind::Url => vec!["https://host/latest".into()],
            SettingKind::LogLevel => vec!["debug,espflash=trace".into()],
        }
    }

    #[test]
    fn every_setting_is_what_it_was_set_to_and_changes_nothing_else() {
        for setting in SETTINGS {
            for value in others(setting) {
                let mut settings = UserSettings::default();
                assert_eq!(setting.set(&mut settings, &value), Ok(()), "{}", setting.key);
                assert_eq!(setting.get(&settings), value, "{}", setting.key);
                for other in SETTINGS.iter().filter(|other| other.key != setting.key) {
                    let (is, was) = (other.get(&settings), other.default_value());
                    assert_eq!(is, was, "{} changes {}", setting.key, other.key);
                }
            }
        }
    }

    #[test]
    fn what_a_setting_cannot_be_is_told_and_changes_nothing() {
        for (key, text, told) in [
            ("interface.zoom", "5000", "from 50 to 300"),
            ("interface.zoom", "NaN", "from 50 to 300"),
            ("interface.zoom", "large", "from 50 to 300"),
            ("new_session.escapes", "perhaps", "true or false"),
            ("theme", "purple", "system, light, dark"),
            ("new_session.encoding", "klingon", "klingon is none"),
            ("interface.log_font", "font.ttf", "whole path"),
            ("history.log_folder", "logs", "whole path"),
            ("log.level", "loud", "error, warn, info"),
            ("updates.url", "http://host/latest", "https://"),
        ] {
            let setting = UserSetting::named(key).expect("it is there");
            let fault = setting.parse(text).unwrap_err();
            assert!(fault.contains(told) && fault.contains(key), "{fault}");
            let mut settings = UserSettings::default();
            setting.set(&mut settings, &text.into()).unwrap_err();
            assert_eq!(settings, UserSettings::default());
        }
        assert!(UserSetting::named("no.such").is_none());
    }

    #[test]
    fn what_is_typed_is_taken_as_it_is_meant() {
        let parse = |key, text| UserSetting::named(key).expect("it is there").parse(text);
        assert_eq!(parse("new_session.escapes", " ON "), Ok(true.into()));
        assert_eq!(parse("interface.zoom", "124"), Ok(SettingValue::Number(120.0)));
        assert_eq!(parse("interface.font_size", "14.3"), Ok(SettingValue::Number(14.5)));
        assert_eq!(parse("new_session.encoding", "gb2312"), Ok("GBK".into()));
    }
}
