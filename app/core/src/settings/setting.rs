//! One setting: its name, what it may be, and how it is read and changed.

use serde::de::value::{Error as WordError, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer as _};
use serde::{Deserialize, Serialize, Serializer};

use super::UserSettings;
use crate::releases::ReleasesUrl;
use crate::severity_filter::SeverityFilter;
use crate::view::EncodingName;
use crate::{Sentence, say};

/// A value as it stands in a file or is typed.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum SettingValue {
    /// On or off.
    Switch(bool),
    /// A number.
    Number(f64),
    /// A word, or a path.
    Text(String),
}

impl Serialize for SettingValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Switch(on) => serializer.serialize_bool(*on),
            // Whole ones as people write them.
            Self::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
                serializer.serialize_i64(*number as i64)
            }
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl std::fmt::Display for SettingValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Switch(on) => on.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl From<bool> for SettingValue {
    fn from(on: bool) -> Self {
        Self::Switch(on)
    }
}

impl From<u32> for SettingValue {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<&str> for SettingValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// What a setting may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SettingKind {
    /// On or off.
    Switch,
    /// A number.
    Number {
        /// The least it may be.
        least: f64,
        /// The most it may be.
        most: f64,
        /// Multiples of this.
        step: f64,
        /// What it counts.
        unit: SettingUnit,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// The name of an encoding.
    Encoding,
    /// The file of a font; empty: the one that comes with the program.
    FontFile,
    /// A folder; empty: one that the program chooses.
    Folder,
    /// How much of the program's own log is taken in; empty: `info`.
    LogLevel,
    /// An address that is asked for releases; empty: the build's own.
    Url,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingUnit {
    /// Hundredths of the usual size.
    Percent,
    /// Points of a font.
    Points,
    /// GiB; 0: no limit.
    Gib,
    /// Days; 0: no limit.
    Days,
}

impl SettingUnit {
    /// As it is written behind a number, in any language; empty: nothing.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Percent => "%",
            Self::Points => "pt",
            Self::Gib => "GiB",
            Self::Days => "d",
        }
    }

    /// 0 means that there is no limit.
    pub const fn has_no_limit(self) -> bool {
        matches!(self, Self::Gib | Self::Days)
    }
}

/// Under which heading a setting stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingSection {
    /// How the window looks.
    Appearance,
    /// How a new session begins.
    NewSession,
    /// What is kept on disk.
    History,
    /// The program as a whole.
    Program,
}

impl SettingSection {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 4] = [Self::Appearance, Self::NewSession, Self::History, Self::Program];
}

/// A setting of the program.
#[derive(Debug)]
pub struct UserSetting {
    /// Its name, and its place in the file: a table and a key in it, or a key alone.
    pub key: &'static str,
    /// Where it stands.
    pub section: SettingSection,
    /// What it may be.
    pub kind: SettingKind,
    /// It counts from the next start on.
    pub at_start: bool,
    pub(super) read: fn(&UserSettings) -> SettingValue,
    pub(super) write: fn(&mut UserSettings, &SettingValue),
}

impl UserSetting {
    /// What it is.
    pub fn get(&self, settings: &UserSettings) -> SettingValue {
        (self.read)(settings)
    }

    /// What it is unless it was changed.
    pub fn default_value(&self) -> SettingValue {
        self.get(&UserSettings::default())
    }

    /// Changes it.
    ///
    /// # Errors
    /// When it cannot be that, a sentence that says what it can be; nothing is changed then.
    pub fn set(&self, settings: &mut UserSettings, value: &SettingValue) -> Result<(), Sentence> {
        let value = self.checked(value)?;
        (self.write)(settings, &value);
        Ok(())
    }

    /// What is typed for it.
    ///
    /// # Errors
    /// When it cannot be that, a sentence that says what it can be.
    pub fn parse(&self, text: &str) -> Result<SettingValue, Sentence> {
        let text = text.trim();
        let value = match self.kind {
            SettingKind::Switch => match text.to_ascii_lowercase().as_str() {
                "true" | "on" | "yes" => SettingValue::Switch(true),
                "false" | "off" | "no" => SettingValue::Switch(false),
                _ => SettingValue::from(text),
            },
            SettingKind::Number { .. } => {
                text.parse().map_or_else(|_| SettingValue::from(text), SettingValue::Number)
            }
            _ => SettingValue::from(text),
        };
        self.checked(&value)
    }

    fn checked(&self, value: &SettingValue) -> Result<SettingValue, Sentence> {
        let key = self.key;
        match (self.kind, value) {
            (SettingKind::Switch, SettingValue::Switch(_)) => Ok(value.clone()),
            (SettingKind::Switch, _) => {
                Err(say!("setting-no-switch", "{key} is true or false", key = key))
            }
            (SettingKind::Number { least, most, step, .. }, SettingValue::Number(number))
                if (least..=most).contains(number) =>
            {
                Ok(SettingValue::Number((number / step).round() * step))
            }
            (SettingKind::Number { least, most, .. }, _) => Err(say!(
                "setting-no-number",
                "{key} is a number from {least} to {most}",
                key = key,
                least = least,
                most = most,
            )),
            (SettingKind::Choice(words), SettingValue::Text(word))
                if words.contains(&word.as_str()) =>
            {
                Ok(value.clone())
            }
            (SettingKind::Choice(words), _) => Err(say!(
                "setting-no-choice",
                "{key} is one of these words: {words}",
                key = key,
                words = words.join(", "),
            )),
            (SettingKind::Encoding, SettingValue::Text(name)) => {
                match EncodingName(name.clone()).encoding() {
                    Some(encoding) => Ok(encoding.name().into()),
                    None => Err(self.no_encoding(value)),
                }
            }
            (SettingKind::Encoding, _) => Err(self.no_encoding(value)),
            (SettingKind::LogLevel, SettingValue::Text(text))
                if SeverityFilter::parse(text).is_ok() =>
            {
                Ok(value.clone())
            }
            (SettingKind::LogLevel, _) => Err(say!(
                "setting-no-level",
                "{key} is error, warn, info, debug, trace or off, or PART=LEVEL, separated by commas",
                key = key,
            )),
            (SettingKind::Url, SettingValue::Text(url))
                if url.is_empty() || ReleasesUrl::parse(url).is_some() =>
            {
                Ok(value.clone())
            }
            (SettingKind::Url, _) => Err(say!(
                "setting-no-url",
                "{key} is an address that begins with https://, or empty",
                key = key,
            )),
            (SettingKind::FontFile | SettingKind::Folder, SettingValue::Text(path))
                if path.is_empty() || std::path::Path::new(path).is_absolute() =>
            {
                Ok(value.clone())
            }
            (SettingKind::FontFile | SettingKind::Folder, _) => Err(say!(
                "setting-no-path",
                "{key} is a whole path from the root on, or empty",
                key = key,
            )),
        }
    }

    fn no_encoding(&self, value: &SettingValue) -> Sentence {
        say!(
            "setting-no-encoding",
            "{key} is the name of an encoding, such as UTF-8 or GBK; {value} is none",
            key = self.key,
            value = value,
        )
    }
}

/// What a word of a file stands for.
pub(super) fn of_word<T: DeserializeOwned>(word: &str) -> Option<T> {
    let word: StrDeserializer<'_, WordError> = word.into_deserializer();
    T::deserialize(word).ok()
}

/// The word that stands for it in a file, of these.
pub(super) fn word_of<T: DeserializeOwned + PartialEq>(
    value: &T,
    words: &'static [&'static str],
) -> SettingValue {
    let word = words.iter().find(|word| of_word(word).as_ref() == Some(value));
    word.copied().unwrap_or_default().into()
}
